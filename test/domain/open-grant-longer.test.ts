import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { termsOf } from '../../src/domain/decide-end.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Grant } from '../../src/domain/request.ts'
import { settled } from '../../src/domain/request.ts'
import {
  REVISION,
  aGrant,
  after,
  anApproval,
  anApprovedRequest,
  kim,
  requestsInEveryState,
} from '../support/build.ts'
import {
  aLiveRequest,
  aPendingExtension,
  anExtendable,
  approving,
  grantOf,
  nextOf,
  refusalOf,
  stepOf,
  ticking,
} from './commands.ts'

const VPN = { source_ip: ['203.0.113.0/24'] }
const OFFICE = { source_ip: ['198.51.100.0/24'] }
const at = after(360)
const extending = (facts: Parameters<typeof approving>[0] = {}) =>
  approving({ at, resource: anExtendable(), extended: aLiveRequest(), ...facts })

/** The grant that the approval of an extension leaves of another. */
function longer(grant: Grant, facts: Parameters<typeof approving>[0] = {}): Grant {
  const extended = anApprovedRequest(grant, { version: 3 })
  const { also } = stepOf(aPendingExtension(), extending({ extended, ...facts }))
  assert.ok(also?.next.status === 'approved')
  return also.next.grant
}

describe('decide approve, of an extension', () => {
  it('moves the end of the grant, and both versions by one', () => {
    assert.deepEqual(stepOf(aPendingExtension(), extending()), {
      action: 'request.extended',
      details: {
        approvals: 1,
        needed: 1,
        right: 'approver',
        catalogueRevision: REVISION,
        endsAt: '2026-03-02T10:31:00.000Z',
      },
      next: {
        ...settled(aPendingExtension()),
        status: 'extended',
        version: 2,
        extendedAt: at,
        approvals: [anApproval(identityOf(kim), at)],
        approvalsCounted: 1,
      },
      also: {
        from: aLiveRequest(),
        action: 'grant.extended',
        details: {
          by: 'E1F2G3H4',
          seconds: 1_800,
          was: '2026-03-02T10:01:00.000Z',
          endsAt: '2026-03-02T10:31:00.000Z',
          extensions: 1,
        },
        next: aLiveRequest({
          version: 4,
          grant: {
            ...termsOf(aGrant()),
            state: 'granting',
            endsAt: new Date('2026-03-02T10:31:00Z'),
            extensions: 1,
            earlier: [{ endsAt: aGrant().endsAt, constraints: [] }],
            inForceUntil: aGrant().endsAt,
          },
        }),
      },
    })
  })

  it('lasts no longer than the shortest of everybody’s time', () => {
    const narrowing = { maxSeconds: 600, constraints: [] }
    const ends = [{ durationSeconds: 900 }, { narrowing }, { durationSeconds: 900, narrowing }].map(
      (facts) => longer(aGrant('active'), facts).endsAt.toISOString(),
    )
    assert.deepEqual(ends, [
      '2026-03-02T10:16:00.000Z',
      '2026-03-02T10:11:00.000Z',
      '2026-03-02T10:11:00.000Z',
    ])
  })

  it('is refused when the limits of today, or of the approval, leave no room for it', () => {
    const refusal = (facts: Parameters<typeof approving>[0]) =>
      refusalOf(aPendingExtension(), extending(facts))
    const duration = { defaultSeconds: 60, maxSeconds: 5_000, choices: [] }
    assert.deepEqual(refusal({ resource: anExtendable({ duration }) }), {
      code: 'beyond-maximum',
      maxSeconds: 5_000,
      leftSeconds: 1_400,
    })
    const grant = { ...aGrant('active'), extensions: 2 }
    assert.deepEqual(refusal({ extended: anApprovedRequest(grant) }), {
      code: 'extended-too-often',
      times: 2,
    })
    const short = anExtendable({ extension: { times: 2, maxSeconds: 60 } })
    assert.deepEqual(refusal({ resource: short }), { code: 'extension-too-long', maxSeconds: 60 })
  })

  it('never goes past the maximum, however often it is extended', () => {
    const duration = { defaultSeconds: 60, maxSeconds: 7_200, choices: [] }
    const resource = anExtendable({ duration, extension: { times: 9, maxSeconds: 3_600 } })
    const once = longer(aGrant('active'), { resource })
    const twice = longer(once, { resource })
    assert.ok(twice.endsAt <= new Date(twice.startsAt.getTime() + 7_200_000))
    assert.deepEqual([once.extensions, twice.extensions], [1, 2])
    const extended = anApprovedRequest(twice)
    assert.equal(
      refusalOf(aPendingExtension(), extending({ resource, extended })).code,
      'beyond-maximum',
    )
  })

  it('adds what the catalogue and the Rego policy ask for by now, and drops nothing', () => {
    const resource = anExtendable({ constraints: [OFFICE] })
    const narrowing = { constraints: [{ http_method: 'GET' }, VPN] }
    const grant = { ...aGrant('active'), constraints: [VPN] }
    assert.deepEqual(longer(grant, { resource, narrowing }).constraints, [
      VPN,
      OFFICE,
      { http_method: 'GET' },
    ])
  })

  it('is of the access that it was asked for, and of no other', () => {
    const extended = aLiveRequest({ id: 'ZZZZZZZZ' as RequestId })
    assert.deepEqual(refusalOf(aPendingExtension(), extending({ extended })), {
      code: 'no-such-request',
    })
    const { extended: _none, ...without } = extending()
    assert.deepEqual(refusalOf(aPendingExtension(), without), { code: 'no-such-request' })
  })

  it('brings back nothing that ended meanwhile', () => {
    for (const state of ['ending', 'ended', 'never-active'] as const) {
      const extended = requestsInEveryState()[state]
      const { grant } = extended
      assert.deepEqual(refusalOf(aPendingExtension(), extending({ extended })), {
        code: 'already-over',
        grant,
      })
    }
    const lapsesAt = after(86_400)
    const late = extending({ at: aGrant().endsAt })
    assert.equal(refusalOf(aPendingExtension({ lapsesAt }), late).code, 'already-over')
  })
})

describe('a grant that was extended', () => {
  it('knows until when the rule of before lets the holder in', () => {
    const { endsAt } = aGrant()
    const once = longer(aGrant('active'))
    const inForce = (grant: Grant) => (grant.state === 'granting' ? grant.inForceUntil : undefined)
    assert.deepEqual(inForce(once), endsAt)
    // Of two extensions in a row only the rule that Pomerium has counts.
    assert.deepEqual(inForce(longer(once)), endsAt)
    assert.equal(inForce(longer(aGrant('granting'))), undefined)
    assert.deepEqual(inForce(longer(aGrant('scheduled'))), aGrant('scheduled').endsAt)
  })

  it('is active by its new end once Pomerium has it', () => {
    const extended = anApprovedRequest(longer(aGrant('active')))
    const endsAt = new Date('2026-03-02T10:31:00Z')
    assert.deepEqual(grantOf(extended, { type: 'confirm-active', at: after(361), endsAt }), {
      ...termsOf(aGrant()),
      state: 'active',
      activeAt: after(361),
      endsAt,
      extensions: 1,
      earlier: [{ endsAt: aGrant().endsAt, constraints: [] }],
    })
  })

  it('knows every rule that it had before', () => {
    const once = longer({ ...aGrant('active'), constraints: [VPN] })
    const narrowing = { constraints: [OFFICE] }
    assert.deepEqual(longer(once, { narrowing }).earlier, [
      { endsAt: new Date('2026-03-02T10:01:00Z'), constraints: [VPN] },
      { endsAt: new Date('2026-03-02T10:31:00Z'), constraints: [VPN] },
    ])
  })

  it('is scheduled again when it has not begun', () => {
    const extended = anApprovedRequest(longer(aGrant('scheduled')))
    assert.equal(grantOf(extended, { type: 'confirm-active', at: after(361) }).state, 'scheduled')
  })

  it('expires at its new end, and was in force, even if Pomerium never confirmed that end', () => {
    for (const was of ['active', 'scheduled'] as const) {
      const grant = longer(aGrant(was))
      const { endsAt } = grant
      assert.deepEqual(grantOf(anApprovedRequest(grant), ticking(endsAt)), {
        ...termsOf(grant),
        state: 'ended',
        cause: 'expired',
        endedAt: endsAt,
      })
    }
  })

  it('was never active when Pomerium confirmed neither end', () => {
    const grant = longer(aGrant('granting'))
    assert.equal(grantOf(anApprovedRequest(grant), ticking(grant.endsAt)).state, 'never-active')
  })

  it('ends by hand like any other', () => {
    const extended = anApprovedRequest(longer(aGrant('active')))
    const next = nextOf(extended, { type: 'disqualify', at: after(400), why: 'guest' })
    assert.deepEqual(next.status === 'approved' && next.grant, {
      ...termsOf(longer(aGrant('active'))),
      state: 'ending',
      cause: 'ineligible',
      why: 'guest',
    })
  })
})
