import { sql } from 'kysely'
import { BY_BOT } from '../app/record.ts'
import type { AuditEvent } from '../domain/event.ts'
import { appendEvents } from './audit.ts'
import type { Sql } from './audit-query.ts'
import type { Database } from './database.ts'

/** Whatever a person is known by. */
export interface KnownBy {
  readonly ids: readonly string[]
  /** As addresses are compared. */
  readonly emails: readonly string[]
  readonly subjects: readonly string[]
}

/** What was erased, or would be. */
export interface Erased {
  readonly pseudonym: string
  readonly events: number
  readonly requests: number
  /** Files that older events are in, which an erasure does not reach. */
  readonly archives: number
}

/** Runs of event numbers that one event on record can name. */
const RUNS_MAX = 500
const NAME_MIN = 6
const GONE = '(erased)'
/** What people write; with what stands there when it is gone. */
const TEXTS = [
  ['request', 'reason', GONE],
  ['request', 'deny_reason', GONE],
  ['request', 'review_note', GONE],
  ['access_grant', 'end_reason', GONE],
  ['approval', 'note', null],
] as const
const TABLES = ['audit_event', 'request', 'approval', 'access_grant'] as const

/** Whoever is called `dana@example.com` is not mentioned where `ana@example.com` is; a full stop may end a sentence. */
const NOT_WITHIN = {
  before: String.raw`(?<![a-z0-9._%+'-])`,
  after: String.raw`(?![a-z0-9_%+'-]|\.[a-z0-9])`,
}
/** What parts words, spaces and JSON's escapes alike; addresses are compared without spaces. */
const PARTING = String.raw`\\(u[0-9a-fA-F]{4}|.)|\s`
const ESCAPED = String.raw`\\\1`
const SPECIAL = String.raw`([\\.+*?()\[\]{}^$|])`

/** Why somebody may not be erased now. */
export class NotErasable extends Error {
  override readonly name = 'NotErasable'
}

/**
 * Everything that a person is known by, from one thing that they are: a Slack id, or an address in any case. Empty when
 * nobody is known by it.
 */
export async function knownBy(db: Database, person: string): Promise<KnownBy> {
  const { rows } = await sql<KnownBy>`
    with recursive known (id, email, subject) as (
      select user_id, email, subject from identity
      union select user_id, linked_email, subject from identity where linked_email is not null
      union select requester_user_id, requester_email, nullif(requester_subject, '') from request
      union select null, beneficiary_email, null from request where beneficiary_email <> ''
      union select denied_by_user_id, denied_by_email, denied_by_subject from request where denied_by_user_id is not null
      union select reviewed_by_user_id, reviewed_by_email, reviewed_by_subject from request where reviewed_by_user_id is not null
      union select ended_by_user_id, ended_by_email, ended_by_subject from access_grant where ended_by_user_id is not null
      union select approver_user_id, approver_email, approver_subject from approval
      union select actor_user_id, actor_email, actor_subject from audit_event where actor_kind = 'person'
    ), theirs as (
      select * from known where id = ${person} or fold_email(email) = fold_email(${person})
      union
      select known.* from known join theirs on known.id = theirs.id
        or known.email <> '' and fold_email(known.email) = fold_email(theirs.email)
        or known.subject <> '' and known.subject = theirs.subject
    )
    select
      coalesce(array_agg(distinct id) filter (where id <> ''), '{}') as ids,
      coalesce(array_agg(distinct fold_email(email)) filter (where email <> ''), '{}') as emails,
      coalesce(array_agg(distinct subject) filter (where subject <> ''), '{}') as subjects
    from theirs`.execute(db)
  return rows[0] ?? { ids: [], emails: [], subjects: [] }
}

/**
 * Puts a pseudonym in the place of a person everywhere, and takes away what they wrote and what was written of them; on
 * record, and without a trace in the chain, which holds digests alone. Must run in a transaction, as the owner of the
 * tables: it takes the guards away and puts them back before anybody else can see that. Throws {@link NotErasable}.
 */
export async function erasePerson(
  tx: Database,
  known: KnownBy,
  { pseudonym, by }: { readonly pseudonym: string; readonly by: AuditEvent['details'] },
): Promise<Erased> {
  await sql`lock table ${sql.join(TABLES.map((table) => sql.table(table)))} in access exclusive mode`.execute(
    tx,
  )
  await requireErasable(tx, known)
  const guards = await guardsOff(tx)
  const seqs = await eraseEvents(tx, known, pseudonym)
  const requests = await eraseRequests(tx, known, pseudonym)
  await sql`delete from identity where user_id = any(${known.ids})`.execute(tx)
  await sql`delete from directory_member where user_id = any(${known.ids}) or fold_email(email) = any(${known.emails})`.execute(
    tx,
  )
  await sql`
    update directory_group
    set members = (select coalesce(array_agg(member), '{}') from unnest(members) member where not member = any(${known.ids}))
    where members && ${known.ids}::text[]`.execute(tx)
  await guardsOn(tx, guards)
  await appendEvents(tx, eventsOf(seqs, pseudonym, by))
  const archives = await sql<{ count: number }>`
    select count(*)::int as count from audit.archive`.execute(tx)
  return { pseudonym, events: seqs.length, requests, archives: archives.rows[0]?.count ?? 0 }
}

async function requireErasable(tx: Database, known: KnownBy): Promise<void> {
  const { ids, emails } = known
  const roles = ['request.requester', 'denied_by', 'reviewed_by', 'ended_by', 'approver']
  const { rows } = await sql<{ open: number; holds: string | null }>`
    with theirs as (
      select request.id, request.resource_id
      from request left join access_grant on access_grant.request_id = id left join approval on approval.request_id = id
      where ${sql.join(
        roles.map((who) => isOne(known, who)),
        sql` or `,
      )} or fold_email(request.beneficiary_email) = any(${emails})
    )
    select (
      select count(*)::int from request left join access_grant on request_id = id
      where (request.status = 'pending' or state in ('granting', 'scheduled', 'active', 'ending'))
        and (request.requester_user_id = any(${ids}) or fold_email(requester_email) = any(${emails})
          or fold_email(beneficiary_email) = any(${emails}))
    ) as open, (
      select string_agg(id::text, ', ' order by id) from audit_hold
      where released_at is null and (
        num_nonnulls(person, resource_id, request_id) = 0 or person = any(${ids}) or person = any(${emails})
        or resource_id in (select resource_id from theirs) or request_id in (select id from theirs)
        or exists (
          select from audit_event
          where (resource_id = audit_hold.resource_id or request_id = audit_hold.request_id) and ${concerns(known)}))
    ) as holds`.execute(tx)
  const { open = 0, holds = null } = rows[0] ?? {}
  if (holds !== null) throw new NotErasable(`legal hold ${holds} covers them: release it first`)
  if (open > 0)
    throw new NotErasable(`${open} of their requests wait or are open: let them end first`)
}

interface Guard {
  readonly table: string
  readonly name: string
  readonly enabled: string
}

/** Lets triggers not fire, and references be looked at when all is done; gives back how they were. */
async function guardsOff(tx: Database): Promise<readonly Guard[]> {
  const { rows } = await sql<Guard>`
    select tgrelid::regclass::text as table, tgname as name, tgenabled as enabled
    from pg_trigger
    where not tgisinternal and tgrelid in (${sql.join(TABLES.map((table) => sql`${table}::regclass`))})`.execute(
    tx,
  )
  for (const table of TABLES)
    await sql`alter table ${sql.table(table)} disable trigger user`.execute(tx)
  await sql`alter table approval alter constraint approval_of_requester deferrable initially deferred`.execute(
    tx,
  )
  return rows
}

async function guardsOn(tx: Database, guards: readonly Guard[]): Promise<void> {
  await sql`set constraints all immediate`.execute(tx)
  await sql`alter table approval alter constraint approval_of_requester not deferrable`.execute(tx)
  for (const { table, name, enabled } of guards) {
    const how = { O: sql`enable`, A: sql`enable always`, R: sql`enable replica`, D: sql`disable` }
    const mode = how[enabled as keyof typeof how]
    await sql`alter table ${sql.table(table)} ${mode} trigger ${sql.ref(name)}`.execute(tx)
  }
}

/** Numbers of the events of which something was erased, in order. */
async function eraseEvents(
  tx: Database,
  known: KnownBy,
  pseudonym: string,
): Promise<readonly number[]> {
  const acted = await sql<{ seq: string }>`
    update audit_event
    set actor_user_id = ${pseudonym}, actor_team_id = null, actor_email = null, actor_subject = null,
      source_address = null, actor_salt = null, personal_details = null, personal_salt = null
    where ${isBy(known)}
    returning seq`.execute(tx)
  const told = await sql<{ seq: string }>`
    update audit_event set personal_details = null, personal_salt = null
    where personal_details is not null and ${isAbout(known)}
    returning seq`.execute(tx)
  return [...acted.rows, ...told.rows].map(({ seq }) => Number(seq)).sort((a, b) => a - b)
}

/** Whether an event is theirs, of their requests, or mentions them. */
export function concerns(known: KnownBy): Sql {
  return sql`(${isBy(known)} or ${isAbout(known)})`
}

function isBy({ ids, emails, subjects }: KnownBy): Sql {
  return sql`(actor_kind = 'person' and (actor_user_id = any(${ids}) or fold_email(actor_email) = any(${emails})
    or actor_subject = any(${subjects})))`
}

function isAbout(known: KnownBy): Sql {
  return sql`(request_id in (select id from request where ${areTheirs(known)})
    or ${isMentioned(known, sql`personal_details`)})`
}

/** Whether they are the one whom columns that begin so are about. */
function isOne({ ids, emails }: KnownBy, who: string): Sql {
  return sql`(${sql.ref(`${who}_user_id`)} = any(${ids}) or fold_email(${sql.ref(`${who}_email`)}) = any(${emails}))`
}

function areTheirs({ ids, emails }: KnownBy): Sql {
  return sql`(requester_user_id = any(${ids}) or fold_email(requester_email) = any(${emails})
    or (beneficiary_email <> '' and fold_email(beneficiary_email) = any(${emails})))`
}

async function eraseRequests(tx: Database, known: KnownBy, pseudonym: string): Promise<number> {
  const { emails } = known
  const address = `${pseudonym}@erased.invalid`
  const is = (who: string) => isOne(known, who)
  const by = async (table: string, who: string, text: string, gone: string | null) => {
    await sql`
      update ${sql.table(table)}
      set ${sql.ref(`${who}_user_id`)} = ${pseudonym}, ${sql.ref(`${who}_email`)} = ${address},
        ${sql.ref(`${who}_subject`)} = case when ${sql.ref(`${who}_subject`)} is null then null else '' end,
        ${sql.ref(text)} = case when ${sql.ref(text)} is null then null else ${gone}::text end
      where ${is(who)}`.execute(tx)
  }
  // What they wrote as somebody else's approver, reviewer or revoker.
  await by('request', 'denied_by', 'deny_reason', GONE)
  await by('request', 'reviewed_by', 'review_note', GONE)
  await by('access_grant', 'ended_by', 'end_reason', GONE)
  await by('approval', 'approver', 'note', null)
  // What others wrote and named them in.
  for (const [table, column, gone] of TEXTS)
    await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = ${gone}
      where ${isMentioned(known, sql.ref(column))}`.execute(tx)
  // What they asked for, and what was said of it.
  const { rows } = await sql<{ id: string }>`
    update request set
      reason = ${GONE},
      deny_reason = case when deny_reason is null then null else ${GONE} end,
      review_note = case when review_note is null then null else ${GONE} end,
      requester_user_id = case when ${is('requester')} then ${pseudonym} else requester_user_id end,
      requester_email = case when ${is('requester')} then ${address} else requester_email end,
      requester_subject = case when ${is('requester')} then '' else requester_subject end,
      beneficiary_email = case when beneficiary_email <> '' and fold_email(beneficiary_email) = any(${emails})
        then ${address} else beneficiary_email end
    where ${areTheirs(known)}
    returning id`.execute(tx)
  const of = rows.map(({ id }) => id)
  await sql`
    update approval set note = null, requester_user_id = request.requester_user_id,
      requester_email = request.requester_email, requester_subject = request.requester_subject,
      beneficiary_email = request.beneficiary_email
    from request where request.id = request_id and request_id = any(${of})`.execute(tx)
  await sql`
    update access_grant set requester_user_id = request.requester_user_id,
      end_reason = case when end_reason is null then null else ${GONE} end,
      email = case when fold_email(access_grant.email) = any(${emails}) then ${address} else access_grant.email end
    from request where request.id = request_id and request_id = any(${of})`.execute(tx)
  return rows.length
}

/** Whether a text has anything in it that they are known by. */
function isMentioned({ ids, emails, subjects }: KnownBy, text: Sql): Sql {
  // What is shorter stands in many texts that are not about them.
  const names = [...ids, ...emails, ...subjects].filter((name) => name.length >= NAME_MIN)
  return sql`exists (
    select from unnest(${names}::text[]) mention
    where fold_email(regexp_replace(${text}, ${PARTING}, '|', 'g')) ~ concat(
      ${NOT_WITHIN.before}::text, regexp_replace(fold_email(mention), ${SPECIAL}, ${ESCAPED}, 'g'),
      ${NOT_WITHIN.after}::text))`
}

/** What says on record which events were erased; the verifier goes by it. */
function eventsOf(
  seqs: readonly number[],
  pseudonym: string,
  by: AuditEvent['details'],
): readonly AuditEvent[] {
  const runs: [number, number][] = []
  for (const seq of seqs) {
    const last = runs.at(-1)
    if (last !== undefined && seq <= last[1] + 1) last[1] = seq
    else runs.push([seq, seq])
  }
  const events: AuditEvent[] = []
  for (let at = 0; at === 0 || at < runs.length; at += RUNS_MAX) {
    const some = runs.slice(at, at + RUNS_MAX)
    const count = some.reduce((sum, [first, last]) => sum + last - first + 1, 0)
    const details = { pseudonym, seqs: some, events: count, ...by }
    events.push({ ...BY_BOT, via: 'cli', action: 'audit.erased', alert: false, details })
  }
  return events
}
