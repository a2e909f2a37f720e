import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Measured, WorkMeasured } from '../app/measured.ts'
import type { Database } from './database.ts'
import { isLive, isPending } from './request-query.ts'

/** After so long an end that is not confirmed is told to operators. */
const UNCONFIRMED_SECONDS = 60

/** What the database holds now. Each of a few statements may take `timeoutMs`; rejects when one takes longer. */
export async function measure(db: Database, timeoutMs: number): Promise<Measured> {
  return db
    .transaction()
    .setAccessMode('read only')
    .execute(async (tx) => {
      await sql`set local statement_timeout = ${sql.lit(timeoutMs)}`.execute(tx)
      return {
        work: (await workIn.execute(tx)).rows,
        policies: await only(policiesIn, tx),
        pending: await only(pendingIn, tx),
        grants: await only(grantsIn, tx),
        revocations: await only(revocationsIn, tx),
      }
    })
}

/** How long ago an instant was, in seconds; 0 when there is none. */
const age = (instant: RawBuilder<unknown>) =>
  sql`coalesce(greatest(0, extract(epoch from (select jit_now()) - ${instant})), 0)::float8`

const isDue = sql`not blocked and due_at <= (select jit_now())`

const workIn = sql<WorkMeasured>`
  select kind, count(*) filter (where ${isDue})::int as due,
    ${age(sql`min(due_at) filter (where ${isDue})`)} as "oldestSeconds",
    count(*) filter (where not blocked and last_error is not null)::int as failing,
    count(*) filter (where blocked)::int as blocked
  from work group by kind`

const policiesIn = sql<Measured['policies']>`
  select count(*)::int as managed, count(blocked_reason)::int as blocked,
    count(*) filter (where foreign_digest <> '')::int as "withForeignRules"
  from policy_state`

const pendingIn = sql<Measured['pending']>`
  select count(*)::int as count, ${age(sql`min(requested_at)`)} as "oldestSeconds"
  from request where ${isPending}`

const grantsIn = sql<Measured['grants']>`
  select count(*) filter (where state = 'granting')::int as granting,
    count(*) filter (where state = 'scheduled')::int as scheduled,
    count(*) filter (where state = 'active')::int as active,
    count(*) filter (where state = 'ending')::int as ending,
    ${age(sql`min(starts_at) filter (where state = 'granting' and in_force_until is null)`)} as "oldestGrantingSeconds"
  from access_grant where ${isLive}`

const revocationsIn = sql<Measured['revocations']>`
  select count(*) filter (where since <= (select jit_now()) - ${sql.lit(`${UNCONFIRMED_SECONDS}s`)}::interval)::int as unconfirmed,
    ${age(sql`min(since)`)} as "oldestSeconds"
  from access_grant, lateral (
    select max(at) as since from audit_event
    where audit_event.request_id = access_grant.request_id and action = 'grant.ending') as taken_away
  where ${isLive} and state = 'ending' and ends_at > (select jit_now())`

async function only<Row>(query: RawBuilder<Row>, db: Database): Promise<Row> {
  const { rows } = await query.execute(db)
  const [row] = rows
  if (row === undefined) throw new TypeError('an aggregate gave no row')
  return row
}
