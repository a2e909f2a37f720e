import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import { migrate } from '../../db/migrate.ts'
import type { Database } from '../../src/postgres/database.ts'
import { openDatabase } from '../../src/postgres/database.ts'
import { createStore } from '../../src/postgres/store.ts'
import type { Store } from '../../src/app/store.ts'
import { silentLog } from './log.ts'

/** A migrated database of one test's own, on a clock that the test can set forward. */
export interface TestDatabase extends AsyncDisposable {
  /** For the superuser, whom tests act as. */
  readonly url: string
  /** For the role that the bot runs with. */
  readonly appUrl: string
  readonly db: Database
  readonly pool: pg.Pool
  readonly store: Store
  readonly clock: TestClock
  /** A database with the same in it; nobody may be connected to this one meanwhile but for its own pool, which lets go. */
  copy(): Promise<TestDatabase>
}

/** The database's clock: it runs, and jumps when it is told to. */
export interface TestClock {
  now(): Promise<Date>
  /** Jumps forward and wakes the workers. */
  advance(seconds: number): Promise<void>
}

/** A database role that may log in. */
export interface Login {
  readonly role: string
  readonly password: string
}

/** Makes the template that every test's database is copied from; returns its name. */
export async function createTemplate(serverUrl: string): Promise<string> {
  const name = `jit_template_${randomUUID().replaceAll('-', '')}`
  await onServer(serverUrl, (client) => client.query(`create database ${name}`))
  const { db } = openDatabase({ url: withName(serverUrl, name), log: silentLog, connections: 2 })
  await migrate(db)
  await installClock(db)
  await db.destroy()
  return name
}

/** Makes a login with the rights of the bot. */
export async function createAppLogin(serverUrl: string): Promise<Login> {
  const login = { role: `jit_app_${randomUUID().replaceAll('-', '')}`, password: randomUUID() }
  const { role, password } = login
  await onServer(serverUrl, (client) =>
    client.query(`create role ${role} login password '${password}' in role jit_app`),
  )
  return login
}

/** A fresh copy of the template. */
export async function createTestDatabase(connections = 10): Promise<TestDatabase> {
  const template = process.env['JIT_TEST_TEMPLATE']
  if (template === undefined)
    throw new Error(
      'run the tests with "npm test", or add --test-global-setup=test/support/global-setup.ts',
    )
  return copyOf(template, connections)
}

async function copyOf(template: string, connections: number): Promise<TestDatabase> {
  const server = process.env['JIT_TEST_SERVER'] ?? ''
  const name = `jit_test_${randomUUID().replaceAll('-', '')}`
  await onServer(server, (client) =>
    client.query(`create database ${name} template ${template} strategy file_copy`),
  )
  const url = withName(server, name)
  const login = JSON.parse(process.env['JIT_TEST_APP_LOGIN'] ?? '') as Login
  const { db, pool } = openDatabase({ url, log: silentLog, connections })
  return {
    url,
    appUrl: withLogin(url, login),
    db,
    pool,
    store: createStore(db),
    clock: createClock(pool),
    async copy() {
      await onServer(server, (client) =>
        client.query(
          'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1',
          [name],
        ),
      )
      return copyOf(name, connections)
    },
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await onServer(server, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}

/**
 * Puts a settable clock in the place of the database's own. `at_time` gives a value back and stops the clock at an instant
 * for the rest of the transaction: rows whose times the database gives can so be made for any time.
 */
export async function installClock(db: Database): Promise<void> {
  await sql`create table test_clock (shift interval not null)`.execute(db)
  await sql`insert into test_clock values ('0')`.execute(db)
  await sql`
    create or replace function jit_now() returns timestamptz language sql volatile
    as $$ select coalesce(nullif(current_setting('test.now', true), '')::timestamptz, clock_timestamp() + shift)
      from public.test_clock $$`.execute(db)
  await sql`grant select on test_clock to jit_app, jit_auditor`.execute(db)
  await sql`
    create function at_time(instant timestamptz, value text) returns text language sql volatile
    as $$ select value from set_config('test.now', instant::text, true) $$`.execute(db)
}

function createClock(pool: pg.Pool): TestClock {
  return {
    async now() {
      const { rows } = await pool.query<{ now: Date }>('select jit_now() as now')
      return rows[0]?.now ?? new Date(Number.NaN)
    },
    async advance(seconds) {
      await pool.query('update test_clock set shift = shift + make_interval(secs => $1)', [seconds])
      await pool.query(`select pg_notify('jit_work', '')`)
    },
  }
}

export function withName(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

/** The same database for another role. */
export function withLogin(url: string, { role, password }: Login): string {
  const changed = new URL(url)
  changed.username = role
  changed.password = password
  return changed.href
}

export async function onServer(
  url: string,
  run: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await run(client)
  } finally {
    await client.end()
  }
}
