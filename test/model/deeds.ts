import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import type { Ack } from '../simulators/slack/delivery.ts'
import { APPROVALS } from '../support/world.ts'
import { look } from './look.ts'
import type { Plot } from './plot.ts'
import { isFine } from './plot.ts'
import type { Deed, Done, Seen } from './reference.ts'
import { expected, isOpen } from './reference.ts'
import type { Stage } from './stage.ts'

export const WAYS = ['by command', 'in Slack', 'on the page'] as const
/** Typed, clicked on the card (and filled in where a form opens), or on the page behind Pomerium. */
export type Way = (typeof WAYS)[number]

const PATIENCE_MS = 8_000
/** While something is wrong nobody can tell when nothing will come any more. */
const SHORT_PATIENCE_MS = 250
/** Slack's own deadline for an acknowledgement. */
const ACK_MS = 3_000

/**
 * Does something as a person does, waits for what comes of it, and throws when that is not what the rules say, as far as
 * nothing is wrong that excuses it. `dies`: the replica that takes it is killed after so many calls from it.
 */
export async function perform(
  stage: Stage,
  plot: Plot,
  deed: Deed,
  way: Way,
  dies?: number,
): Promise<void> {
  const before = await look(stage.town)
  const done = { ...deed, reason: `INC-${stage.done.length + 1} of the story` }
  const wasSo = isVisible(done, before.seen)
  stage.done.push(done)
  const isJudged = isFine(plot) && !stage.isShaken && dies === undefined && isCertain(stage, deed)
  const replica = stage.next()
  const told = new Set(stage.town.slack.ephemerals(stage.town.people[deed.who]))
  const sending = send(stage, done, way)
  if (dies !== undefined && replica !== undefined) {
    await calls(stage, dies)
    stage.replicas.kill(replica)
    plot.running -= 1
    stage.mayRepeat = true
  }
  const sent = await sending
  const isNew = async () => !wasSo && isVisible(done, (await look(stage.town)).seen)
  const hasAnswer = async () =>
    sent.isAnswered() ||
    stage.town.slack.ephemerals(stage.town.people[deed.who]).some((each) => !told.has(each)) ||
    (await isNew())
  const patienceMs = isJudged && sent.isSent ? PATIENCE_MS : SHORT_PATIENCE_MS
  const isAnswered = await eventually('an answer', hasAnswer, patienceMs).catch(() => false)
  const after = await look(stage.town)
  const happened = !wasSo && isVisible(done, after.seen)
  stage.tell(`   ${sent.isSent ? (happened ? 'done' : 'not done') : 'not offered'}`)
  if (isAnswered) stage.isShaken = false
  else for (const key of keysOf(deed)) stage.uncertain.add(key)
  if (sent.ack !== undefined && dies === undefined && replica !== undefined) judgeAck(sent.ack)
  if (!isJudged || !(sent.isSent || way === 'on the page')) return
  assert.ok(isAnswered, 'nothing came of it, and nobody was told')
  const [then, now] = [before.now, after.now].map((at) => expected(deed, before.seen, at))
  if (then !== now || isOvertaken(deed, before.seen, after.now)) return
  const wanted = wasSo ? 'refused' : now
  plot.judged += 1
  assert.equal(happened ? 'happens' : 'refused', wanted, 'the rules say what is to come of it')
}

/** I19: whoever acts in Slack is never told that the app did not respond. */
function judgeAck({ status, problem, elapsedMs }: Ack): void {
  assert.deepEqual([status, problem], [200, undefined], `I19: acknowledged with ${status}`)
  assert.ok(elapsedMs < ACK_MS, `I19: acknowledged after ${elapsedMs} ms`)
}

/** Until the bots have made so many more calls to the outside, or make none. */
async function calls({ town }: Stage, count: number): Promise<void> {
  const made = () => town.slack.calls.length + town.pomerium.counters.requests
  const first = made()
  await eventually('calls', () => made() >= first + count, SHORT_PATIENCE_MS).catch(() => false)
}

function isCertain({ uncertain }: Stage, deed: Deed): boolean {
  return keysOf(deed).every((key) => !uncertain.has(key))
}

/** What a deed is about. */
function keysOf(deed: Deed): readonly string[] {
  return 'id' in deed ? [deed.who, deed.id] : [deed.who]
}

/** The bot cancels by itself, some time soon, what would prolong access that is over. */
function isOvertaken(deed: Deed, seen: readonly Seen[], now: Date): boolean {
  const request = 'id' in deed ? seen.find(({ id }) => id === deed.id) : undefined
  const prolonged = seen.find(({ id }) => id === request?.extends)
  return prolonged !== undefined && !isOpen(prolonged, now)
}

/** Whether it shows that a deed was carried out. */
function isVisible(done: Done, seen: readonly Seen[]): boolean {
  if (done.what === 'ask' || done.what === 'extend')
    return seen.some(({ reason }) => reason === done.reason)
  const request = seen.find(({ id }) => id === done.id)
  switch (done.what) {
    case 'approve':
      return request?.approvers.includes(done.who) === true
    case 'deny':
      return request?.deniedBy === done.who
    case 'cancel':
      return request?.status === 'cancelled'
    case 'end':
      return request?.grant?.endedBy === done.who
    default:
      return done satisfies never
  }
}

interface Sent {
  readonly isSent: boolean
  readonly ack?: Ack
  /** Whether an answer came where the person looks. */
  readonly isAnswered: () => boolean
}

/** The answer is a private sentence, which is looked for whatever was sent. */
const nowhere = () => false

async function send(stage: Stage, done: Done, way: Way): Promise<Sent> {
  switch (way) {
    case 'by command':
      return sendCommand(stage, done)
    case 'in Slack':
      return sendClick(stage, done)
    case 'on the page':
      return sendPage(stage, done)
    default:
      return way satisfies never
  }
}

async function sendCommand({ town }: Stage, done: Done): Promise<Sent> {
  const { slack, people } = town
  const ack = await slack.command(people[done.who], APPROVALS, '/jit', lineOf(done))
  return { isSent: true, ack, isAnswered: nowhere }
}

function lineOf(done: Done): string {
  switch (done.what) {
    case 'ask':
      return `request ${done.resource} ${done.minutes}m ${done.reason}`
    case 'extend':
      return `extend ${done.id} ${done.minutes}m ${done.reason}`
    case 'approve':
    case 'cancel':
      return `${done.what} ${done.id}`
    case 'deny':
    case 'end':
      return `${done.what} ${done.id} ${done.reason}`
    default:
      return done satisfies never
  }
}

/** Slack shows what there is to click; what it does not show any more was on the card before, for who did not look again. */
async function sendClick(stage: Stage, done: Done): Promise<Sent> {
  const { slack, people } = stage.town
  const who = people[done.who]
  const entries = entriesOf(done)
  if (done.what === 'ask') {
    const ack = await slack.command(who, APPROVALS, '/jit', '')
    return sendForm(stage, done, ack, 'jit:request', entries)
  }
  const action = `jit:${done.what}`
  // The card may be on its way.
  await slack
    .waitFor(() => stage.story.card(done.id), { timeoutMs: SHORT_PATIENCE_MS })
    .catch(() => undefined)
  for (const place of [stage.story.card(done.id), stage.story.directMessage(done.who, done.id)]) {
    if (place === undefined) continue
    for (const click of ['click', 'clickStale'] as const) {
      const clicked = await tried(() => slack[click](who, place, action))
      if (clicked === undefined) continue
      if (done.what === 'approve' || done.what === 'cancel' || done.what === 'end')
        return { isSent: true, ack: clicked, isAnswered: nowhere }
      return sendForm(stage, done, clicked, `jit:${done.what}`, entries)
    }
  }
  return { isSent: false, isAnswered: nowhere }
}

async function sendForm(
  { town }: Stage,
  { who }: Done,
  ack: Ack,
  callbackId: string,
  entries: Readonly<Record<string, string>>,
): Promise<Sent> {
  const { slack, people } = town
  const view = await slack
    .waitFor(
      () => {
        const top = slack.views(people[who]).at(-1)
        return top?.content['callback_id'] === callbackId && top
      },
      { timeoutMs: SHORT_PATIENCE_MS },
    )
    .catch(() => undefined)
  if (view === undefined) return { isSent: false, ack, isAnswered: nowhere }
  // Somebody who may ask for nothing has no fields.
  const submitted = await tried(() => slack.submit(people[who], view.id, entries))
  if (submitted === undefined) return { isSent: false, ack, isAnswered: nowhere }
  // What was entered stays in the form with what is wrong with it, or a word takes its place.
  const isAnswered = () => {
    const shown = slack.views(people[who]).find(({ id }) => id === view.id)
    return shown !== undefined && !slack.visibleText(shown.content).includes('You may close this')
  }
  return { isSent: true, ack: submitted, isAnswered }
}

/** What the simulator gives, or nothing when Slack would not let anybody do that. */
async function tried<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act()
  } catch {
    return undefined
  }
}

async function sendPage({ town }: Stage, done: Done): Promise<Sent> {
  const client = town.pages.as(done.who)
  try {
    const { status } =
      done.what === 'ask'
        ? await client.submit('/', 'Ask for access', entriesOf(done))
        : await client.submit(`/requests/${done.id}`, FORMS[done.what], entriesOf(done))
    return { isSent: true, isAnswered: () => status < 500 }
  } catch {
    // The page does not offer it, or there is no page.
    return { isSent: false, isAnswered: () => true }
  }
}

const FORMS = {
  extend: 'Ask for the extension',
  approve: 'Approve',
  deny: 'Reject',
  cancel: 'Cancel request',
  end: 'End access',
} as const

function entriesOf(done: Done): Readonly<Record<string, string>> {
  const { reason } = done
  switch (done.what) {
    case 'ask':
      return { resource: done.resource, duration: `${done.minutes}m`, reason }
    case 'extend':
      return { duration: `${done.minutes}m`, reason }
    case 'deny':
    case 'end':
      return { reason }
    case 'approve':
    case 'cancel':
      return {}
    default:
      return done satisfies never
  }
}
