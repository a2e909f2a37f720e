import type { Selectable, Updateable } from 'kysely'
import type { AccessRequest, Review } from '../domain/request.ts'
import { identityOrNone, required } from './columns.ts'
import type { RequestTable } from './schema.ts'

/** The domain's view of a review, when the request has one. */
export function toReview(row: Selectable<RequestTable>): Review | undefined {
  const { review_due_at: dueAt, review_verdict: verdict, review_note: note } = row
  if (dueAt === null) return undefined
  if (verdict === null)
    return {
      state: 'due',
      dueAt,
      remindAt: required(row.review_remind_at, 'review_remind_at'),
      isOverdue: row.review_overdue,
    }
  const by = identityOrNone(
    row.reviewed_by_team_id,
    row.reviewed_by_user_id,
    row.reviewed_by_email,
    row.reviewed_by_subject,
  )
  return {
    state: 'done',
    dueAt,
    verdict,
    by: required(by, 'reviewed_by'),
    at: required(row.reviewed_at, 'reviewed_at'),
    ...(note === null ? {} : { note }),
  }
}

/** The columns of a request's review; none when it has no review. What a review was when it was done stays. */
export function toReviewColumns(request: AccessRequest): Updateable<RequestTable> {
  const review = request.status === 'approved' ? request.review : undefined
  if (review === undefined) return {}
  if (review.state === 'due')
    return {
      review_due_at: review.dueAt,
      review_remind_at: review.remindAt,
      review_overdue: review.isOverdue,
    }
  return {
    review_verdict: review.verdict,
    reviewed_by_team_id: review.by.teamId,
    reviewed_by_user_id: review.by.userId,
    reviewed_by_email: review.by.email,
    reviewed_by_subject: review.by.subject ?? null,
    reviewed_at: review.at,
    review_note: review.note ?? null,
  }
}
