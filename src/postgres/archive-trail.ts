import { sql } from 'kysely'
import type { AuditEvent } from '../domain/event.ts'
import type { Head } from '../domain/chained-event.ts'
import { chainBeginning, chainOf } from './audit-chain.ts'
import { appendEvents } from './audit.ts'
import type { Database } from './database.ts'
import { concerns, knownBy } from './erase-person.ts'

/** Events of one file: what is taken out in one transaction, in which nobody can append for about a second. */
const EVENTS_MAX = 50_000

/** The oldest events that may go to a file. */
export interface ArchiveRun {
  readonly logId: string
  readonly gapsUntil: number
  /** What the archive before it ended with, or the beginning of the trail. */
  readonly after: Head
  readonly first: number
  readonly last: number
  /** In which its first event was recorded, in UTC, such as `2026-01`. */
  readonly month: string
}

/** The first event that has to stay, and why. */
export interface Stays {
  readonly seq: number
  readonly why: string
}

/** What a file holds, by its own verification. */
export interface ArchiveFile {
  readonly name: string
  /** In hex. */
  readonly sha256: string
  readonly events: number
  /** Of them, those of which something was erased. */
  readonly erased: number
  readonly head: Head
}

/** The events are still in the database, as they were. */
export class NotArchived extends Error {
  override readonly name = 'NotArchived'
}

/** The next run to archive of what happened before a month, at most a month of it; or what keeps any from being. */
export async function nextRun(db: Database, before: string): Promise<ArchiveRun | Stays> {
  const stays = await firstThatStays(db, before)
  const { rows } = await sql<{ first: string; last: string; month: string }>`
    with oldest as (select seq, date_trunc('month', at at time zone 'UTC') as month from audit_event order by seq limit 1),
    next_month as (
      select min(event.seq) as seq from audit_event event, oldest
      where event.at >= (oldest.month + interval '1 month') at time zone 'UTC' and event.seq > oldest.seq
    )
    select oldest.seq as first, to_char(oldest.month, 'YYYY-MM') as month,
      (select max(event.seq) from audit_event event
       where event.seq < least(${stays.seq}, oldest.seq + ${EVENTS_MAX}, (select seq from next_month))) as last
    from oldest`.execute(db)
  const [run] = rows
  if (run === undefined || Number(run.first) >= stays.seq) return stays
  const { logId } = await chainOf(db)
  const { after, gapsUntil } = await chainBeginning(db)
  const { first, last, month } = run
  return { logId, gapsUntil, after, first: Number(first), last: Number(last), month }
}

/**
 * Takes a run out of the database that a file holds, and puts that on record. Nobody can append meanwhile; who reads is
 * not kept waiting. Throws {@link NotArchived} when nothing was done, because the file does not hold what would be taken out,
 * because something must stay by now, or because the database did not do it; anything else when it may have been done.
 */
export async function takeOut(
  db: Database,
  { first, last, month }: ArchiveRun,
  file: ArchiveFile,
  facts: { readonly before: string; readonly by: AuditEvent['details'] },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`lock table audit_event in share row exclusive mode`.execute(tx)
    const stays = await firstThatStays(tx, facts.before, last)
    if (stays.seq <= last) throw new NotArchived(`event ${stays.seq} has to stay: ${stays.why}`)
    const { rows } = await sql<Archived>`
      insert into audit_archive (last_seq, file, file_sha256) values (${last}, ${file.name}, ${file.sha256})
      returning events, encode(last_hash, 'hex') as hash, (
        select count(*) from audit_event where seq <= ${last} and (
          actor_digest is not null and actor_salt is null or personal_digest is not null and personal_salt is null)
      ) as erased`.execute(tx)
    const [there] = rows
    const isSame =
      there !== undefined &&
      file.head.seq === last &&
      file.head.hash === there.hash &&
      file.events === Number(there.events) &&
      file.erased === Number(there.erased)
    if (!isSame)
      throw new NotArchived('the events are not those of the file any more: run the same again')
    await sql`delete from slack_message where audit_seq <= ${last}`.execute(tx)
    await sql`alter table audit_event disable trigger audit_event_append_only`.execute(tx)
    await sql`delete from audit_event where seq <= ${last}`.execute(tx)
    await sql`alter table audit_event enable always trigger audit_event_append_only`.execute(tx)
    const { events, head, name, sha256 } = file
    const details = {
      month,
      seqs: [[first, last]],
      events,
      seq: last,
      hash: head.hash,
      file: name,
      fileHash: sha256,
      ...facts.by,
    }
    await appendEvents(tx, [
      { actor: { kind: 'bot' }, via: 'cli', action: 'audit.archived', alert: true, details },
    ])
    await sql`set constraints all immediate`.execute(tx)
  })
}

interface Archived {
  readonly events: string
  readonly hash: string
  readonly erased: string
}

/** Makes what fails before the commit a {@link NotArchived}. */
async function inTransaction(db: Database, run: (tx: Database) => Promise<void>): Promise<void> {
  let isDone = false
  try {
    await db.transaction().execute(async (tx) => {
      await run(tx)
      isDone = true
    })
  } catch (error) {
    if (isDone || error instanceof NotArchived) throw error
    throw new NotArchived(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/**
 * The first event that has to stay, and why. There is always one: the last of all. Holds are looked for up to an event, since
 * they take the longest.
 */
async function firstThatStays(
  db: Database,
  before: string,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<Stays> {
  const { rows } = await sql<{ seq: string; why: string }>`
    with stays (seq, why) as (
      select min(seq), ${`it is not from before ${before}`}::text from audit_event where at >= ${`${before}-01T00:00:00Z`}::timestamptz
      union all
      select min(seq), 'it is of the last 90 days' from audit_event where at > jit_now() - interval '90 days'
      union all
      select max(seq), 'it is the last one' from audit_event
      union all
      (select seq, format('request %s is not over', request_id) from audit_event
       where request_id in (select id from request where not request_is_over(id)) order by seq limit 1)
      union all
      select last_seq + 1, 'the SIEM does not have it yet' from audit_stream where active
      union all
      select min(subject::bigint), 'it is still to be posted to the audit channel' from work where kind = 'alert'
    )
    select seq, why from stays where seq is not null order by seq limit 1`.execute(db)
  const [{ seq, why } = { seq: 0, why: 'there are no events' }] = rows
  const first = { seq: Number(seq), why }
  return (await firstHeld(db, Math.min(first.seq, upTo + 1))) ?? first
}

/** The first event before one that a legal hold covers. */
async function firstHeld(db: Database, before: number): Promise<Stays | undefined> {
  const holds = await sql<Hold>`
    select id, person, resource_id as "resourceId", request_id as "requestId"
    from audit_hold where released_at is null order by id`.execute(db)
  let first: Stays | undefined
  for (const hold of holds.rows) {
    const { rows } = await sql<{ seq: string | null }>`
      select min(seq) as seq from audit_event
      where seq < ${first?.seq ?? before} and ${await coveredBy(db, hold)}`.execute(db)
    const seq = rows[0]?.seq ?? null
    if (seq !== null) first = { seq: Number(seq), why: `legal hold ${hold.id} covers it` }
  }
  return first
}

interface Hold {
  readonly id: string
  readonly person: string | null
  readonly resourceId: string | null
  readonly requestId: string | null
}

async function coveredBy(db: Database, { person, resourceId, requestId }: Hold) {
  if (person !== null) return concerns(await knownBy(db, person))
  if (resourceId !== null) return sql`resource_id = ${resourceId}`
  return requestId === null ? sql`true` : sql`request_id = ${requestId}`
}
