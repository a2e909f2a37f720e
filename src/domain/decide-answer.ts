import { isOwn, toAnswer, toApprove } from './answerable.ts'
import { countable, isAccepted, rightAt, stagesOf, tally } from './approvals.ts'
import type { Person } from './person.ts'
import { hasEmail, identityOf, isSamePerson } from './person.ts'
import type { Opening } from './open-grant.ts'
import { opened } from './open-grant.ts'
import type { AccessRequest, Approval, Ineligibility, Pending } from './request.ts'
import { settled } from './request.ts'
import type { Resource } from './resource.ts'
import { ineligibility, textProblem } from './rules.ts'
import type { Decision, Refused } from './transition.ts'
import { changed, refuse } from './transition.ts'

export interface ApproveCommand extends Opening {
  readonly type: 'approve'
  readonly by: Person
  /** Those who approved before, as they are now; whoever is missing has no rights any more. */
  readonly colleagues: readonly Person[]
  readonly note?: string
  /** Shortens what was asked. */
  readonly durationSeconds?: number
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

/** One more approval; the last one that is needed opens the grant. */
export function approve(request: AccessRequest, command: ApproveCommand): Decision {
  const { by, requester, resource, narrowing, extended } = command
  // The requester may have become known as an approver since they asked.
  const isSelf = (person: Person) =>
    isSamePerson(requester, person) ||
    isOwn(request, person) ||
    (extended !== undefined && isOwn(extended, person))
  if (isSelf(by)) return refuse({ code: 'own-request' })
  const answerable = toApprove(request, command)
  if (!answerable.ok) return answerable
  const { pending } = answerable
  // Two accounts may have become known as one human being since they approved.
  const colleagues = command.colleagues.filter((person) => !isSelf(person))
  const approvers = [...pending.approvals.map((approval) => approval.by), ...colleagues]
  const own = pending.approvals.filter((approval) => isSamePerson(approval.by, by))
  if (own.length > 0 && countable(own, pending, resource).length === 0)
    return refuse({ code: 'approved-without-step-up' })
  if (approvers.some((other) => isSamePerson(other, by)))
    return refuse({ code: 'approved-by-you-already' })
  const problem = approvalProblem(pending, command)
  if (problem !== undefined) return problem
  if (!isStillEligible(pending, requester, resource))
    return refuse({ code: 'requester-not-eligible' })
  const count = (approvals: Parameters<typeof tally>[0], people: readonly Person[]) =>
    tally(approvals, people, pending, resource, narrowing)
  const before = count(pending.approvals, colleagues)
  const after = count([...pending.approvals, approvalOf(command, 0)], [...colleagues, by])
  const waiting = before.open ?? lastStage(pending, resource)
  // For the stage where it makes one more; where all are filled already it only brings the end.
  const isOneMore = before.open === undefined || after.counted > before.counted
  const index = isOneMore ? (after.stageOf.get(by.userId) ?? waiting.index) : waiting.index
  const stage = stagesOf(pending, resource, narrowing?.approvals)[index] ?? waiting.stage
  const right = isOneMore ? rightAt(stage, pending, resource, by) : undefined
  if (right === undefined)
    return refuse({ code: 'stage-not-open', stage: waiting.stage.title ?? '' })
  const approval = approvalOf(command, index)
  const approvals = [...pending.approvals, approval]
  const { counted, needed, open: left } = after
  const settlement = { approvals, approvalsNeeded: needed, approvalsCounted: counted }
  const details = {
    approvals: counted,
    needed,
    right,
    ...(stage.title === undefined ? {} : { stage: stage.title }),
    ...(approval.note === undefined ? {} : { note: approval.note }),
    ...(approval.durationSeconds === undefined ? {} : { shortened: approval.durationSeconds }),
    ...(approval.isSteppedUp === undefined ? {} : { steppedUp: true }),
  }
  if (left === undefined) {
    const action = pending.extends === undefined ? 'request.approved' : 'request.extended'
    return opened(pending, settlement, command, action, details)
  }
  return changed(pending, { ...pending, ...settlement }, 'request.approval_recorded', {
    ...details,
    catalogueRevision: command.catalogueRevision,
  })
}

/** What is wrong with how somebody approves. */
function approvalProblem(pending: Pending, command: ApproveCommand): Refused | undefined {
  const { note, durationSeconds, narrowing, by } = command
  const problem = note === undefined ? undefined : textProblem(note)
  if (problem !== undefined) return refuse(problem)
  if (!isAccepted(narrowing, by))
    return refuse({ code: 'rego-other-approvers', groups: narrowing?.groups ?? [] })
  const { durationSeconds: askedSeconds } = pending
  if (durationSeconds !== undefined && !(durationSeconds >= 1 && durationSeconds < askedSeconds))
    return refuse({ code: 'not-shorter', askedSeconds })
  return undefined
}

function approvalOf(command: ApproveCommand, stage: number): Approval {
  const { by, at, note, durationSeconds, isSteppedUp } = command
  return {
    by: identityOf(by),
    at,
    stage,
    ...(note === undefined ? {} : { note }),
    ...(isSteppedUp ? { isSteppedUp } : {}),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  }
}

/** Where an approval counts when the stages are filled already, since fewer are needed than before. */
function lastStage(pending: Pending, resource: Resource) {
  const stages = stagesOf(pending, resource)
  const stage = stages.at(-1)
  if (stage === undefined) throw new TypeError(`resource ${resource.id} has no stage`)
  return { stage, index: stages.length - 1 }
}

/** Whether the requester is who the approvers were shown, is none of them, and may still ask. */
export function isStillEligible(request: Pending, requester: Person, resource: Resource): boolean {
  return (
    requester.userId === request.requester.userId &&
    hasEmail(requester, request.requester.email) &&
    request.approvals.every((approval) => !isSamePerson(approval.by, requester)) &&
    ineligibility(request, requester, resource) === undefined
  )
}

/** The end of a request by an approver's no. */
export function deny(request: AccessRequest, command: DenyCommand): Decision {
  const answerable = toAnswer(request, command)
  if (!answerable.ok) return answerable
  const { by, at, reason } = command
  const problem = textProblem(reason)
  if (problem !== undefined) return refuse(problem)
  const denial = { deniedBy: identityOf(by), deniedAt: at, denyReason: reason }
  const next = { ...settled(answerable.pending), ...denial, status: 'denied' } as const
  return changed(request, next, 'request.denied', { reason })
}

/** The end of a request by its requester's change of mind. */
export function cancel(request: AccessRequest, command: CancelCommand): Decision {
  if (!isSamePerson(request.requester, command.by)) return refuse({ code: 'not-your-request' })
  if (request.status !== 'pending') return refuse({ code: 'already-decided', request })
  return cancelled(request, command.at)
}

/** The end of a request that nobody needs, or may have, any more. */
export function cancelled(request: Pending, at: Date, why?: Ineligibility): Decision {
  const because = why === undefined ? {} : { why }
  return changed(
    request,
    { ...settled(request), ...because, status: 'cancelled', cancelledAt: at },
    'request.cancelled',
    because,
  )
}
