import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { monthBefore, sumUpMonth } from '../../src/app/sum-up-month.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import { REVISION } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { aDatabase } from '../postgres/support.ts'

const DAY = 86_400
const OPENED = ['request.approved', 'request.auto_approved', 'request.break_glass'] as const

interface Row {
  readonly at: Date
  readonly action: AuditAction
  readonly resource?: string
  readonly isExtension?: boolean
  readonly isReviewed?: boolean
}

/** A month in which resource r01 was opened once, r02 twice, and so on, and what is beside it and is not to be counted. */
function rowsOf({ from, to }: ReturnType<typeof monthBefore>): readonly Row[] {
  const opened = Array.from({ length: 12 }, (_, n) => n + 1).flatMap((times) =>
    Array.from({ length: times }, (_, n): Row => {
      const action = OPENED[n % 3] ?? OPENED[0]
      const at = new Date(from.getTime() + (times * 20 + n) * 3_600_000)
      const resource = `r${String(times).padStart(2, '0')}`
      return { at, action, resource, isReviewed: times < 12 }
    }),
  )
  const many = (count: number, action: AuditAction): Row[] => {
    const about = action.startsWith('request.') ? { resource: 'r01' } : {}
    return Array.from({ length: count }, () => ({
      at: new Date(to.getTime() - 1),
      action,
      ...about,
    }))
  }
  return [
    { at: new Date(from.getTime() - 1), action: 'request.break_glass', resource: 'r01' },
    { at: new Date(from.getTime() - 1), action: 'request.denied', resource: 'r01' },
    ...opened,
    { at: from, action: 'request.auto_approved', resource: 'r01', isExtension: true },
    { at: from, action: 'request.approved', resource: 'r01', isExtension: true },
    ...many(3, 'request.denied'),
    ...many(4, 'policy.drift_repaired'),
    ...many(5, 'policy.foreign_rules'),
    ...many(6, 'policy.blocked'),
    ...many(7, 'request.lapsed'),
    { at: to, action: 'request.approved', resource: 'r01' },
    { at: to, action: 'policy.blocked' },
  ]
}

async function fill({ pool }: TestDatabase, rows: readonly Row[]): Promise<void> {
  const client = await pool.connect()
  const given = rows.map((row, n) => ({ id: `M${String(n).padStart(7, '0')}`, ...row }))
  try {
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    await client.query(
      `insert into request (id, version, status, idempotency_key, requester_team_id, requester_user_id, requester_email,
         resource_id, duration_seconds, reason, requested_at, lapses_at, approvals_needed, approvals_counted, catalogue_revision,
         kind, review_due_at, review_remind_at, review_verdict, reviewed_by_team_id, reviewed_by_user_id, reviewed_by_email,
         reviewed_at, extends_request_id, closed_at)
       select id, 1, case when "isExtension" then 'extended' else 'approved' end, id, 'T', 'U', 'u@example.com', resource, 60, 'why', at, at + interval '1h', 1, 1, $2,
         case when urgent then 'break-glass' else 'standard' end,
         case when urgent then at end, case when urgent then at end,
         case when urgent and "isReviewed" then 'justified' end,
         case when urgent and "isReviewed" then 'T' end, case when urgent and "isReviewed" then 'A' end,
         case when urgent and "isReviewed" then 'a@example.com' end, case when urgent and "isReviewed" then at end,
         case when "isExtension" then 'M0000000' end, case when "isExtension" then at end
       from jsonb_to_recordset($1) as row (id text, at timestamptz, action text, resource text, "isExtension" boolean, "isReviewed" boolean),
         lateral (select action = 'request.break_glass') as kind (urgent)
       where resource is not null`,
      [JSON.stringify(given), REVISION],
    )
    await client.query(
      `insert into audit_event (action, via, actor_kind, resource_id, request_id, request_version)
       select at_time(at, action), 'bot', 'bot', resource,
         case when resource is not null then id end, case when resource is not null then 1 end
       from jsonb_to_recordset($1) as row (id text, at timestamptz, action text, resource text)`,
      [JSON.stringify(given)],
    )
    await client.query('commit')
  } finally {
    client.release()
  }
}

describe('sumUpMonth', () => {
  let database: TestDatabase
  let month: ReturnType<typeof monthBefore>
  before(async () => {
    database = await aDatabase()
    month = monthBefore(await database.clock.now())
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const summaries = async () => {
    const found = await database.store.statement((db) =>
      db.audit.newest({ action: 'audit.month_summed_up' }, Number.MAX_SAFE_INTEGER, 10),
    )
    return found.toReversed()
  }

  it('says nothing of a month of which nothing is known', async () => {
    await database.store.transaction(async (tx) =>
      tx.audit.append({
        action: 'catalogue.accepted',
        actor: { kind: 'bot' },
        via: 'bot',
        alert: false,
        details: {},
      }),
    )
    await sumUpMonth(database)
    assert.deepEqual(await summaries(), [])
  })

  it('counts what the month held, once over all replicas', async () => {
    await fill(database, rowsOf(month))
    await Promise.all([sumUpMonth(database), sumUpMonth(database), sumUpMonth(database)])
    await sumUpMonth(database)
    const [summary, ...others] = await summaries()
    assert.deepEqual(others, [])
    assert.equal(summary?.alert, true)
    assert.deepEqual(summary.details, {
      month: month.month,
      grants: 78,
      byResource: Array.from({ length: 10 }, (_, n) => [
        `r${String(12 - n).padStart(2, '0')}`,
        12 - n,
      ]),
      others: 3,
      automatic: 26,
      breakGlass: 22,
      unreviewed: 5,
      denied: 3,
      drift: 4,
      foreign: 5,
      blocked: 6,
    })
    const { rows } = await database.pool.query<{ kind: string; subject: string }>(
      `select kind, subject from work where kind = 'alert'`,
    )
    assert.deepEqual(rows, [{ kind: 'alert', subject: String(summary.seq) }])
  })

  it('keeps none of it as personal', async () => {
    const { rows } = await database.pool.query<{ personal: string | null }>(
      `select personal_details as personal from audit_event where action = 'audit.month_summed_up'`,
    )
    assert.deepEqual(rows, [{ personal: null }])
  })

  it('sums the next month up when that is over', async () => {
    await database.clock.advance(32 * DAY)
    await sumUpMonth(database)
    await sumUpMonth(database)
    const told = await summaries()
    assert.equal(told.length, 2)
    assert.equal(told[1]?.details['month'], monthBefore(await database.clock.now()).month)
  })
})

describe('monthBefore', () => {
  it('goes by UTC, over the turn of the year too', () => {
    assert.deepEqual(monthBefore(new Date('2026-03-01T00:00:00.000Z')), {
      month: '2026-02',
      from: new Date('2026-02-01T00:00:00.000Z'),
      to: new Date('2026-03-01T00:00:00.000Z'),
    })
    assert.equal(monthBefore(new Date('2026-02-28T23:59:59.999Z')).month, '2026-01')
    assert.equal(monthBefore(new Date('2026-01-31T12:00:00.000Z')).month, '2025-12')
  })
})
