import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leftToExtend } from '../../src/domain/decide-ask.ts'
import { identityOf } from '../../src/domain/person.ts'
import {
  REVISION,
  aGrant,
  aPerson,
  aResource,
  after,
  alex,
  anApprovedRequest,
  requestsInEveryState,
} from '../support/build.ts'
import {
  REASON,
  aLiveRequest,
  aPendingExtension,
  anEmergency,
  anEmergencyResource,
  anExtendable,
  answerTo,
  extending,
  gus,
  pendingOf,
  refusalOf,
  stepOf,
  vendors,
  vera,
} from './commands.ts'

describe('decide request-extension', () => {
  it('makes a waiting request of its own, for as long as the access lasts', () => {
    assert.deepEqual(stepOf(undefined, extending()), {
      action: 'request.created',
      details: {
        durationSeconds: 1_800,
        reason: REASON,
        kind: 'standard',
        extends: 'A1B2C3D4',
        catalogueRevision: REVISION,
      },
      next: aPendingExtension(),
    })
  })

  it('lapses with the access at the latest', () => {
    const resource = anExtendable({ lapseSeconds: 60 })
    assert.deepEqual(pendingOf(undefined, extending({ resource })).lapsesAt, after(360))
    assert.deepEqual(pendingOf(undefined, extending()).lapsesAt, aGrant().endsAt)
  })

  it('keeps kind and beneficiary of what it is to extend', () => {
    const beneficiary = 'pat@partner.example'
    const requester = identityOf(vera)
    const extended = aLiveRequest({ kind: 'sponsored', requester, beneficiary })
    const command = extending({ extended, by: vera, resource: anExtendable({ vendors }) })
    const { kind, beneficiary: kept } = pendingOf(undefined, command)
    assert.deepEqual([kind, kept], ['sponsored', beneficiary])
  })

  it('needs a sponsor’s word again for a guest', () => {
    const extended = aLiveRequest({ kind: 'sponsored', requester: identityOf(gus) })
    const command = extending({ extended, by: gus, resource: anExtendable({ vendors }) })
    assert.equal(pendingOf(undefined, command).approvalsNeeded, 2)
  })

  it('is for what is granted and not over', () => {
    const answers = Object.entries(requestsInEveryState()).map(([state, extended]) => [
      state,
      answerTo(undefined, extending({ extended })),
    ])
    assert.deepEqual(Object.fromEntries(answers), {
      pending: 'not-started',
      denied: 'not-started',
      cancelled: 'not-started',
      lapsed: 'not-started',
      extended: 'not-started',
      granting: 'request.created',
      scheduled: 'request.created',
      active: 'request.created',
      ending: 'already-over',
      ended: 'already-over',
      'never-active': 'already-over',
    })
    const at = aGrant().endsAt
    assert.equal(answerTo(undefined, extending({ at })), 'already-over')
  })

  it('is capped in number and in length', () => {
    const grant = { ...aGrant('active'), extensions: 2 }
    assert.deepEqual(refusalOf(undefined, extending({ extended: anApprovedRequest(grant) })), {
      code: 'extended-too-often',
      times: 2,
    })
    for (const durationSeconds of [3_601, 0, -60, Number.NaN])
      assert.deepEqual(refusalOf(undefined, extending({ durationSeconds })), {
        code: 'extension-too-long',
        maxSeconds: 3_600,
      })
    assert.equal(answerTo(undefined, extending({ durationSeconds: 3_600 })), 'request.created')
    assert.deepEqual(refusalOf(undefined, extending({ resource: aResource() })), {
      code: 'not-extendable',
    })
  })

  it('goes beyond neither the maximum of the approval nor that of today', () => {
    const today = anExtendable({ duration: { defaultSeconds: 60, maxSeconds: 5_400, choices: [] } })
    // An hour is granted, less the part of a second by which it was rounded down.
    assert.equal(leftToExtend(aLiveRequest(), today), 1_800)
    assert.deepEqual(refusalOf(undefined, extending({ durationSeconds: 1_801, resource: today })), {
      code: 'beyond-maximum',
      maxSeconds: 5_400,
      leftSeconds: 1_800,
    })
    const grant = { ...aGrant('active'), maxSeconds: 3_600 }
    assert.deepEqual(refusalOf(undefined, extending({ extended: anApprovedRequest(grant) })), {
      code: 'beyond-maximum',
      maxSeconds: 3_600,
      leftSeconds: 0,
    })
  })

  it('is for no emergency', () => {
    const resource = anEmergencyResource({ extension: { times: 2, maxSeconds: 3_600 } })
    const command = extending({ extended: anEmergency(), resource, durationSeconds: 60 })
    assert.equal(answerTo(undefined, command), 'not-extendable')
  })

  it('is for whom the rule lets in, while they may ask', () => {
    const moved = { ...alex, email: 'alex.new@example.com' }
    for (const by of [moved, aPerson('alex'), { ...alex, standing: 'guest' as const }])
      assert.deepEqual(refusalOf(undefined, extending({ by })), { code: 'requester-not-eligible' })
    assert.deepEqual(refusalOf(undefined, extending({ by: aPerson('eve') })), {
      code: 'not-yours-to-extend',
    })
  })

  it('wants a reason like any other wish', () => {
    assert.equal(answerTo(undefined, extending({ reason: 'hm' })), 'reason-too-short')
  })
})
