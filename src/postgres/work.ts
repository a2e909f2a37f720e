import { sql } from 'kysely'
import type { Claim, Work, WorkList } from '../app/work-list.ts'
import type { Database } from './database.ts'

/** The channel on which workers are told that something is due. */
export const WORK_CHANNEL = 'jit_work'

/** Marks of what is out of date; workers are told at commit. */
export function workIn(tx: Database): Work {
  const told = sql`pg_notify(${WORK_CHANNEL}, '')`
  async function markAll(things: Parameters<Work['markAll']>[0]): Promise<void> {
    await sql`
        with marked as (
          insert into work (key, kind, subject, due_at, urgent)
          select kind || ':' || subject, kind, subject, jit_now(), urgent
          from unnest(${things.map(({ kind }) => kind)}::text[], ${things.map(({ subject }) => subject)}::text[],
            ${things.map(({ isUrgent = false }) => isUrgent)}::boolean[]) as things (kind, subject, urgent)
          on conflict (key) do update set
            generation = nextval('work_generation'),
            urgent = work.urgent or excluded.urgent,
            due_at = case when work.attempts > 0 and not work.blocked and not excluded.urgent
              then work.due_at else least(work.due_at, excluded.due_at) end,
            attempts = case when work.blocked then 0 else work.attempts end,
            blocked = false
          returning 1)
        select ${told} from marked`.execute(tx)
  }
  return {
    mark: (kind, subject) => markAll([{ kind, subject }]),
    markAll,
    async repair() {
      await sql`
        update work set blocked = false, due_at = jit_now(), generation = nextval('work_generation')
        where key in (
          select key from work
          where blocked and kind in ('messages', 'alert')
            and due_at + interval '5 minutes' * power(2, least(attempts, 8)) <= (select jit_now())
          order by due_at limit 50 for update skip locked)`.execute(tx)
      await sql`
        insert into work (key, kind, subject, due_at)
        select 'moment:' || id, 'moment', id, min(at)
        from (
          select id, least(lapses_at, remind_at, escalates_at) from request where status = 'pending'
          union all
          select request_id, case state when 'scheduled' then starts_at else ends_at end
          from access_grant where state in ('granting', 'scheduled', 'active', 'ending')
          union all
          select id, review_remind_at from request where review_due_at is not null and review_verdict is null
        ) as moments (id, at)
        group by id
        on conflict (key) do nothing`.execute(tx)
      await sql`
        insert into work (key, kind, subject, due_at)
        select 'stream:' || destination, 'stream', destination, jit_now()
        from audit_stream
        where active and last_seq is distinct from (select max(seq) from audit_event)
        on conflict (key) do nothing`.execute(tx)
      await sql`select ${told}`.execute(tx)
    },
    async schedule(kind, subject, at) {
      const key = `${kind}:${subject}`
      if (at === undefined) {
        await tx.deleteFrom('work').where('key', '=', key).execute()
        return
      }
      await sql`
        with scheduled as (
          insert into work (key, kind, subject, due_at) values (${key}, ${kind}, ${subject}, ${at})
          on conflict (key) do update set
            generation = nextval('work_generation'), due_at = excluded.due_at, attempts = 0, blocked = false
          returning 1)
        select ${told} from scheduled`.execute(tx)
    },
  }
}

/** The work list that all workers share. Leases are kept by the database's clock. */
export function createWorkList(db: Database): WorkList {
  const lease = (ms: number) => sql<Date>`jit_now() + ${ms} * interval '1 millisecond'`
  const held = (claim: Claim) =>
    db
      .updateTable('work')
      .where('key', '=', `${claim.kind}:${claim.subject}`)
      .where('lease_epoch', '=', claim.leaseEpoch)
  /** Who lost the lease may have left something old outside, over what its successor did: somebody looks again. */
  const settled = async (claim: Claim, rows: bigint): Promise<void> => {
    if (rows === 0n && claim.kind !== 'moment') await workIn(db).mark(claim.kind, claim.subject)
  }
  return {
    async claim(kinds, limit, leaseMs, only) {
      // An inner query of the update itself may be run once for each row, and lease more than the limit.
      const { rows } = await sql<Claim>`
        with due as (
          select key from work
          where kind = any(${kinds}) and not blocked and due_at <= (select jit_now())
            and (lease_until is null or lease_until <= (select jit_now()))
            and (urgent or ${only !== 'urgent'})
          order by urgent desc, due_at limit ${limit} for update skip locked),
        claimed as (
          update work set lease_epoch = nextval('work_lease_epoch'), lease_until = ${lease(leaseMs)}
          from due where work.key = due.key
          returning work.*)
        select kind, subject, generation, lease_epoch as "leaseEpoch", attempts, urgent as "isUrgent"
        from claimed order by urgent desc, due_at, generation`.execute(db)
      return rows
    },
    async renew(claim, leaseMs) {
      const { numUpdatedRows } = await held(claim)
        .where('lease_until', '>', sql<Date>`jit_now()`)
        .set({ lease_until: lease(leaseMs) })
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async settle(claim, result) {
      const moved = sql<boolean>`generation <> ${claim.generation}`
      const free = { lease_until: null }
      switch (result.type) {
        case 'done': {
          const { lookAfterMs } = result
          const { numDeletedRows } = await db
            .deleteFrom('work')
            .where('key', '=', `${claim.kind}:${claim.subject}`)
            .where('lease_epoch', '=', claim.leaseEpoch)
            .where('generation', '=', claim.generation)
            .where(sql<boolean>`${lookAfterMs === undefined}`)
            .executeTakeFirst()
          if (numDeletedRows > 0n) return
          const kept = { ...free, attempts: 0, last_error: null }
          const { numUpdatedRows } = await held(claim)
            .set({
              ...kept,
              ...(lookAfterMs !== undefined && {
                urgent: sql<boolean>`urgent and ${moved}`,
                due_at: sql<Date>`case when ${moved} then due_at else ${lease(lookAfterMs)} end`,
              }),
            })
            .executeTakeFirst()
          return settled(claim, numUpdatedRows)
        }
        case 'again': {
          const attempts =
            result.error === undefined ? sql<number>`attempts` : sql<number>`attempts + 1`
          const { numUpdatedRows } = await held(claim)
            .set({
              ...free,
              attempts,
              last_error: result.error ?? null,
              // What moved during the try is as urgent as if it moved after it.
              due_at: sql<Date>`case when ${moved} and (urgent or ${attempts} = 0) then due_at else ${lease(result.afterMs)} end`,
            })
            .executeTakeFirst()
          return settled(claim, numUpdatedRows)
        }
        case 'blocked': {
          const { numUpdatedRows } = await held(claim)
            .set({
              ...free,
              attempts: sql<number>`case when ${moved} then 0 else attempts + 1 end`,
              last_error: result.error,
              blocked: sql<boolean>`not (${moved})`,
            })
            .executeTakeFirst()
          return settled(claim, numUpdatedRows)
        }
        default:
          result satisfies never
      }
    },
    async untilDue(kinds) {
      const { rows } = await sql<{ ms: number | null }>`
        select extract(epoch from min(free.due_at) - jit_now())::float8 * 1000 as ms
        from unnest(${kinds}::text[]) as kinds (kind), lateral (
          (select due_at from work
            where work.kind = kinds.kind and not blocked and lease_until is null order by due_at limit 1)
          union all
          (select greatest(due_at, lease_until) from work
            where work.kind = kinds.kind and not blocked and lease_until is not null)) as free`.execute(
        db,
      )
      const ms = rows[0]?.ms
      return ms === null || ms === undefined ? undefined : Math.max(0, Math.ceil(ms))
    },
  }
}
