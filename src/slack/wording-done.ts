import type { RequestView } from '../app/ports.ts'
import type { Notice } from '../app/use-cases.ts'
import type { Verdict } from '../domain/request.ts'
import { stateOf } from '../domain/request-state.ts'
import { code, duration, time } from './mrkdwn.ts'
import { noticeText } from './wording.ts'
import { progress, requestName, resourceName, STATE_TITLES } from './wording-state.ts'

/** That something was asked for, and what comes next; mrkdwn, like all of these. */
export function askedText(view: RequestView, notice?: Notice): string {
  const said = askedSentence(view)
  return notice === undefined ? said : `${said}\n${noticeText(notice)}`
}

function askedSentence(view: RequestView): string {
  const { request } = view
  const name = requestName(request)
  switch (request.status) {
    case 'pending':
      return `Asked for ${wish(view)}. ${name} waits for an answer; a direct message tells you how it goes on.`
    case 'approved':
      return request.kind === 'break-glass'
        ? `Opening ${wish(view)}. The audit channel reads of ${name}, and the approvers are asked to review it; a direct message says when Pomerium has confirmed the rule.`
        : `Approved ${wish(view)}. A direct message says when Pomerium has confirmed the rule for ${name}.`
    case 'extended':
      return `Approved ${wish(view)}. A direct message says when Pomerium has confirmed the later end.`
    case 'denied':
    case 'cancelled':
    case 'lapsed':
      return `${name}: ${STATE_TITLES[stateOf(request)]}.`
    default:
      return request satisfies never
  }
}

/** What was asked for, how long, for whom and from when. */
export function wish(view: RequestView): string {
  const { request } = view
  const { durationSeconds, beneficiary, startsAt } = request
  const long = duration(durationSeconds)
  const whom = beneficiary === undefined ? '' : `, on behalf of ${code(beneficiary, 200)}`
  if (request.extends !== undefined) return `${long} more of ${resourceName(view)}${whom}`
  const from = startsAt === undefined ? '' : `, from ${time(startsAt)}`
  return `${resourceName(view)} for ${long}${whom}${from}`
}

/** That an approval counts, and whether it is enough. */
export function approvedText({ request }: RequestView): string {
  const name = requestName(request)
  return request.status === 'pending'
    ? `Your approval of ${name} is recorded: ${progress(request)}.`
    : `Approved ${name}; its card says when Pomerium has confirmed the rule.`
}

/** That a request was denied. */
export function deniedText({ request }: RequestView): string {
  return `Denied ${requestName(request)}.`
}

/** That a request was cancelled. */
export function cancelledText({ request }: RequestView): string {
  return `Cancelled ${requestName(request)}.`
}

/** That access is being ended. */
export function endedText({ request }: RequestView): string {
  return `Ending ${requestName(request)}: it may still work until Pomerium confirms.`
}

/** That break-glass access was reviewed. */
export function reviewedText(verdict: Verdict): (view: RequestView) => string {
  const said = verdict === 'justified' ? 'justified' : 'not justified'
  return ({ request }) => `Reviewed ${requestName(request)}: ${said}.`
}
