import type { RecordedEvent, RequestView } from '../app/ports.ts'
import type { Notice } from '../app/use-cases.ts'
import type { AccessRequest } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import { allowedSeconds } from '../domain/request.ts'
import { timeWords } from './times.ts'
import { allOf, person, plain, spoken } from './wording.ts'

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

/** Why people decide what is usually approved by itself, said to whoever asked; empty when there is no such reason. */
export function noticeSentence(events: readonly RecordedEvent[]): string {
  const { notice } = events.find(({ action }) => action === 'request.created')?.details ?? {}
  if (typeof notice !== 'object' || notice === null || !('code' in notice)) return ''
  const { code, count, seconds } = notice as { readonly [name: string]: unknown }
  switch (code as Notice['code']) {
    case 'rego-silent':
      return 'The organisation’s policy gave no answer, so people decide.'
    case 'automatic-limit-reached':
      return `People decide this time: you had as many automatic approvals as one person may within ${spoken(Number(seconds))} (${Number(count)}).`
    case 'taken-away-lately':
      return 'People decide this time: somebody ended your access to this, or rejected it, within the last day.'
    default:
      return ''
  }
}
