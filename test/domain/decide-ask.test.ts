import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf } from '../../src/domain/person.ts'
import {
  MORNING,
  REVISION,
  aLevel,
  aPendingRequest,
  aPerson,
  aResource,
  aStage,
  after,
} from '../support/build.ts'
import {
  REASON,
  anEmergencyResource,
  answerTo,
  asking,
  gus,
  otto,
  pendingOf,
  refusalOf,
  stepOf,
  vendors,
  vera,
} from './commands.ts'

describe('decide request', () => {
  it('makes a waiting request of what was asked and what the resource says', () => {
    const resource = aResource({ stages: [aStage({ approvals: 2 })], lapseSeconds: 600 })
    assert.deepEqual(stepOf(undefined, asking({ resource })), {
      action: 'request.created',
      details: {
        durationSeconds: 3_600,
        reason: REASON,
        kind: 'standard',
        catalogueRevision: REVISION,
      },
      next: aPendingRequest({ approvalsNeeded: 2, lapsesAt: after(600) }),
    })
  })

  it('keeps the level, the start and the beneficiary', () => {
    const resource = aLevel('read', { vendors })
    const startsAt = after(3_600)
    const beneficiary = 'Pat@Partner.example'
    const { next, details } = stepOf(
      undefined,
      asking({ resource, startsAt, by: vera, beneficiary }),
    )
    assert.deepEqual(next, {
      ...aPendingRequest({ requester: identityOf(vera), kind: 'sponsored', startsAt, beneficiary }),
      level: 'read',
      lapsesAt: after(7_200),
    })
    assert.deepEqual(details, {
      durationSeconds: 3_600,
      reason: REASON,
      kind: 'sponsored',
      level: 'read',
      beneficiary,
      startsAt: startsAt.toISOString(),
      catalogueRevision: REVISION,
    })
  })

  it('plans the reminder and the escalation of the resource', () => {
    const to = aResource().requesters
    const resource = aResource({ remindSeconds: 900, escalation: { afterSeconds: 1_800, to } })
    assert.deepEqual(
      pendingOf(undefined, asking({ resource })),
      aPendingRequest({ remindSeconds: 900, remindAt: after(900), escalatesAt: after(1_800) }),
    )
  })

  it('needs as many approvals as the Rego policy asks for, and a sponsor’s word for a guest', () => {
    const resource = aResource({ vendors })
    const needed = (facts: Parameters<typeof asking>[0]) =>
      pendingOf(undefined, asking({ resource, ...facts })).approvalsNeeded
    const narrowing = (approvals: number) => ({ approvals, constraints: [] })
    assert.deepEqual(
      [needed({}), needed({ narrowing: narrowing(3) }), needed({ narrowing: narrowing(0) })],
      [1, 3, 1],
    )
    assert.deepEqual([needed({ by: gus }), needed({ by: otto })], [2, 2])
  })

  it('reads the same to somebody who may not ask as an unknown resource', () => {
    assert.deepEqual(refusalOf(undefined, asking({ by: aPerson('eve') })), {
      code: 'no-such-resource',
      resource: 'grafana-prod',
    })
  })

  it('tells the first thing that is wrong with the wish', () => {
    const durationSeconds = 28_801
    assert.deepEqual(refusalOf(undefined, asking({ durationSeconds, reason: '' })), {
      code: 'duration-too-long',
      maxSeconds: 28_800,
    })
    assert.deepEqual(refusalOf(undefined, asking({ reason: 'hm' })), {
      code: 'reason-too-short',
      minLength: 5,
    })
  })

  it('takes nobody for the beneficiary of their own wish', () => {
    const resource = aResource({
      vendors: { ...vendors, people: { ...vendors.people, domains: ['example.com'] } },
    })
    assert.deepEqual(
      refusalOf(undefined, asking({ resource, by: vera, beneficiary: 'VERA@example.com' })),
      {
        code: 'beneficiary-not-listed',
        beneficiary: 'VERA@example.com',
      },
    )
  })

  it('opens no emergency for somebody else', () => {
    const resource = anEmergencyResource({
      vendors: { ...vendors, sponsors: aResource().requesters },
    })
    const beneficiary = 'pat@partner.example'
    const command = asking({ resource, beneficiary, isEmergency: true, durationSeconds: 60 })
    assert.equal(answerTo(undefined, command), 'beneficiary-not-listed')
  })

  it('calls an emergency what is opened as one', () => {
    const resource = anEmergencyResource()
    const command = asking({ resource, isEmergency: true, durationSeconds: 1_800 })
    assert.equal(pendingOf(undefined, command).kind, 'break-glass')
    assert.equal(answerTo(undefined, { ...command, durationSeconds: 1_801 }), 'duration-too-long')
    assert.equal(answerTo(undefined, asking({ isEmergency: true })), 'no-break-glass')
  })
})

describe('decide request, of a later start', () => {
  const WEEK = 7 * 86_400

  it('offers starts from now on to the limit of the resource', () => {
    const refusal = (startsAt: Date, facts: Parameters<typeof aResource>[0] = {}) =>
      refusalOf(undefined, asking({ startsAt, resource: anEmergencyResource(facts) }))
    assert.deepEqual(refusal(MORNING), { code: 'start-in-past' })
    assert.deepEqual(refusal(new Date(Number.NaN)), { code: 'start-in-past' })
    assert.deepEqual(refusal(after(WEEK + 1)), { code: 'start-too-far', maxSeconds: WEEK })
    assert.deepEqual(refusal(after(60), { scheduleSeconds: 0 }), { code: 'start-not-offered' })
    assert.equal(answerTo(undefined, asking({ startsAt: after(WEEK) })), 'request.created')
    assert.equal(answerTo(undefined, asking({ startsAt: after(0.001) })), 'request.created')
  })

  it('is for no emergency', () => {
    const resource = anEmergencyResource()
    const command = asking({
      resource,
      isEmergency: true,
      durationSeconds: 60,
      startsAt: after(60),
    })
    assert.equal(answerTo(undefined, command), 'start-not-offered')
  })

  it('lapses when the wished window is over, if that is sooner', () => {
    const lapse = (startsAt: Date) => pendingOf(undefined, asking({ startsAt })).lapsesAt
    assert.deepEqual(lapse(after(60)), after(3_660))
    assert.deepEqual(lapse(after(86_400)), after(28_800))
  })
})
