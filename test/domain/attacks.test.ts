import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { automaticRule } from '../../src/domain/decide-alone.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import { desiredRules } from '../../src/domain/policy-plan.ts'
import type { Approved } from '../../src/domain/request.ts'
import {
  REVISION,
  aGrant,
  aPendingRequest,
  aPerson,
  aResource,
  aStage,
  after,
  alex,
  anApprovedRequest,
  anApprover,
  anEngineer,
  kim,
  people,
  sam,
} from '../support/build.ts'
import {
  LEADS,
  SECURITY,
  aLiveRequest,
  aPendingExtension,
  anEmergencyResource,
  anExtendable,
  answerTo,
  approving,
  asking,
  ending,
  extending,
  grantOf,
  gus,
  nextOf,
  pendingOf,
  stepOf,
  ticking,
  vendors,
} from './commands.ts'
import { play, stories } from './play.ts'

const two = aResource({ stages: [aStage({ approvals: 2 })] })

/** What the approval of an extension makes of the access that it is about. */
function lengthened(extended: Approved, facts: Parameters<typeof approving>[0] = {}): Approved {
  const command = approving({ at: after(360), resource: anExtendable(), extended, ...facts })
  const { also } = stepOf(aPendingExtension({ extends: extended.id }), command)
  assert.ok(also?.next.status === 'approved')
  return also.next
}

describe('no rule without a live grant that says exactly that', () => {
  it('has at any moment of any story a rule for live grants only, each for its holder until its end', () => {
    fc.assert(
      fc.property(stories, (story) => {
        for (const { after: request, command } of play(story)) {
          if (request?.status !== 'approved') continue
          const { at } = command
          const { grant } = request
          const isLive = ['granting', 'scheduled', 'active'].includes(grant.state)
          const second = (instant: Date) => `${instant.toISOString().slice(0, 19)}Z`
          const start = new Date(Math.ceil(grant.startsAt.getTime() / 1_000) * 1_000)
          const date = { before: second(grant.endsAt) }
          const window = grant.isScheduled ? { after: second(start), ...date } : date
          const email = request.beneficiary ?? grant.email
          const rule = [{ email: { is: email } }, { date: window }, ...grant.constraints]
          // A window of no whole second has no rule at all.
          const isEmpty = grant.isScheduled && start >= grant.endsAt
          assert.deepEqual(
            desiredRules([request], at),
            isLive && at < grant.endsAt && !isEmpty ? [{ allow: { and: rule } }] : [],
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  it('extends nothing that was revoked while the extension waited', () => {
    const revoked = nextOf(aLiveRequest(), ending({ by: kim }))
    const command = approving({ at: after(360), resource: anExtendable(), extended: revoked })
    assert.equal(answerTo(aPendingExtension(), command), 'already-over')
  })

  it('does not take the approval of one extension for that of another grant', () => {
    const other = aLiveRequest({ id: 'ZZZZZZZZ' as RequestId })
    const command = approving({ at: after(360), resource: anExtendable(), extended: other })
    assert.equal(answerTo(aPendingExtension(), command), 'no-such-request')
  })

  it('does not call a longer end active by the sight of the shorter rule', () => {
    const granting = anApprovedRequest(aGrant('granting'))
    const read = { type: 'confirm-active', at: after(361), endsAt: aGrant().endsAt } as const
    assert.equal(answerTo(granting, read), 'grant.activated')
    assert.equal(answerTo(lengthened(granting), read), 'nothing-due')
  })

  it('leaves no way around a constraint that was added to the resource since', () => {
    const constraints = [{ source_ip: ['203.0.113.0/24'] }]
    const { grant } = lengthened(aLiveRequest(), { resource: anExtendable({ constraints }) })
    assert.deepEqual(grant.constraints, constraints)
  })
})

describe('no access beyond the maximum', () => {
  const duration = (maxSeconds: number) => ({ defaultSeconds: 60, maxSeconds, choices: [] })

  it('is not bought with a maximum that was raised after the approval', () => {
    const grant = { ...aGrant('active'), maxSeconds: 3_600 }
    const resource = anExtendable({ duration: duration(30 * 86_400) })
    const command = extending({ extended: anApprovedRequest(grant), resource, durationSeconds: 60 })
    assert.equal(answerTo(undefined, command), 'beyond-maximum')
  })

  it('is not won second by second', () => {
    const extension = { times: 1_000, maxSeconds: 3_600 }
    const resource = anExtendable({ extension, duration: duration(3_700) })
    let live: Approved = anApprovedRequest({ ...aGrant('active'), maxSeconds: 3_700 })
    const started = live.grant.startsAt.getTime()
    while (
      answerTo(undefined, extending({ extended: live, resource, durationSeconds: 1 })) ===
      'request.created'
    ) {
      const pending = aPendingExtension({ durationSeconds: 1 })
      const { also } = stepOf(pending, approving({ at: after(360), resource, extended: live }))
      assert.ok(also?.next.status === 'approved')
      live = also.next
    }
    assert.equal(live.grant.extensions, 100)
    assert.ok(live.grant.endsAt.getTime() - started <= 3_700_000)
  })

  it('is not won by a rule that approves small extensions', () => {
    const automatic = [{ name: 'self_activation', maxSeconds: 3_600 }]
    const resource = anExtendable({ automatic })
    const extended = aLiveRequest()
    const pending = pendingOf(undefined, extending({ extended, resource, durationSeconds: 60 }))
    assert.equal(automaticRule(pending, alex, resource, extended), undefined)
  })

  it('is not won while the bot is down', () => {
    const late = after(10 * 86_400)
    const live = aLiveRequest()
    assert.equal(answerTo(live, { type: 'confirm-active', at: late }), 'nothing-due')
    assert.equal(answerTo(live, extending({ at: late, extended: live })), 'already-pending')
    assert.equal(answerTo(undefined, extending({ at: late, extended: live })), 'already-over')
    assert.deepEqual(grantOf(live, ticking(late)).endsAt, live.grant.endsAt)
  })
})

describe('nobody approves for themselves', () => {
  it('not by two accounts that became known as one after the first approval', () => {
    const first = pendingOf(aPendingRequest(), approving({ resource: two, by: kim }))
    const kimNow = { ...kim, subject: 'sub-kim' }
    const second = anApprover('kim2', { subject: 'sub-kim' })
    const command = approving({ resource: two, by: second, colleagues: [kimNow] })
    assert.equal(answerTo(first, command), 'approved-by-you-already')
  })

  it('not by two approvals that turn out to be one when a third comes', () => {
    const three = aResource({ stages: [aStage({ approvals: 3 })] })
    const other = anApprover('kim2')
    const first = pendingOf(aPendingRequest(), approving({ resource: three }))
    const second = pendingOf(first, approving({ resource: three, by: other, colleagues: [kim] }))
    const colleagues = [kim, other].map((person) => ({ ...person, subject: 'sub-kim' }))
    const third = pendingOf(second, approving({ resource: three, by: sam, colleagues }))
    assert.deepEqual([third.approvals.length, third.approvalsCounted], [3, 2])
  })

  it('not by an approval of before by an account that became known as theirs', () => {
    const first = pendingOf(aPendingRequest(), approving({ resource: two, by: kim }))
    const requester = anEngineer('alex', { subject: 'sub-alex' })
    const colleagues = [{ ...kim, subject: 'sub-alex' }]
    const next = nextOf(first, approving({ resource: two, by: sam, requester, colleagues }))
    assert.equal(next.status, 'pending')
  })

  it('not the longer life of what another account of theirs has', () => {
    const extended = aLiveRequest({ requester: { ...identityOf(alex), subject: 'sub-alex' } })
    const pending = aPendingExtension({
      requester: identityOf(anEngineer('alex2', { email: 'ALEX@example.com' })),
    })
    const requester = anEngineer('alex2', { email: 'ALEX@example.com' })
    const by = anApprover('alex3', { subject: 'sub-alex' })
    const command = approving({ at: after(360), by, requester, extended, resource: anExtendable() })
    assert.equal(answerTo(pending, command), 'own-request')
  })

  it('not an emergency, which nobody approves, so that none goes without its review', () => {
    const alarm = pendingOf(
      undefined,
      asking({ resource: anEmergencyResource(), isEmergency: true, durationSeconds: 60 }),
    )
    assert.equal(answerTo(alarm, approving({ resource: anEmergencyResource() })), 'not-an-approver')
  })

  it('not a guest by waiting until further approvers are asked', () => {
    const escalation = { afterSeconds: 60, to: people({ groups: [LEADS] }) }
    const resource = aResource({ vendors, escalation })
    const asked = pendingOf(undefined, asking({ by: gus, resource }))
    const escalated = pendingOf(asked, ticking(after(60)))
    const leads = ['lee', 'lou'].map((name) => aPerson(name, { groups: [LEADS] }))
    for (const by of leads)
      assert.equal(
        answerTo(escalated, approving({ by, requester: gus, resource })),
        'stage-not-open',
      )
  })
})

describe('rights are those of the moment of the decision', () => {
  it('do not last for whoever approved and was dismissed, and come back with them', () => {
    const first = pendingOf(aPendingRequest(), approving({ resource: two, by: kim }))
    const second = pendingOf(first, approving({ resource: two, by: sam, colleagues: [] }))
    assert.equal(second.approvalsCounted, 1)
    const by = anApprover('lou')
    const third = nextOf(second, approving({ resource: two, by, colleagues: [sam] }))
    assert.deepEqual([third.status, third.approvalsCounted], ['approved', 2])
  })

  it('are those of a stage, even if it is another one by now', () => {
    const first = pendingOf(aPendingRequest(), approving({ resource: two, by: kim }))
    const sue = aPerson('sue', { groups: [SECURITY] })
    const security = aStage({ approvers: people({ groups: [SECURITY] }), approvals: 2 })
    const resource = aResource({ stages: [security] })
    const second = pendingOf(first, approving({ resource, by: sue, colleagues: [kim] }))
    assert.deepEqual([second.approvalsCounted, second.approvalsNeeded], [1, 2])
    assert.equal(answerTo(first, approving({ resource, by: sam })), 'not-an-approver')
  })

  it('of the requester are looked at again at the last click, for an extension too', () => {
    const gone = [aPerson('alex'), { ...alex, email: 'alex.new@example.com' }]
    for (const requester of gone) {
      const command = approving({ at: after(360), requester, resource: anExtendable() })
      const decided = answerTo(aPendingExtension(), { ...command, extended: aLiveRequest() })
      assert.equal(decided, 'requester-not-eligible')
    }
  })

  it('do not lengthen the access of an address that was given up', () => {
    const by = anEngineer('alex', { email: 'alex.new@example.com' })
    assert.equal(answerTo(undefined, extending({ by })), 'requester-not-eligible')
  })

  it('of a rule are looked at again when it approves', () => {
    const automatic = [{ name: 'self_activation', maxSeconds: 3_600 }]
    const resource = aResource({ automatic })
    const opening = { at: after(1), resource, isSteppedUp: false, catalogueRevision: REVISION }
    const command = { type: 'auto-approve', rule: automatic[0], ...opening } as const
    const { rule } = command
    assert.ok(rule !== undefined)
    const answers = [alex, aPerson('alex'), { ...alex, standing: 'guest' as const }].map(
      (requester) => answerTo(aPendingRequest(), { ...command, rule, requester }),
    )
    assert.deepEqual(answers, [
      'request.auto_approved',
      'requester-not-eligible',
      'requester-not-eligible',
    ])
  })
})
