import { mayEverAnswer } from './approvals.ts'
import { isOwn } from './answerable.ts'
import type { Person } from './person.ts'
import { identityOf } from './person.ts'
import type { AccessRequest, Verdict } from './request.ts'
import type { PeopleSet, Resource } from './resource.ts'
import { belongsTo, textProblem } from './rules.ts'
import type { Decision } from './transition.ts'
import { changed, refuse } from './transition.ts'

export interface ReviewCommand {
  readonly type: 'review'
  readonly at: Date
  readonly by: Person
  readonly admins: PeopleSet
  /** Absent when the resource has left the catalogue; admins can still review. */
  readonly resource?: Resource
  readonly verdict: Verdict
  /** Needed when the access was not justified. */
  readonly note?: string
}

/** An approver's or admin's word on emergency access; nobody reviews their own, and it is said once. */
export function review(request: AccessRequest, command: ReviewCommand): Decision {
  const { by, at, admins, resource, verdict, note } = command
  if (isOwn(request, by)) return refuse({ code: 'own-request' })
  const isApprover = resource !== undefined && mayEverAnswer(request, resource, by)
  if (!isApprover && !belongsTo(admins, by)) return refuse({ code: 'not-an-approver' })
  if (request.status !== 'approved' || request.review === undefined)
    return refuse({ code: 'nothing-to-review' })
  if (request.review.state === 'done')
    return refuse({ code: 'already-reviewed', by: request.review.by })
  const problem =
    note === undefined && verdict === 'justified' ? undefined : textProblem(note ?? '')
  if (problem !== undefined) return refuse(problem)
  const { dueAt } = request.review
  const noted = note === undefined ? {} : { note }
  const done = { state: 'done', dueAt, verdict, by: identityOf(by), at, ...noted } as const
  return changed(request, { ...request, review: done }, 'grant.reviewed', { verdict, ...noted })
}
