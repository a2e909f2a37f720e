import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Town } from './house.ts'
import { INHERITED } from './inherited.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

/** The bot as a process of its own, started as `npm start` does. */
export interface MainProcess extends AsyncDisposable {
  readonly stdout: () => string
  readonly stderr: () => string
  /** The port, once it is ready; rejects with what it said when it ends before. */
  readonly ready: Promise<number>
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts `src/main.ts` with this environment and nothing of ours. `limit`: what the shell is told before, such as
 * `ulimit -n 64`.
 */
export function startMain(
  env: Readonly<Record<string, string>>,
  cwd?: string,
  limit = ':',
): MainProcess {
  const child: ChildProcess = spawn(
    'sh',
    ['-c', `${limit}; exec "$0" "$1"`, process.execPath, MAIN],
    {
      env: { ...INHERITED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    },
  )
  let stdout = ''
  let stderr = ''
  const ready = Promise.withResolvers<number>()
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    const port = /"port":(\d+),.*"msg":"ready"/.exec(stdout)?.[1]
    if (port !== undefined) ready.resolve(Number(port))
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      ready.reject(new Error(`ended before it was ready (${code ?? signal}):\n${stderr}${stdout}`))
      resolve(code ?? signal ?? 'SIGKILL')
    })
  })
  ready.promise.catch(() => {})
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    ready: ready.promise,
    exited,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}

/** The environment that fits a town, with the catalogue in a folder of its own. */
export async function environmentOf(
  town: Town,
): Promise<AsyncDisposable & { readonly env: Readonly<Record<string, string>>; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'jit-main-'))
  const path = join(folder, 'catalogue.yaml')
  await writeFile(path, town.catalogueSource)
  const { slack, pomerium, database } = town.config
  return {
    folder,
    env: {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret ?? '',
      SLACK_API_URL: slack.apiUrl,
      DATABASE_URL: database.url,
      API_USER_TOKEN: pomerium.apiUserToken,
      ORGANIZATION_ID: pomerium.organizationId,
      CLUSTER_ID: pomerium.clusterId,
      POMERIUM_API_URL: pomerium.apiUrl,
      PORT: '0',
      CATALOGUE: path,
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
