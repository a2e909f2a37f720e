import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf } from '../../src/domain/person.ts'
import type { Person } from '../../src/domain/person.ts'
import {
  aPendingRequest,
  aPerson,
  aResource,
  aStage,
  after,
  alex,
  anApproval,
  kim,
  people,
  requestsInEveryState,
  sam,
} from '../support/build.ts'
import { SECURITY, answerTo, nextOf, stepOf } from './commands.ts'

const resource = aResource({
  stages: [
    aStage({ title: 'Reliability' }),
    aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) }),
  ],
})
const recounting = (colleagues: readonly Person[], mayRise = true) =>
  ({ type: 'recount', at: after(600), resource, colleagues, mayRise }) as const
const waiting = aPendingRequest({
  approvals: [anApproval(identityOf(kim))],
  approvalsNeeded: 2,
  approvalsCounted: 1,
})
const lost = nextOf(waiting, recounting([aPerson('kim')]))

describe('decide recount', () => {
  it('counts no approval of somebody who has lost the right, and says which stage waits', () => {
    assert.deepEqual(stepOf(waiting, recounting([aPerson('kim')])), {
      action: 'request.recounted',
      details: { approvals: 0, needed: 2, was: 1, open: 0 },
      next: { ...waiting, version: waiting.version + 1, approvalsCounted: 0 },
    })
    assert.equal(nextOf(waiting, recounting([])).approvalsCounted, 0)
  })

  it('does nothing where the count is the same', () => {
    assert.equal(answerTo(waiting, recounting([kim])), 'nothing-due')
    assert.equal(answerTo(lost, recounting([aPerson('kim')])), 'nothing-due')
  })

  it('counts again who has the right again, unless the Rego policy has a say', () => {
    assert.equal(nextOf(lost, recounting([kim])).approvalsCounted, 1)
    assert.equal(answerTo(lost, recounting([kim], false)), 'nothing-due')
  })

  it('asks for as many as before, though the catalogue asks for fewer', () => {
    const more = { ...waiting, approvalsNeeded: 4 }
    assert.equal(nextOf(more, recounting([])).approvalsNeeded, 4)
  })

  it('opens nothing when the stages are filled', () => {
    const short = { ...recounting([kim]), resource: aResource() }
    const filled = { ...waiting, approvalsNeeded: 1, approvalsCounted: 0 }
    assert.equal(answerTo(filled, short), 'nothing-due')
  })

  it('does not count who turned out to have asked', () => {
    const same = { ...kim, email: alex.email }
    assert.equal(nextOf(waiting, recounting([same])).approvalsCounted, 0)
    assert.equal(answerTo(waiting, recounting([kim, sam])), 'nothing-due')
  })

  it('is of what waits only, and not past its lapse', () => {
    for (const [state, request] of Object.entries(requestsInEveryState()))
      assert.equal(answerTo(request, recounting([])), 'nothing-due', state)
    assert.equal(answerTo(waiting, { ...recounting([]), at: waiting.lapsesAt }), 'nothing-due')
  })
})
