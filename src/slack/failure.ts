import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api'
import { statusLabel } from '../app/outside-call.ts'

/** How a call to Slack's Web API failed; nothing of the request or of an answer's body is in it. */
export type SlackFailure =
  /** Slack answered `ok: false` with this code. */
  | { readonly kind: 'platform'; readonly code: string }
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** Slack answers its own errors with 200, so a status comes from an outage or something in between. */
  | { readonly kind: 'http'; readonly status: number }
  | { readonly kind: 'no-answer'; readonly reason: string }

/** Slack's own troubles; `update_failed` and the two about moving workspaces pass by themselves too. */
const PASSING = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'update_failed',
  'team_added_to_org',
  'org_login_required',
])

/** Whether Slack's code speaks of a trouble of its own that passes by itself. */
export function isPassingCode(code: string): boolean {
  return PASSING.has(code)
}

/** What became of a call, from whatever the client threw. */
export function slackFailure(error: unknown): SlackFailure {
  if (error instanceof WebAPIPlatformError) {
    const { error: code } = error.data
    // The client puts the text of a body that is not JSON where the code should be.
    return typeof code === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(code)
      ? { kind: 'platform', code }
      : { kind: 'no-answer', reason: 'an answer that is not JSON' }
  }
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'rate-limited', retryAfterMs: error.retryAfter * 1_000 }
  if (error instanceof WebAPIHTTPError) return { kind: 'http', status: error.statusCode }
  return {
    kind: 'no-answer',
    reason: networkReason(error instanceof WebAPIRequestError ? error.original : error),
  }
}

/** The failure as numbers know it; `refused` is an answer such as that there is no such message. */
export function callStatus(failure: SlackFailure): string {
  if (failure.kind === 'http') return statusLabel(failure.status)
  if (failure.kind !== 'platform') return failure.kind
  return isPassingCode(failure.code) ? 'troubled' : 'refused'
}

/** The failure in a few words, for a log line or an error message. */
export function failureText(failure: SlackFailure): string {
  switch (failure.kind) {
    case 'platform':
      return failure.code
    case 'rate-limited':
      return `rate limited for ${failure.retryAfterMs} ms`
    case 'http':
      return `HTTP ${failure.status}`
    case 'no-answer':
      return failure.reason
    default:
      return failure satisfies never
  }
}

/** The code or name of a network error; messages may quote addresses and are left out. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  const source = error.cause instanceof Error ? error.cause : error
  const code = 'code' in source && typeof source.code === 'string' ? source.code : source.name
  return code === 'TimeoutError' ? 'no answer in time' : `no answer (${code})`
}
