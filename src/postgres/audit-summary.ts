import { sql } from 'kysely'
import type { MonthNumbers } from '../app/sum-up-month.ts'
import type { Database } from './database.ts'

/** Numbers of the events at or after an instant and before another. Extensions open nothing, and are not counted. */
export async function numbersBetween(tx: Database, from: Date, to: Date): Promise<MonthNumbers> {
  const { rows } = await sql<MonthNumbers>`
    with opened as (
      select event.action, event.resource_id
      from audit_event as event join request on request.id = event.request_id
      where event.at >= ${from} and event.at < ${to} and request.extends_request_id is null
        and event.action in ('request.approved', 'request.auto_approved', 'request.break_glass')),
    of_resource as (select resource_id, count(*)::int as grants from opened group by resource_id),
    counted as (
      select action, count(*)::int as count from audit_event
      where at >= ${from} and at < ${to} and action in (
        'request.denied', 'policy.drift_repaired', 'policy.foreign_rules', 'policy.blocked')
      group by action)
    select
      (select coalesce(jsonb_agg(jsonb_build_array(resource_id, grants)
          order by grants desc, resource_id collate "C"), '[]') from of_resource) as "byResource",
      (select count(*)::int from opened where action = 'request.auto_approved') as automatic,
      (select count(*)::int from opened where action = 'request.break_glass') as "breakGlass",
      (select count(*)::int from request where review_due_at is not null and review_verdict is null) as unreviewed,
      coalesce((select count from counted where action = 'request.denied'), 0) as denied,
      coalesce((select count from counted where action = 'policy.drift_repaired'), 0) as drift,
      coalesce((select count from counted where action = 'policy.foreign_rules'), 0) as foreign,
      coalesce((select count from counted where action = 'policy.blocked'), 0) as blocked`.execute(
    tx,
  )
  const [numbers] = rows
  if (numbers === undefined) throw new TypeError('the database counted nothing')
  return numbers
}
