import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decide } from '../../src/domain/decide.ts'
import type { Identity } from '../../src/domain/person.ts'
import { foldEmail, isSamePerson } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import { isOver, isRuleDue, nextMoment } from '../../src/domain/request.ts'
import type { Turn } from './play.ts'
import { always, play, stories } from './play.ts'

const isOverAndDone = (request: AccessRequest): boolean =>
  request.status === 'approved'
    ? isOver(request.grant) && request.review?.state !== 'due'
    : request.status !== 'pending'

/** Whether this turn opened access. */
const isOpening = ({ before, after }: Turn): boolean =>
  before?.status !== 'approved' && after?.status === 'approved'

describe('decide, whatever is played', () => {
  it('moves each version by exactly one with each step', () => {
    always(({ before, decision }) => {
      if (decision.ok) assert.equal(decision.next.version, (before?.version ?? 0) + 1)
    })
  })

  it('changes nothing after an end state', () => {
    always(({ before, decision }) => {
      if (before !== undefined && isOverAndDone(before)) assert.equal(decision.ok, false)
    })
  })

  it('never brings a grant back that is over or ends', () => {
    always(({ before, after }) => {
      if (before?.status !== 'approved' || isRuleDue(before.grant)) return
      assert.ok(after?.status === 'approved' && !isRuleDue(after.grant))
      if (isOver(before.grant)) assert.deepEqual(after.grant, before.grant)
    })
  })

  it('decides once', () => {
    always(({ before, after }) => {
      if (before === undefined || before.status === 'pending') return
      assert.equal(after?.status, before.status)
      assert.deepEqual(after?.approvals, before.approvals)
    })
  })

  it('lets nobody approve, deny or review what they asked for, or what was asked for them', () => {
    always(({ command, after }) => {
      if (after === undefined) return
      const said: readonly Identity[] = [
        ...after.approvals.map(({ by }) => by),
        ...(after.status === 'denied' ? [after.deniedBy] : []),
        ...(after.status === 'approved' && after.review?.state === 'done' ? [after.review.by] : []),
      ]
      for (const by of said) {
        assert.ok(!isSamePerson(by, after.requester))
        assert.notEqual(foldEmail(by.email), foldEmail(after.beneficiary ?? ''))
      }
      if (command.type !== 'approve' || command.by === undefined) return
      const isRecorded = after.approvals.some(({ at }) => at === command.at)
      assert.ok(!isRecorded || !isSamePerson(command.by, command.requester))
    })
  })

  it('opens nothing without enough distinct people, a rule for a standard request, or an emergency', () => {
    always((turn) => {
      const { after, before } = turn
      const isExtended = before?.status === 'pending' && after?.status === 'extended'
      if (after === undefined || !(isOpening(turn) || isExtended)) return
      const { approvals, approvalsCounted, approvalsNeeded } = after
      const automatic = 'automatic' in after ? after.automatic : undefined
      if (automatic !== undefined) assert.equal(after.kind, 'standard')
      if (automatic === undefined && turn.command.type !== 'break-glass')
        assert.ok(approvalsCounted >= approvalsNeeded && approvalsNeeded > 0)
      assert.ok(approvalsCounted <= approvals.length)
      for (const [index, { by }] of approvals.entries())
        for (const other of approvals.slice(index + 1)) assert.ok(!isSamePerson(by, other.by))
    })
  })

  it('opens and extends nothing that needs step-up by anybody who is not stepped up', () => {
    always((turn) => {
      const { after, before, command } = turn
      const isExtended = before?.status === 'pending' && after?.status === 'extended'
      if (after === undefined || !(isOpening(turn) || isExtended)) return
      assert.ok('isSteppedUp' in command)
      if (after.needsStepUp !== true && !command.resource.needsStepUp) return
      assert.ok(command.isSteppedUp)
      if (command.type !== 'approve') return
      const stepped = after.approvals.filter((approval) => approval.isSteppedUp)
      assert.ok(stepped.length >= after.approvalsCounted)
    })
  })

  it('opens nothing for vendors but by a sponsor and people', () => {
    always((turn) => {
      const { after, command } = turn
      if (after?.kind !== 'sponsored' || !isOpening(turn)) return
      assert.equal(command.type, 'approve')
      assert.ok(after.status === 'approved' && after.automatic === undefined)
      assert.ok(after.beneficiary !== undefined || after.approvalsCounted >= 2)
    })
  })

  it('opens an emergency with a review that is due, and only that one', () => {
    always((turn) => {
      const { after, command } = turn
      if (after?.status !== 'approved' || !isOpening(turn)) return
      assert.equal(after.review?.state === 'due', after.kind === 'break-glass')
      assert.equal(command.type === 'break-glass', after.kind === 'break-glass')
    })
  })

  it('lets in the holder to be and nobody else', () => {
    always(({ after }) => {
      if (after?.status !== 'approved') return
      const holder = after.beneficiary ?? after.requester.email
      assert.equal(foldEmail(after.grant.email), foldEmail(holder))
    })
  })

  it('never opens a window longer than the maximum, than was asked, or than anybody allowed', () => {
    always((turn) => {
      const { after, command } = turn
      if (after?.status !== 'approved') return
      const { startsAt, endsAt, maxSeconds } = after.grant
      const seconds = (endsAt.getTime() - startsAt.getTime()) / 1_000
      assert.ok(seconds > 0 && seconds <= maxSeconds)
      assert.equal(endsAt.getTime() % 1_000, 0)
      if (!isOpening(turn)) return
      const allowed = after.approvals.map((approval) => approval.durationSeconds ?? Infinity)
      assert.ok(seconds <= Math.min(after.durationSeconds, ...allowed))
      assert.ok(!('narrowing' in command) || seconds <= (command.narrowing?.maxSeconds ?? Infinity))
      assert.ok(startsAt >= command.at && startsAt >= (after.startsAt ?? startsAt))
    })
  })

  it('never changes what was asked, and of a grant only what an extension may', () => {
    always(({ before, after, decision }) => {
      if (before === undefined || after === undefined) return
      assert.deepEqual(asked(after), asked(before))
      if (before.status !== 'approved' || after.status !== 'approved') return
      const isExtension = decision.ok && decision.action === 'grant.extended'
      assert.deepEqual(terms(after), terms(before))
      const { endsAt, extensions, constraints } = before.grant
      if (!isExtension)
        assert.deepEqual(
          [after.grant.endsAt, after.grant.extensions, after.grant.constraints],
          [endsAt, extensions, constraints],
        )
      assert.ok(after.grant.endsAt >= endsAt && after.grant.extensions <= 2)
      assert.deepEqual(after.grant.constraints.slice(0, constraints.length), constraints)
    })
  })

  it('writes every constraint of the resource and of the Rego policy into what it opens or extends', () => {
    always((turn) => {
      const { after, command, decision } = turn
      const isExtension = decision.ok && decision.action === 'grant.extended'
      if (after?.status !== 'approved' || !(isOpening(turn) || isExtension)) return
      assert.ok('catalogueRevision' in command)
      const wanted = [...command.resource.constraints, ...(command.narrowing?.constraints ?? [])]
      const keys = after.grant.constraints.map((criterion) => JSON.stringify(criterion))
      for (const criterion of wanted) assert.ok(keys.includes(JSON.stringify(criterion)))
    })
  })

  it('never answers a lapsed request, nor activates a grant whose window is closed', () => {
    always(({ before, command, decision }) => {
      if (!decision.ok || before === undefined) return
      if (before.status === 'pending' && (command.type === 'approve' || command.type === 'deny'))
        assert.ok(command.at < before.lapsesAt)
      if (before.status !== 'approved') return
      const { grant } = before
      if (decision.action === 'grant.activated' || decision.action === 'grant.extended')
        assert.ok(command.at < grant.endsAt)
      if (decision.action === 'grant.activated' && grant.isScheduled)
        assert.ok(command.at >= grant.startsAt)
    })
  })

  it('says never active only of what Pomerium never confirmed', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const confirmed = new Set<string>()
        for (const { decision, after } of play(story)) {
          if (!decision.ok || after === undefined) continue
          if (decision.action === 'grant.activated' || decision.action === 'grant.scheduled')
            confirmed.add(after.id)
          if (decision.action === 'grant.never_active') assert.ok(!confirmed.has(after.id))
        }
      }),
      { numRuns: 400 },
    )
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

  it('comes to an end by ticks alone, unless a review is due', () => {
    always(({ after }) => {
      let request = after
      for (let left = 40; left > 0 && request !== undefined; left -= 1) {
        const moment = nextMoment(request)
        if (moment === undefined || isReviewOnly(request)) return
        const decision = decide(request, { type: 'tick', at: moment })
        request = decision.ok ? decision.next : undefined
      }
      assert.equal(request, undefined)
    })
  })

  it('reaches every state, by every action', () => {
    const states = new Set<string>()
    const actions = new Set<string>()
    for (const story of fc.sample(stories, { numRuns: 6_000, seed: 7 }))
      for (const { decision, after } of play(story)) {
        if (!decision.ok || after === undefined) continue
        actions.add(decision.action)
        if (decision.also !== undefined) actions.add(decision.also.action)
        states.add(after.status === 'approved' ? after.grant.state : after.status)
      }
    assert.deepEqual([...states].sort(), [
      'active',
      'cancelled',
      'denied',
      'ended',
      'ending',
      'extended',
      'granting',
      'lapsed',
      'never-active',
      'pending',
      'scheduled',
    ])
    assert.deepEqual([...actions].sort(), [
      'grant.activated',
      'grant.ended',
      'grant.ending',
      'grant.extended',
      'grant.never_active',
      'grant.review_overdue',
      'grant.review_reminded',
      'grant.reviewed',
      'grant.scheduled',
      'request.approval_recorded',
      'request.approved',
      'request.auto_approved',
      'request.break_glass',
      'request.cancelled',
      'request.created',
      'request.denied',
      'request.escalated',
      'request.extended',
      'request.lapsed',
      'request.reminded',
    ])
  })
})

function isReviewOnly(request: AccessRequest): boolean {
  return request.status === 'approved' && isOver(request.grant)
}

function asked(request: AccessRequest) {
  const { id, kind, requester, beneficiary, resourceId, level, durationSeconds, reason } = request
  const { requestedAt, lapsesAt, startsAt, extends: of, catalogueRevision, needsStepUp } = request
  const who = { id, kind, requester, beneficiary, needsStepUp }
  const what = { resourceId, level, durationSeconds, reason, startsAt, of, catalogueRevision }
  return { ...who, ...what, requestedAt, lapsesAt }
}

function terms({ grant }: AccessRequest & { status: 'approved' }) {
  const { email, startsAt, isScheduled, maxSeconds } = grant
  return { email, startsAt, isScheduled, maxSeconds }
}
