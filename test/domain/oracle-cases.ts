import fc from 'fast-check'
import type { ApproveCommand } from '../../src/domain/decide-answer.ts'
import type { AskCommand } from '../../src/domain/decide-ask.ts'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Approval, Pending } from '../../src/domain/request.ts'
import type { Names, Resource } from '../../src/domain/resource.ts'
import { MORNING, REVISION, aPendingRequest, aPerson, aResource, after } from '../support/build.ts'
import { asking } from './commands.ts'

const GROUPS = ['S0A', 'S0B', 'S0C'].map((id) => id as SlackGroupId)
const ASKER = 'U0' as SlackUserId
const OTHERS = ['U1', 'U2', 'U3', 'U4', 'U5'].map((id) => id as SlackUserId)
const EMAILS = ['u0@ours.example', 'u1@ours.example', 'u2@ours.example', 'v@vendor.example']

/** Mostly the usual, one time in so many something else. */
function seldom<T, U>(usual: T, other: fc.Arbitrary<U>, oneIn = 10): fc.Arbitrary<T | U> {
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: other },
  )
}

/** Leaves out what is undefined. */
function given<T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

const flag = seldom(false, fc.constant(true))
const few = <T>(values: readonly T[]) => fc.subarray([...values], { maxLength: 1 })
const names: fc.Arbitrary<Names> = fc.record({
  groups: fc.subarray(GROUPS, { minLength: 1 }),
  users: few([ASKER, ...OTHERS]),
  emails: few(EMAILS),
  domains: seldom<string[], string[]>([], fc.constantFrom(['ours.example'], ['vendor.example'])),
  everyone: flag,
})
const denied = names.map((set) => ({ ...set, groups: set.groups.slice(2), everyone: false }))
const peopleSet = fc
  .tuple(names, seldom(undefined, denied, 3))
  .map(([set, deny]) => ({ ...set, ...given({ deny }) }))

/** The human being of an account; mostly somebody of their own. */
function somebody(userId: SlackUserId): fc.Arbitrary<Person> {
  const own = `${userId.toLowerCase()}@ours.example`
  return fc
    .record({
      groups: fc.subarray(GROUPS, { minLength: 1 }),
      email: seldom(own, fc.constantFrom(...EMAILS, 'U0@OURS.example')),
      subject: seldom(undefined, fc.constantFrom('sub-1', 'sub-2')),
      standing: seldom('member' as const, fc.constantFrom('guest' as const, 'outsider' as const)),
    })
    .map(({ subject, ...rest }) => aPerson('x', { ...rest, userId, ...given({ subject }) }))
}

/** A guest or outsider of vendor.example. */
const vendor = fc
  .constantFrom('guest' as const, 'outsider' as const)
  .map((standing) => aPerson('x', { userId: ASKER, email: 'v@vendor.example', standing }))
const asker = fc.oneof({ weight: 3, arbitrary: somebody(ASKER) }, { weight: 1, arbitrary: vendor })

const stages = fc.array(
  fc.record({
    approvers: peopleSet,
    silent: fc.option(peopleSet, { nil: undefined }),
    approvals: seldom(1, fc.constant(2), 3),
  }),
  { minLength: 1, maxLength: 2 },
)
const partners = names.map((set) => ({ ...set, domains: ['vendor.example'] }))
const vendors = fc.record({ people: fc.oneof(names, partners), sponsors: peopleSet })
const resources: fc.Arbitrary<Resource> = fc
  .record({
    stages,
    requesters: peopleSet,
    vendors: fc.option(vendors, { freq: 6, nil: undefined }),
    emergency: fc.option(peopleSet, { nil: undefined }),
    leads: fc.option(peopleSet, { nil: undefined }),
    maxSeconds: fc.integer({ min: 600, max: 7_200 }),
    needsStepUp: seldom(false, fc.constant(true), 6),
  })
  .map((facts) => {
    const { emergency, leads, maxSeconds } = facts
    return aResource({
      needsStepUp: facts.needsStepUp,
      requesters: facts.requesters,
      stages: facts.stages.map(({ silent, ...stage }) => ({ ...stage, ...given({ silent }) })),
      duration: { defaultSeconds: 60, maxSeconds, choices: [] },
      ...given({
        vendors: facts.vendors,
        escalation: leads && { afterSeconds: 60, to: leads },
        breakGlass: emergency && { requesters: emergency, maxSeconds: 7_200, reviewSeconds: 60 },
      }),
    })
  })

/** What people ask for. */
export const wishes: fc.Arbitrary<AskCommand> = fc
  .record({
    by: asker,
    resource: resources,
    isEmergency: fc.boolean(),
    beneficiary: fc.option(fc.constantFrom(...EMAILS, 'V@vendor.example'), { nil: undefined }),
  })
  .map(({ beneficiary, ...wish }) =>
    asking({ ...wish, durationSeconds: 600, ...given({ beneficiary }) }),
  )

const seconds = seldom(undefined, fc.integer({ min: 1, max: 1_500 }), 3)
/** An approval of before: how its giver was known then, and whether they are still found. */
const approvals = fc.uniqueArray(
  fc.record({
    index: fc.integer({ min: 1, max: 4 }),
    was: seldom(undefined, somebody(ASKER)),
    isFound: seldom(true, fc.constant(false)),
    durationSeconds: seconds,
    isSteppedUp: seldom(true, fc.constant(false), 3),
  }),
  { maxLength: 3, selector: ({ index }) => index },
)
const narrowings = fc.record(
  {
    approvals: fc.integer({ min: 0, max: 4 }),
    groups: fc.subarray(GROUPS, { minLength: 1 }),
    maxSeconds: fc.integer({ min: 1, max: 3_600 }),
    constraints: fc.constant([]),
  },
  { requiredKeys: ['constraints'] },
)

/** An approver who clicks on a request that waits. */
export interface Click {
  readonly request: Pending
  readonly command: ApproveCommand
}

export const clicks: fc.Arbitrary<Click> = fc
  .record({
    crowd: fc.tuple(asker, ...OTHERS.map(somebody)),
    resource: resources,
    beneficiary: seldom(undefined, fc.constantFrom('v@vendor.example', 'U1@ours.example'), 4),
    isOdd: flag,
    durationSeconds: fc.integer({ min: 60, max: 1_500 }),
    startsIn: fc.constantFrom(undefined, undefined, 30, 600),
    isEscalated: fc.boolean(),
    isLate: flag,
    earlier: approvals,
    needsStepUp: seldom(false, fc.constant(true), 6),
    isSteppedUp: seldom(true, fc.constant(false), 3),
    requesterNow: seldom(undefined, asker),
    by: fc.integer({ min: 1, max: 5 }),
    shorten: seconds,
    narrowing: seldom(undefined, narrowings, 3),
    laterMs: fc.integer({ min: 0, max: 1_000_000 }),
  })
  .map((facts) => {
    const { crowd, beneficiary, earlier, resource, durationSeconds, narrowing, startsIn } = facts
    const [requester] = crowd
    const person = (index: number) => crowd[index] ?? requester
    const at = new Date(MORNING.getTime() + facts.laterMs)
    const isSponsored = beneficiary !== undefined || requester.standing !== 'member'
    const request = aPendingRequest({
      kind: isSponsored === facts.isOdd ? 'standard' : 'sponsored',
      durationSeconds,
      requester: identityOf(requester),
      lapsesAt: facts.isLate ? at : after(86_400),
      approvals: earlier.map(({ index, was, durationSeconds: most, isSteppedUp }): Approval => {
        const by = identityOf(person(index))
        const { email, subject } = was ?? by
        const known = { teamId: by.teamId, userId: by.userId, email, ...given({ subject }) }
        const how = given({
          durationSeconds: most,
          isSteppedUp: isSteppedUp ? (true as const) : undefined,
        })
        return { by: known, at: MORNING, stage: 0, ...how }
      }),
      ...given({
        beneficiary,
        startsAt: startsIn === undefined ? undefined : after(startsIn),
        escalatedAt: facts.isEscalated ? MORNING : undefined,
        needsStepUp: facts.needsStepUp ? (true as const) : undefined,
      }),
    })
    const command: ApproveCommand = {
      type: 'approve',
      at,
      by: person(facts.by),
      requester: facts.requesterNow ?? requester,
      resource,
      colleagues: earlier.filter(({ isFound }) => isFound).map(({ index }) => person(index)),
      isSteppedUp: facts.isSteppedUp,
      catalogueRevision: REVISION,
      ...given({ narrowing: narrowing && { constraints: [], ...given(narrowing) } }),
      ...given({ durationSeconds: facts.shorten }),
    }
    return { request, command }
  })
