import assert from 'node:assert/strict'
import fc from 'fast-check'
import { automaticRule, regoRule } from '../../src/domain/decide-alone.ts'
import type { Command, Decision } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { nextMoment } from '../../src/domain/request.ts'
import type { Resource } from '../../src/domain/resource.ts'
import {
  ENGINEERS,
  MORNING,
  RELIABILITY,
  REVISION,
  aPerson,
  aResource,
  aStage,
  people,
} from '../support/build.ts'
import { EXTENSION_ID, LEADS, REASON, SECURITY } from './commands.ts'

const ALL: readonly SlackGroupId[] = [ENGINEERS, RELIABILITY, SECURITY, LEADS]

/** Some are one human being under several accounts; most may do more than one thing. */
const CROWD: readonly Person[] = [
  aPerson('alex', { groups: ALL, subject: 'sub-alex' }),
  aPerson('alex2', { groups: ALL, email: 'ALEX@Example.com' }),
  aPerson('alex3', { groups: ALL, subject: 'sub-alex' }),
  aPerson('kim', { groups: [ENGINEERS, RELIABILITY, SECURITY], subject: 'sub-kim' }),
  aPerson('kim2', { groups: [RELIABILITY, SECURITY], subject: 'sub-kim' }),
  aPerson('sam', { groups: [RELIABILITY] }),
  aPerson('sue', { groups: [RELIABILITY, SECURITY] }),
  aPerson('lee', { groups: [LEADS] }),
  aPerson('robin', { groups: [ENGINEERS] }),
  aPerson('gus', { standing: 'guest', email: 'gus@partner.example', groups: ALL }),
  aPerson('pat', { email: 'Pat@partner.example', groups: ALL }),
  aPerson('eve'),
]

/** What is worth trying while a request waits, once access was opened, and anyhow. */
const ACTS = {
  pending: ['approve', 'approve', 'approve', 'approve', 'alone', 'alone', 'deny', 'cancel'],
  approved: [
    'extend',
    'extend',
    'extend',
    'extend',
    'confirm-active',
    'confirm-active',
    'end',
    'review',
  ],
  other: [
    'ask',
    'approve',
    'disqualify',
    'confirm-active',
    'confirm-ended',
    'tick',
    'wait',
    'wait',
  ],
} as const

const percent = fc.integer({ min: 0, max: 99 })
const steps = fc.record({
  act: fc.nat({ max: 7 }),
  isUsual: fc.constantFrom(true, true, true, false),
  isCatalogueNew: fc.constantFrom(true, false, false, false, false),
  by: fc.constantFrom(...CROWD),
  isOfExtension: fc.boolean(),
  laterMs: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 9_999 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  ),
  kind: fc.constantFrom('standard', 'standard', 'emergency', 'beneficiary', 'scheduled'),
  durationSeconds: fc.integer({ min: 1, max: 1_200 }),
  shortened: fc.option(fc.integer({ min: 1, max: 900 }), { freq: 4, nil: undefined }),
  requesterNow: percent,
  colleaguesNow: percent,
  narrowing: fc.option(
    fc.record({
      approvals: fc.integer({ min: 0, max: 3 }),
      maxSeconds: fc.integer({ min: 1, max: 1_800 }),
      constraints: fc.constantFrom([], [{ http_method: 'GET' }]),
    }),
    { freq: 3, nil: undefined },
  ),
  isSteppedUp: fc.constantFrom(true, true, false),
  resource: fc.record({
    approvals: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 })),
    maxSeconds: fc.integer({ min: 400, max: 3_600 }),
    lapseSeconds: fc.integer({ min: 60, max: 1_200 }),
    isOpen: fc.boolean(),
    isGuarded: fc.boolean(),
    needsStepUp: fc.constantFrom(false, false, true),
    hasVendors: fc.constantFrom(true, true, true, false),
    automaticSeconds: fc.constantFrom(undefined, undefined, 600, 1_800),
    remindSeconds: fc.constantFrom(undefined, 60, 400),
  }),
})
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

export const stories = fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' })

function resourceOf(resource: Step['resource']): Resource {
  const { approvals, maxSeconds, lapseSeconds, remindSeconds, automaticSeconds } = resource
  const [first, second] = approvals
  const engineers = people({ groups: [ENGINEERS] })
  const security = people({ groups: [SECURITY] })
  const stages = [aStage({ approvals: first })]
  if (second > 0) stages.push(aStage({ approvers: security, approvals: second }))
  return aResource({
    stages,
    lapseSeconds,
    duration: { defaultSeconds: 60, maxSeconds, choices: [] },
    requesters: resource.isOpen ? people({ everyone: true }) : engineers,
    constraints: resource.isGuarded ? [{ http_path: '/' }] : [],
    needsStepUp: resource.needsStepUp,
    extension: { times: 2, maxSeconds: 900 },
    escalation: { afterSeconds: 300, to: people({ groups: [LEADS] }) },
    breakGlass: { requesters: engineers, maxSeconds: 900, reviewSeconds: 600 },
    ...(remindSeconds === undefined ? {} : { remindSeconds }),
    ...(resource.hasVendors
      ? {
          vendors: {
            people: people({ domains: ['partner.example'] }),
            sponsors: people({ groups: [RELIABILITY] }),
          },
        }
      : {}),
    automatic:
      automaticSeconds === undefined
        ? []
        : [{ name: 'self_activation', maxSeconds: automaticSeconds }],
  })
}

/** Somebody as a later look-up finds them: mostly the same, sometimes moved, linked or robbed of their rights. */
function foundLater(userId: string | undefined, how: number): Person {
  const was = CROWD.find((person) => person.userId === userId) ?? aPerson('alex')
  if (how === 0) return { ...was, email: 'moved@example.com' }
  if (how <= 2) return { ...was, subject: how === 1 ? 'sub-kim' : 'sub-alex' }
  if (how <= 4) return { ...was, groups: new Set() }
  return how === 5 ? { ...was, standing: 'guest' } : was
}

interface Situation {
  readonly id: RequestId
  readonly resource: Resource
  readonly access: AccessRequest | undefined
  readonly request: AccessRequest | undefined
  readonly at: Date
}

/** What is done: mostly something that fits the request. */
function actOf({ act, isUsual }: Step, request: AccessRequest | undefined) {
  if (request === undefined) return 'ask'
  const { status } = request
  const usual = status === 'pending' || status === 'approved' ? status : 'other'
  return ACTS[isUsual ? usual : 'other'][act] ?? 'tick'
}

function commandOf(step: Step, { id, resource, access, request, at }: Situation): Command {
  const { durationSeconds, kind, narrowing } = step
  const type = actOf(step, request)
  // Mostly by the one person who may.
  const isOwnWish = type === 'extend' && step.requesterNow > 9
  const by = isOwnWish ? foundLater(access?.requester.userId, step.requesterNow) : step.by
  const rego = narrowing === undefined ? {} : { narrowing }
  const wish = {
    at,
    by,
    resource,
    durationSeconds,
    reason: REASON,
    catalogueRevision: REVISION,
    ...rego,
  }
  const requester = foundLater(request?.requester.userId, step.requesterNow)
  const extended = access === undefined ? {} : { extended: access }
  const { isSteppedUp } = step
  const who = { requester, isSteppedUp }
  const opening = { at, ...who, resource, catalogueRevision: REVISION, ...rego, ...extended }
  switch (type) {
    case 'ask':
      return {
        type: 'request',
        ...wish,
        id,
        isEmergency: kind === 'emergency',
        ...(kind === 'beneficiary' ? { beneficiary: 'pat@partner.example' } : {}),
        ...(kind === 'scheduled' ? { startsAt: new Date(at.getTime() + 200_000) } : {}),
      }
    case 'extend':
      return access === undefined
        ? { type: 'tick', at }
        : {
            type: 'request-extension',
            ...wish,
            id: EXTENSION_ID,
            extended: access,
            durationSeconds: Math.ceil(durationSeconds / 4),
          }
    case 'approve':
      return {
        type,
        ...opening,
        by,
        colleagues: (request?.approvals ?? []).map((approval, index) =>
          foundLater(approval.by.userId, (step.colleaguesNow + 40 * index) % 100),
        ),
        ...(step.shortened === undefined ? {} : { durationSeconds: step.shortened }),
      }
    case 'alone': {
      if (request?.kind === 'break-glass') return { type: 'break-glass', ...opening }
      const pending = request?.status === 'pending' ? request : undefined
      const found = pending && automaticRule(pending, requester, resource, access)
      return { type: 'auto-approve', ...opening, rule: found ?? regoRule(resource) }
    }
    case 'deny':
      return { type, at, by, resource, reason: 'no' }
    case 'cancel':
      return { type, at, by }
    case 'end':
      return { type, at, by, resource, admins: people() }
    case 'disqualify':
      return { type, at, why: 'deactivated' }
    case 'review':
      return { type, at, by, resource, admins: people(), verdict: 'justified' }
    case 'confirm-active':
    case 'confirm-ended':
    case 'tick':
      return { type, at }
    case 'wait':
      return { type: 'tick', at: (request && nextMoment(request)) ?? at }
    default:
      return type satisfies never
  }
}

/** One command of a story, on a wish for access or on one to extend it. */
export interface Turn {
  readonly before: AccessRequest | undefined
  readonly command: Command
  readonly decision: Decision
  readonly after: AccessRequest | undefined
}

/** Plays commands in order of time, each on what those before have left; a new request follows one that is over. */
export function play(story: readonly Step[]): readonly Turn[] {
  let access: AccessRequest | undefined
  let extension: AccessRequest | undefined
  let resource = aResource()
  let ms = MORNING.getTime()
  return story.map((step, index) => {
    ms += step.laterMs
    if (index === 0 || step.isCatalogueNew) resource = resourceOf(step.resource)
    if (access !== undefined && step.isUsual && nextMoment(access) === undefined) access = undefined
    if (access === undefined || extension?.status !== 'pending') extension = undefined
    const isUpToExtension = extension !== undefined && step.isOfExtension
    const request = isUpToExtension ? extension : access
    const id = `A${String(index).padStart(7, '0')}` as RequestId
    const kept = structuredClone({ access, extension })
    const command = commandOf(step, { id, resource, access, request, at: new Date(ms) })
    const isOfExtension = isUpToExtension || command.type === 'request-extension'
    const before = isOfExtension ? extension : access
    ms = Math.max(ms, command.at.getTime())
    const decision = decide(before, command)
    assert.deepEqual({ access, extension }, kept)
    if (decision.ok) {
      if (isOfExtension) extension = decision.next
      else access = decision.next
      if (decision.also !== undefined) {
        assert.equal(decision.also.from, access)
        access = decision.also.next
      }
    }
    return { before, command, decision, after: decision.ok ? decision.next : before }
  })
}

/** Holds for every turn of every story, and for what an extension does to the access that it is about. */
export function always(check: (turn: Turn) => void): void {
  fc.assert(
    fc.property(stories, (story) => {
      for (const turn of play(story)) {
        check(turn)
        const { decision, command } = turn
        if (!decision.ok || decision.also === undefined) continue
        const { from, ...step } = decision.also
        check({ before: from, command, decision: { ok: true, ...step }, after: step.next })
      }
    }),
    { numRuns: 400 },
  )
}
