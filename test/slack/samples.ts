import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { AccessWindow, AuditDigest } from '../../src/app/audit-cases.ts'
import type { RecordedEvent, RequestView } from '../../src/app/ports.ts'
import type { Offer } from '../../src/app/use-cases.ts'
import type {
  LevelId,
  RequestId,
  ResourceId,
  SlackChannelId,
  SlackGroupId,
  SlackTeamId,
  SlackUserId,
} from '../../src/domain/ids.ts'
import type { Identity } from '../../src/domain/person.ts'
import type { Json } from '../../src/domain/ppl.ts'
import type {
  AccessRequest,
  Approval,
  Approved,
  Asked,
  EndCause,
  Grant,
  Ineligibility,
  RequestKind,
  Review,
} from '../../src/domain/request.ts'
import type { PeopleSet, Resource, Stage } from '../../src/domain/resource.ts'
import type { RequestState } from '../../src/domain/request-state.ts'
import type { Message } from '../../src/slack/wording-blocks.ts'
import { blockProblems, blockTextLength } from '../simulators/slack/block-kit.ts'
import { visibleText } from '../simulators/slack/visible-text.ts'

export const STATES: readonly RequestState[] = [
  'pending',
  'denied',
  'cancelled',
  'lapsed',
  'extended',
  'granting',
  'scheduled',
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

export const SRE = 'S0SRE' as SlackGroupId
export const SECURITY = 'S0SECURITY' as SlackGroupId

export function resource(changes: Partial<Resource> = {}): Resource {
  return {
    id: 'grafana-prod' as ResourceId,
    title: 'Grafana (production)',
    url: 'https://grafana.example.com/?a=1&b=2',
    policy: 'jit-grafana-prod',
    risk: 'medium',
    channel: 'C0APPROVALS' as SlackChannelId,
    levels: new Map(),
    requesters: { ...nobody, everyone: true },
    stages: [stage({ groups: [SRE] })],
    duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [] },
    scheduleSeconds: 0,
    reason: { minLength: 10 },
    constraints: [],
    lapseSeconds: 28_800,
    automatic: [],
    needsStepUp: false,
    regoMayApprove: false,
    removesForeignRules: false,
    ...changes,
  }
}

export function peopleSet(changes: Partial<PeopleSet>): PeopleSet {
  return { ...nobody, ...changes }
}

/** A stage of one approval by these people, unless told. */
export function stage(approvers: Partial<PeopleSet>, more: Partial<Stage> = {}): Stage {
  return { approvers: peopleSet(approvers), approvals: 1, ...more }
}

/** Security first, then the reliability engineers. */
export const TWO_STAGES: Partial<Resource> = {
  stages: [
    stage({ groups: [SECURITY] }, { title: 'Security' }),
    stage({ groups: [SRE] }, { title: 'Owner' }),
  ],
}

/** Read-only access to Grafana. */
export const READ_ONLY: Partial<Resource> = {
  level: { id: 'read' as LevelId, title: 'Read only' },
}

export function approval(name: string, more: Partial<Approval> = {}): Approval {
  return { by: identity(name), at: at('09:10'), stage: 0, ...more }
}

export interface Sample {
  readonly state: RequestState
  readonly kind?: RequestKind
  readonly beneficiary?: string
  readonly level?: string
  readonly extends?: string
  readonly startsAt?: Date
  readonly reason?: string
  readonly words?: string
  readonly approvals?: readonly Approval[]
  readonly approvalsNeeded?: number
  readonly approvalsCounted?: number
  readonly resourceId?: string
  readonly version?: number
  readonly durationSeconds?: number
  readonly cause?: EndCause
  /** Why it was cancelled, or its access ended, by the bot. */
  readonly why?: Ineligibility
  readonly automatic?: string
  readonly review?: Review
  readonly escalatesAt?: Date
  readonly escalatedAt?: Date
  readonly grant?: {
    readonly inForceUntil?: Date
    readonly extensions?: number
    isScheduled?: boolean
  }
}

/** A request of Ann's for Grafana, in the state that is asked for. */
export function request(sample: Sample): AccessRequest {
  const { state, words = 'Not during the freeze' } = sample
  const asked = askedOf(sample)
  switch (state) {
    case 'pending': {
      const { escalatesAt, escalatedAt } = sample
      return {
        ...asked,
        status: 'pending',
        reminders: 0,
        ...(escalatesAt === undefined ? {} : { escalatesAt }),
        ...(escalatedAt === undefined ? {} : { escalatedAt }),
      }
    }
    case 'denied':
      return {
        ...asked,
        status: 'denied',
        deniedBy: identity('kim'),
        deniedAt: at('09:30'),
        denyReason: words,
      }
    case 'cancelled': {
      const why = sample.why === undefined ? {} : { why: sample.why }
      return { ...asked, ...why, status: 'cancelled', cancelledAt: at('09:30') }
    }
    case 'lapsed':
      return { ...asked, status: 'lapsed', lapsedAt: at('17:00') }
    case 'extended':
      return {
        ...asked,
        extends: asked.extends ?? ('A1B2C3D4' as RequestId),
        status: 'extended',
        extendedAt: at('09:30'),
        ...(sample.automatic === undefined ? {} : { automatic: sample.automatic }),
      }
    case 'granting':
    case 'scheduled':
    case 'active':
    case 'ending':
    case 'ended':
    case 'never-active':
      return approved(sample, state)
    default:
      return state satisfies never
  }
}

function approved(sample: Sample, state: Grant['state']): Approved {
  const { automatic, review, kind } = sample
  const isReviewed = review ?? (kind === 'break-glass' ? REVIEW_DUE : undefined)
  return {
    ...askedOf(sample),
    status: 'approved',
    grant: grant(sample, state),
    ...(automatic === undefined ? {} : { automatic }),
    ...(isReviewed === undefined ? {} : { review: isReviewed }),
  }
}

export const REVIEW_DUE: Review & { readonly state: 'due' } = {
  state: 'due',
  dueAt: new Date('2026-11-21T09:30:00Z'),
  remindAt: new Date('2026-11-20T21:30:00Z'),
  isOverdue: false,
}

/** What an approver said of emergency access. */
export function reviewed(verdict: 'justified' | 'not-justified', note?: string): Review {
  return {
    state: 'done',
    dueAt: REVIEW_DUE.dueAt,
    verdict,
    by: identity('kim'),
    at: at('12:00'),
    ...(note === undefined ? {} : { note }),
  }
}

function askedOf(sample: Sample): Asked {
  const { state, kind = 'standard' } = sample
  const isByOthers = kind !== 'break-glass' && sample.automatic === undefined
  const unanswered: readonly RequestState[] = ['pending', 'denied', 'cancelled', 'lapsed']
  const approvals =
    sample.approvals ??
    (isByOthers && !unanswered.includes(state) ? [approval('kim', { at: at('09:30') })] : [])
  return {
    id: '7K2M9QXR' as RequestId,
    version: sample.version ?? 3,
    kind,
    requester: identity('ann'),
    ...(sample.beneficiary === undefined ? {} : { beneficiary: sample.beneficiary }),
    resourceId: (sample.resourceId ?? 'grafana-prod') as ResourceId,
    ...(sample.level === undefined ? {} : { level: sample.level as LevelId }),
    ...(sample.extends === undefined ? {} : { extends: sample.extends as RequestId }),
    ...(sample.startsAt === undefined ? {} : { startsAt: sample.startsAt }),
    durationSeconds: sample.durationSeconds ?? 5_400,
    reason: sample.reason ?? 'INC-42 dashboards are red',
    requestedAt: at('09:00'),
    lapsesAt: at('17:00'),
    approvalsNeeded: sample.approvalsNeeded ?? 1,
    approvalsCounted: sample.approvalsCounted ?? approvals.length,
    catalogueRevision: 'r1',
    approvals,
  }
}

function grant(sample: Sample, state: Grant['state']): Grant {
  const { cause = 'revoked', words = 'Not during the freeze', why = 'deactivated' } = sample
  const { inForceUntil, extensions = 0, isScheduled = state === 'scheduled' } = sample.grant ?? {}
  const terms = {
    email: 'ann@example.com',
    constraints: [],
    startsAt: isScheduled ? at('10:00') : at('09:30'),
    isScheduled,
    endsAt: at('11:00'),
    maxSeconds: 28_800,
    extensions,
  }
  const early =
    cause === 'ineligible'
      ? ({ cause, why } as const)
      : ({
          cause: cause === 'returned' ? 'returned' : 'revoked',
          endedBy: identity(cause === 'returned' ? 'ann' : 'alex'),
          endReason: words,
        } as const)
  switch (state) {
    case 'granting':
      return { ...terms, state, ...(inForceUntil === undefined ? {} : { inForceUntil }) }
    case 'scheduled':
      return { ...terms, state, confirmedAt: at('09:31') }
    case 'active':
      return { ...terms, state, activeAt: at('09:31') }
    case 'ending':
      return { ...terms, state, ...early }
    case 'ended':
      return cause === 'expired'
        ? { ...terms, state, cause, endedAt: at('11:01') }
        : { ...terms, state, endedAt: at('10:00'), ...early }
    case 'never-active':
      return { ...terms, state, endedAt: at('11:00') }
    default:
      return state satisfies never
  }
}

export function view(sample: Sample, changes: Partial<Resource> = {}): RequestView {
  return { request: request(sample), resource: resource(changes) }
}

/** Ann's wish for an hour more of what she has, in the state that is asked for. */
export function extension(sample: Sample, base: Sample = { state: 'active' }): RequestView {
  const extended = request(base)
  if (extended.status !== 'approved') throw new TypeError('only what was approved is extended')
  const wish = request({ durationSeconds: 3_600, extends: 'A1B2C3D4', ...sample })
  return {
    request: wish,
    resource: resource(),
    extended: { ...extended, id: 'A1B2C3D4' as RequestId },
  }
}

/** Where the page of {@link request} is. */
export const PAGE = 'https://jit.example.com/requests/7K2M9QXR'

/** Something that its reader may ask for. */
export function offer(changes: Partial<Resource> = {}, more: Partial<Offer> = {}): Offer {
  return { resource: resource(changes), kinds: ['standard'], isSponsor: false, ...more }
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
    schemaVersion: 1,
    hash: 'ab'.repeat(32),
    at: at('09:30'),
    ...changes,
  }
}

/** What an auditor is told about Grafana: one event, and access that goes on. */
export function digest(changes: Partial<AuditDigest> = {}): AuditDigest {
  return {
    filter: { resourceId: 'grafana-prod' as ResourceId, from: at('08:00') },
    at: at('10:00'),
    events: [event('request.approved', { details: { note: 'go ahead' } })],
    families: new Map([['request', 1]]),
    counted: 1,
    isCountedOut: true,
    windows: [accessWindow()],
    ...changes,
  }
}

/** Access of Ann to Grafana. */
export function accessWindow(changes: Partial<AccessWindow> = {}): AccessWindow {
  return {
    requestId: '7K2M9QXR' as RequestId,
    resourceId: 'grafana-prod' as ResourceId,
    email: 'ann@example.com',
    from: at('09:30'),
    to: at('11:00'),
    isOver: false,
    ...changes,
  }
}

/** What an event may say of itself, hostile words and structures of any kind included. */
export const anyDetails = fc.dictionary(
  anyText,
  fc.oneof(
    anyText,
    fc.jsonValue().map((value) => value as Json),
    fc.array(anyText, { maxLength: 40 }),
  ),
  { maxKeys: 40 },
)

const anyInstant = fc.date({
  min: new Date('2026-01-01'),
  max: new Date('2027-12-31'),
  noInvalidDate: true,
})
const anyWhy = fc.constantFrom<Ineligibility>(
  'unknown',
  'deactivated',
  'guest',
  'bot',
  'external',
  'invited',
  'no-email',
  'email-domain',
  'email-changed',
  'not-a-requester',
  'not-a-sponsor',
  'not-a-vendor',
)

/** A crowd: groups, people, addresses and domains of any spelling, perhaps with exceptions. */
const anyCrowd: fc.Arbitrary<PeopleSet> = fc
  .record({
    groupCount: fc.integer({ min: 0, max: 100 }),
    userCount: fc.integer({ min: 0, max: 500 }),
    emails: fc.array(anyText, { maxLength: 20 }),
    everyone: fc.boolean(),
    hasDeny: fc.boolean(),
  })
  .map(({ groupCount, userCount, emails, everyone, hasDeny }) => {
    const named = peopleSet({
      groups: Array.from(
        { length: groupCount },
        (_, n) => `S0GROUPWITHALONGID${n}` as SlackGroupId,
      ),
      users: Array.from({ length: userCount }, (_, n) => `U0PERSONWITHALONGID${n}` as SlackUserId),
      emails,
      domains: emails,
    })
    return { ...named, everyone: everyone && hasDeny, ...(hasDeny ? { deny: named } : {}) }
  })

const anyStage: fc.Arbitrary<Stage> = fc
  .record({ title: anyText, approvers: anyCrowd, silent: anyCrowd, approvals: fc.nat({ max: 9 }) })
  .map((stage) => ({ ...stage, approvals: stage.approvals + 1 }))

/** Resources with hostile words and crowds in every place that takes some. */
export const anyResource: fc.Arbitrary<Resource> = fc
  .record({
    id: anyText.map((text) => text as ResourceId),
    title: anyText,
    risk: fc.constantFrom('low' as const, 'high' as const),
    url: fc.oneof(
      anyText,
      anyText.map((text) => `https://grafana.example.com/?q=${text}`),
    ),
    stages: fc.array(anyStage, { minLength: 1, maxLength: 12, size: 'max' }),
    escalation: fc.record({ afterSeconds: fc.constant(60), to: anyCrowd }),
    sponsors: anyCrowd,
    level: fc.option(anyText),
    choices: fc.array(fc.integer({ min: 60, max: 2_592_000 }), { maxLength: 30 }),
    needsStepUp: fc.boolean(),
  })
  .map(({ level, sponsors, choices, ...changes }) =>
    resource({
      ...changes,
      ...(level === null ? {} : { level: { id: level as LevelId, title: level } }),
      duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices },
      scheduleSeconds: 604_800,
      extension: { times: 2, maxSeconds: 7_200 },
      automatic: [{ name: 'auto_approve[0]', requesters: sponsors, maxSeconds: 3_600 }],
      breakGlass: { requesters: sponsors, maxSeconds: 1_800, reviewSeconds: 86_400 },
      vendors: { people: sponsors, sponsors },
      regoMayApprove: true,
    }),
  )

const anyReview = fc.oneof(
  fc.boolean().map((isOverdue): Review => ({ ...REVIEW_DUE, isOverdue })),
  fc
    .tuple(fc.constantFrom('justified' as const, 'not-justified' as const), anyText)
    .map(([verdict, note]) => reviewed(verdict, note)),
)

/** Requests in any state and of any kind, with hostile words and crowds in every place that takes some. */
export const anyView: fc.Arbitrary<RequestView> = fc
  .record({
    state: fc.constantFrom(...STATES),
    kind: fc.constantFrom('standard' as const, 'sponsored' as const, 'break-glass' as const),
    cause: fc.constantFrom<EndCause>('expired', 'returned', 'revoked', 'ineligible'),
    words: anyText,
    resourceId: anyText,
    resource: fc.option(anyResource),
    approvals: fc.array(
      fc
        .record({ note: anyText, stage: fc.nat({ max: 12 }), durationSeconds: fc.nat(86_400) })
        .map((more) => approval('kim', more)),
      { maxLength: 30 },
    ),
    approvalsNeeded: fc.integer({ min: 1, max: 60 }),
    lost: fc.nat({ max: 3 }),
    durationSeconds: fc.integer({ min: 60, max: 30 * 86_400 }),
    why: anyWhy,
    when: anyInstant,
    extra: fc.record(
      {
        beneficiary: anyText,
        level: anyText,
        extends: anyText,
        startsAt: anyInstant,
        automatic: anyText,
        review: anyReview,
        escalatesAt: anyInstant,
        escalatedAt: anyInstant,
        grant: fc.record({
          inForceUntil: anyInstant,
          extensions: fc.nat(9),
          isScheduled: fc.boolean(),
        }),
      },
      { requiredKeys: [] },
    ),
    isRerouted: fc.boolean(),
    hasPage: fc.boolean(),
    extended: fc.constantFrom('none', 'active', 'granting', 'ending', 'ended', 'never-active'),
  })
  .map(({ resource: of, lost, extra, extended, isRerouted, hasPage, ...sample }) => {
    const approvalsCounted = Math.max(0, sample.approvals.length - lost)
    const reason = sample.words
    const base = extended === 'none' ? undefined : request({ state: extended })
    return {
      request: request({ ...sample, ...extra, reason, approvalsCounted }),
      ...(of === null ? {} : { resource: of }),
      ...(base?.status === 'approved' ? { extended: base } : {}),
      ...(hasPage ? { page: PAGE } : {}),
      ...(isRerouted ? { reroutedFrom: 'C0APPROVALS' as SlackChannelId } : {}),
    }
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
  /<@U0[A-Z0-9]*>|<!subteam\^S0[A-Z0-9]*>|<#C0[A-Z0-9]*>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-\d]+ [:\d]+ UTC>|<https:\/\/(?:grafana|jit)\.example\.com\/[^<>|]*\|[^<>]*>/g

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
