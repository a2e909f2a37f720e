import type { ChangeAction } from './event.ts'
import type { RequestId } from './ids.ts'
import type { Identity, Person } from './person.ts'
import { isSamePerson } from './person.ts'
import type { Json } from './ppl.ts'
import type { Refusal } from './refusal.ts'
import type { AccessRequest, Approval, Approved, Grant, Pending } from './request.ts'
import { isOver } from './request.ts'
import type { PeopleSet, Resource } from './resource.ts'
import { askProblems, belongsTo } from './rules.ts'

/** What somebody, or time, wants of a request. People and resources are as they are at `at`. */
export type Command =
  | {
      readonly type: 'request'
      readonly at: Date
      readonly id: RequestId
      readonly by: Person
      readonly resource: Resource
      readonly durationSeconds: number
      readonly reason: string
      readonly catalogueRevision: string
    }
  | {
      readonly type: 'approve'
      readonly at: Date
      readonly by: Person
      readonly requester: Person
      readonly resource: Resource
      readonly note?: string
    }
  | {
      readonly type: 'deny'
      readonly at: Date
      readonly by: Person
      readonly resource: Resource
      readonly reason: string
    }
  | { readonly type: 'cancel'; readonly at: Date; readonly by: Person }
  | {
      readonly type: 'end'
      readonly at: Date
      readonly by: Person
      readonly admins: PeopleSet
      /** Absent when the resource has left the catalogue; holders and admins can still end. */
      readonly resource?: Resource
      readonly reason?: string
    }
  | { readonly type: 'confirm-active'; readonly at: Date }
  | { readonly type: 'confirm-ended'; readonly at: Date }
  | { readonly type: 'tick'; readonly at: Date }

export interface Transition {
  readonly next: AccessRequest
  readonly action: ChangeAction
  readonly details: { readonly [key: string]: Json }
}
export type Decision =
  ({ readonly ok: true } & Transition) | { readonly ok: false; readonly refusal: Refusal }

/** What a command makes of a request (`undefined` before it exists): the next state and its event, or a refusal. */
export function decide(request: AccessRequest | undefined, command: Command): Decision {
  if (command.type === 'request')
    return request === undefined ? ask(command) : refuse({ code: 'already-pending' })
  if (request === undefined) return refuse({ code: 'no-such-request' })
  switch (command.type) {
    case 'approve':
      return approve(request, command)
    case 'deny':
      return deny(request, command)
    case 'cancel':
      return cancel(request, command)
    case 'end':
      return end(request, command)
    case 'confirm-active':
      return confirmActive(request, command.at)
    case 'confirm-ended':
      return confirmEnded(request, command.at)
    case 'tick':
      return tick(request, command.at)
    default:
      return command satisfies never
  }
}

function ask(command: Command & { type: 'request' }): Decision {
  const { resource, by } = command
  if (!belongsTo(resource.requesters, by))
    return refuse({ code: 'no-such-resource', resource: resource.id })
  const [problem] = askProblems(resource, command)
  if (problem !== undefined) return refuse(problem)
  return {
    ok: true,
    action: 'request.created',
    details: { durationSeconds: command.durationSeconds, reason: command.reason },
    next: {
      status: 'pending',
      id: command.id,
      version: 1,
      requester: identityOf(by),
      resourceId: resource.id,
      durationSeconds: command.durationSeconds,
      reason: command.reason,
      requestedAt: command.at,
      lapsesAt: plusSeconds(command.at, resource.lapseSeconds),
      approvalsNeeded: resource.approvals,
      catalogueRevision: command.catalogueRevision,
      approvals: [],
    },
  }
}

function approve(request: AccessRequest, command: Command & { type: 'approve' }): Decision {
  const { by, requester, resource } = command
  const obstacle = decisionObstacle(request, by, resource, command.at)
  if (obstacle !== undefined) return refuse(obstacle)
  const pending = request as Pending
  if (pending.approvals.some((approval) => isSamePerson(approval.by, by)))
    return refuse({ code: 'approved-by-you-already' })
  if (!isSamePerson(requester, pending.requester) || !belongsTo(resource.requesters, requester))
    return refuse({ code: 'requester-not-eligible' })
  const approval: Approval = {
    by: identityOf(by),
    at: command.at,
    ...(command.note === undefined ? {} : { note: command.note }),
  }
  const base = {
    ...pending,
    approvals: [...pending.approvals, approval],
    approvalsNeeded: resource.approvals,
  }
  const details = {
    approvals: base.approvals.length,
    needed: resource.approvals,
    ...(command.note === undefined ? {} : { note: command.note }),
  }
  if (base.approvals.length < resource.approvals)
    return changed(pending, base, 'request.approval_recorded', details)
  const grant = openGrant(pending, requester, resource, command.at)
  return changed(pending, { ...base, status: 'approved', grant }, 'request.approved', {
    ...details,
    email: grant.email,
    startsAt: grant.startsAt.toISOString(),
    endsAt: grant.endsAt.toISOString(),
    constraints: grant.constraints,
  })
}

/** The window is [at, at + the shorter of what was asked and today's maximum), cut to whole seconds. */
function openGrant(request: Pending, holder: Person, resource: Resource, at: Date): Grant {
  const { maxSeconds } = resource.duration
  return {
    state: 'granting',
    email: holder.email,
    constraints: resource.constraints,
    startsAt: at,
    endsAt: wholeSecond(plusSeconds(at, Math.min(request.durationSeconds, maxSeconds))),
    maxSeconds,
  }
}

function deny(request: AccessRequest, command: Command & { type: 'deny' }): Decision {
  const obstacle = decisionObstacle(request, command.by, command.resource, command.at)
  if (obstacle !== undefined) return refuse(obstacle)
  const denial = {
    deniedBy: identityOf(command.by),
    deniedAt: command.at,
    denyReason: command.reason,
  }
  return changed(
    request,
    { ...(request as Pending), status: 'denied', ...denial },
    'request.denied',
    {
      reason: command.reason,
    },
  )
}

/** Why this person cannot decide this request now; one rule for every path to a decision. */
function decisionObstacle(
  request: AccessRequest,
  by: Person,
  resource: Resource,
  at: Date,
): Refusal | undefined {
  if (isSamePerson(request.requester, by)) return { code: 'own-request' }
  if (!belongsTo(resource.approvers, by)) return { code: 'not-an-approver' }
  if (request.status !== 'pending') return { code: 'already-decided', request }
  if (at >= request.lapsesAt) return { code: 'request-lapsed' }
  return undefined
}

function cancel(request: AccessRequest, command: Command & { type: 'cancel' }): Decision {
  if (!isSamePerson(request.requester, command.by)) return refuse({ code: 'not-your-request' })
  if (request.status !== 'pending') return refuse({ code: 'already-decided', request })
  return changed(
    request,
    { ...request, status: 'cancelled', cancelledAt: command.at },
    'request.cancelled',
  )
}

function end(request: AccessRequest, command: Command & { type: 'end' }): Decision {
  const { by, resource, at, reason } = command
  const isHolder = isSamePerson(request.requester, by)
  const mayRevoke =
    belongsTo(command.admins, by) || (resource !== undefined && belongsTo(resource.approvers, by))
  if (!isHolder && !mayRevoke) return refuse({ code: 'not-yours-to-end' })
  if (request.status !== 'approved') return refuse({ code: 'not-started' })
  const { grant } = request
  if (isOver(grant) || at >= grant.endsAt) return refuse({ code: 'already-over', grant })
  if (grant.state === 'ending') return refuse({ code: 'already-ending', endedBy: grant.endedBy })
  const cause = isHolder ? 'returned' : 'revoked'
  const why = reason === undefined ? {} : { endReason: reason }
  return regranted(
    request,
    { ...termsOf(grant), state: 'ending', cause, endedBy: identityOf(by), ...why },
    'grant.ending',
    { cause, ...(reason === undefined ? {} : { reason }) },
  )
}

function confirmActive(request: AccessRequest, at: Date): Decision {
  if (
    request.status !== 'approved' ||
    request.grant.state !== 'granting' ||
    at >= request.grant.endsAt
  )
    return refuse({ code: 'nothing-due' })
  const grant: Grant = { ...termsOf(request.grant), state: 'active', activeAt: at }
  return regranted(request, grant, 'grant.activated', {})
}

function confirmEnded(request: AccessRequest, at: Date): Decision {
  if (request.status !== 'approved' || request.grant.state !== 'ending')
    return refuse({ code: 'nothing-due' })
  return ended(request, at)
}

function tick(request: AccessRequest, at: Date): Decision {
  if (request.status === 'pending') {
    if (at < request.lapsesAt) return refuse({ code: 'nothing-due' })
    return changed(request, { ...request, status: 'lapsed', lapsedAt: at }, 'request.lapsed')
  }
  if (request.status !== 'approved' || isOver(request.grant) || at < request.grant.endsAt)
    return refuse({ code: 'nothing-due' })
  if (request.grant.state === 'granting')
    return regranted(
      request,
      { ...termsOf(request.grant), state: 'never-active', endedAt: at },
      'grant.never_active',
      {},
    )
  return ended(request, at)
}

function ended(request: Approved, at: Date): Decision {
  const { grant } = request
  const early =
    grant.state === 'ending'
      ? {
          cause: grant.cause,
          endedBy: grant.endedBy,
          ...(grant.endReason === undefined ? {} : { endReason: grant.endReason }),
        }
      : { cause: 'expired' as const }
  return regranted(
    request,
    { ...termsOf(grant), state: 'ended', endedAt: at, ...early },
    'grant.ended',
    {
      cause: early.cause,
    },
  )
}

function regranted(
  request: Approved,
  grant: Grant,
  action: ChangeAction,
  details: Transition['details'],
): Decision {
  return changed(request, { ...request, grant }, action, details)
}

function changed(
  from: AccessRequest,
  to: AccessRequest,
  action: ChangeAction,
  details: Transition['details'] = {},
): Decision {
  return { ok: true, next: { ...to, version: from.version + 1 }, action, details }
}

function refuse(refusal: Refusal): Decision {
  return { ok: false, refusal }
}

function termsOf(
  grant: Grant,
): Pick<Grant, 'email' | 'constraints' | 'startsAt' | 'endsAt' | 'maxSeconds'> {
  const { email, constraints, startsAt, endsAt, maxSeconds } = grant
  return { email, constraints, startsAt, endsAt, maxSeconds }
}

function identityOf(person: Person): Identity {
  const { groups: _groups, ...identity } = person
  return identity
}

function plusSeconds(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1_000)
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000)
}
