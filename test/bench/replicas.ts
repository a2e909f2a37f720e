import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { Database } from '../../src/postgres/database.ts'
import type { PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import type { SlackSimulator } from '../simulators/slack/simulator.ts'
import type { Message } from '../simulators/slack/workspace.ts'
import { CHANNEL, RESOURCES } from './catalogue.ts'
import type { Child } from './child.ts'
import type { FlakyRoad } from './flaky-road.ts'
import type { Report } from './report.ts'
import { percentile } from './report.ts'
import { steadily } from './steadily.ts'

export interface Replicas {
  readonly slack: SlackSimulator
  readonly pomerium: PomeriumSimulator
  readonly toSlack: FlakyRoad
  readonly toPomerium: FlakyRoad
  readonly bots: readonly Child[]
  readonly askers: readonly string[]
  readonly answerer: string
  readonly db: Database
  readonly pool: pg.Pool
}

const REQUESTS_PER_SECOND = 20
const OUTAGE_MS = 60_000
const PATIENCE_MS = 600_000

/**
 * A thousand requests, each approved, through three replicas, while every call to Slack and Pomerium is late by chance and
 * one in twenty breaks; then an outage of either, with approvals meanwhile.
 */
export async function measureReplicas(report: Report, stage: Replicas): Promise<void> {
  const { slack, bots, askers, pool, toSlack, toPomerium } = stage
  let turn = 0
  const direct = () => {
    turn += 1
    slack.deliverTo(`http://127.0.0.1:${bots[turn % bots.length]?.port}/slack/events`)
  }
  const ask = (some: readonly Wish[]) =>
    steadily(some, REQUESTS_PER_SECOND, ({ asker, text }) => {
      direct()
      return slack.command(asker, CHANNEL, '/jit', text)
    })
  const wishes = askers.flatMap((asker) =>
    Array.from({ length: RESOURCES }, (_, n) => ({
      asker,
      resource: `service-${n}`,
      text: `request service-${n} 8h through three replicas`,
    })),
  )
  await ask(wishes)
  // Who is told to try again does: a look-up that broke decides nothing.
  let repeated = 0
  for (;;) {
    const open = await openWork(stage, wishes)
    if (open.missing.length === 0 && !open.isWaiting) break
    await steadily(open.pending, REQUESTS_PER_SECOND, (card) => {
      direct()
      return slack.click(stage.answerer, card, 'jit:approve')
    })
    await ask(open.missing)
    repeated += open.missing.length
    await sleep(1_000)
  }
  await settled(stage, wishes.length)
  const { rows: times } = await pool.query<{ ms: number }>(`
    select extract(epoch from active.at - approved.at)::float8 * 1000 as ms
    from audit_event approved join audit_event active using (request_id)
    where approved.action = 'request.approved' and active.action = 'grant.activated'`)
  const inForce = times.map(({ ms }) => ms)
  report.line(
    `${wishes.length} requests, ${bots.length} replicas, 5 % failures, 200 ms jitter`,
    `in force p50 ${percentile(inForce, 0.5).toFixed(0)} ms, p99 ${percentile(inForce, 0.99).toFixed(0)} ms`,
  )
  report.line('  lost, double', await faults(stage, wishes.length), '0, 0')
  report.line('  told to try again', `${repeated}`)
  report.line(
    '  calls, of which broke',
    `${toSlack.exchanges + toPomerium.exchanges}, ${toSlack.broken + toPomerium.broken}`,
  )
  report.line('  audit trail', await trail(stage), 'as recorded')

  for (const [name, road] of [
    ['Pomerium', toPomerium],
    ['Slack', toSlack],
  ] as const) {
    const before = await grants(stage)
    const ends = await pool.query<{ id: string; holder: string }>(
      `select request_id as id, requester_user_id as holder from access_grant
       where state = 'active' order by request_id limit 100`,
    )
    const askAgain = async (open: readonly (typeof ends.rows)[number][]) => {
      await steadily(open, REQUESTS_PER_SECOND, ({ id, holder }) => {
        direct()
        return slack.command(holder, CHANNEL, '/jit', `end ${id}`)
      })
      return stillActive(stage, open)
    }
    road.setClosed(true)
    const startedAt = performance.now()
    let open = await askAgain(ends.rows)
    await sleep(Math.max(0, OUTAGE_MS - (performance.now() - startedAt)))
    road.setClosed(false)
    const backAt = performance.now()
    while (open.length > 0) open = await askAgain(open)
    await settled(stage, before - ends.rows.length)
    report.line(
      `${name} away for a minute, ${ends.rows.length} ends asked for`,
      `all ended, and shown, ${((performance.now() - backAt) / 1_000).toFixed(1)} s after it is back`,
    )
  }
  report.line('  lost, double', await faults(stage, await grants(stage)), '0, 0')
  report.line('  audit trail', await trail(stage), 'as recorded')
}

interface Wish {
  readonly asker: string
  readonly resource: string
  readonly text: string
}

/** Wishes of which no request came, and the cards of requests that wait. */
async function openWork({ pool, slack }: Replicas, wishes: readonly Wish[]) {
  const { rows } = await pool.query<{ id: string; key: string; status: string }>(
    `select id, requester_user_id || ' ' || resource_id as key, status from request`,
  )
  const made = new Set(rows.map(({ key }) => key))
  const waiting = new Set(rows.filter(({ status }) => status === 'pending').map(({ id }) => id))
  const shown = new Map<string, Message>()
  for (const card of cards(slack)) {
    const id = idOf(slack, card)
    if (id !== undefined && waiting.has(id) && !shown.has(id)) shown.set(id, card)
  }
  return {
    missing: wishes.filter(({ asker, resource }) => !made.has(`${asker} ${resource}`)),
    pending: [...shown.values()],
    isWaiting: waiting.size > 0,
  }
}

/** Until so many grants are active and in force, no other is on its way, and nothing is left to do or to show. */
async function settled(stage: Replicas, active: number): Promise<void> {
  const { pool, pomerium } = stage
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const { rows } = await pool.query<{ owed: number }>(`
      select (select count(*) from access_grant where state in ('granting', 'ending'))::int
        + (select count(*) from work where kind = 'messages')::int
        as owed`)
    const isDone =
      rows[0]?.owed === 0 && (await grants(stage)) === active && rulesInForce(pomerium) === active
    if (isDone) return
    await sleep(100)
  }
  throw new Error('not settled in ten minutes')
}

/** Those of some grants whose end was not decided; a while after it was asked for. */
async function stillActive<T extends { readonly id: string }>(
  { pool }: Replicas,
  some: readonly T[],
): Promise<readonly T[]> {
  await sleep(2_000)
  const { rows } = await pool.query<{ id: string }>(
    `select request_id as id from access_grant where state = 'active' and request_id = any($1)`,
    [some.map(({ id }) => id)],
  )
  const open = new Set(rows.map(({ id }) => id))
  return some.filter(({ id }) => open.has(id))
}

async function grants({ pool }: Replicas): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int from access_grant where state = 'active'`,
  )
  return rows[0]?.count ?? 0
}

/** Grants without a rule in force, and rules that more than one grant stands for or none does. */
async function faults({ pool, pomerium }: Replicas, active: number): Promise<string> {
  const { rows } = await pool.query<{ double: number }>(`
    select count(*)::int as double from (
      select requester_user_id, resource_id from access_grant where state = 'active'
      group by 1, 2 having count(*) > 1) as twice`)
  const double = (rows[0]?.double ?? 0) + Math.max(0, rulesInForce(pomerium) - active)
  return `${Math.max(0, active - rulesInForce(pomerium))}, ${double}`
}

async function trail({ db }: Replicas): Promise<string> {
  const { finding, problems, events } = await verifyTrail(db)
  return finding === undefined && problems.length === 0
    ? `as recorded, ${events} events`
    : `NOT AS RECORDED: ${[finding?.problem, ...problems].join('; ')}`
}

function cards(slack: SlackSimulator): readonly Message[] {
  return slack.messages(CHANNEL).filter(({ threadTs }) => threadTs === undefined)
}

function idOf(slack: SlackSimulator, card: Message): string | undefined {
  return /Request `([0-9A-Z]{8})`/.exec(slack.visibleText(card))?.[1]
}

function rulesInForce(pomerium: PomeriumSimulator): number {
  return pomerium
    .policies()
    .map(({ id }) => pomerium.enforced(id)?.ppl)
    .reduce((sum: number, ppl) => sum + (Array.isArray(ppl) ? ppl.length : 0), 0)
}
