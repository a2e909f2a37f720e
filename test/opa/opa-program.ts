import { execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { request } from 'undici'

const run = promisify(execFile)

export const regoDirectory = fileURLToPath(new URL('../../rego/', import.meta.url))

/** Why the tests with a real OPA cannot run here; false when they can. */
export const withoutOpa: string | false = await run('opa', ['version']).then(
  () => false,
  () => 'no opa on PATH',
)

/** Runs `opa` with arguments and gives what it prints. Throws when it fails. */
export async function opa(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('opa', args)
  return stdout
}

export interface RunningOpa extends AsyncDisposable {
  readonly url: string
}

/** A real OPA on loopback with the example policy in a bundle of revision `rev-7`, that wants `token` from everybody. */
export async function startRealOpa(token: string): Promise<RunningOpa> {
  const directory = await mkdtemp(join(tmpdir(), 'opa-'))
  const sources = join(directory, 'sources')
  await cp(regoDirectory, sources, { recursive: true })
  await writeFile(join(sources, 'authz.rego'), authorization(token))
  const bundle = join(directory, 'jit.tar.gz')
  const ignored = ['--ignore', '*_test.rego', '--ignore', '*.md']
  await opa('build', '-b', sources, ...ignored, '-r', 'rev-7', '-o', bundle)
  const address = `127.0.0.1:${await freePort()}`
  const program = `run --server --addr ${address} --bundle ${bundle} --skip-version-check`
  const access = '--authentication=token --authorization=basic'
  const logs = '--set decision_logs.console=true --log-level error'
  const server = spawn('opa', `${program} ${access} ${logs}`.split(' '), { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const stop = async () => {
    server.kill()
    await ended
    await rm(directory, { recursive: true })
  }
  const url = `http://${address}`
  try {
    while (!(await answers(url))) {
      if (server.exitCode !== null) throw new Error(`opa ended with ${server.exitCode}`)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { url, [Symbol.asyncDispose]: stop }
}

function authorization(token: string): string {
  return [
    'package system.authz',
    'default allow := false',
    `allow if { input.method == "POST"; input.path[0] == "v1"; input.identity == "${token}" }`,
    'allow if input.path == ["health"]',
  ].join('\n')
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/health?bundles`)
    await body.dump()
    return statusCode === 200
  } catch {
    // Nobody listens yet.
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await promisify(server.close.bind(server))()
  return port
}
