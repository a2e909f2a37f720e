import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Assertion } from '../app/assertion.ts'
import type { FormTokens } from './context.ts'

const LASTS_MS = 8 * 60 * 60_000
/** How far the clock of the replica that made the form may be ahead. */
const SKEW_MS = 60_000
const TOKEN = /^([0-9a-z]{1,11})\.([\w-]{16,64})\.([\w-]{43})$/

/**
 * Tokens of forms, which hold for 8 hours and for one identity (subject and e-mail) and address. Every replica with the
 * same `secret` takes them. `nonce` gives at least 16 unguessable characters of base64url, others each time.
 */
export function createFormTokens(options: {
  readonly secret: string
  /** Milliseconds. */
  readonly now: () => number
  readonly nonce: () => string
}): FormTokens {
  const { secret, now, nonce } = options
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'pomerium-jit form token', 32))
  const sign = (of: Assertion, action: string, issued: string, nonce: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([of.subject, of.email, action, issued, nonce]))
      .digest('base64url')
  return {
    issue(assertion, action) {
      const issued = now().toString(36)
      const once = nonce()
      return `${issued}.${once}.${sign(assertion, action, issued, once)}`
    },
    check(assertion, action, token) {
      const [, issued, once, signature] = TOKEN.exec(token) ?? []
      if (issued === undefined || once === undefined || signature === undefined) return undefined
      if (!isSame(signature, sign(assertion, action, issued, once))) return undefined
      const ageMs = now() - Number.parseInt(issued, 36)
      return ageMs >= -SKEW_MS && ageMs <= LASTS_MS ? once : undefined
    },
  }
}

/** In constant time; both have the same length. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}
