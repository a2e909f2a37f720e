import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RecordedEvent, RequestView } from '../../src/app/ports.ts'
import type {
  RequestId,
  ResourceId,
  SlackChannelId,
  SlackGroupId,
  SlackTeamId,
  SlackUserId,
} from '../../src/domain/ids.ts'
import type { Identity } from '../../src/domain/person.ts'
import type { AccessRequest, Approval, EndCause, Grant } from '../../src/domain/request.ts'
import type { PeopleSet, Resource } from '../../src/domain/resource.ts'
import type { Message } from '../../src/slack/wording-blocks.ts'
import type { RequestState } from '../../src/slack/wording-state.ts'
import { blockProblems, blockTextLength } from '../simulators/slack/block-kit.ts'
import { visibleText } from '../simulators/slack/visible-text.ts'

export const STATES: readonly RequestState[] = [
  'pending',
  'denied',
  'cancelled',
  'lapsed',
  'granting',
  'active',
  'ending',
  'ended',
  'never-active',
]

/** Texts that were made to deceive, to notify, or to break the layout. */
export const HOSTILE: readonly string[] = [
  '<!channel> <!here> <!everyone> <!subteam^S666>',
  '<@U666> approved this',
  '<https://evil.example|Approve>',
  'http://evil.example <http://evil.example>',
  '<!date^0^{date}|never>',
  '&lt;!channel&gt; & <b>',
  'ok\n*Approved by*\n<@U0BOSS>\n\n\n\n\n`code` ```block``` > quote',
  '\u202eevorppa\u202c \u2066hidden\u2069 \u200fmark',
  'zero\u200bwidth\u2060joiner\ufeff nul\u0000bell\u0007',
  `Z${'\u0341\u0316\u0489'.repeat(300)}algo`,
  '👩‍👩‍👧‍👦 ❤️ 🏴\u{e0067}\u{e0062}\u{e007f}',
  'lone \ud83d surrogate \udc00',
  '🔥'.repeat(1_000),
  '&'.repeat(1_000),
  '<'.repeat(5_000),
  'x'.repeat(20_000),
  '\n'.repeat(500),
  '\u3164\u2800\u00ad',
  '',
]

/** Any text, the hostile ones often. */
export const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 1_200, size: 'max' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
)

export function identity(name: string): Identity {
  return {
    teamId: 'T0' as SlackTeamId,
    userId: `U0${name.toUpperCase()}` as SlackUserId,
    email: `${name.toLowerCase()}@example.com`,
  }
}

export const at = (time: string): Date => new Date(`2026-11-20T${time}:00Z`)

const nobody: PeopleSet = { groups: [], users: [], emails: [], domains: [], everyone: false }

export function resource(changes: Partial<Resource> = {}): Resource {
  return {
    id: 'grafana-prod' as ResourceId,
    title: 'Grafana (production)',
    url: 'https://grafana.example.com/?a=1&b=2',
    policy: 'jit-grafana-prod',
    risk: 'medium',
    channel: 'C0APPROVALS' as SlackChannelId,
    requesters: { ...nobody, everyone: true },
    approvers: peopleSet({ groups: ['S0SRE' as SlackGroupId] }),
    approvals: 1,
    duration: { defaultSeconds: 3_600, maxSeconds: 28_800 },
    reason: { minLength: 10 },
    constraints: [],
    lapseSeconds: 28_800,
    ...changes,
  }
}

export function peopleSet(changes: Partial<PeopleSet>): PeopleSet {
  return { ...nobody, ...changes }
}

export interface Sample {
  readonly state: RequestState
  readonly reason?: string
  readonly words?: string
  readonly approvals?: readonly Approval[]
  readonly approvalsNeeded?: number
  readonly resourceId?: string
  readonly version?: number
  readonly cause?: EndCause
}

/** A request of Ann's for Grafana, in the state that is asked for. */
export function request(sample: Sample): AccessRequest {
  const { state, words = 'Not during the freeze', cause = 'revoked' } = sample
  const over = state !== 'pending' && state !== 'denied' && state !== 'cancelled'
  const asked = {
    id: '7K2M9QXR' as RequestId,
    version: sample.version ?? 3,
    requester: identity('ann'),
    resourceId: (sample.resourceId ?? 'grafana-prod') as ResourceId,
    durationSeconds: 5_400,
    reason: sample.reason ?? 'INC-42 dashboards are red',
    requestedAt: at('09:00'),
    lapsesAt: at('17:00'),
    approvalsNeeded: sample.approvalsNeeded ?? 1,
    catalogueRevision: 'r1',
    approvals:
      sample.approvals ??
      (over && state !== 'lapsed' ? [{ by: identity('kim'), at: at('09:30') }] : []),
  }
  switch (state) {
    case 'pending':
      return { ...asked, status: 'pending' }
    case 'denied':
      return {
        ...asked,
        status: 'denied',
        deniedBy: identity('kim'),
        deniedAt: at('09:30'),
        denyReason: words,
      }
    case 'cancelled':
      return { ...asked, status: 'cancelled', cancelledAt: at('09:30') }
    case 'lapsed':
      return { ...asked, status: 'lapsed', lapsedAt: at('17:00') }
    case 'granting':
    case 'active':
    case 'ending':
    case 'ended':
    case 'never-active':
      return { ...asked, status: 'approved', grant: grant(state, cause, words) }
    default:
      return state satisfies never
  }
}

function grant(state: Grant['state'], cause: EndCause, words: string): Grant {
  const terms = {
    email: 'ann@example.com',
    constraints: [],
    startsAt: at('09:30'),
    endsAt: at('11:00'),
    maxSeconds: 28_800,
  }
  const end = { endedBy: identity(cause === 'returned' ? 'ann' : 'alex'), endReason: words }
  switch (state) {
    case 'granting':
      return { ...terms, state }
    case 'active':
      return { ...terms, state, activeAt: at('09:31') }
    case 'ending':
      return { ...terms, state, cause: cause === 'returned' ? 'returned' : 'revoked', ...end }
    case 'ended':
      return cause === 'expired'
        ? { ...terms, state, cause: 'expired', endedAt: at('11:01') }
        : {
            ...terms,
            state,
            cause: cause === 'returned' ? 'returned' : 'revoked',
            endedAt: at('10:00'),
            ...end,
          }
    case 'never-active':
      return { ...terms, state, endedAt: at('11:00') }
    default:
      return state satisfies never
  }
}

export function view(sample: Sample, changes: Partial<Resource> = {}): RequestView {
  return { request: request(sample), resource: resource(changes) }
}

export function event(
  action: RecordedEvent['action'],
  changes: Partial<RecordedEvent> = {},
): RecordedEvent {
  return {
    action,
    actor: { kind: 'person', identity: identity('kim') },
    via: 'button',
    requestId: '7K2M9QXR' as RequestId,
    resourceId: 'grafana-prod' as ResourceId,
    alert: false,
    details: {},
    seq: 42,
    at: at('09:30'),
    ...changes,
  }
}

/** Requests in any state, with hostile words and crowds in every place that takes some. */
export const anyView: fc.Arbitrary<RequestView> = fc
  .record({
    state: fc.constantFrom(...STATES),
    cause: fc.constantFrom('expired' as const, 'returned' as const, 'revoked' as const),
    reason: anyText,
    words: anyText,
    title: anyText,
    resourceId: anyText,
    hasResource: fc.boolean(),
    risk: fc.constantFrom('low' as const, 'high' as const),
    url: fc.option(
      fc.oneof(
        anyText,
        anyText.map((text) => `https://grafana.example.com/?q=${text}`),
      ),
    ),
    approvals: fc.array(
      anyText.map((note) => ({ by: identity('kim'), at: at('09:30'), note })),
      { maxLength: 30 },
    ),
    groupCount: fc.integer({ min: 0, max: 10 }),
    userCount: fc.integer({ min: 0, max: 500 }),
    emails: fc.array(anyText, { maxLength: 20 }),
    durationSeconds: fc.integer({ min: 60, max: 30 * 86_400 }),
  })
  .map((sample) => {
    const approvers = peopleSet({
      groups: Array.from({ length: sample.groupCount }, (_, n) => `S0G${n}` as SlackGroupId),
      users: Array.from({ length: sample.userCount }, (_, n) => `U0P${n}` as SlackUserId),
      emails: sample.emails,
      domains: sample.emails,
    })
    const of = { ...request({ ...sample, approvalsNeeded: 50 }) }
    const id = sample.resourceId as ResourceId
    if (!sample.hasResource) return { request: of }
    const { title, risk, url } = sample
    const base = resource({ id, title, risk, approvers })
    const { url: _url, ...rest } = base
    return { request: of, resource: url === null ? rest : { ...rest, url } }
  })

/** Everything below the value that is a string, with the key it stands under. */
export function strings(value: unknown, key = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[key, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => strings(inner, name))
}

/** Every text that Slack reads as mrkdwn: those of mrkdwn objects, and a message's own. */
export function markedUp(payload: unknown): readonly string[] {
  if (Array.isArray(payload)) return payload.flatMap(markedUp)
  if (typeof payload !== 'object' || payload === null) return []
  const own = 'text' in payload && typeof payload.text === 'string' ? [payload.text] : []
  const isMrkdwn = 'blocks' in payload || ('type' in payload && payload.type === 'mrkdwn')
  return [...(isMrkdwn ? own : []), ...Object.values(payload).flatMap(markedUp)]
}

const OURS =
  /<@U0[A-Z0-9]*>|<!subteam\^S0[A-Z0-9]*>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-\d]+ [:\d]+ UTC>|<https:\/\/grafana\.example\.com\/[^<>|]*\|[^<>]*>/g

/** Fails when words from outside have become markup, or hold anything that nobody sees. */
export function assertNothingInjected(payload: unknown): void {
  for (const text of markedUp(payload)) assert.doesNotMatch(text.replaceAll(OURS, ''), /[<>]/)
  for (const [, text] of strings(payload)) {
    assert.ok(text.isWellFormed())
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Default_Ignorable_Code_Point}]/u)
    assert.doesNotMatch(text, /\p{M}{5}/u)
  }
}

/** Fails when Slack would refuse the message, on posting or on editing, or when words got out of hand. */
export function assertSound(message: Message): void {
  assert.deepEqual(blockProblems('message', message), [])
  assert.ok(message.text.length > 0 && message.text.length <= 4_000)
  assert.ok(blockTextLength(message.blocks) <= 10_000, `${blockTextLength(message.blocks)}`)
  assertNothingInjected(message)
}

/** The lines that people read, with times as in UTC. */
export function lines(shown: object): readonly string[] {
  return inUtc(visibleText(shown)).split('\n')
}

/** A text with times as Slack shows them where it cannot do better. */
export function inUtc(text: string): string {
  return text.replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
}

/** The buttons of a message, as action and style. */
export function buttonsOf(message: Message): readonly (readonly string[])[] {
  return message.blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.map((element) =>
          element.type === 'button'
            ? [element.action_id ?? '', element.value ?? '', element.style ?? 'default']
            : [element.type],
        )
      : [],
  )
}
