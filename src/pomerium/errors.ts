import { PolicyApiError, type PolicyApiErrorCode } from '../app/policy-api.ts'
import { retryAfterMs } from '../app/retry-after.ts'

/** One attempt at the API, as messages name it. */
export interface Attempt {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly what: string
  /** Whether it changes anything at Pomerium. */
  readonly write: boolean
}

/** An answer that is not a success. */
export interface Refusal {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | undefined
  readonly elapsedMs: number
}

const textLimit = 200

/** The error for a status outside 200–299; the table is that of RFC 9110 §15 read for this API. */
export function refusalError(
  attempt: Attempt,
  refusal: Refusal,
  context: { readonly nowMs: number; readonly secrets: readonly string[] },
): PolicyApiError {
  const { code, retryable, ambiguous } = classify(refusal.status)
  const text = errorText(refusal.text, context.secrets)
  return new PolicyApiError(
    `${attempt.method} ${attempt.what}: ${refusal.status} after ${refusal.elapsedMs} ms` +
      (text === '' ? '' : `: ${text}`),
    {
      code,
      retryable,
      ambiguous: ambiguous && attempt.write,
      retryAfterMs: retryable ? retryAfterMs(refusal.retryAfter, context.nowMs) : undefined,
    },
  )
}

function classify(status: number): {
  code: PolicyApiErrorCode
  retryable: boolean
  ambiguous: boolean
} {
  if (status >= 500) return { code: 'unavailable', retryable: true, ambiguous: true }
  switch (status) {
    case 401:
      return { code: 'unauthorized', retryable: false, ambiguous: false }
    case 403:
      return { code: 'forbidden', retryable: false, ambiguous: false }
    case 408:
      return { code: 'timeout', retryable: true, ambiguous: true }
    case 409:
      return { code: 'conflict', retryable: false, ambiguous: false }
    case 429:
      return { code: 'rate-limited', retryable: true, ambiguous: false }
    default:
      // A redirect is a gateway or a wrong address talking, not the API.
      return status < 400
        ? { code: 'invalid-answer', retryable: true, ambiguous: false }
        : { code: 'rejected', retryable: false, ambiguous: false }
  }
}

/** Codes of failures that happen before the first byte of a request can have left. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
])
const timeouts = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** The error for a call that got no whole answer. */
export function networkError(attempt: Attempt, cause: unknown, elapsedMs: number): PolicyApiError {
  const code = codeOf(cause)
  const timeout = timeouts.has(code) || (cause instanceof Error && cause.name === 'TimeoutError')
  const outcome = timeout ? 'no answer' : `connection failed (${code})`
  return new PolicyApiError(`${attempt.method} ${attempt.what}: ${outcome} after ${elapsedMs} ms`, {
    code: timeout ? 'timeout' : 'unavailable',
    retryable: true,
    ambiguous: attempt.write && !neverSent.has(code),
    cause,
  })
}

function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}

/** The error for a success whose content cannot be used; a write with such an answer has happened. */
export function invalidAnswer(attempt: Attempt, why: string): PolicyApiError {
  return new PolicyApiError(`${attempt.method} ${attempt.what}: ${why}`, {
    code: 'invalid-answer',
    retryable: true,
    ambiguous: attempt.write,
  })
}

/** What an error body says: `error` of a JSON object, else its raw text; one line of at most 200 characters without tokens. */
export function errorText(body: string, secrets: readonly string[]): string {
  return publicText(statedError(body), secrets)
}

/** Foreign text made fit for messages: one line, at most 200 characters, nothing that looks like a token. */
export function publicText(text: string, secrets: readonly string[] = []): string {
  let clean = text
  for (const secret of secrets) {
    if (secret !== '') clean = clean.replaceAll(secret, '[removed]')
  }
  clean = clean
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .replace(/\b(bearer|basic) +\S+/gi, '$1 [removed]')
    .replace(/[\w+/=~-]{20,}/g, (run) => (/\d/.test(run) && /[a-z]/i.test(run) ? '[removed]' : run))
    .trim()
  return clean.length <= textLimit ? clean : `${clean.slice(0, textLimit - 1).toWellFormed()}…`
}

function statedError(body: string): string {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && 'error' in value) {
      return typeof value.error === 'string' ? value.error : body
    }
  } catch {
    // Not JSON: the raw text is all there is.
  }
  return body
}
