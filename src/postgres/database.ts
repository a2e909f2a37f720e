import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Log } from '../app/ports.ts'
import { preparing } from './prepared.ts'
import type { Schema } from './schema.ts'

export type Database = Kysely<Schema>

/**
 * A pool of at most `connections`; every wait in it is bounded: connecting 5 s, a lock 5 s, and unless it is patient a
 * statement 10 s.
 */
export function openDatabase(options: {
  readonly url: string
  readonly connections?: number
  /** For commands that go through everything. */
  readonly isPatient?: boolean
  readonly log: Log
}): { readonly db: Database; readonly pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: 'jit',
    max: options.connections ?? 10,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 30_000,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 15_000,
    ...(options.isPatient === true ? {} : { statement_timeout: 10_000, query_timeout: 15_000 }),
  })
  // So would one that is in use; whoever uses it is told by the query that fails.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  // An idle client that loses its server would otherwise end the process.
  pool.on('error', (error) => options.log.warn({ err: error }, 'idle database connection lost'))
  return {
    pool,
    db: new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparing(pool) }) }),
  }
}
