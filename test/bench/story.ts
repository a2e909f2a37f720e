import type pg from 'pg'
import type { PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import type { SlackSimulator } from '../simulators/slack/simulator.ts'
import type { Ack } from '../simulators/slack/delivery.ts'
import { CHANNEL, RESOURCES } from './catalogue.ts'
import type { Child } from './child.ts'
import type { Report } from './report.ts'
import { percentile, spread } from './report.ts'
import { steadily } from './steadily.ts'

export interface Stage {
  readonly slack: SlackSimulator
  readonly pomerium: PomeriumSimulator
  readonly askers: readonly string[]
  readonly answerer: string
  readonly bot: Child
  readonly empty: Child
  readonly pool: pg.Pool
}

const PER_SECOND = 50
const PATIENCE = { timeoutMs: 120_000 }

/** How soon Slack is answered under a steady load of commands and clicks, beside a Bolt app that does nothing. */
export async function measureAcks(report: Report, stage: Stage): Promise<void> {
  const { slack, bot, empty, askers, answerer } = stage
  const wishes = askers.flatMap((asker) =>
    Array.from({ length: RESOURCES }, (_, n) => ({
      asker,
      text: `request service-${n} 1h a steady load`,
    })),
  )
  const command = ({ asker, text }: (typeof wishes)[number]) =>
    slack.command(asker, CHANNEL, '/jit', text)
  direct(slack, empty)
  const emptyAcks = await ackTimes(wishes, command)
  direct(slack, bot)
  const botAcks = await ackTimes(wishes, command)
  report.line(
    'ack of a command, 50 a second',
    spread(botAcks),
    `< ${plus(emptyAcks)} (empty Bolt + 25 ms)`,
  )
  report.line('  empty Bolt listener', spread(emptyAcks))

  await slack.waitFor(() => cards(slack).length === wishes.length, PATIENCE)
  const click = (place: { channel: string; ts: string }) =>
    slack.click(answerer, place, 'jit:approve')
  direct(slack, empty)
  const emptyClicks = await ackTimes(cards(slack).slice(0, 250), click)
  direct(slack, bot)
  const clicks = await ackTimes(cards(slack).slice(0, 250), (place) =>
    slack.click(stage.askers[0] ?? '', place, 'jit:approve'),
  )
  report.line(
    'ack of a click, 50 a second',
    spread(clicks),
    `< ${plus(emptyClicks)} (empty Bolt + 25 ms)`,
  )
  report.line('  empty Bolt listener', spread(emptyClicks))
}

/** Every waiting request approved as fast as clicks go in. */
export async function measureBurst(report: Report, stage: Stage): Promise<void> {
  const { slack, pomerium, answerer, pool } = stage
  const places = cards(slack)
  const writesBefore = writesByPolicy(pomerium)
  const startedAt = performance.now()
  const queue = [...places]
  const hands = Array.from({ length: 32 }, async () => {
    for (let place = queue.pop(); place !== undefined; place = queue.pop())
      await slack.click(answerer, place, 'jit:approve')
  })
  await Promise.all(hands)
  const acked = performance.now() - startedAt
  await pomerium.waitFor(() => rulesInForce(pomerium) === places.length, PATIENCE)
  const inForce = performance.now() - startedAt
  const { rows } = await pool.query<{ seconds: number }>(`
    select extract(epoch from max(at) - min(at))::float8 as seconds
    from audit_event where action = 'request.approved'`)
  const decisions = places.length / (rows[0]?.seconds ?? Number.NaN)
  const writes = [...writesByPolicy(pomerium)].map(
    ([id, count]) => count - (writesBefore.get(id) ?? 0),
  )
  report.line(`burst of ${places.length} approvals, all acked`, `${acked.toFixed(0)} ms`)
  report.line('  decided', `${decisions.toFixed(0)} a second`, '≥ 300 a second')
  report.line(
    '  all in force',
    `${inForce.toFixed(0)} ms, lost ${places.length - rulesInForce(pomerium)}`,
    'lost 0',
  )
  report.line(
    '  writes per policy',
    `${Math.min(...writes)} to ${Math.max(...writes)}, shortest interval ${shortestInterval(pomerium, startedAt).toFixed(0)} ms`,
    '≥ 100 ms apart',
  )
  await slack.waitFor(() => cards(slack, 'Active').length === places.length, PATIENCE)
  report.line('  all cards show it', `${(performance.now() - startedAt).toFixed(0)} ms`)
}

/** From one click until Pomerium enforces the rule, with nothing else going on. */
export async function measureInForce(report: Report, stage: Stage): Promise<void> {
  const { slack, pomerium, answerer, askers } = stage
  for (const latencyMs of [0, 50]) {
    const times: number[] = []
    for (const asker of askers.slice(0, 30)) {
      const before = cards(slack).length
      await slack.command(asker, CHANNEL, '/jit', 'request service-0 2h one at a time')
      const place = await slack.waitFor(() => cards(slack)[before])
      await quiet(pomerium)
      const rules = rulesInForce(pomerium)
      pomerium.latencyMs = latencyMs
      const startedAt = performance.now()
      await slack.click(answerer, place, 'jit:approve')
      await pomerium.waitFor(() => rulesInForce(pomerium) > rules, PATIENCE)
      times.push(performance.now() - startedAt)
      await slack.waitFor(
        () => slack.visibleText(messageAt(slack, place)).includes('Active'),
        PATIENCE,
      )
      pomerium.latencyMs = 0
    }
    report.line(
      `click to rule in force, API latency ${latencyMs} ms`,
      spread(times),
      `p50 ≤ ${2 * latencyMs + 50} ms`,
    )
  }
}

async function ackTimes<T>(items: readonly T[], act: (item: T) => Promise<Ack>): Promise<number[]> {
  return (await steadily(items, PER_SECOND, act)).map((ack) => {
    if (ack.status !== 200) throw new Error(`answered ${ack.status}`)
    return ack.elapsedMs
  })
}

function plus(acks: readonly number[]): string {
  return `p99 ${(percentile(acks, 0.99) + 25).toFixed(1)} ms`
}

function direct(slack: SlackSimulator, child: Child): void {
  slack.deliverTo(`http://127.0.0.1:${child.port}/slack/events`)
}

function cards(slack: SlackSimulator, state = ''): { channel: string; ts: string }[] {
  return slack
    .messages(CHANNEL)
    .filter((message) => message.threadTs === undefined && message.text.includes(state))
}

function messageAt(slack: SlackSimulator, { ts }: { ts: string }): object {
  return slack.messages(CHANNEL).find((message) => message.ts === ts) ?? {}
}

function rulesInForce(pomerium: PomeriumSimulator): number {
  return pomerium
    .policies()
    .map(({ id }) => pomerium.enforced(id)?.ppl)
    .reduce((sum: number, ppl) => sum + (Array.isArray(ppl) ? ppl.length : 0), 0)
}

function writesByPolicy(pomerium: PomeriumSimulator): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { method, path } of pomerium.requests)
    if (method === 'PUT') counts.set(path, (counts.get(path) ?? 0) + 1)
  return counts
}

function shortestInterval(pomerium: PomeriumSimulator, since: number): number {
  const sinceMs = performance.timeOrigin + since
  const last = new Map<string, number>()
  let shortest = Infinity
  for (const { method, path, atMs } of pomerium.requests) {
    if (method !== 'PUT' || atMs < sinceMs) continue
    shortest = Math.min(shortest, atMs - (last.get(path) ?? -Infinity))
    last.set(path, atMs)
  }
  return shortest
}

/** Until no call is on its way and the last write is older than the shortest interval between writes. */
async function quiet(pomerium: PomeriumSimulator): Promise<void> {
  await pomerium.waitFor(() => pomerium.counters.inFlight === 0)
  await new Promise((resolve) => setTimeout(resolve, 150))
}
