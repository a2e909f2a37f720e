import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  REVISION,
  aGrant,
  aPendingRequest,
  aResource,
  aStage,
  after,
  anApproval,
  anApprovedRequest,
  anEngineer,
  kim,
  sam,
} from '../support/build.ts'
import { identityOf } from '../../src/domain/person.ts'
import { answerTo, approving, grantOf, nextOf, stepOf, vendors, vera } from './commands.ts'

const VPN = { source_ip: ['203.0.113.0/24'] }
const OFFICE = { source_ip: ['198.51.100.0/24'] }
const upTo = (maxSeconds: number) => ({ defaultSeconds: 60, maxSeconds, choices: [] })

describe('decide approve, as it opens access', () => {
  it('opens the grant from now on, cut to whole seconds, for the address as it is spelled now', () => {
    const resource = aResource({ constraints: [VPN] })
    const requester = anEngineer('alex', { email: 'Alex@Example.com' })
    const terms = { email: 'Alex@Example.com', constraints: [VPN] }
    assert.deepEqual(stepOf(aPendingRequest(), approving({ resource, requester })), {
      action: 'request.approved',
      details: {
        approvals: 1,
        needed: 1,
        right: 'approver',
        catalogueRevision: REVISION,
        startsAt: '2026-03-02T09:01:00.250Z',
        endsAt: '2026-03-02T10:01:00.000Z',
        ...terms,
      },
      next: anApprovedRequest({ ...aGrant('granting'), ...terms }),
    })
  })

  it('leaves nothing of how the request waited', () => {
    const attention = { reminders: 2, remindSeconds: 60, remindAt: after(900) }
    const request = aPendingRequest({ ...attention, escalatesAt: after(900) })
    assert.deepEqual(nextOf(request, approving()), anApprovedRequest())
  })

  it('lets in the vendor for whom a sponsor asked, spelled as the sponsor did', () => {
    const requester = identityOf(vera)
    const beneficiary = 'Pat@Partner.example'
    const request = aPendingRequest({ kind: 'sponsored', requester, beneficiary })
    const command = approving({ requester: vera, resource: aResource({ vendors }) })
    assert.equal(grantOf(request, command).email, beneficiary)
  })

  it('gives no more than the maximum of today', () => {
    const resource = aResource({ duration: upTo(600) })
    assert.deepEqual(grantOf(aPendingRequest(), approving({ resource })), {
      ...aGrant('granting'),
      endsAt: new Date('2026-03-02T09:11:00Z'),
      maxSeconds: 600,
    })
  })

  it('lasts the shortest of what asker, approvers, resource and Rego policy say', () => {
    const end = (
      durationSeconds: number,
      shortened: readonly (number | undefined)[],
      maxSeconds: number,
      regoSeconds: number | undefined,
    ) => {
      const [first, second] = shortened.map((seconds) =>
        seconds === undefined ? {} : { durationSeconds: seconds },
      )
      const approvals = [{ ...anApproval(identityOf(sam)), ...first }]
      const stages = [aStage({ approvals: 2 })]
      const command = approving({
        resource: aResource({ stages, duration: upTo(maxSeconds) }),
        colleagues: [sam],
        ...second,
        ...(regoSeconds === undefined
          ? {}
          : { narrowing: { maxSeconds: regoSeconds, constraints: [] } }),
      })
      const { startsAt, endsAt } = grantOf(aPendingRequest({ durationSeconds, approvals }), command)
      return Math.ceil((endsAt.getTime() - startsAt.getTime()) / 1_000)
    }
    const none = [undefined, undefined]
    assert.deepEqual(
      [
        end(3_600, none, 28_800, undefined),
        end(3_600, [1_200, undefined], 28_800, undefined),
        end(3_600, [1_200, 600], 28_800, undefined),
        end(3_600, [600, 1_200], 28_800, 7_200),
        end(3_600, none, 900, 1_200),
        end(3_600, [1_200, 1_200], 900, 300),
      ],
      [3_600, 1_200, 600, 600, 900, 300],
    )
  })

  it('keeps the word of an approver who shortened and lost the right since', () => {
    const shortened = { ...anApproval(identityOf(sam)), durationSeconds: 600 }
    const request = aPendingRequest({ approvals: [shortened] })
    const { endsAt } = grantOf(request, approving({ colleagues: [] }))
    assert.deepEqual(endsAt, new Date('2026-03-02T09:11:00Z'))
  })

  it('adds the constraints of the Rego policy to those of the resource', () => {
    const resource = aResource({ constraints: [VPN] })
    const narrowing = { constraints: [OFFICE] }
    const { constraints } = grantOf(aPendingRequest(), approving({ resource, narrowing }))
    assert.deepEqual(constraints, [VPN, OFFICE])
  })
})

describe('decide approve, of a later start', () => {
  const startsAt = after(7_200)
  const request = aPendingRequest({ startsAt, lapsesAt: after(10_800) })

  it('opens the wished window, and lets the rule start with it', () => {
    assert.deepEqual(grantOf(request, approving()), {
      ...aGrant('granting'),
      startsAt,
      isScheduled: true,
      endsAt: new Date('2026-03-02T12:00:00Z'),
    })
  })

  it('opens at once when it is approved after the start, until the end that was asked for', () => {
    for (const at of [startsAt, after(7_500)])
      assert.deepEqual(grantOf(request, approving({ at })), {
        ...aGrant('granting'),
        startsAt: at,
        isScheduled: false,
        endsAt: new Date('2026-03-02T12:00:00Z'),
      })
  })

  it('lasts no longer than an approver allows when it is approved after the start', () => {
    const command = approving({ at: after(7_500), durationSeconds: 600 })
    assert.deepEqual(grantOf(request, command).endsAt, new Date('2026-03-02T11:15:00Z'))
  })

  it('opens nothing once less than a second is left', () => {
    assert.equal(answerTo(request, approving({ at: after(10_799.9) })), 'request-lapsed')
  })

  it('never begins before it was asked to', () => {
    const { startsAt: begins } = grantOf(request, approving({ at: after(7_199.999) }))
    assert.deepEqual(begins, startsAt)
  })

  it('bounds the window by the maximum from the start on', () => {
    const resource = aResource({ duration: upTo(600) })
    const { endsAt, maxSeconds } = grantOf(request, approving({ resource, by: kim }))
    assert.deepEqual([endsAt, maxSeconds], [new Date('2026-03-02T11:10:00Z'), 600])
  })
})
