import type { RequestId } from './ids.ts'
import type { Person } from './person.ts'
import { foldEmail, identityOf, isSamePerson } from './person.ts'
import type { AccessRequest, Approval, Grant, Pending } from './request.ts'
import type { Resource } from './resource.ts'
import { askProblems, belongsTo, textProblem } from './rules.ts'
import type { Decision, Refused } from './transition.ts'
import { changed, refuse } from './transition.ts'

export interface AskCommand {
  readonly type: 'request'
  readonly at: Date
  readonly id: RequestId
  readonly by: Person
  readonly resource: Resource
  readonly durationSeconds: number
  readonly reason: string
  readonly catalogueRevision: string
}

export interface ApproveCommand {
  readonly type: 'approve'
  readonly at: Date
  readonly by: Person
  readonly requester: Person
  readonly resource: Resource
  readonly note?: string
}

export interface DenyCommand {
  readonly type: 'deny'
  readonly at: Date
  readonly by: Person
  readonly resource: Resource
  readonly reason: string
}

export interface CancelCommand {
  readonly type: 'cancel'
  readonly at: Date
  readonly by: Person
}

/** A new request, when the person may ask for the resource so long and for this reason. */
export function ask(command: AskCommand): Decision {
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

/** One more approval; the last one that is needed opens the grant. */
export function approve(request: AccessRequest, command: ApproveCommand): Decision {
  const { by, requester, resource, note } = command
  // The requester may have become known as the approver since they asked.
  if (isSamePerson(requester, by)) return refuse({ code: 'own-request' })
  const answerable = toAnswer(request, command)
  if (!answerable.ok) return answerable
  const { pending } = answerable
  const problem = note === undefined ? undefined : textProblem(note)
  if (problem !== undefined) return refuse(problem)
  if (pending.approvals.some((approval) => isSamePerson(approval.by, by)))
    return refuse({ code: 'approved-by-you-already' })
  if (!isStillEligible(pending, requester, resource))
    return refuse({ code: 'requester-not-eligible' })
  const noted = note === undefined ? {} : { note }
  const approval: Approval = { by: identityOf(by), at: command.at, ...noted }
  const approvals = [...pending.approvals, approval]
  const base = { ...pending, approvals, approvalsNeeded: resource.approvals }
  const details = { approvals: approvals.length, needed: resource.approvals, ...noted }
  if (approvals.length < resource.approvals)
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

/** Whether the requester is who the approvers were shown, is none of them, and may still ask. */
function isStillEligible(request: Pending, requester: Person, resource: Resource): boolean {
  return (
    requester.userId === request.requester.userId &&
    foldEmail(requester.email) === foldEmail(request.requester.email) &&
    request.approvals.every((approval) => !isSamePerson(approval.by, requester)) &&
    belongsTo(resource.requesters, requester)
  )
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

/** The end of a request by an approver's no. */
export function deny(request: AccessRequest, command: DenyCommand): Decision {
  const answerable = toAnswer(request, command)
  if (!answerable.ok) return answerable
  const { by, at, reason } = command
  const problem = textProblem(reason)
  if (problem !== undefined) return refuse(problem)
  const denial = { deniedBy: identityOf(by), deniedAt: at, denyReason: reason }
  return changed(
    request,
    { ...answerable.pending, status: 'denied', ...denial },
    'request.denied',
    { reason },
  )
}

/** The request as this person may answer it now, or why not; one rule for every path to a decision. */
function toAnswer(
  request: AccessRequest,
  { by, resource, at }: { readonly by: Person; readonly resource: Resource; readonly at: Date },
): { readonly ok: true; readonly pending: Pending } | Refused {
  if (isSamePerson(request.requester, by)) return refuse({ code: 'own-request' })
  if (!belongsTo(resource.approvers, by)) return refuse({ code: 'not-an-approver' })
  if (request.status !== 'pending') return refuse({ code: 'already-decided', request })
  if (at >= request.lapsesAt) return refuse({ code: 'request-lapsed' })
  return { ok: true, pending: request }
}

/** The end of a request by its requester's change of mind. */
export function cancel(request: AccessRequest, command: CancelCommand): Decision {
  if (!isSamePerson(request.requester, command.by)) return refuse({ code: 'not-your-request' })
  if (request.status !== 'pending') return refuse({ code: 'already-decided', request })
  return changed(
    request,
    { ...request, status: 'cancelled', cancelledAt: command.at },
    'request.cancelled',
  )
}

function plusSeconds(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1_000)
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1_000) * 1_000)
}
