import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A program of ours in a process of its own. */
export interface Child extends AsyncDisposable {
  readonly port: number
  /** From the start of the process until it said that it is ready. */
  readonly startMs: number
  /** Resident memory in MB. */
  residentMb(): number
}

/** Starts a program, with the flags of `npm start`, that logs a line with `port` when it is ready. */
export async function startChild(program: string, env: NodeJS.ProcessEnv): Promise<Child> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--max-semi-space-size=2', program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await readyPort(child)
  const startMs = performance.now() - startedAt
  return {
    port,
    startMs,
    residentMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function readyPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the program has no output')
  const lines = createInterface({ input: child.stdout })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  // The lines are read to the end, so that the pipe never fills.
  lines.on('line', (line) => {
    const { port } = JSON.parse(line) as { port?: number }
    if (port !== undefined) resolve(port)
  })
  child.once('exit', (code) =>
    reject(new Error(`the program ended with ${code} before it was ready`)),
  )
  return promise
}
