import { sql } from 'kysely'
import { userInfo } from 'node:os'
import { BY_BOT } from '../app/record.ts'
import type { AuditAction } from '../domain/event.ts'
import { foldEmail } from '../domain/person.ts'
import { cleanText } from '../domain/text.ts'
import type { Database } from '../postgres/database.ts'
import { appendEvents } from '../postgres/audit.ts'
import { asOwner } from './audit-erase.ts'
import type { CliResult } from './command.ts'
import { wordsIn } from './words.ts'

const REASON_MAX = 1_000

/** Legal holds: who must not be erased, and why. */
export async function hold([verb, ...words]: readonly string[]): Promise<CliResult> {
  if (verb === 'list' && words.length === 0) return asOwner(list)
  const read = wordsIn(words, { person: { type: 'string' }, reason: { type: 'string' } })
  if (!read.ok) return read.usage
  const { person, reason } = read.values
  const [id, ...rest] = read.positionals
  if (verb === 'release' && id !== undefined && rest.length === 0 && /^[1-9]\d{0,14}$/.test(id))
    return asOwner((db) => release(db, id))
  if (verb !== 'add' || id !== undefined || reason === undefined) return { type: 'usage' }
  const why = cleanText(reason, { multiline: false })
  if (why === '' || why.length > REASON_MAX)
    return { type: 'usage', problem: `a reason has 1 to ${REASON_MAX} characters` }
  return asOwner((db) => add(db, person, why))
}

function add(db: Database, person: string | undefined, reason: string): Promise<CliResult> {
  return db.transaction().execute(async (tx) => {
    const whom = person === undefined ? null : person.includes('@') ? foldEmail(person) : person
    const { rows } = await sql<{ id: string }>`
      insert into audit_hold (person, reason) values (${whom}, ${reason}) returning id`.execute(tx)
    const id = rows[0]?.id ?? ''
    await record(tx, 'audit.hold_placed', {
      id,
      reason,
      ...(whom === null ? {} : { person: whom }),
    })
    return {
      type: 'ok',
      text: `hold ${id}: ${whom ?? 'nobody'} ${whom === null ? 'is' : 'is not'} erased until it is released`,
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
    select concat_ws('  ', id, coalesce(person, 'everybody'), 'since ' || to_char(placed_at at time zone 'UTC', 'YYYY-MM-DD'),
      'until ' || to_char(released_at at time zone 'UTC', 'YYYY-MM-DD'), reason) as line
    from audit_hold order by id`.execute(db)
  return { type: 'ok', text: rows.map(({ line }) => line).join('\n') || 'there are no holds' }
}

async function record(
  tx: Database,
  action: AuditAction,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  const operator = userInfo().username
  await appendEvents(tx, [
    { ...BY_BOT, via: 'cli', action, alert: false, details: { ...details, operator } },
  ])
}
