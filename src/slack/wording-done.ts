import type { RequestView } from '../app/ports.ts'
import { duration } from './mrkdwn.ts'
import { progress, requestName, resourceName } from './wording-state.ts'

/** That a request was made, and what comes next; mrkdwn, like all of these. */
export function askedText(view: RequestView): string {
  const { request } = view
  const wish = `${resourceName(view)} for ${duration(request.durationSeconds)}`
  return `Asked for ${wish}. ${requestName(request)} waits for an answer; a direct message tells you how it goes on.`
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
