import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Command } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import {
  MORNING,
  RELIABILITY,
  REVISION,
  aGrant,
  aPendingRequest,
  aPerson,
  aResource,
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

const BEFORE_END = after(300)
const ada = aPerson('ada')
const eve = aPerson('eve')

const ask = (facts: Partial<Command & { type: 'request' }> = {}): Command => ({
  type: 'request',
  at: MORNING,
  id: 'A1B2C3D4' as RequestId,
  by: alex,
  resource: aResource(),
  durationSeconds: 3_600,
  reason: 'INC-42 dashboards are red',
  catalogueRevision: REVISION,
  ...facts,
})
const approve = (facts: Partial<Command & { type: 'approve' }> = {}): Command => ({
  type: 'approve',
  at: after(60),
  by: kim,
  requester: alex,
  resource: aResource(),
  ...facts,
})
const deny = (facts: Partial<Command & { type: 'deny' }> = {}): Command => ({
  type: 'deny',
  at: after(60),
  by: kim,
  resource: aResource(),
  reason: 'not today',
  ...facts,
})
const cancel = (by: Person = alex): Command => ({ type: 'cancel', at: after(60), by })
const end = (facts: Partial<Command & { type: 'end' }> = {}): Command => ({
  type: 'end',
  at: BEFORE_END,
  by: alex,
  admins: people({ users: [ada.userId] }),
  resource: aResource(),
  ...facts,
})

function refused(request: AccessRequest | undefined, command: Command): Refusal {
  const decision = decide(request, command)
  assert.ok(!decision.ok, `was not refused: ${command.type}`)
  return decision.refusal
}

function moved(request: AccessRequest | undefined, command: Command): AccessRequest {
  const decision = decide(request, command)
  assert.ok(decision.ok, `was refused: ${decision.ok ? '' : decision.refusal.code}`)
  return decision.next
}

describe('decide, in every state', () => {
  const STATES = [
    'pending',
    'denied',
    'cancelled',
    'lapsed',
    'granting',
    'active',
    'ending',
    'ended',
    'never-active',
  ] as const
  const all = (answer: string) => STATES.map(() => answer)
  const pendingElse = (answer: string, otherwise: string) => [answer, ...all(otherwise).slice(1)]
  const LATE = after(3_660)
  const rows: readonly (readonly [string, Command, readonly string[]])[] = [
    ['request', ask(), all('already-pending')],
    ['approve', approve(), pendingElse('request.approved', 'already-decided')],
    ['deny', deny(), pendingElse('request.denied', 'already-decided')],
    ['cancel', cancel(), pendingElse('request.cancelled', 'already-decided')],
    [
      'end',
      end(),
      [
        'not-started',
        'not-started',
        'not-started',
        'not-started',
        'grant.ending',
        'grant.ending',
        'already-ending',
        'already-over',
        'already-over',
      ],
    ],
    [
      'confirm-active',
      { type: 'confirm-active', at: BEFORE_END },
      STATES.map((state) => (state === 'granting' ? 'grant.activated' : 'nothing-due')),
    ],
    ['confirm-active too late', { type: 'confirm-active', at: LATE }, all('nothing-due')],
    [
      'confirm-ended',
      { type: 'confirm-ended', at: BEFORE_END },
      STATES.map((state) => (state === 'ending' ? 'grant.ended' : 'nothing-due')),
    ],
    ['tick before the moment', { type: 'tick', at: BEFORE_END }, all('nothing-due')],
    [
      'tick a day later',
      { type: 'tick', at: after(86_400) },
      [
        'request.lapsed',
        'nothing-due',
        'nothing-due',
        'nothing-due',
        'grant.never_active',
        'grant.ended',
        'grant.ended',
        'nothing-due',
        'nothing-due',
      ],
    ],
  ]
  for (const [name, command, expected] of rows)
    it(`answers ${name}`, () => {
      const states = requestsInEveryState()
      const answers = STATES.map((state) => {
        const decision = decide(states[state], command)
        return decision.ok ? decision.action : decision.refusal.code
      })
      assert.deepEqual(answers, expected)
    })

  it('knows no request before it is made', () => {
    const commands = [approve(), deny(), cancel(), end(), { type: 'tick', at: MORNING } as const]
    for (const command of commands)
      assert.deepEqual(refused(undefined, command), { code: 'no-such-request' })
  })
})

describe('decide request', () => {
  it('makes a pending request of what was asked and what the resource says', () => {
    const resource = aResource({ approvals: 2, lapseSeconds: 600 })
    assert.deepEqual(decide(undefined, ask({ resource })), {
      ok: true,
      action: 'request.created',
      details: { durationSeconds: 3_600, reason: 'INC-42 dashboards are red' },
      next: aPendingRequest({ approvalsNeeded: 2, lapsesAt: after(600) }),
    })
  })

  it('reads the same to somebody who may not ask as an unknown resource', () => {
    assert.deepEqual(refused(undefined, ask({ by: eve })), {
      code: 'no-such-resource',
      resource: 'grafana-prod',
    })
  })

  it('tells the first thing that is wrong with the wish', () => {
    assert.deepEqual(refused(undefined, ask({ durationSeconds: 28_801, reason: '' })), {
      code: 'duration-too-long',
      maxSeconds: 28_800,
    })
    assert.deepEqual(refused(undefined, ask({ reason: 'hm' })), {
      code: 'reason-too-short',
      minLength: 5,
    })
  })
})

describe('decide approve', () => {
  it('opens the grant at the last approval, cut to whole seconds', () => {
    const resource = aResource({ constraints: [{ source_ip: ['203.0.113.0/24'] }] })
    const requester = anEngineer('alex', { email: 'Alex@Example.com' })
    assert.deepEqual(
      decide(aPendingRequest(), approve({ resource, requester, note: 'be careful' })),
      {
        ok: true,
        action: 'request.approved',
        details: {
          approvals: 1,
          needed: 1,
          note: 'be careful',
          email: 'Alex@Example.com',
          startsAt: '2026-03-02T09:01:00.250Z',
          endsAt: '2026-03-02T10:01:00.000Z',
          constraints: [{ source_ip: ['203.0.113.0/24'] }],
        },
        next: anApprovedRequest(
          {
            ...aGrant('granting'),
            email: 'Alex@Example.com',
            constraints: [{ source_ip: ['203.0.113.0/24'] }],
          },
          { approvals: [anApproval(identityOf(kim), after(60), 'be careful')] },
        ),
      },
    )
  })

  it('waits for as many people as the resource asks for now', () => {
    const resource = aResource({ approvals: 2 })
    const first = decide(aPendingRequest(), approve({ resource }))
    assert.deepEqual(first, {
      ok: true,
      action: 'request.approval_recorded',
      details: { approvals: 1, needed: 2 },
      next: aPendingRequest({
        version: 2,
        approvalsNeeded: 2,
        approvals: [anApproval(identityOf(kim))],
      }),
    })
    const second = moved(first.next, approve({ resource, by: sam, at: after(90) }))
    assert.deepEqual(second, {
      ...anApprovedRequest({
        ...aGrant('granting'),
        startsAt: after(90),
        endsAt: new Date('2026-03-02T10:01:30Z'),
      }),
      version: 3,
      approvalsNeeded: 2,
      approvals: [anApproval(identityOf(kim)), anApproval(identityOf(sam), after(90))],
    })
  })

  it('gives no more than the maximum of today', () => {
    const resource = aResource({ duration: { defaultSeconds: 60, maxSeconds: 600 } })
    const { grant } = moved(aPendingRequest(), approve({ resource })) as { grant?: object }
    assert.deepEqual(grant, {
      ...aGrant('granting'),
      endsAt: new Date('2026-03-02T09:11:00Z'),
      maxSeconds: 600,
    })
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
      for (const command of [approve({ by }), deny({ by })])
        assert.deepEqual(refused(asked, command), { code: 'own-request' })
  })

  it('refuses an approver who turns out to be the requester of now', () => {
    const requester = anEngineer('alex', { subject: 'sub-1' })
    const by = anApprover('mallory', { subject: 'sub-1' })
    assert.deepEqual(refused(aPendingRequest(), approve({ by, requester })), {
      code: 'own-request',
    })
  })

  it('refuses whoever is no approver, even of a request that is decided', () => {
    for (const request of [aPendingRequest(), anApprovedRequest()])
      assert.deepEqual(refused(request, approve({ by: eve })), { code: 'not-an-approver' })
  })

  it('says how a request was decided to whom it comes too late', () => {
    const request = anApprovedRequest()
    assert.deepEqual(refused(request, approve({ by: sam })), { code: 'already-decided', request })
  })

  it('counts nobody twice, in whatever spelling', () => {
    const resource = aResource({ approvals: 3 })
    const request = moved(
      aPendingRequest(),
      approve({ resource, by: anApprover('kim', { subject: 'sub-2' }) }),
    )
    const again = [
      kim,
      anApprover('kim2', { email: 'KIM@EXAMPLE.COM' }),
      anApprover('kim3', { subject: 'sub-2' }),
    ]
    for (const by of again)
      assert.deepEqual(refused(request, approve({ resource, by })), {
        code: 'approved-by-you-already',
      })
  })

  it('refuses from the instant of the lapse on', () => {
    const request = aPendingRequest()
    const at = request.lapsesAt
    assert.deepEqual(refused(request, approve({ at })), { code: 'request-lapsed' })
    assert.deepEqual(refused(request, deny({ at })), { code: 'request-lapsed' })
    assert.ok(decide(request, approve({ at: new Date(at.getTime() - 1) })).ok)
  })

  it('refuses when the requester may not ask any more, or is not who was shown', () => {
    const gone = [
      aPerson('alex'),
      anEngineer('alex', { email: 'alex.new@example.com' }),
      anEngineer('robin', { email: 'alex@example.com' }),
    ]
    for (const requester of gone)
      assert.deepEqual(refused(aPendingRequest(), approve({ requester })), {
        code: 'requester-not-eligible',
      })
  })

  it('refuses when an earlier approver turns out to be the requester of now', () => {
    const resource = aResource({ approvals: 2 })
    const by = anApprover('mallory', { subject: 'sub-1' })
    const request = moved(aPendingRequest(), approve({ resource, by }))
    const requester = anEngineer('alex', { subject: 'sub-1' })
    assert.deepEqual(refused(request, approve({ resource, requester })), {
      code: 'requester-not-eligible',
    })
  })

  it('refuses a note that says nothing or cannot be kept', () => {
    assert.deepEqual(refused(aPendingRequest(), approve({ note: ' ' })), {
      code: 'reason-too-short',
      minLength: 1,
    })
    assert.deepEqual(refused(aPendingRequest(), approve({ note: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })
})

describe('decide deny', () => {
  it('closes the request with who, when and why', () => {
    assert.deepEqual(decide(aPendingRequest(), deny()), {
      ok: true,
      action: 'request.denied',
      details: { reason: 'not today' },
      next: requestsInEveryState().denied,
    })
  })

  it('keeps the approvals that were there', () => {
    const approvals = [anApproval(identityOf(sam))]
    const request = aPendingRequest({ version: 2, approvals })
    assert.deepEqual(moved(request, deny()).approvals, approvals)
  })

  it('wants a reason that can be kept', () => {
    assert.deepEqual(refused(aPendingRequest(), deny({ reason: '\n' })), {
      code: 'reason-too-short',
      minLength: 1,
    })
    assert.deepEqual(refused(aPendingRequest(), deny({ reason: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })

  it('is for approvers only', () => {
    assert.deepEqual(refused(aPendingRequest(), deny({ by: ada })), { code: 'not-an-approver' })
  })
})

describe('decide cancel', () => {
  it('lets the requester take a request back', () => {
    assert.deepEqual(decide(aPendingRequest(), cancel()), {
      ok: true,
      action: 'request.cancelled',
      details: {},
      next: requestsInEveryState().cancelled,
    })
  })

  it('is for the requester only, whatever the state', () => {
    for (const request of Object.values(requestsInEveryState()))
      assert.deepEqual(refused(request, cancel(kim)), { code: 'not-your-request' })
  })
})

describe('decide end', () => {
  it('is a return by the holder', () => {
    assert.deepEqual(decide(requestsInEveryState().active, end()), {
      ok: true,
      action: 'grant.ending',
      details: { cause: 'returned' },
      next: anApprovedRequest(
        { ...termsOf(aGrant()), state: 'ending', cause: 'returned', endedBy: identityOf(alex) },
        { version: 4 },
      ),
    })
  })

  it('is a revocation by an approver or an administrator', () => {
    for (const by of [kim, sam, ada])
      assert.deepEqual(decide(requestsInEveryState().granting, end({ by, reason: 'incident' })), {
        ok: true,
        action: 'grant.ending',
        details: { cause: 'revoked', reason: 'incident' },
        next: anApprovedRequest(
          {
            ...termsOf(aGrant()),
            state: 'ending',
            cause: 'revoked',
            endedBy: identityOf(by),
            endReason: 'incident',
          },
          { version: 3 },
        ),
      })
  })

  it('is open to holder and administrator after the resource has left the catalogue', () => {
    const { resource: _gone, ...command } = end() as Command & { type: 'end' }
    const request = requestsInEveryState().active
    assert.ok(decide(request, command).ok)
    assert.ok(decide(request, { ...command, by: ada }).ok)
    assert.deepEqual(refused(request, { ...command, by: kim }), { code: 'not-yours-to-end' })
  })

  it('is for nobody else, whatever the state', () => {
    for (const request of Object.values(requestsInEveryState()))
      assert.deepEqual(refused(request, end({ by: eve })), { code: 'not-yours-to-end' })
  })

  it('comes too late from the end of the window on', () => {
    const request = requestsInEveryState().active
    const { grant } = request
    assert.deepEqual(refused(request, end({ at: grant.endsAt })), { code: 'already-over', grant })
  })

  it('names who was faster', () => {
    assert.deepEqual(refused(requestsInEveryState().ending, end({ by: sam })), {
      code: 'already-ending',
      endedBy: identityOf(kim),
    })
  })

  it('refuses a reason that cannot be kept', () => {
    assert.deepEqual(refused(requestsInEveryState().active, end({ reason: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })
})

describe('decide, by read-back and time', () => {
  it('activates at the read-back', () => {
    assert.deepEqual(
      moved(requestsInEveryState().granting, { type: 'confirm-active', at: after(61) }),
      {
        ...requestsInEveryState().active,
      },
    )
  })

  it('keeps who ended it and why when the rule is gone, and when time is faster', () => {
    const { ending, ended } = requestsInEveryState()
    assert.deepEqual(moved(ending, { type: 'confirm-ended', at: after(120) }), ended)
    const late = after(4_000)
    assert.deepEqual(moved(ending, { type: 'tick', at: late }), {
      ...ended,
      grant: { ...ended.grant, endedAt: late },
    })
  })

  it('expires an active grant at its end and not before', () => {
    const request = requestsInEveryState().active
    const { endsAt } = request.grant
    const early = new Date(endsAt.getTime() - 1)
    assert.deepEqual(refused(request, { type: 'tick', at: early }), { code: 'nothing-due' })
    assert.deepEqual(moved(request, { type: 'tick', at: endsAt }), {
      ...request,
      version: 4,
      grant: { ...termsOf(aGrant()), state: 'ended', cause: 'expired', endedAt: endsAt },
    })
  })

  it('never calls active what Pomerium has not confirmed', () => {
    const request = requestsInEveryState().granting
    assert.deepEqual(moved(request, { type: 'tick', at: after(3_660) }), {
      ...requestsInEveryState()['never-active'],
    })
  })

  it('lapses a request that nobody answered', () => {
    const request = aPendingRequest()
    assert.deepEqual(moved(request, { type: 'tick', at: request.lapsesAt }), {
      ...requestsInEveryState().lapsed,
    })
  })

  it('asks approvers by any of the ways in which the catalogue names them', () => {
    for (const approvers of [
      people({ groups: [RELIABILITY] }),
      people({ users: [kim.userId] }),
      people({ emails: ['kim@example.com'] }),
      people({ domains: ['example.com'] }),
      people({ everyone: true }),
    ])
      assert.ok(decide(aPendingRequest(), approve({ resource: aResource({ approvers }) })).ok)
  })
})

function termsOf({ state: _state, ...terms }: ReturnType<typeof aGrant>) {
  return terms
}
