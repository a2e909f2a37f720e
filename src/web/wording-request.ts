import type { RequestView } from '../app/ports.ts'
import type { AccessRequest } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import { timeWords } from './times.ts'
import { allOf, person, plain, spoken } from './wording.ts'

/** The shortest time that anybody who approved allows, or what was asked, in seconds. */
export function allowedSeconds({ durationSeconds, approvals }: AccessRequest): number {
  return Math.min(durationSeconds, ...approvals.map((each) => each.durationSeconds ?? Infinity))
}

/** How long was asked for, and how long is allowed when that is shorter. */
export function askedWords(request: AccessRequest): string {
  const { durationSeconds, approvals } = request
  const allowed = allowedSeconds(request)
  const by = approvals.filter((each) => each.durationSeconds === allowed)
  const asked = `${spoken(durationSeconds)}${request.extends === undefined ? '' : ' longer'}`
  return allowed < durationSeconds
    ? `${asked}, shortened to ${spoken(allowed)} by ${allOf(
        by.map((each) => person(each.by)),
        3,
      )}`
    : asked
}

/** How the review of break-glass access stands; empty for any other request. */
export function reviewSentence({ request }: RequestView, timeZone: string | undefined): string {
  if (request.kind !== 'break-glass' || request.status !== 'approved') return ''
  const opened = `Nobody approved this: ${person(request.requester)} opened it as an emergency.`
  const { review } = request
  if (review === undefined) return opened
  const when = (at: Date) => timeWords(at, timeZone)
  if (review.state === 'done') {
    const verdict = review.verdict === 'justified' ? 'justified' : 'not justified'
    return `${opened} ${person(review.by)} reviewed it ${when(review.at)}: ${verdict}.`
  }
  return review.isOverdue
    ? `${opened} The review is overdue since ${when(review.dueAt)}.`
    : `${opened} It is to be reviewed by ${when(review.dueAt)}.`
}

/** What would become of the end by an extension; empty for any other request. */
export function extensionSentence(
  { request, extended }: RequestView,
  timeZone: string | undefined,
): string {
  if (request.extends === undefined) return ''
  const longer = `This is about access lasting ${spoken(allowedSeconds(request))} longer`
  if (extended === undefined || request.status !== 'pending') return `${longer}.`
  const { endsAt } = extended.grant
  const until = plusSeconds(endsAt, allowedSeconds(request))
  return `${longer}: until ${timeWords(until, timeZone)} instead of ${timeWords(endsAt, timeZone)}.`
}

/** A stage as people call it: its title, or its place. */
export function stageName(title: string | undefined, index: number): string {
  return plain(title ?? '', 40) || `Stage ${index + 1}`
}
