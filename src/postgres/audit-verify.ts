import { sql } from 'kysely'
import type { Head } from '../domain/chained-event.ts'
import type { Erasure, Finding, Verified } from '../trail/verify.ts'
import { verifyChain } from '../trail/verify.ts'
import { genesisOf } from '../trail/entry.ts'
import { BrokenRow, archivedUpTo, chainBeginning, chainOf, chainedEvents } from './audit-chain.ts'
import type { Database } from './database.ts'

/** What a verification of the trail in the database came to. */
export interface TrailVerified extends Verified {
  /** Whether it began with a hash that was taken on trust. */
  readonly isTrusted: boolean
  /** The last event that is in an archive and was not looked at; absent when it began later, or when there is none. */
  readonly archived?: Head
  /** What is wrong beside the chain itself: guards that are off, requests that moved without an event. */
  readonly problems: readonly string[]
}

export interface VerifyOptions {
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Known from outside. */
  readonly heads?: readonly Head[] | undefined
  /** Awaited after each batch of events: a pause, or a throw that ends it. */
  readonly rest?: () => Promise<void>
}

/**
 * Verifies all events, or those from one number to another. A finding is of two walks: what is erased or archived during
 * one looks changed to it, since that did not know of it.
 */
export async function verifyTrail(
  db: Database,
  options: VerifyOptions = {},
): Promise<TrailVerified> {
  const first = await walkTrail(db, options)
  return first.finding === undefined ? first : walkTrail(db, options)
}

async function walkTrail(
  db: Database,
  { from, to, heads = [], rest }: VerifyOptions,
): Promise<TrailVerified> {
  const beginning = await chainBeginning(db, from)
  const within = to === undefined ? heads : heads.filter(({ seq }) => seq <= to)
  const erasures = await erasuresOf(db)
  const walked = await brokenAsFinding(beginning.after, () =>
    verifyChain(resting(chainedEvents(db, beginning.after.seq, to), rest), beginning, {
      heads: within,
      erasures,
    }),
  )
  const isWhole = from === undefined && to === undefined
  const { isTrusted } = beginning
  const archived = isTrusted ? undefined : await archivedUpTo(db)
  const problems = [
    ...(await guardProblems(db)),
    ...(isTrusted ? [] : [...(await eventsBefore(db, beginning.after)), ...unmet(heads, archived)]),
    ...(isWhole ? [...(await unrecorded(db)), ...(await unfoundedArchive(db))] : []),
    ...(to === undefined || walked.finding ? [] : tooShort(walked, to, heads)),
  ]
  return { ...walked, isTrusted, ...(archived && { archived }), problems }
}

/** Events where the trail does not begin yet, which no walk would come by. */
async function eventsBefore(db: Database, { seq }: Head): Promise<readonly string[]> {
  const { rows } = await sql<{ seq: string }>`
    select seq from audit.chained_event where seq <= ${seq} order by seq limit 1`.execute(db)
  return rows.map(
    ({ seq: found }) =>
      `event ${found} stands before the beginning of the trail, after event ${seq}`,
  )
}

/** Heads of events that are said to be in archives, where none is newer: an archive that hides all that they vouch for would look so. */
function unmet(heads: readonly Head[], archived: Head | undefined): readonly string[] {
  const newest = Math.max(0, ...heads.map(({ seq }) => seq))
  if (archived === undefined || newest === 0 || newest >= archived.seq) return []
  return [
    `no head from outside is as new as event ${archived.seq}, up to which events are said to be in archives: give a newer head, and verify the files with those that you have`,
  ]
}

/** A range that is not all there. */
function tooShort(
  { events, head }: Verified,
  to: number,
  heads: readonly Head[],
): readonly string[] {
  const newest = Math.max(to, ...heads.map(({ seq }) => seq))
  if (events > 0 && head.seq >= to) return []
  return [`the trail ends at event ${head.seq}, and event ${newest} was asked for`]
}

async function* resting<T>(
  batches: AsyncIterable<T>,
  rest?: () => Promise<void>,
): AsyncGenerator<T> {
  for await (const batch of batches) {
    yield batch
    await rest?.()
  }
}

async function brokenAsFinding(head: Head, walk: () => Promise<Verified>): Promise<Verified> {
  try {
    return await walk()
  } catch (error) {
    if (!(error instanceof BrokenRow)) throw error
    const finding: Finding = { seq: error.seq, problem: error.message }
    return { events: 0, head, erased: 0, headsMet: 0, finding }
  }
}

async function erasuresOf(db: Database): Promise<readonly Erasure[]> {
  const { rows } = await sql<Erasure>`
    select details ->> 'pseudonym' as pseudonym, details -> 'seqs' as seqs
    from audit.chained_event where action = 'audit.erased' order by seq`.execute(db)
  return rows
}

/** What keeps the trail append-only and is not in order. */
export async function guardProblems(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ problem: string }>`
    with ours (name, id) as (
      -- By the views on them: whoever may read no more than those finds no table by its name.
      select relname, pg_class.oid
      from pg_depend
      join pg_rewrite on pg_rewrite.oid = objid and ev_class in (
        'audit.chained_event'::regclass, 'audit.chain'::regclass, 'audit.archive'::regclass, 'audit.request_version'::regclass)
      join pg_class on pg_class.oid = refobjid and relkind = 'r'
      where refclassid = 'pg_class'::regclass)
    select 'trigger ' || name || ' of ' || on_table || ' is missing, altered or switched off' as problem
    from (values
      -- Before each row that is updated or deleted; before any truncation; before each row that is inserted.
      ('audit_event', 'audit_event_append_only', 27, 'refuse_change'),
      ('audit_event', 'audit_event_no_truncate', 34, 'refuse_change'),
      ('audit_event', 'audit_event_not_archived', 7, 'check_not_archived'),
      ('audit_event', 'zz_chain_audit_event', 7, 'chain_audit_event'),
      ('audit_chain', 'audit_chain_append_only', 27, 'refuse_change'),
      ('audit_chain', 'audit_chain_no_truncate', 34, 'refuse_change'),
      ('audit_archive', 'audit_archive_checked', 7, 'check_archive'),
      ('audit_archive', 'audit_archive_taken_out', 5, 'require_taken_out'),
      ('audit_archive', 'audit_archive_append_only', 27, 'refuse_change'),
      ('audit_archive', 'audit_archive_no_truncate', 34, 'refuse_change'),
      ('audit_archived_request', 'audit_archived_request_append_only', 27, 'refuse_change'),
      ('audit_archived_request', 'audit_archived_request_no_truncate', 34, 'refuse_change')
    ) as guards (on_table, name, type, runs)
    where not exists (
      select from pg_trigger
      join pg_proc on pg_proc.oid = tgfoid
      where tgrelid in (select id from ours where ours.name = on_table) and tgname = name and tgtype = type and tgenabled = 'A' and tgqual is null
        and tgattr = ''
        and proname = runs)
    union all
    select format('rule %s of %s puts something else in the place of what is done', rulename, name)
    from pg_rewrite join ours on ours.id = ev_class
    union all
    select 'audit_event.details is no longer generated from what is on record'
    where not exists (
      select from pg_attribute
      where attrelid in (select id from ours where name = 'audit_event') and attname = 'details' and attgenerated = 's')`.execute(
    db,
  )
  return rows.map(({ problem }) => problem)
}

/**
 * What is wrong with the list of archives: one of which no event tells, whose word it would be for events that are not there;
 * one that is not as the event says that tells of it; one that does not follow the one before it.
 */
async function unfoundedArchive(db: Database): Promise<readonly string[]> {
  const { logId } = await chainOf(db)
  const { rows } = await sql<{ problem: string }>`
    with listed as (
      select *, lag(last_seq) over listing as seq_before,
        coalesce(lag(last_hash) over listing, decode(${genesisOf(logId)}, 'hex')) as follows,
        row_number() over (order by last_seq desc) = 1 as is_last
      from audit.archive window listing as (order by last_seq)
    ), told as (select seq, details from audit.chained_event where action = 'audit.archived')
    select format('events up to %s are said to be in archive %s, and no event says so', last_seq, file) as problem
    from listed where is_last and not exists (
      select from told where seq > last_seq and (details -> 'seq') = to_jsonb(last_seq))
    union all
    select format('event %s tells of an archive up to event %s, and the list of archives has another, or none', seq, details ->> 'seq')
    from told where not exists (
      select from listed
      where (details -> 'seq', details ->> 'hash', details ->> 'file', details ->> 'fileHash', details -> 'events')
        = (to_jsonb(last_seq), encode(last_hash, 'hex'), file, file_sha256, to_jsonb(events)))
    union all
    select format('archive %s does not follow the one before it', file)
    from listed where first_seq <= coalesce(seq_before, 0) or hash_before <> follows`.execute(db)
  return rows.map(({ problem }) => problem)
}

/** Requests whose version is not that of their last event, or that are gone. */
async function unrecorded(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ problem: string }>`
    select format('request %s is at version %s, its last event at %s', id, version, coalesce(last, 0)) as problem
    from audit.request_version
    where version is distinct from last
    union all
    select format('request %s is gone, and event %s is of it', request_id, min(seq)) as problem
    from audit.chained_event
    where request_version is not null
      and not exists (select from audit.request_version where id = request_id)
    group by request_id
    order by problem limit 20`.execute(db)
  return rows.map(({ problem }) => problem)
}
