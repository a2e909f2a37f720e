import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { automaticRule, regoRule } from '../../src/domain/decide-alone.ts'
import type { AutoApproveCommand, BreakGlassCommand } from '../../src/domain/decide-alone.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { AutomaticRule } from '../../src/domain/resource.ts'
import {
  ENGINEERS,
  MORNING,
  REVISION,
  aGrant,
  aPendingRequest,
  aPerson,
  aResource,
  after,
  alex,
  anApprovedRequest,
  people,
} from '../support/build.ts'
import {
  REASON,
  aLiveRequest,
  aPendingExtension,
  anEmergency,
  anEmergencyResource,
  answerTo,
  asking,
  extending,
  gus,
  nextOf,
  pendingOf,
  refusalOf,
  stepOf,
  vendors,
  vera,
} from './commands.ts'

const onCall = people({ groups: [ENGINEERS] })
const short: AutomaticRule = { name: 'auto_approve[0]', requesters: onCall, maxSeconds: 1_800 }
const long: AutomaticRule = { name: 'self_activation', maxSeconds: 3_600 }
const resource = aResource({
  automatic: [short, long],
  extension: { times: 2, maxSeconds: 3_600 },
  vendors,
})

function automatically(facts: Partial<AutoApproveCommand> = {}): AutoApproveCommand {
  return {
    type: 'auto-approve',
    at: MORNING,
    rule: long,
    requester: alex,
    resource,
    isSteppedUp: false,
    catalogueRevision: REVISION,
    ...facts,
  }
}

function breaking(facts: Partial<BreakGlassCommand> = {}): BreakGlassCommand {
  return {
    type: 'break-glass',
    at: after(60),
    requester: alex,
    resource: anEmergencyResource(),
    isSteppedUp: false,
    catalogueRevision: REVISION,
    ...facts,
  }
}

const anAlarm = (facts: Parameters<typeof aPendingRequest>[0] = {}) =>
  aPendingRequest({ kind: 'break-glass', durationSeconds: 1_800, ...facts })

describe('automaticRule', () => {
  const ruleFor = (
    facts: Parameters<typeof aPendingRequest>[0],
    requester = alex,
    extended?: Parameters<typeof automaticRule>[3],
  ) => automaticRule(aPendingRequest(facts), requester, resource, extended)?.name

  it('is the first that has the requester and the time', () => {
    assert.equal(ruleFor({ durationSeconds: 1_800 }), 'auto_approve[0]')
    assert.equal(ruleFor({ durationSeconds: 1_801 }), 'self_activation')
    assert.equal(ruleFor({ durationSeconds: 3_601 }), undefined)
    assert.equal(ruleFor({ durationSeconds: 60 }, aPerson('eve')), 'self_activation')
  })

  it('is none where the catalogue has none', () => {
    assert.equal(automaticRule(aPendingRequest(), alex, aResource(), undefined), undefined)
  })

  it('knows deny lists', () => {
    const requesters = { ...onCall, deny: people({ users: [alex.userId] }) }
    const denied = aResource({ automatic: [{ ...short, requesters }] })
    const request = aPendingRequest({ durationSeconds: 60 })
    assert.equal(automaticRule(request, alex, denied, undefined), undefined)
  })

  it('is none for vendors, emergencies and later starts', () => {
    const beneficiary = 'pat@partner.example'
    assert.equal(ruleFor({ kind: 'sponsored' }, gus), undefined)
    assert.equal(ruleFor({ kind: 'sponsored', beneficiary }, vera), undefined)
    assert.equal(ruleFor({}, { ...alex, standing: 'guest' }), undefined)
    assert.equal(ruleFor({}, { ...alex, standing: 'outsider' }), undefined)
    assert.equal(ruleFor({ kind: 'break-glass' }), undefined)
    assert.equal(ruleFor({ startsAt: after(60) }), undefined)
  })

  it('is not stretched by extensions', () => {
    const extension = { extends: aPendingRequest().id }
    const live = aLiveRequest()
    // An hour, less the part of a second by which it was rounded down, and a second of extension.
    assert.equal(ruleFor({ ...extension, durationSeconds: 1 }, alex, live), undefined)
    const half = { ...aGrant('active'), endsAt: new Date('2026-03-02T09:31:00Z') }
    const granted = anApprovedRequest(half)
    assert.equal(
      ruleFor({ ...extension, durationSeconds: 1_800 }, alex, granted),
      'self_activation',
    )
    assert.equal(ruleFor({ ...extension, durationSeconds: 60 }, alex, undefined), undefined)
  })
})

describe('decide auto-approve', () => {
  it('opens the grant in the name of the rule, without an approval', () => {
    const { grant } = anApprovedRequest()
    assert.deepEqual(stepOf(aPendingRequest(), automatically({ at: after(60) })), {
      action: 'request.auto_approved',
      details: {
        rule: 'self_activation',
        catalogueRevision: REVISION,
        email: alex.email,
        startsAt: '2026-03-02T09:01:00.250Z',
        endsAt: '2026-03-02T10:01:00.000Z',
        constraints: [],
      },
      next: anApprovedRequest(grant, {
        approvals: [],
        approvalsCounted: 0,
        automatic: 'self_activation',
      }),
    })
  })

  it('extends in the name of the rule', () => {
    const half = { ...aGrant('active'), endsAt: new Date('2026-03-02T09:31:00Z') }
    const extended = anApprovedRequest(half, { version: 3 })
    const pending = pendingOf(undefined, extending({ resource, extended }))
    const step = stepOf(pending, automatically({ at: after(300), extended }))
    assert.deepEqual(
      [
        step.action,
        step.next.status,
        step.next.version,
        step.also?.action,
        step.also?.next.version,
      ],
      ['request.auto_approved', 'extended', 2, 'grant.extended', 4],
    )
    assert.equal(step.next.status === 'extended' && step.next.automatic, 'self_activation')
  })

  it('holds for nobody that the rule does not have', () => {
    const refused = (facts: Partial<AutoApproveCommand>, request = aPendingRequest()) =>
      answerTo(request, automatically(facts))
    assert.equal(refused({ rule: short }), 'nothing-due')
    assert.equal(refused({}, aPendingRequest({ startsAt: after(60) })), 'nothing-due')
    assert.equal(refused({}, aPendingExtension()), 'nothing-due')
    assert.equal(refused({ extended: aLiveRequest() }, aPendingExtension()), 'nothing-due')
    const byGuest = aPendingRequest({ kind: 'sponsored', requester: identityOf(gus) })
    assert.equal(refused({ requester: gus }, byGuest), 'nothing-due')
    assert.equal(refused({ requester: gus, rule: regoRule(resource) }, byGuest), 'nothing-due')
    const beneficiary = 'pat@partner.example'
    const byVera = { kind: 'sponsored', requester: identityOf(vera), beneficiary } as const
    assert.equal(refused({ requester: vera }, aPendingRequest(byVera)), 'nothing-due')
    const emergency = { resource: anEmergencyResource(), rule: long }
    assert.equal(refused(emergency, anAlarm()), 'nothing-due')
  })

  it('refuses a requester who may not ask any more, or is not who asked', () => {
    const gone = [
      aPerson('alex'),
      { ...alex, standing: 'guest' as const },
      { ...alex, email: 'alex.new@example.com' },
      { ...alex, userId: aPerson('robin').userId },
    ]
    for (const requester of gone)
      assert.deepEqual(refusalOf(aPendingRequest(), automatically({ requester })), {
        code: 'requester-not-eligible',
      })
  })

  it('comes too late for what lapsed', () => {
    const request = aPendingRequest()
    const command = automatically({ at: request.lapsesAt })
    assert.deepEqual(refusalOf(request, command), { code: 'already-decided', request })
  })

  it('leaves to people what the Rego policy wants people for', () => {
    const narrowing = { approvals: 1, constraints: [] }
    assert.equal(answerTo(aPendingRequest(), automatically({ narrowing })), 'nothing-due')
  })

  it('lasts no longer than the Rego policy allows, and has its constraints', () => {
    const constraints = [{ http_method: 'GET' }]
    const narrowing = { maxSeconds: 60, approvals: 0, constraints }
    const next = nextOf(aPendingRequest(), automatically({ at: after(60), narrowing }))
    assert.ok(next.status === 'approved')
    assert.deepEqual(next.grant.endsAt, new Date('2026-03-02T09:02:00Z'))
    assert.deepEqual(next.grant.constraints, constraints)
  })
})

describe('regoRule', () => {
  it('is for as long as the resource may be had at all', () => {
    assert.deepEqual(regoRule(resource), { name: 'rego', maxSeconds: 28_800 })
  })
})

describe('decide break-glass', () => {
  it('opens access at once, with a review that is due', () => {
    const { next, action, details } = stepOf(anAlarm(), breaking())
    const endsAt = new Date('2026-03-02T09:31:00Z')
    assert.equal(action, 'request.break_glass')
    assert.deepEqual(details, {
      reason: REASON,
      reviewDueAt: after(86_460).toISOString(),
      catalogueRevision: REVISION,
      email: alex.email,
      startsAt: after(60).toISOString(),
      endsAt: endsAt.toISOString(),
      constraints: [],
    })
    assert.deepEqual(next, {
      ...anEmergency({ ...aGrant('granting'), endsAt, maxSeconds: 1_800 }),
      version: 2,
      durationSeconds: 1_800,
      review: {
        state: 'due',
        dueAt: after(86_460),
        remindAt: after(43_260),
        isOverdue: false,
      },
    })
  })

  it('is bounded by the emergency’s own maximum of today', () => {
    const { requesters } = resource
    const breakGlass = { requesters, maxSeconds: 600, reviewSeconds: 60 }
    const next = nextOf(anAlarm(), breaking({ resource: aResource({ breakGlass }) }))
    assert.ok(next.status === 'approved')
    assert.deepEqual(next.grant.endsAt, new Date('2026-03-02T09:11:00Z'))
    assert.equal(next.grant.maxSeconds, 600)
  })

  it('keeps the constraints of resource and Rego policy', () => {
    const narrowing = { maxSeconds: 60, constraints: [{ http_method: 'GET' }] }
    const guarded = anEmergencyResource({ constraints: [{ http_path: '/' }] })
    const next = nextOf(anAlarm(), breaking({ resource: guarded, narrowing }))
    assert.ok(next.status === 'approved')
    assert.deepEqual(next.grant.constraints, [{ http_path: '/' }, { http_method: 'GET' }])
    assert.deepEqual(next.grant.endsAt, new Date('2026-03-02T09:02:00Z'))
  })

  it('is for whom the resource names, and for what was asked as an emergency', () => {
    assert.equal(answerTo(aPendingRequest(), breaking()), 'no-break-glass')
    assert.equal(answerTo(anAlarm(), breaking({ resource: aResource() })), 'no-break-glass')
    for (const requester of [aPerson('alex'), { ...alex, standing: 'guest' as const }])
      assert.equal(answerTo(anAlarm(), breaking({ requester })), 'requester-not-eligible')
    const denied = { ...onCall, deny: people({ emails: [alex.email] }) }
    const breakGlass = { requesters: denied, maxSeconds: 600, reviewSeconds: 60 }
    const command = asking({ resource: aResource({ breakGlass }), isEmergency: true })
    assert.equal(answerTo(undefined, { ...command, durationSeconds: 60 }), 'no-break-glass')
  })
})
