import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tally } from '../../src/domain/approvals.ts'
import type { Command } from '../../src/domain/decide.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Pending } from '../../src/domain/request.ts'
import { needsStepUp } from '../../src/domain/request.ts'
import {
  REVISION,
  aPendingRequest,
  aResource,
  aStage,
  after,
  alex,
  anApproval,
  kim,
  sam,
} from '../support/build.ts'
import {
  aLiveRequest,
  aPendingExtension,
  anEmergencyResource,
  anExtendable,
  answerTo,
  approving,
  asking,
  extending,
  nextOf,
  pendingOf,
  stepOf,
} from './commands.ts'

const strict = aResource({ needsStepUp: true })
const two = aResource({ needsStepUp: true, stages: [aStage({ approvals: 2 })] })
const bySlack = anApproval(identityOf(kim))
const onPage = { ...bySlack, isSteppedUp: true } as const

/** Asked before the catalogue wanted step-up. */
const older = (...approvals: Pending['approvals']) =>
  aPendingRequest({ approvals, approvalsNeeded: 2 })

describe('needsStepUp', () => {
  it('is so by what was said when it was asked, or by the catalogue now', () => {
    const asked = { needsStepUp: true } as const
    const answers = [
      needsStepUp(asked, undefined),
      needsStepUp(asked, aResource()),
      needsStepUp({}, strict),
      needsStepUp({}, aResource()),
      needsStepUp({}, undefined),
    ]
    assert.deepEqual(answers, [true, true, true, false, false])
  })
})

describe('decide, of what needs step-up', () => {
  it('says so of a request for it, and in its event', () => {
    const { next, details } = stepOf(undefined, asking({ resource: strict }))
    assert.deepEqual([next.needsStepUp, details['stepUp']], [true, true])
    const usual = stepOf(undefined, asking())
    assert.deepEqual(['needsStepUp' in usual.next, 'stepUp' in usual.details], [false, false])
  })

  it('wants it still when the catalogue does not any more', () => {
    const pending = pendingOf(undefined, asking({ resource: strict }))
    assert.equal(answerTo(pending, approving()), 'step-up-needed')
    assert.equal(answerTo(pending, approving({ isSteppedUp: true })), 'request.approved')
  })

  it('wants it of a request that was made before the catalogue did', () => {
    assert.equal(answerTo(aPendingRequest(), approving({ resource: strict })), 'step-up-needed')
  })

  it('puts on record who approved with it, needed or not', () => {
    const { next, details } = stepOf(aPendingRequest(), approving({ isSteppedUp: true }))
    assert.deepEqual(next.approvals, [onPage])
    assert.equal(details['steppedUp'], true)
    const without = stepOf(aPendingRequest(), approving())
    assert.deepEqual(without.next.approvals, [bySlack])
    assert.equal('steppedUp' in without.details, false)
  })

  it('counts no approval that was given without it', () => {
    const facts = { by: sam, colleagues: [kim], resource: two, isSteppedUp: true }
    const after = pendingOf(older(bySlack), approving(facts))
    assert.deepEqual([after.approvalsCounted, after.approvalsNeeded], [1, 2])
    assert.equal(answerTo(older(onPage), approving(facts)), 'request.approved')
  })

  it('says that an approval of before does not count, whoever gives it again', () => {
    const again = approving({ by: kim, resource: two, isSteppedUp: true })
    assert.equal(answerTo(older(bySlack), again), 'approved-without-step-up')
    assert.equal(answerTo(older(onPage), again), 'approved-by-you-already')
  })

  it('tells what is wrong with the answer before it asks for more', () => {
    const strictly = { resource: strict }
    assert.equal(answerTo(aPendingRequest(), approving({ by: alex, ...strictly })), 'own-request')
    const unfit = { ...strictly, note: ' ', requester: { ...alex, groups: new Set<never>() } }
    assert.equal(answerTo(aPendingRequest(), approving(unfit)), 'step-up-needed')
  })

  it('recounts without the approvals that were given without it', () => {
    const colleagues = [kim, sam]
    const recount = { type: 'recount', at: after(600), resource: two, colleagues, mayRise: true }
    const approvals = [bySlack, { ...anApproval(identityOf(sam)), isSteppedUp: true as const }]
    const waiting = aPendingRequest({ approvals, approvalsNeeded: 3, approvalsCounted: 2 })
    assert.equal(nextOf(waiting, recount as Command).approvalsCounted, 1)
  })

  it('lets no rule open it from Slack: people decide', () => {
    const automatic = [{ name: 'self_activation', maxSeconds: 3_600 }] as const
    const resource = aResource({ needsStepUp: true, automatic })
    const rule = automatic[0]
    const by = (isSteppedUp: boolean): Command => {
      const opening = { requester: alex, resource, isSteppedUp, catalogueRevision: REVISION }
      return { type: 'auto-approve', at: after(1), rule, ...opening }
    }
    assert.equal(answerTo(aPendingRequest(), by(false)), 'nothing-due')
    const step = stepOf(aPendingRequest(), by(true))
    assert.deepEqual([step.action, step.details['steppedUp']], ['request.auto_approved', true])
  })

  it('opens no emergency from Slack', () => {
    const resource = anEmergencyResource({ needsStepUp: true })
    const pending = aPendingRequest({ kind: 'break-glass', durationSeconds: 1_800 })
    const by = (isSteppedUp: boolean): Command => {
      const opening = { requester: alex, resource, isSteppedUp, catalogueRevision: REVISION }
      return { type: 'break-glass', at: after(1), ...opening }
    }
    assert.equal(answerTo(pending, by(false)), 'step-up-needed')
    const step = stepOf(pending, by(true))
    assert.deepEqual([step.action, step.details['steppedUp']], ['request.break_glass', true])
  })

  it('lengthens only with it what was opened with it', () => {
    const extended = aLiveRequest({ needsStepUp: true })
    const wish = pendingOf(undefined, extending({ extended }))
    assert.equal(wish.needsStepUp, true)
    const command = approving({ at: after(360), resource: anExtendable(), extended })
    assert.equal(answerTo(wish, command), 'step-up-needed')
    assert.equal(answerTo(wish, { ...command, isSteppedUp: true }), 'request.extended')
    const resource = anExtendable({ needsStepUp: true })
    assert.equal(pendingOf(undefined, extending({ resource })).needsStepUp, true)
    const later = approving({ at: after(360), resource, extended: aLiveRequest() })
    assert.equal(answerTo(aPendingExtension(), later), 'step-up-needed')
  })
})

describe('tally', () => {
  it('leaves out who approved without the step-up that is needed', () => {
    const approvals = [bySlack, { ...anApproval(identityOf(sam)), isSteppedUp: true as const }]
    const count = (resource = two) =>
      tally(approvals, [kim, sam], aPendingRequest({ approvals }), resource, undefined).counted
    assert.deepEqual([count(), count({ ...two, needsStepUp: false })], [1, 2])
  })
})
