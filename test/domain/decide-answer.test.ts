import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from '../../src/domain/decide.ts'
import { identityOf } from '../../src/domain/person.ts'
import {
  RELIABILITY,
  REVISION,
  aPendingRequest,
  aPerson,
  aResource,
  aStage,
  after,
  alex,
  anApproval,
  anApprovedRequest,
  anApprover,
  anEngineer,
  kim,
  people,
  requestsInEveryState,
  sam,
} from '../support/build.ts'
import {
  SECURITY,
  answerTo,
  approving,
  cancelling,
  denying,
  nextOf,
  pendingOf,
  refusalOf,
  stepOf,
} from './commands.ts'

const two = aResource({ stages: [aStage({ approvals: 2 })] })
const byKim = aPendingRequest({
  version: 2,
  approvalsNeeded: 2,
  approvals: [anApproval(identityOf(kim))],
})
const eve = aPerson('eve')

describe('decide approve', () => {
  it('records an approval, and waits for as many people as the resource asks for now', () => {
    const step = stepOf(aPendingRequest(), approving({ resource: two, note: 'be careful' }))
    assert.deepEqual(step, {
      action: 'request.approval_recorded',
      details: {
        approvals: 1,
        needed: 2,
        right: 'approver',
        note: 'be careful',
        catalogueRevision: REVISION,
      },
      next: { ...byKim, approvals: [anApproval(identityOf(kim), after(60), 'be careful')] },
    })
  })

  it('opens at the last approval that is needed', () => {
    const command = approving({ resource: two, by: sam, colleagues: [kim], at: after(90) })
    const next = nextOf(byKim, command)
    assert.equal(next.status, 'approved')
    assert.deepEqual(next.approvals, [
      anApproval(identityOf(kim)),
      anApproval(identityOf(sam), after(90)),
    ])
    assert.deepEqual([next.approvalsNeeded, next.approvalsCounted], [2, 2])
  })

  it('names the stage that an approval was for', () => {
    const stages = [
      aStage({ title: 'Reliability' }),
      aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) }),
    ]
    const resource = aResource({ stages })
    const sue = aPerson('sue', { groups: [SECURITY] })
    const first = pendingOf(aPendingRequest(), approving({ resource }))
    assert.deepEqual(refusalOf(first, approving({ resource, by: sam, colleagues: [kim] })), {
      code: 'stage-not-open',
      stage: 'Security',
    })
    const last = stepOf(first, approving({ resource, by: sue, colleagues: [kim] }))
    assert.deepEqual(
      last.next.approvals.map(({ stage }) => stage),
      [0, 1],
    )
    assert.equal(last.details['stage'], 'Security')
  })

  describe('where one person may answer at several stages', () => {
    const lea = aPerson('lea', { groups: [RELIABILITY, SECURITY] })
    const stages = [
      aStage({ title: 'Reliability' }),
      aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) }),
    ]
    const resource = aResource({ stages })
    const byLea = pendingOf(aPendingRequest(), approving({ resource, by: lea }))

    it('has them make room for whoever may answer at the earlier one alone', () => {
      const step = stepOf(byLea, approving({ resource, colleagues: [lea] }))
      assert.equal(step.next.status, 'approved')
      assert.deepEqual(
        step.next.approvals.map(({ stage }) => stage),
        [0, 0],
      )
      assert.equal(step.details['stage'], 'Reliability')
    })

    it('takes nobody who makes no more of it', () => {
      const nobody = approving({ resource, by: eve, colleagues: [lea] })
      assert.equal(answerTo(byLea, nobody), 'not-an-approver')
      const byKimAlone = pendingOf(aPendingRequest(), approving({ resource }))
      const again = approving({ resource, by: sam, colleagues: [kim] })
      assert.equal(answerTo(byKimAlone, again), 'stage-not-open')
    })
  })

  it('takes no word on emergency access, which opens at once or not at all', () => {
    const request = aPendingRequest({ kind: 'break-glass' })
    assert.equal(answerTo(request, approving()), 'not-an-approver')
  })

  it('does not count whoever lost the right meanwhile', () => {
    const command = approving({ resource: two, by: sam })
    for (const colleagues of [[], [aPerson('kim')], [{ ...kim, standing: 'guest' as const }]]) {
      const next = pendingOf(byKim, { ...command, colleagues })
      assert.deepEqual([next.approvals.length, next.approvalsCounted], [2, 1])
    }
  })

  it('opens by one more approval when fewer are needed than before', () => {
    const next = nextOf(byKim, approving({ by: sam, colleagues: [kim] }))
    assert.equal(next.status, 'approved')
    assert.deepEqual([next.approvalsNeeded, next.approvalsCounted], [1, 1])
  })

  it('waits for more when more are needed than before', () => {
    const three = aResource({ stages: [aStage({ approvals: 3 })] })
    const next = pendingOf(byKim, approving({ resource: three, by: sam, colleagues: [kim] }))
    assert.deepEqual([next.approvalsNeeded, next.approvalsCounted], [3, 2])
  })

  it('takes only approvers whom the Rego policy accepts', () => {
    const narrowing = { groups: [SECURITY], constraints: [] }
    assert.deepEqual(refusalOf(aPendingRequest(), approving({ narrowing })), {
      code: 'rego-other-approvers',
      groups: [SECURITY],
    })
    const by = aPerson('bo', { groups: [RELIABILITY, SECURITY] })
    assert.equal(answerTo(aPendingRequest(), approving({ narrowing, by })), 'request.approved')
  })

  it('refuses the requester, whatever they are known by', () => {
    const asked = aPendingRequest({
      requester: identityOf(anEngineer('alex', { subject: 'sub-1' })),
    })
    const selves = [
      anApprover('alex'),
      anApprover('mallory', { email: 'ALEX@example.com' }),
      anApprover('mallory', { subject: 'sub-1' }),
    ]
    for (const by of selves)
      for (const command of [approving({ by }), denying({ by })])
        assert.deepEqual(refusalOf(asked, command), { code: 'own-request' })
  })

  it('refuses an approver who turns out to be the requester of now', () => {
    const requester = anEngineer('alex', { subject: 'sub-1' })
    const by = anApprover('mallory', { subject: 'sub-1' })
    assert.deepEqual(refusalOf(aPendingRequest(), approving({ by, requester })), {
      code: 'own-request',
    })
  })

  it('refuses whoever is no approver, even of a request that is decided', () => {
    for (const request of [aPendingRequest(), anApprovedRequest()])
      assert.deepEqual(refusalOf(request, approving({ by: eve })), { code: 'not-an-approver' })
  })

  it('says how a request was decided to whom it comes too late', () => {
    const request = anApprovedRequest()
    assert.deepEqual(refusalOf(request, approving({ by: sam })), {
      code: 'already-decided',
      request,
    })
  })

  it('counts nobody twice, in whatever spelling', () => {
    const resource = aResource({ stages: [aStage({ approvals: 3 })] })
    const by = anApprover('kim', { subject: 'sub-2' })
    const request = nextOf(aPendingRequest(), approving({ resource, by }))
    const again = [
      kim,
      anApprover('kim2', { email: 'KIM@EXAMPLE.COM' }),
      anApprover('kim3', { subject: 'sub-2' }),
    ]
    for (const second of again)
      assert.deepEqual(refusalOf(request, approving({ resource, by: second, colleagues: [by] })), {
        code: 'approved-by-you-already',
      })
  })

  it('refuses a second account of an approver that became known only since', () => {
    const colleagues = [anApprover('kim', { subject: 'sub-kim' })]
    const by = anApprover('kim2', { subject: 'sub-kim' })
    assert.deepEqual(refusalOf(byKim, approving({ resource: two, by, colleagues })), {
      code: 'approved-by-you-already',
    })
  })

  it('does not count an approver who became known as the requester since', () => {
    const requester = anEngineer('alex', { subject: 'sub-1' })
    const colleagues = [anApprover('kim', { subject: 'sub-1' })]
    const next = pendingOf(byKim, approving({ resource: two, by: sam, requester, colleagues }))
    assert.equal(next.approvalsCounted, 1)
  })

  it('refuses from the instant of the lapse on', () => {
    const request = aPendingRequest()
    const at = request.lapsesAt
    assert.deepEqual(refusalOf(request, approving({ at })), { code: 'request-lapsed' })
    assert.deepEqual(refusalOf(request, denying({ at })), { code: 'request-lapsed' })
    assert.ok(decide(request, approving({ at: new Date(at.getTime() - 1) })).ok)
  })

  it('refuses when the requester may not ask any more, or is not who was shown', () => {
    const gone = [
      aPerson('alex'),
      { ...alex, standing: 'guest' as const },
      anEngineer('alex', { email: 'alex.new@example.com' }),
      anEngineer('robin', { email: 'alex@example.com' }),
    ]
    for (const requester of gone)
      assert.deepEqual(refusalOf(aPendingRequest(), approving({ requester })), {
        code: 'requester-not-eligible',
      })
  })

  it('refuses when an earlier approver turns out to be the requester of now', () => {
    const by = anApprover('mallory', { subject: 'sub-1' })
    const request = nextOf(aPendingRequest(), approving({ resource: two, by }))
    const requester = anEngineer('alex', { subject: 'sub-1' })
    const command = approving({ resource: two, requester, colleagues: [by] })
    assert.deepEqual(refusalOf(request, command), { code: 'requester-not-eligible' })
  })

  it('refuses a note that says nothing or cannot be kept', () => {
    assert.deepEqual(refusalOf(aPendingRequest(), approving({ note: ' ' })), {
      code: 'reason-too-short',
      minLength: 1,
    })
    assert.deepEqual(refusalOf(aPendingRequest(), approving({ note: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })

  it('lets an approver shorten what was asked, and do nothing else to it', () => {
    assert.equal(
      answerTo(aPendingRequest(), approving({ durationSeconds: 3_599 })),
      'request.approved',
    )
    for (const durationSeconds of [3_600, 3_601, 0, -60, 0.5, Number.NaN])
      assert.deepEqual(refusalOf(aPendingRequest(), approving({ durationSeconds })), {
        code: 'not-shorter',
        askedSeconds: 3_600,
      })
  })
})

describe('decide deny', () => {
  it('closes the request with who, when and why', () => {
    assert.deepEqual(stepOf(aPendingRequest(), denying()), {
      action: 'request.denied',
      details: { reason: 'not today' },
      next: requestsInEveryState().denied,
    })
  })

  it('keeps the approvals that were there, and nothing of what waits', () => {
    const request = aPendingRequest({ ...byKim, remindAt: after(900), escalatesAt: after(900) })
    const { denied } = requestsInEveryState()
    assert.deepEqual(nextOf(request, denying({ by: sam })), {
      ...denied,
      deniedBy: identityOf(sam),
      version: 3,
      approvals: byKim.approvals,
      approvalsNeeded: 2,
      approvalsCounted: 1,
    })
  })

  it('wants a reason that can be kept', () => {
    assert.deepEqual(refusalOf(aPendingRequest(), denying({ reason: '\n' })), {
      code: 'reason-too-short',
      minLength: 1,
    })
    assert.deepEqual(refusalOf(aPendingRequest(), denying({ reason: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })
})

describe('decide cancel', () => {
  it('lets the requester take a request back', () => {
    assert.deepEqual(stepOf(aPendingRequest(), cancelling()), {
      action: 'request.cancelled',
      details: {},
      next: requestsInEveryState().cancelled,
    })
  })

  it('is for the requester only, whatever the state', () => {
    for (const request of Object.values(requestsInEveryState()))
      assert.deepEqual(refusalOf(request, cancelling(kim)), { code: 'not-your-request' })
  })
})
