import { sql } from 'kysely'
import type { RawBuilder, Selectable } from 'kysely'
import type { AuditFilter } from '../app/audit-cases.ts'
import type { ResourceId } from '../domain/ids.ts'
import type { Database } from './database.ts'
import type { AuditEventTable } from './schema.ts'

export type Sql = RawBuilder<unknown>

type Person = NonNullable<AuditFilter['person']>
/** A filter of which parts are seen to already. */
type Narrowing = { readonly [K in keyof AuditFilter]: AuditFilter[K] | undefined }

/** Where to look, and how much to take from there, the newest first. */
export interface Reach {
  readonly before: number
  readonly limit: number
}

/** Events that a filter finds, in order, each once. */
export function selectEvents(
  filter: AuditFilter,
  reach: Reach,
): RawBuilder<Selectable<AuditEventTable>> {
  const sources = sourcesOf(filter, reach).map((source) => sql`(${source})`)
  const every = sql.join(sources, sql` union all `)
  return sql`select distinct on (seq) * from (${every}) as event ${taken([], reach)}`
}

/** Where events that fit are found, as many in each place as there can be in all. */
function sourcesOf(filter: AuditFilter, reach: Reach): readonly Sql[] {
  const { person, resourceId, requestId, action } = filter
  if (person !== undefined)
    return [
      those(isBy(person), filter, reach),
      forEach(requestsOf(person), (id) => those(sql`request_id = ${id}`, filter, reach)),
    ]
  if (requestId !== undefined) return [those(sql`request_id = ${requestId}`, filter, reach)]
  const byResource = resourceId === undefined ? [] : [resourceKey(resourceId)]
  const rest = { ...filter, resourceId: undefined }
  if (action === undefined) return [along(byResource, rest, reach)]
  const byAction = (value: Sql) =>
    along([...byResource, { column: sql`action`, value }], { ...rest, action: undefined }, reach)
  if (isWhole(action)) return [byAction(sql`${action}`)]
  return [forEach(actionsOf(action), byAction)]
}

/** A column by which there is an index, and what it has to be. */
interface Key {
  readonly column: Sql
  readonly value: Sql
  /** What the index leaves out. */
  readonly isThere?: Sql
}

function resourceKey(id: ResourceId): Key {
  return { column: sql`resource_id`, value: sql`${id}`, isThere: sql`resource_id is not null` }
}

/**
 * Events with these keys, from the index that has them and then the number. The keys are compared together with the
 * number: a plan that knew them as equal would rather go through all events by their number alone, which takes long
 * where those in question are rare or long ago.
 */
function along(keys: readonly Key[], rest: Narrowing, reach: Reach): Sql {
  const columns = sql.join([...keys.map(({ column }) => column), sql`seq`])
  const values = keys.map(({ value }) => value)
  const from = sql.join([...values, firstNumber(rest)])
  const to = sql.join([...values, lastNumber(rest, sql`${reach.before}`)])
  const conditions = [
    sql`(${columns}) > (${from}) and (${columns}) < (${to})`,
    ...keys.flatMap(({ isThere }) => isThere ?? []),
    ...conditionsOf(rest),
  ]
  return sql`select * from audit_event where ${allOf(conditions)} ${taken(keys, reach)}`
}

// Numbers follow time, and a clock that is set back is so by less than a day. So a time bounds the numbers too, and what
// is far from it need not be looked at.

/** A number below those of the events in question. */
function firstNumber({ from }: Narrowing): Sql {
  if (from === undefined) return sql`0::bigint`
  return sql`greatest(0::bigint, (
    select seq from audit_event where at < ${from}::timestamptz - interval '1 day' order by at desc limit 1))`
}

/** A number above those of the events in question. */
function lastNumber({ to }: Narrowing, before: Sql): Sql {
  if (to === undefined) return sql`${before}::bigint`
  return sql`least(${before}::bigint, (
    select seq from audit_event where at > ${to}::timestamptz + interval '1 day' order by at limit 1))`
}

/** Events of one request or of one person, of which there are few enough for the plain way. */
function those(are: Sql, filter: Narrowing, reach: Reach): Sql {
  const within = sql`seq > ${firstNumber(filter)} and seq < ${lastNumber(filter, sql`${reach.before}`)}`
  const conditions = [are, within, ...conditionsOf(filter)]
  return sql`select * from audit_event where ${allOf(conditions)} ${taken([], reach)}`
}

/** What is found for each of some values. */
function forEach(values: Sql, find: (value: Sql) => Sql): Sql {
  return sql`select event.* from (${values}) as given (value) cross join lateral (${find(sql`given.value`)}) as event`
}

function isBy(person: Person): Sql {
  return 'userId' in person
    ? sql`actor_user_id = ${person.userId}`
    : sql`fold_email(actor_email) = fold_email(${person.email})`
}

function requestsOf(person: Person): Sql {
  if ('userId' in person)
    return sql`select id from request where requester_user_id = ${person.userId}`
  const folded = sql`fold_email(${person.email})`
  return sql`select id from request where fold_email(requester_email) = ${folded}
    union select id from request where beneficiary_email <> '' and fold_email(beneficiary_email) = ${folded}`
}

/** Those actions on record that begin so. Source: https://wiki.postgresql.org/wiki/Loose_indexscan */
function actionsOf(family: string): Sql {
  return sql`with recursive known (action) as (
      (select action from audit_event order by action limit 1)
      union all
      select (select action from audit_event where action > known.action order by action limit 1)
      from known where known.action is not null)
    select action from known where split_part(action, '.', 1) = ${family}`
}

/** The numbers between which everything lies that may be of a filter's time; nothing does when the first is the greater. */
export async function spanOf(
  tx: Database,
  filter: AuditFilter,
): Promise<{ readonly first: number; readonly last: number }> {
  const end = sql`(select coalesce(max(seq), 0) + 1 from audit_event)`
  const { rows } = await sql<{ after: string; before: string }>`
    select ${firstNumber(filter)} as after, ${lastNumber(filter, end)} as before`.execute(tx)
  const [{ after, before } = { after: 0, before: 1 }] = rows
  return { first: Number(after) + 1, last: Number(before) - 1 }
}

/** Whether an event is one that a filter finds, by looking at the event. */
export function isFound(filter: AuditFilter): Sql {
  const { person } = filter
  const theirs =
    person === undefined ? [] : [sql`(${isBy(person)} or request_id in (${requestsOf(person)}))`]
  return sql`coalesce(${allOf([...theirs, ...conditionsOf(filter)])}, false)`
}

function taken(keys: readonly Key[], { limit }: Reach): Sql {
  const columns = [...keys.map(({ column }) => column), sql`seq`]
  return sql`order by ${sql.join(columns.map((column) => sql`${column} desc`))} limit ${limit}`
}

function conditionsOf({ from, to, resourceId, requestId, action }: Narrowing): readonly Sql[] {
  const conditions: Sql[] = []
  // Not as comparisons of `at`, by whose index all events of a long time would be sorted for those of one page.
  if (from !== undefined) conditions.push(sql`at - ${from}::timestamptz >= interval '0'`)
  if (to !== undefined) conditions.push(sql`at - ${to}::timestamptz < interval '0'`)
  if (resourceId !== undefined) conditions.push(sql`resource_id = ${resourceId}`)
  if (requestId !== undefined) conditions.push(sql`request_id = ${requestId}`)
  if (action !== undefined)
    conditions.push(
      isWhole(action) ? sql`action = ${action}` : sql`split_part(action, '.', 1) = ${action}`,
    )
  return conditions
}

function isWhole(action: string): boolean {
  return action.includes('.')
}

/** All of them; true when there are none. */
export function allOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}
