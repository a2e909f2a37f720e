import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { AccessWindow, AuditFilter } from '../app/audit-cases.ts'
import type { Sql } from './audit-query.ts'
import { allOf } from './audit-query.ts'

/** Access within what a filter says of time, people, resource and request; the last to begin first. */
export function selectWindows(filter: AuditFilter, limit: number): RawBuilder<AccessWindow> {
  const { from, to } = filter
  const begun = allOf([
    ...(from === undefined ? [] : [sql`starts_at >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [sql`starts_at < ${to}::timestamptz`]),
  ])
  const latest = sql`(${spans(filter, begun)} order by starts_at desc limit ${limit})`
  // Few last at any one instant, so that it is quicker to look for them apart from those that begin later.
  const lasting =
    from === undefined
      ? sql``
      : sql`union all ${spans(
          filter,
          sql`tstzrange(starts_at, ends_at) @> ${from}::timestamptz and starts_at < ${from}::timestamptz`,
        )}`
  return sql`
    select request_id as "requestId", resource_id as "resourceId", email, began as "from", finished as "to",
      state = 'ended' or finished <= (select jit_now()) as "isOver"
    from (${latest} ${lasting}) as access
    order by starts_at desc, request_id
    limit ${limit}`
}

function spans(filter: AuditFilter, narrowed: Sql): Sql {
  return sql`
    select * from access_grant, lateral (select
      -- Access that was extended became active once more.
      case extensions when 0 then coalesce(active_at, starts_at) else starts_at end,
      -- Pomerium ends it by itself, whenever that is put on record.
      least(ended_at, ends_at)) as span (began, finished)
    where state <> 'never-active' and began < finished and ${narrowed} and ${allOf(conditionsOf(filter))}`
}

function conditionsOf({ from, to, resourceId, requestId, person }: AuditFilter): readonly Sql[] {
  const conditions: Sql[] = []
  if (from !== undefined) conditions.push(sql`finished > ${from}::timestamptz`)
  if (to !== undefined) conditions.push(sql`began < ${to}::timestamptz`)
  if (resourceId !== undefined) conditions.push(sql`resource_id = ${resourceId}`)
  if (requestId !== undefined) conditions.push(sql`request_id = ${requestId}`)
  if (person !== undefined)
    conditions.push(
      'userId' in person
        ? sql`requester_user_id = ${person.userId}`
        : sql`fold_email(email) = fold_email(${person.email})`,
    )
  return conditions
}
