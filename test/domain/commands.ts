import assert from 'node:assert/strict'
import type { Command } from '../../src/domain/decide.ts'
import { decide } from '../../src/domain/decide.ts'
import type { RequestId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import type { AccessRequest, Approved, Grant, Pending } from '../../src/domain/request.ts'
import type { Transition } from '../../src/domain/transition.ts'
import {
  MORNING,
  REVISION,
  aGrant,
  aPendingRequest,
  aPerson,
  aResource,
  after,
  alex,
  anApprovedRequest,
  kim,
  people,
} from '../support/build.ts'

type Of<Type extends Command['type']> = Extract<Command, { readonly type: Type }>

export const LEADS = 'S0LEADS' as SlackGroupId
export const SECURITY = 'S0SECURITY' as SlackGroupId
export const EXTENSION_ID = 'E1F2G3H4' as RequestId
export const REASON = 'INC-42 dashboards are red'

export const ada = aPerson('ada')
/** A guest of the workspace. */
export const gus = aPerson('gus', { standing: 'guest', email: 'gus@partner.example' })
/** A full member of the workspace with an address elsewhere. */
export const otto = aPerson('otto', { standing: 'outsider', email: 'otto@partner.example' })
/** May vouch where {@link vendors} are served. */
export const vera = aPerson('vera')
/** People of partner.example, whom vera vouches for. */
export const vendors = {
  people: people({ domains: ['partner.example'] }),
  sponsors: people({ users: [vera.userId] }),
}

/** The wish of alex for an hour. */
export function asking(facts: Partial<Of<'request'>> = {}): Of<'request'> {
  return {
    type: 'request',
    at: MORNING,
    id: 'A1B2C3D4' as RequestId,
    by: alex,
    resource: aResource(),
    durationSeconds: 3_600,
    reason: REASON,
    isEmergency: false,
    catalogueRevision: REVISION,
    ...facts,
  }
}

/** The wish of alex that {@link aLiveRequest} last half an hour longer, five minutes after it was asked for. */
export function extending(facts: Partial<Of<'request-extension'>> = {}): Of<'request-extension'> {
  return {
    type: 'request-extension',
    at: after(300),
    id: EXTENSION_ID,
    by: alex,
    resource: anExtendable(),
    extended: aLiveRequest(),
    durationSeconds: 1_800,
    reason: REASON,
    catalogueRevision: REVISION,
    ...facts,
  }
}

/** The approval of kim, a minute after the question. */
export function approving(facts: Partial<Of<'approve'>> = {}): Of<'approve'> {
  return {
    type: 'approve',
    at: after(60),
    by: kim,
    requester: alex,
    resource: aResource(),
    colleagues: [],
    isSteppedUp: false,
    catalogueRevision: REVISION,
    ...facts,
  }
}

export function denying(facts: Partial<Of<'deny'>> = {}): Of<'deny'> {
  return {
    type: 'deny',
    at: after(60),
    by: kim,
    resource: aResource(),
    reason: 'not today',
    ...facts,
  }
}

export function cancelling(by: Person = alex): Of<'cancel'> {
  return { type: 'cancel', at: after(60), by }
}

/** The wish of alex to end; ada is an administrator. */
export function ending(facts: Partial<Of<'end'>> = {}): Of<'end'> {
  return {
    type: 'end',
    at: after(300),
    by: alex,
    admins: people({ users: [ada.userId] }),
    resource: aResource(),
    ...facts,
  }
}

export function reviewing(facts: Partial<Of<'review'>> = {}): Of<'review'> {
  return {
    type: 'review',
    at: after(300),
    by: kim,
    admins: people({ users: [ada.userId] }),
    resource: anEmergencyResource(),
    verdict: 'justified',
    ...facts,
  }
}

export function ticking(at: Date): Of<'tick'> {
  return { type: 'tick', at }
}

/** A resource whose grants may be extended twice, by an hour at most. */
export function anExtendable(facts: Parameters<typeof aResource>[0] = {}) {
  return aResource({ extension: { times: 2, maxSeconds: 3_600 }, ...facts })
}

/** A resource that engineers may open for half an hour in an emergency, to be reviewed within a day. */
export function anEmergencyResource(facts: Parameters<typeof aResource>[0] = {}) {
  const { requesters } = aResource()
  return aResource({
    breakGlass: { requesters, maxSeconds: 1_800, reviewSeconds: 86_400 },
    ...facts,
  })
}

/** Access that is in force. */
export function aLiveRequest(facts: Partial<Approved> = {}): Approved {
  return anApprovedRequest(aGrant('active'), { version: 3, ...facts })
}

/** The wish for {@link aLiveRequest} to last half an hour longer, as it waits. */
export function aPendingExtension(facts: Partial<Pending> = {}): Pending {
  return aPendingRequest({
    id: EXTENSION_ID,
    extends: 'A1B2C3D4' as RequestId,
    durationSeconds: 1_800,
    requestedAt: after(300),
    lapsesAt: aGrant().endsAt,
    ...facts,
  })
}

/** Emergency access of alex that waits for its review. */
export function anEmergency(grant: Grant = aGrant('active')): Approved {
  return aLiveRequest({
    kind: 'break-glass',
    approvals: [],
    approvalsCounted: 0,
    grant,
    review: {
      state: 'due',
      dueAt: after(86_400),
      remindAt: after(43_200),
      isOverdue: false,
    },
  })
}

/** Why a command is refused. */
export function refusalOf(request: AccessRequest | undefined, command: Command): Refusal {
  const decision = decide(request, command)
  assert.ok(!decision.ok, `was not refused: ${command.type}`)
  return decision.refusal
}

/** The step that a command makes. */
export function stepOf(request: AccessRequest | undefined, command: Command): Transition {
  const decision = decide(request, command)
  assert.ok(decision.ok, `was refused: ${decision.ok ? '' : decision.refusal.code}`)
  const { ok: _ok, ...step } = decision
  return step
}

/** What a command makes of a request. */
export function nextOf(request: AccessRequest | undefined, command: Command): AccessRequest {
  return stepOf(request, command).next
}

/** The waiting request that a command makes. */
export function pendingOf(request: AccessRequest | undefined, command: Command): Pending {
  const next = nextOf(request, command)
  assert.ok(next.status === 'pending', `became ${next.status}`)
  return next
}

/** The grant of the approved request that a command makes. */
export function grantOf(request: AccessRequest | undefined, command: Command): Grant {
  const next = nextOf(request, command)
  assert.ok(next.status === 'approved', `became ${next.status}`)
  return next.grant
}

/** What a command comes to in one word: the action of its step, or the code of its refusal. */
export function answerTo(request: AccessRequest | undefined, command: Command): string {
  const decision = decide(request, command)
  return decision.ok ? decision.action : decision.refusal.code
}
