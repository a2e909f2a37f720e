import type { Identified } from './identify.ts'

/** Who Pomerium says is at the door, by a signed assertion that was verified. */
export interface Assertion {
  /** Pomerium's `sub`: the identity provider's id of the person. */
  readonly subject: string
  /** As Pomerium compares it: case matters. */
  readonly email: string
  readonly issuedAt: Date
  /** The network address that Pomerium saw, where it says so; unlike the rest it is not signed. */
  readonly source?: string
}

/** Pomerium issues an assertion with each request, so an older one than this was kept by somebody. */
const FRESH_MS = 90_000

/**
 * Whether somebody acts as the Pomerium identity that they linked their Slack account to, by an assertion of this
 * moment.
 */
export function isSteppedUp(
  identified: Identified,
  assertion: Assertion | undefined,
  at: Date,
): boolean {
  if (!identified.ok || identified.link === undefined || assertion === undefined) return false
  const { link } = identified
  const isTheirs = link.subject === assertion.subject && link.email === assertion.email
  return isTheirs && Math.abs(at.getTime() - assertion.issuedAt.getTime()) <= FRESH_MS
}
