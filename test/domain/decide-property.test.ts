import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Command, Decision } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { foldEmail, isSamePerson } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { isOver, nextMoment } from '../../src/domain/request.ts'
import { belongsTo } from '../../src/domain/rules.ts'
import {
  ENGINEERS,
  MORNING,
  RELIABILITY,
  REVISION,
  aPerson,
  aResource,
  people,
} from '../support/build.ts'

const BOTH = [ENGINEERS, RELIABILITY]
/** Some are one human being under two names; the first of each pair asks and approves alike. */
const CROWD: readonly Person[] = [
  aPerson('alex', { groups: BOTH, subject: 'sub-alex' }),
  aPerson('alex2', { groups: BOTH, email: 'ALEX@Example.com' }),
  aPerson('alex3', { groups: BOTH, subject: 'sub-alex' }),
  aPerson('kim', { groups: BOTH, subject: 'sub-kim' }),
  aPerson('kim2', { groups: BOTH, subject: 'sub-kim' }),
  aPerson('sam', { groups: [RELIABILITY] }),
  aPerson('robin', { groups: [ENGINEERS] }),
  aPerson('eve'),
]

/** A requester as a later look-up finds them: mostly the same, sometimes moved, linked or robbed of their rights. */
function asFoundLater(request: AccessRequest | undefined, how: number): Person {
  const was = CROWD.find(({ userId }) => userId === request?.requester.userId) ?? aPerson('alex')
  if (how === 0) return { ...was, email: 'moved@example.com' }
  if (how === 1) return { ...was, subject: 'sub-kim' }
  if (how === 2) return { ...was, groups: new Set() }
  return was
}

const resources = fc.record({
  approvals: fc.integer({ min: 1, max: 3 }),
  maxSeconds: fc.integer({ min: 60, max: 1_200 }),
  lapseSeconds: fc.integer({ min: 60, max: 1_200 }),
  isOpen: fc.boolean(),
})
const steps = fc.record({
  type: fc.constantFrom(
    ...(['request', 'approve', 'approve', 'approve', 'deny', 'cancel', 'end'] as const),
    ...(['confirm-active', 'confirm-ended', 'tick'] as const),
  ),
  by: fc.constantFrom(...CROWD),
  laterMs: fc.oneof(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 400_000 })),
  resource: resources,
  hasLeft: fc.boolean(),
  requesterNow: fc.integer({ min: 0, max: 12 }),
  durationSeconds: fc.integer({ min: 60, max: 1_800 }),
})
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

function commandOf(step: Step, request: AccessRequest | undefined, at: Date): Command {
  const { type, by } = step
  const { approvals, maxSeconds, lapseSeconds, isOpen } = step.resource
  const resource = aResource({
    approvals,
    lapseSeconds,
    duration: { defaultSeconds: 60, maxSeconds },
    requesters: isOpen ? people({ everyone: true }) : people({ groups: [ENGINEERS] }),
  })
  switch (type) {
    case 'request':
      return {
        type,
        at,
        by,
        resource,
        id: 'A1B2C3D4' as RequestId,
        durationSeconds: step.durationSeconds,
        reason: 'INC-42 dashboards are red',
        catalogueRevision: REVISION,
      }
    case 'approve':
      return { type, at, by, resource, requester: asFoundLater(request, step.requesterNow) }
    case 'deny':
      return { type, at, by, resource, reason: 'no' }
    case 'cancel':
      return { type, at, by }
    case 'end':
      return { type, at, by, admins: people(), ...(step.hasLeft ? {} : { resource }) }
    case 'confirm-active':
    case 'confirm-ended':
    case 'tick':
      return { type, at }
    default:
      return type satisfies never
  }
}

interface Turn {
  readonly before: AccessRequest | undefined
  readonly command: Command
  readonly decision: Decision
  readonly after: AccessRequest | undefined
}

/** Plays commands in order of time, each on what the one before has left. */
function play(story: readonly Step[]): readonly Turn[] {
  let request: AccessRequest | undefined
  let ms = MORNING.getTime()
  return story.map((step) => {
    ms += step.laterMs
    const before = request
    const kept = structuredClone(before)
    const command = commandOf(step, before, new Date(ms))
    const decision = decide(before, command)
    assert.deepEqual(before, kept)
    if (decision.ok) request = decision.next
    return { before, command, decision, after: request }
  })
}

/** Holds for every turn of every story. */
function always(check: (turn: Turn) => void): void {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' }), (story) => {
      for (const turn of play(story)) check(turn)
    }),
    { numRuns: 400 },
  )
}

const isOverAndDone = (request: AccessRequest): boolean =>
  request.status === 'approved' ? isOver(request.grant) : request.status !== 'pending'

describe('decide, whatever is played', () => {
  it('moves the version by exactly one with each step', () => {
    always(({ before, decision }) => {
      if (decision.ok) assert.equal(decision.next.version, (before?.version ?? 0) + 1)
    })
  })

  it('changes nothing after an end state', () => {
    always(({ before, decision }) => {
      if (before !== undefined && isOverAndDone(before)) assert.equal(decision.ok, false)
    })
  })

  it('decides once', () => {
    always(({ before, after }) => {
      if (before === undefined || before.status === 'pending') return
      assert.equal(after?.status, before.status)
      assert.deepEqual(after?.approvals, before.approvals)
    })
  })

  it('opens no grant without as many distinct approvers as needed, none of them the requester', () => {
    always(({ before, command, after }) => {
      if (before?.status !== 'pending' || after?.status !== 'approved') return
      assert.ok(command.type === 'approve')
      const { approvals } = after
      assert.ok(approvals.length >= command.resource.approvals)
      assert.equal(after.approvalsNeeded, command.resource.approvals)
      for (const [index, { by }] of approvals.entries()) {
        assert.ok(!isSamePerson(by, after.requester))
        assert.ok(!isSamePerson(by, command.requester))
        for (const other of approvals.slice(index + 1)) assert.ok(!isSamePerson(by, other.by))
      }
      assert.ok(belongsTo(command.resource.approvers, command.by))
      assert.ok(belongsTo(command.resource.requesters, command.requester))
    })
  })

  it('opens a grant for the requester only, in a window no longer than asked and allowed', () => {
    always(({ before, command, after }) => {
      if (before?.status !== 'pending' || after?.status !== 'approved') return
      assert.ok(command.type === 'approve')
      const { grant } = after
      const seconds = (grant.endsAt.getTime() - grant.startsAt.getTime()) / 1_000
      assert.equal(foldEmail(grant.email), foldEmail(after.requester.email))
      assert.deepEqual(grant.startsAt, command.at)
      assert.equal(grant.maxSeconds, command.resource.duration.maxSeconds)
      assert.ok(seconds > 0 && seconds <= grant.maxSeconds && seconds <= after.durationSeconds)
      assert.equal(grant.endsAt.getTime() % 1_000, 0)
    })
  })

  it('never changes what was asked, nor the terms of a grant', () => {
    always(({ before, after }) => {
      if (before === undefined || after === undefined) return
      assert.deepEqual(asked(after), asked(before))
      if (before.status === 'approved' && after.status === 'approved')
        assert.deepEqual(terms(after), terms(before))
    })
  })

  it('never answers a lapsed request, nor activates a grant whose window is closed', () => {
    always(({ before, command, decision }) => {
      if (!decision.ok || before === undefined) return
      if (command.type === 'approve' || command.type === 'deny')
        assert.ok(command.at < before.lapsesAt)
      if (decision.action === 'grant.activated')
        assert.ok(before.status === 'approved' && command.at < before.grant.endsAt)
    })
  })

  it('has a next moment until an end state, at which a tick always moves it', () => {
    always(({ after }) => {
      if (after === undefined) return
      const moment = nextMoment(after)
      assert.equal(moment === undefined, isOverAndDone(after))
      if (moment === undefined) return
      assert.ok(decide(after, { type: 'tick', at: moment }).ok)
      assert.ok(!decide(after, { type: 'tick', at: new Date(moment.getTime() - 1) }).ok)
    })
  })

  it('reaches every state', () => {
    const reached = new Set<string>()
    const stories = fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' })
    for (const story of fc.sample(stories, { numRuns: 3_000, seed: 7 }))
      for (const { after } of play(story))
        if (after !== undefined)
          reached.add(after.status === 'approved' ? after.grant.state : after.status)
    assert.deepEqual([...reached].sort(), [
      'active',
      'cancelled',
      'denied',
      'ended',
      'ending',
      'granting',
      'lapsed',
      'never-active',
      'pending',
    ])
  })
})

function asked(request: AccessRequest) {
  const { id, requester, resourceId, durationSeconds, reason, requestedAt, lapsesAt } = request
  return { id, requester, resourceId, durationSeconds, reason, requestedAt, lapsesAt }
}

function terms({ grant }: AccessRequest & { status: 'approved' }) {
  const { email, constraints, startsAt, endsAt, maxSeconds } = grant
  return { email, constraints, startsAt, endsAt, maxSeconds }
}
