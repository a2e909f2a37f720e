import { sql } from 'kysely'
import pg from 'pg'
import { pendingMigrations } from '../../db/migrate.ts'
import type { PolicyState } from '../app/store.ts'
import type { Config } from '../config.ts'
import { createLogger } from '../log.ts'
import { guardProblems } from '../postgres/audit-verify.ts'
import type { Database } from '../postgres/database.ts'
import { openDatabase } from '../postgres/database.ts'
import { policyStatesIn } from '../postgres/policy-states.ts'
import { checkRole, hasBotRights } from '../postgres/role-check.ts'
import { within } from '../timing.ts'
import { skewFinding } from './clocks.ts'
import type { CheckName, Finding, Line } from './finding.ts'
import { check, failed, isPassed, ok, reasonOf, skip, warning } from './finding.ts'
import type { Settings } from './settings.ts'

const OLDEST_VERSION = 150_000
const CLOSE_MS = 1_000
const MIGRATE = 'run "npm run migrate" as the owner of the database'
const GRANT = 'run "grant jit_app to …" as an administrator'
const HARMLESS_ROLE =
  'put into DATABASE_URL the role jit_app, after "alter role jit_app login password \'…\'", or another one after "grant jit_app to …"'
const KEEP =
  'keep the database as it is, take a copy, and run "npm run jit -- audit verify" with the heads from outside'

export interface ExaminedDatabase {
  readonly lines: readonly Line[]
  /** What the bot knows of its policies; absent when the database does not tell. */
  readonly policies?: readonly PolicyState[]
}

const AFTER_CONNECTION = [
  'database.version',
  'database.migrations',
  'database.role',
  'database.guards',
  'clock.database',
] as const satisfies readonly CheckName[]

/** Looks at the database in transactions that cannot write. */
export async function examineDatabase(
  { database }: Pick<Settings, 'database'>,
  now: () => number,
): Promise<ExaminedDatabase> {
  if (database === undefined)
    return {
      lines: skip(
        ['database.connection', ...AFTER_CONNECTION],
        'the environment gives no address of a database that can be read',
      ),
    }
  const log = createLogger({ level: 'silent' })
  const { db } = openDatabase({ url: database.url, log, connections: 4 })
  try {
    const connection = await check(
      'database.connection',
      async () => {
        const { rows } = await sql<{ role: string; name: string }>`
          select session_user as role, current_database() as name`.execute(db)
        return ok(`role ${rows[0]?.role}, database ${rows[0]?.name}`)
      },
      { meaning: noConnection },
    )
    if (!isPassed(connection))
      return { lines: [...connection, ...skip(AFTER_CONNECTION, 'there is no connection')] }
    const [version, clock, { lines, policies }] = await Promise.all([
      check('database.version', () => reading(db, versionOf)),
      check('clock.database', () => compareClocks(db, now)),
      examineSchema(db, database),
    ])
    return { lines: [...connection, ...version, ...lines, ...clock], ...(policies && { policies }) }
  } finally {
    await within(CLOSE_MS, db.destroy())
  }
}

async function examineSchema(
  db: Database,
  settings: Config['database'],
): Promise<ExaminedDatabase> {
  const migrations = await check('database.migrations', () => reading(db, compareMigrations), {
    meaning: orNoRights,
  })
  if (!isPassed(migrations)) {
    const skips = skip(['database.role', 'database.guards'], 'the database is not up to date')
    return { lines: [...migrations, ...skips] }
  }
  const [role, guards, policies] = await Promise.all([
    check('database.role', () => reading(db, (tx) => examineRole(tx, settings))),
    check('database.guards', () => reading(db, examineGuards), { meaning: orNoRights }),
    // That they cannot be read shows in the lines above; policies are then looked up by their names.
    reading(db, (tx) => policyStatesIn(tx).all()).catch(() => undefined),
  ])
  return { lines: [...migrations, ...role, ...guards], ...(policies && { policies }) }
}

/** Whatever a statement tries, Postgres refuses that it writes. */
function reading<T>(db: Database, read: (tx: Database) => Promise<T>): Promise<T> {
  return db.transaction().setAccessMode('read only').execute(read)
}

function noConnection(error: unknown): Finding {
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return failed(
        'Postgres does not let this login in',
        'check user and password in DATABASE_URL, percent-encoded, and that the role may log in',
      )
    case '3D000':
      return failed(reasonOf(error), 'make it with "createdb", and run "npm run migrate"')
    case '42501':
      return failed(reasonOf(error), 'grant the role "connect" on the database')
    case '53300':
      return failed(reasonOf(error), 'raise max_connections, or end what does not need to be there')
    default:
      return failed(
        `no connection: ${reasonOf(error)}`,
        'check DATABASE_URL and that Postgres accepts connections',
      )
  }
}

interface Version {
  readonly number: number
  readonly name: string
}

async function versionOf(tx: Database): Promise<Finding> {
  const { rows } = await sql<Version>`
    select current_setting('server_version_num')::int as number,
      current_setting('server_version') as name`.execute(tx)
  return versionFinding(rows[0] ?? { number: 0, name: 'of no version' })
}

/** Whether a server is new enough; `number` is its `server_version_num`. */
export function versionFinding({ number, name }: Version): Finding {
  return number >= OLDEST_VERSION
    ? ok(`Postgres ${name}`)
    : failed(`Postgres ${name} is too old`, 'upgrade the server to Postgres 15 or later')
}

async function compareMigrations(tx: Database): Promise<Finding> {
  const pending = await pendingMigrations(tx)
  return pending.length === 0
    ? ok('up to date')
    : failed(`the database lacks ${pending.length} migration(s), first ${pending[0]}`, MIGRATE)
}

async function examineRole(tx: Database, { isOwnerAllowed }: Config['database']): Promise<Finding> {
  const { role, powers } = await checkRole(tx)
  if (powers.length > 0) {
    const what = `the role ${role} could rewrite the audit trail, because it ${powers.join(' and ')}`
    return isOwnerAllowed === true
      ? warning(`${what}, which DATABASE_OWNER_ALLOWED lets pass`, HARMLESS_ROLE)
      : failed(what, `${HARMLESS_ROLE}, or set DATABASE_OWNER_ALLOWED=yes`)
  }
  if (!(await hasBotRights(tx)))
    return failed(`the role ${role} has not the rights of the bot`, GRANT)
  return ok(`the role ${role} has the rights of the bot, and cannot rewrite the audit trail`)
}

async function examineGuards(tx: Database): Promise<Finding | readonly Finding[]> {
  const problems = await guardProblems(tx)
  return problems.length === 0
    ? ok('the audit trail is append-only')
    : problems.map((problem) => failed(problem, KEEP))
}

async function compareClocks(db: Database, now: () => number): Promise<Finding> {
  const askedAt = now()
  const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db)
  const answeredAt = now()
  const at = rows[0]?.at.getTime()
  if (at === undefined) throw new TypeError('the database did not say what time it is')
  return skewFinding('the database’s', { from: at, to: at }, { askedAt, answeredAt })
}

function orNoRights(error: unknown): Finding {
  return codeOf(error) === '42501'
    ? failed(`the role of DATABASE_URL has not the rights of the bot (${reasonOf(error)})`, GRANT)
    : failed(reasonOf(error), 'look into what Postgres says, and run it again')
}

/** Of Postgres's error codes. */
function codeOf(error: unknown): string {
  return error instanceof pg.DatabaseError ? (error.code ?? '') : ''
}
