import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Command } from '../../src/domain/decide.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { AccessRequest } from '../../src/domain/request.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aPendingRequest,
  aPerson,
  aStage,
  after,
  anApproval,
  anApprover,
  anEngineer,
  people,
} from '../support/build.ts'
import {
  LEADS,
  SECURITY,
  aLiveRequest,
  aPendingExtension,
  ada,
  anEmergency,
  anEmergencyResource,
  answerTo,
  approving,
  asking,
  cancelling,
  denying,
  ending,
  extending,
  gus,
  otto,
  reviewing,
  vendors,
  vera,
} from './commands.ts'

const PAT = 'pat@partner.example'

/** Reliability approves, then Security; leads once it escalated. Guests and partner.example come with vera's word. */
const resource = anEmergencyResource({
  requesters: people({ groups: [ENGINEERS], deny: people({ users: [aPerson('dan').userId] }) }),
  breakGlass: {
    requesters: people({ groups: [ENGINEERS], deny: people({ users: [aPerson('dan').userId] }) }),
    maxSeconds: 1_800,
    reviewSeconds: 86_400,
  },
  stages: [
    aStage({
      title: 'Reliability',
      approvers: people({ groups: [RELIABILITY], deny: people({ emails: ['don@example.com'] }) }),
      silent: people({ users: [aPerson('sid').userId, aPerson('don').userId] }),
    }),
    aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) }),
  ],
  escalation: { afterSeconds: 60, to: people({ groups: [LEADS] }) },
  extension: { times: 2, maxSeconds: 3_600 },
  vendors,
})

const everyGroup = [ENGINEERS, RELIABILITY, SECURITY, LEADS]
const alex = anEngineer('alex', { subject: 'sub-alex' })
const kim = anApprover('kim')

const WHO = {
  'engineer, the requester': alex,
  'requester, in every group': { ...alex, groups: new Set(everyGroup) },
  'same user, another address': aPerson('alex', { email: 'a@example.com', groups: everyGroup }),
  'another user, same address': aPerson('mal', { email: 'ALEX@Example.COM', groups: everyGroup }),
  'another user, same subject': aPerson('mal', { subject: 'sub-alex', groups: everyGroup }),
  'another engineer': anEngineer('robin'),
  'engineer on the deny list': anEngineer('dan'),
  'approver, stage 1': kim,
  'approver, stage 1, by another account': anApprover('kim2', { email: 'Kim@example.com' }),
  'approver, stage 2': aPerson('sue', { groups: [SECURITY] }),
  'approver, both stages': aPerson('bo', { groups: [RELIABILITY, SECURITY] }),
  'approver, silent': aPerson('sid'),
  'approver on the deny list': anApprover('don'),
  'lead, for escalations': aPerson('lee', { groups: [LEADS] }),
  'beneficiary, in every group': aPerson('pat', {
    email: 'Pat@partner.example',
    groups: everyGroup,
  }),
  sponsor: vera,
  'sponsor, in every group': { ...vera, groups: new Set(everyGroup) },
  'guest, listed': gus,
  'guest, listed, in every group': { ...gus, groups: new Set(everyGroup) },
  'guest, not listed': aPerson('gil', { standing: 'guest', email: 'gil@evil.example' }),
  'outsider, listed': otto,
  'outsider, in every group': aPerson('ola', {
    standing: 'outsider',
    email: 'ola@evil.example',
    groups: everyGroup,
  }),
  admin: ada,
  'member, nobody in particular': aPerson('eve'),
} satisfies Record<string, Person>

const asked = aPendingRequest({ requester: identityOf(alex), approvalsNeeded: 2 })
const byGuest = { ...asked, kind: 'sponsored', requester: identityOf(gus) } as const
const forPat = {
  ...asked,
  kind: 'sponsored',
  requester: identityOf(vera),
  beneficiary: PAT,
} as const
const approvals = [anApproval(identityOf(kim))]
const vouched = [anApproval(identityOf(vera))]
const live = aLiveRequest({ requester: identityOf(alex) })

const REQUESTS = {
  nothing: undefined,
  asked: asked,
  'half approved': { ...asked, approvals },
  escalated: { ...asked, escalatedAt: after(60) },
  lapsed: { ...asked, lapsesAt: after(60) },
  'of a guest': byGuest,
  'of a guest, escalated': { ...byGuest, escalatedAt: after(60) },
  'of a guest, vouched': { ...byGuest, approvals: vouched },
  'for a vendor': forPat,
  'with step-up': { ...asked, needsStepUp: true },
  'with step-up, lapsed': { ...asked, needsStepUp: true, lapsesAt: after(60) },
  'extension asked': aPendingExtension({ requester: identityOf(alex), approvalsNeeded: 2 }),
  live: live,
  'live, of a guest': { ...live, kind: 'sponsored', requester: identityOf(gus) },
  'live, for a vendor': {
    ...live,
    kind: 'sponsored',
    requester: identityOf(vera),
    beneficiary: PAT,
  },
  emergency: { ...anEmergency(), requester: identityOf(alex) },
} satisfies Record<string, AccessRequest | undefined>

const ACTS = {
  ask: (by) => asking({ by, resource }),
  'ask in an emergency': (by) =>
    asking({ by, resource, isEmergency: true, durationSeconds: 1_800 }),
  'ask for a vendor': (by) => asking({ by, resource, beneficiary: PAT }),
  'ask for a stranger': (by) => asking({ by, resource, beneficiary: 'pat@evil.example' }),
  approve: (by, request) => approving({ by, resource, ...before(request) }),
  'approve behind Pomerium': (by, request) =>
    approving({ by, resource, isSteppedUp: true, ...before(request) }),
  shorten: (by, request) => approving({ by, resource, durationSeconds: 600, ...before(request) }),
  deny: (by) => denying({ by, resource }),
  cancel: (by) => cancelling(by),
  end: (by) => ending({ by, resource }),
  review: (by) => reviewing({ by, resource }),
  extend: (by, request) => extending({ by, resource, extended: request ?? live }),
} satisfies Record<string, (by: Person, request: AccessRequest | undefined) => Command>

/** The requester and those who approved before, unchanged. */
function before(request: AccessRequest | undefined) {
  const requester = [alex, gus, vera].find(({ userId }) => userId === request?.requester.userId)
  const colleagues = [kim, vera].filter(({ userId }) =>
    request?.approvals.some(({ by }) => by.userId === userId),
  )
  return { requester: requester ?? alex, colleagues, extended: live }
}

type Row = readonly [
  act: keyof typeof ACTS,
  request: keyof typeof REQUESTS,
  who: keyof typeof WHO,
  outcome: string,
]

// prettier-ignore
const TABLE: readonly Row[] = [
  ['ask', 'nothing', 'engineer, the requester', 'request.created'],
  ['ask', 'nothing', 'engineer on the deny list', 'no-such-resource'],
  ['ask', 'nothing', 'approver, stage 1', 'no-such-resource'],
  ['ask', 'nothing', 'sponsor', 'no-such-resource'],
  ['ask', 'nothing', 'guest, listed', 'request.created'],
  ['ask', 'nothing', 'guest, not listed', 'no-such-resource'],
  ['ask', 'nothing', 'outsider, listed', 'request.created'],
  ['ask', 'nothing', 'outsider, in every group', 'no-such-resource'],
  ['ask', 'nothing', 'admin', 'no-such-resource'],
  ['ask', 'nothing', 'member, nobody in particular', 'no-such-resource'],
  ['ask', 'asked', 'engineer, the requester', 'already-pending'],

  ['ask in an emergency', 'nothing', 'engineer, the requester', 'request.created'],
  ['ask in an emergency', 'nothing', 'engineer on the deny list', 'no-such-resource'],
  ['ask in an emergency', 'nothing', 'approver, stage 1', 'no-such-resource'],
  ['ask in an emergency', 'nothing', 'sponsor', 'no-break-glass'],
  ['ask in an emergency', 'nothing', 'guest, listed', 'no-break-glass'],
  ['ask in an emergency', 'nothing', 'guest, listed, in every group', 'no-break-glass'],
  ['ask in an emergency', 'nothing', 'outsider, in every group', 'no-such-resource'],

  ['ask for a vendor', 'nothing', 'sponsor', 'request.created'],
  ['ask for a vendor', 'nothing', 'engineer, the requester', 'beneficiary-not-listed'],
  ['ask for a vendor', 'nothing', 'approver, stage 1', 'no-such-resource'],
  ['ask for a vendor', 'nothing', 'guest, listed', 'beneficiary-not-listed'],
  ['ask for a vendor', 'nothing', 'beneficiary, in every group', 'beneficiary-not-listed'],
  ['ask for a vendor', 'nothing', 'member, nobody in particular', 'no-such-resource'],
  ['ask for a stranger', 'nothing', 'sponsor', 'beneficiary-not-listed'],

  ['approve', 'asked', 'requester, in every group', 'own-request'],
  ['approve', 'asked', 'same user, another address', 'own-request'],
  ['approve', 'asked', 'another user, same address', 'own-request'],
  ['approve', 'asked', 'another user, same subject', 'own-request'],
  ['approve', 'asked', 'another engineer', 'not-an-approver'],
  ['approve', 'asked', 'approver, stage 1', 'request.approval_recorded'],
  ['approve', 'asked', 'approver, stage 2', 'stage-not-open'],
  ['approve', 'asked', 'approver, both stages', 'request.approval_recorded'],
  ['approve', 'asked', 'approver, silent', 'request.approval_recorded'],
  ['approve', 'asked', 'approver on the deny list', 'not-an-approver'],
  ['approve', 'asked', 'lead, for escalations', 'not-an-approver'],
  ['approve', 'asked', 'sponsor', 'not-an-approver'],
  ['approve', 'asked', 'guest, listed, in every group', 'not-an-approver'],
  ['approve', 'asked', 'outsider, in every group', 'not-an-approver'],
  ['approve', 'asked', 'admin', 'not-an-approver'],
  ['approve', 'asked', 'member, nobody in particular', 'not-an-approver'],
  ['approve', 'half approved', 'approver, stage 1', 'approved-by-you-already'],
  ['approve', 'half approved', 'approver, stage 1, by another account', 'approved-by-you-already'],
  ['approve', 'half approved', 'approver, silent', 'stage-not-open'],
  ['approve', 'half approved', 'approver, stage 2', 'request.approved'],
  ['approve', 'half approved', 'approver, both stages', 'request.approved'],
  ['approve', 'half approved', 'requester, in every group', 'own-request'],
  ['approve', 'escalated', 'lead, for escalations', 'request.approval_recorded'],
  ['approve', 'escalated', 'approver, stage 1', 'request.approval_recorded'],
  ['approve', 'escalated', 'another user, same subject', 'own-request'],
  ['approve', 'lapsed', 'approver, stage 1', 'request-lapsed'],
  ['approve', 'live', 'approver, stage 1', 'already-decided'],
  ['approve', 'live', 'lead, for escalations', 'already-decided'],
  ['approve', 'live', 'member, nobody in particular', 'not-an-approver'],
  ['approve', 'nothing', 'approver, stage 1', 'no-such-request'],

  ['approve', 'of a guest', 'sponsor', 'request.approval_recorded'],
  ['approve', 'of a guest', 'approver, stage 1', 'stage-not-open'],
  ['approve', 'of a guest', 'guest, listed, in every group', 'own-request'],
  ['approve', 'of a guest, escalated', 'lead, for escalations', 'stage-not-open'],
  ['approve', 'of a guest, vouched', 'sponsor, in every group', 'approved-by-you-already'],
  ['approve', 'of a guest, vouched', 'approver, stage 1', 'request.approval_recorded'],
  ['approve', 'for a vendor', 'sponsor, in every group', 'own-request'],
  ['approve', 'for a vendor', 'beneficiary, in every group', 'own-request'],
  ['approve', 'for a vendor', 'approver, stage 1', 'request.approval_recorded'],

  ['approve', 'extension asked', 'requester, in every group', 'own-request'],
  ['approve', 'extension asked', 'approver, stage 1', 'request.approval_recorded'],
  ['approve', 'extension asked', 'member, nobody in particular', 'not-an-approver'],

  ['approve', 'with step-up', 'approver, stage 1', 'step-up-needed'],
  ['approve', 'with step-up', 'approver, stage 2', 'step-up-needed'],
  ['approve', 'with step-up', 'requester, in every group', 'own-request'],
  ['approve', 'with step-up', 'admin', 'not-an-approver'],
  ['approve', 'with step-up, lapsed', 'approver, stage 1', 'request-lapsed'],
  ['approve behind Pomerium', 'with step-up', 'approver, stage 1', 'request.approval_recorded'],
  ['approve behind Pomerium', 'with step-up', 'approver, stage 2', 'stage-not-open'],
  ['approve behind Pomerium', 'with step-up', 'requester, in every group', 'own-request'],
  ['approve behind Pomerium', 'with step-up', 'another user, same subject', 'own-request'],
  ['approve behind Pomerium', 'with step-up', 'admin', 'not-an-approver'],
  ['approve behind Pomerium', 'half approved', 'approver, stage 2', 'request.approved'],
  ['approve behind Pomerium', 'emergency', 'approver, stage 1', 'already-decided'],

  ['shorten', 'with step-up', 'approver, stage 1', 'step-up-needed'],
  ['shorten', 'asked', 'approver, stage 1', 'request.approval_recorded'],
  ['shorten', 'half approved', 'approver, stage 2', 'request.approved'],
  ['shorten', 'asked', 'requester, in every group', 'own-request'],
  ['shorten', 'asked', 'admin', 'not-an-approver'],

  ['deny', 'with step-up', 'approver, stage 1', 'request.denied'],
  ['deny', 'with step-up', 'requester, in every group', 'own-request'],
  ['deny', 'asked', 'requester, in every group', 'own-request'],
  ['deny', 'asked', 'another user, same address', 'own-request'],
  ['deny', 'asked', 'approver, stage 1', 'request.denied'],
  ['deny', 'asked', 'approver, stage 2', 'request.denied'],
  ['deny', 'asked', 'approver, silent', 'request.denied'],
  ['deny', 'asked', 'approver on the deny list', 'not-an-approver'],
  ['deny', 'asked', 'lead, for escalations', 'not-an-approver'],
  ['deny', 'escalated', 'lead, for escalations', 'request.denied'],
  ['deny', 'half approved', 'approver, stage 1', 'request.denied'],
  ['deny', 'asked', 'sponsor', 'not-an-approver'],
  ['deny', 'of a guest', 'sponsor', 'request.denied'],
  ['deny', 'for a vendor', 'sponsor, in every group', 'own-request'],
  ['deny', 'for a vendor', 'beneficiary, in every group', 'own-request'],
  ['deny', 'asked', 'admin', 'not-an-approver'],
  ['deny', 'lapsed', 'approver, stage 1', 'request-lapsed'],
  ['deny', 'live', 'approver, stage 1', 'already-decided'],

  ['cancel', 'asked', 'engineer, the requester', 'request.cancelled'],
  ['cancel', 'asked', 'same user, another address', 'request.cancelled'],
  ['cancel', 'with step-up', 'engineer, the requester', 'request.cancelled'],
  ['cancel', 'asked', 'approver, stage 1', 'not-your-request'],
  ['cancel', 'asked', 'admin', 'not-your-request'],
  ['cancel', 'for a vendor', 'sponsor', 'request.cancelled'],
  ['cancel', 'for a vendor', 'beneficiary, in every group', 'not-your-request'],
  ['cancel', 'live', 'engineer, the requester', 'already-decided'],

  ['end', 'live', 'engineer, the requester', 'grant.ending'],
  ['end', 'live', 'approver, stage 1', 'grant.ending'],
  ['end', 'live', 'approver, stage 2', 'grant.ending'],
  ['end', 'live', 'approver, silent', 'grant.ending'],
  ['end', 'live', 'approver on the deny list', 'not-yours-to-end'],
  ['end', 'live', 'lead, for escalations', 'grant.ending'],
  ['end', 'live', 'admin', 'grant.ending'],
  ['end', 'live', 'sponsor', 'not-yours-to-end'],
  ['end', 'live, of a guest', 'sponsor', 'grant.ending'],
  ['end', 'live, for a vendor', 'sponsor', 'grant.ending'],
  ['end', 'live', 'another engineer', 'not-yours-to-end'],
  ['end', 'live', 'outsider, in every group', 'not-yours-to-end'],
  ['end', 'asked', 'engineer, the requester', 'not-started'],

  ['review', 'emergency', 'requester, in every group', 'own-request'],
  ['review', 'emergency', 'same user, another address', 'own-request'],
  ['review', 'emergency', 'another user, same address', 'own-request'],
  ['review', 'emergency', 'another user, same subject', 'own-request'],
  ['review', 'emergency', 'approver, stage 1', 'grant.reviewed'],
  ['review', 'emergency', 'approver, stage 2', 'grant.reviewed'],
  ['review', 'emergency', 'lead, for escalations', 'grant.reviewed'],
  ['review', 'emergency', 'approver on the deny list', 'not-an-approver'],
  ['review', 'emergency', 'admin', 'grant.reviewed'],
  ['review', 'emergency', 'guest, listed, in every group', 'not-an-approver'],
  ['review', 'live', 'approver, stage 1', 'nothing-to-review'],

  ['extend', 'live', 'engineer, the requester', 'request.created'],
  ['extend', 'live', 'another user, same address', 'request.created'],
  ['extend', 'live', 'same user, another address', 'requester-not-eligible'],
  ['extend', 'live', 'another user, same subject', 'requester-not-eligible'],
  ['extend', 'live', 'another engineer', 'not-yours-to-extend'],
  ['extend', 'live', 'approver, stage 1', 'not-yours-to-extend'],
  ['extend', 'live', 'admin', 'not-yours-to-extend'],
  ['extend', 'live, of a guest', 'guest, listed', 'request.created'],
  ['extend', 'live, of a guest', 'sponsor', 'not-yours-to-extend'],
  ['extend', 'live, for a vendor', 'sponsor', 'request.created'],
  ['extend', 'live, for a vendor', 'beneficiary, in every group', 'not-yours-to-extend'],
  ['extend', 'emergency', 'engineer, the requester', 'not-extendable'],
  ['extend', 'asked', 'engineer, the requester', 'not-started'],
]

describe('decide, by who does what', () => {
  for (const [act, request, who, outcome] of TABLE)
    it(`${act} · ${request} · ${who} → ${outcome}`, () => {
      const about: AccessRequest | undefined = REQUESTS[request]
      // A wish to extend is a request of its own.
      const target = act === 'extend' ? undefined : about
      assert.equal(answerTo(target, ACTS[act](WHO[who], about)), outcome)
    })
})

describe('the decision table', () => {
  it('has no line twice, and everybody and everything on one line at least', () => {
    const keys = TABLE.map(([act, request, who]) => `${act}/${request}/${who}`)
    assert.equal(new Set(keys).size, TABLE.length)
    const unused = (all: object, at: 0 | 1 | 2) =>
      Object.keys(all).filter((name) => !TABLE.some((row) => row[at] === name))
    assert.deepEqual([unused(ACTS, 0), unused(REQUESTS, 1), unused(WHO, 2)], [[], [], []])
  })
})
