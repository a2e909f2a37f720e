import type { Decision } from './transition.ts'
import { changed, refuse } from './transition.ts'
import { activated, ended, regranted, termsOf } from './decide-end.ts'
import type { AccessRequest, Approved, Pending, Review } from './request.ts'
import { isOver, settled } from './request.ts'
import { plusSeconds } from './time.ts'

/** An overdue review is asked for again after a day, two, four, and then each week. */
const DAY_SECONDS = 24 * 3_600
const OVERDUE_REMIND_MOST_SECONDS = 7 * DAY_SECONDS

/** What time alone does: a request is brought to mind, escalates or lapses; a window opens or closes; a review falls due. */
export function tick(request: AccessRequest, at: Date): Decision {
  if (request.status === 'pending') return tickPending(request, at)
  if (request.status !== 'approved') return refuse({ code: 'nothing-due' })
  return tickGrant(request, at) ?? tickReview(request, at) ?? refuse({ code: 'nothing-due' })
}

function tickPending(request: Pending, at: Date): Decision {
  if (at >= request.lapsesAt)
    return changed(
      request,
      { ...settled(request), status: 'lapsed', lapsedAt: at },
      'request.lapsed',
    )
  if (request.escalatesAt !== undefined && at >= request.escalatesAt) {
    const { escalatesAt: _due, ...rest } = request
    return changed(request, { ...rest, escalatedAt: at }, 'request.escalated')
  }
  const { remindAt, remindSeconds } = request
  if (remindAt === undefined || remindSeconds === undefined || at < remindAt)
    return refuse({ code: 'nothing-due' })
  const reminders = request.reminders + 1
  // From now on, not from when it was due: after an outage people are reminded once.
  const next = { ...request, reminders, remindAt: plusSeconds(at, remindSeconds * 2 ** reminders) }
  return changed(request, next, 'request.reminded', { reminders })
}

function tickGrant(request: Approved, at: Date): Decision | undefined {
  const { grant } = request
  if (isOver(grant)) return undefined
  if (at >= grant.endsAt) {
    const wasNeverIn = grant.state === 'granting' && grant.inForceUntil === undefined
    if (!wasNeverIn) return ended(request, at, 'clock')
    return regranted(
      request,
      { ...termsOf(grant), state: 'never-active', endedAt: at },
      'grant.never_active',
    )
  }
  if (grant.state !== 'scheduled' || at < grant.startsAt) return undefined
  return activated(request, at, 'clock')
}

function tickReview(request: Approved, at: Date): Decision | undefined {
  const { review } = request
  if (review?.state !== 'due' || at < review.remindAt) return undefined
  const isNewlyOverdue = at >= review.dueAt && !review.isOverdue
  const isOverdue = review.isOverdue || isNewlyOverdue
  const lateSeconds = Math.floor((at.getTime() - review.dueAt.getTime()) / 1_000)
  const pause = Math.min(lateSeconds + DAY_SECONDS, OVERDUE_REMIND_MOST_SECONDS)
  const remindAt = isOverdue ? plusSeconds(at, pause) : review.dueAt
  const next: Review = { ...review, isOverdue, remindAt }
  return changed(
    request,
    { ...request, review: next },
    isNewlyOverdue ? 'grant.review_overdue' : 'grant.review_reminded',
    { dueAt: review.dueAt.toISOString() },
  )
}
