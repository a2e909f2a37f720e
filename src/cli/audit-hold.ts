import { sql } from 'kysely'
import type { AuditAction } from '../domain/event.ts'
import { parseRequestId } from '../domain/ids.ts'
import { foldEmail } from '../domain/person.ts'
import { cleanText } from '../domain/text.ts'
import type { Database } from '../postgres/database.ts'
import { knownBy } from '../postgres/erase-person.ts'
import { appendEvents } from '../postgres/audit.ts'
import { asOwner } from './audit-erase.ts'
import type { CliResult } from './command.ts'
import { BY_OPERATOR, operator } from './operator.ts'
import { wordsIn } from './words.ts'

const REASON_MAX = 1_000

/** Legal holds: what must be neither erased nor archived, and why. */
export async function hold([verb, ...words]: readonly string[]): Promise<CliResult> {
  if (verb === 'list' && words.length === 0) return asOwner(list)
  const read = wordsIn(words, {
    person: { type: 'string' },
    resource: { type: 'string' },
    request: { type: 'string' },
    reason: { type: 'string' },
  })
  if (!read.ok) return read.usage
  const { reason, ...of } = read.values
  const [id, ...rest] = read.positionals
  if (verb === 'release' && id !== undefined && rest.length === 0 && /^[1-9]\d{0,14}$/.test(id))
    return asOwner((db) => release(db, id))
  if (verb !== 'add' || id !== undefined || reason === undefined) return { type: 'usage' }
  const why = cleanText(reason, { multiline: false })
  if (why === '' || why.length > REASON_MAX)
    return { type: 'usage', problem: `a reason has 1 to ${REASON_MAX} characters` }
  const covered = coveredBy(of)
  if (typeof covered === 'string') return { type: 'usage', problem: covered }
  return asOwner((db) => add(db, covered, why))
}

/** What a hold covers, by at most one of these; everything when there is none. */
interface Covered {
  readonly person?: string
  readonly resource?: string
  readonly request?: string
}

/** What the words name; a sentence when they name nothing that can be held. */
function coveredBy({ person, resource, request }: Covered): Covered | string {
  const named = [person, resource, request].filter((word) => word !== undefined)
  if (named.length > 1) return 'a hold is of a person, a resource or a request: place one for each'
  if (named.some((word) => word.trim() === '')) return 'name what the hold is to cover'
  if (person !== undefined)
    return { person: person.includes('@') ? foldEmail(person) : person.toUpperCase() }
  if (resource !== undefined) return { resource: resource.toLowerCase() }
  if (request === undefined) return {}
  const id = parseRequestId(request)
  return id === undefined
    ? `${request} is no request: give its eight characters, such as 7K2M9QXZ`
    : { request: id }
}

/** A hold that would hold nothing, which is taken back. */
class NothingHeld extends Error {}

async function add(db: Database, covered: Covered, reason: string): Promise<CliResult> {
  try {
    return await place(db, covered, reason)
  } catch (error) {
    if (!(error instanceof NothingHeld)) throw error
    return {
      type: 'failed',
      text: `nothing on record is of ${error.message}, so that nothing would be held: check how it is written`,
    }
  }
}

async function isOnRecord(tx: Database, { person, resource }: Covered): Promise<boolean> {
  if (person !== undefined) {
    const { ids, emails } = await knownBy(tx, person)
    return ids.length + emails.length > 0
  }
  if (resource === undefined) return true
  const { rows } = await sql`
    select from audit_event where resource_id = ${resource} limit 1`.execute(tx)
  return rows.length > 0
}

function place(db: Database, covered: Covered, reason: string): Promise<CliResult> {
  const { person = null, resource = null, request = null } = covered
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string }>`
      insert into audit_hold (person, resource_id, request_id, reason)
      select ${person}, ${resource}, ${request}, ${reason}
      where ${request}::text is null or exists (select from request where id = ${request})
      returning id`.execute(tx)
    const [row] = rows
    if (row === undefined) return { type: 'failed', text: `there is no request ${request}` }
    if (!(await isOnRecord(tx, covered))) throw new NothingHeld(person ?? resource ?? '')
    await record(tx, 'audit.hold_placed', { id: row.id, reason, ...covered })
    const what = person ?? resource ?? request
    return {
      type: 'ok',
      text: `hold ${row.id}: ${what === null ? 'nothing is' : `${what} is not`} erased or archived until it is released`,
    }
  })
}

function release(db: Database, id: string): Promise<CliResult> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      update audit_hold set released_at = jit_now() where id = ${id} and released_at is null returning id`.execute(
      tx,
    )
    if (rows.length === 0) return { type: 'failed', text: `there is no hold ${id} in force` }
    await record(tx, 'audit.hold_released', { id })
    return { type: 'ok', text: `hold ${id}: released` }
  })
}

async function list(db: Database): Promise<CliResult> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws('  ', id, coalesce(person, 'resource ' || resource_id, 'request ' || request_id, 'everything'), 'since ' || to_char(placed_at at time zone 'UTC', 'YYYY-MM-DD'),
      'until ' || to_char(released_at at time zone 'UTC', 'YYYY-MM-DD'), reason) as line
    from audit_hold order by id`.execute(db)
  return { type: 'ok', text: rows.map(({ line }) => line).join('\n') || 'there are no holds' }
}

async function record(
  tx: Database,
  action: AuditAction,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  await appendEvents(tx, [
    { ...BY_OPERATOR, action, alert: false, details: { ...details, ...operator() } },
  ])
}
