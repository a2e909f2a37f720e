import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import type { IncomingMessage } from 'node:http'
import type { Assertion } from '../app/assertion.ts'
import type { Log } from '../app/ports.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { KeySetUnavailable } from './key-set-remote.ts'
import type { FindKey, Unavailable } from './key-set-remote.ts'

const HEADER = 'x-pomerium-jwt-assertion'
const MAX_AGE_SECONDS = 300
const TOLERANCE_SECONDS = 30
/** OpenID Connect Core 1.0, section 2. */
const LONGEST_SUBJECT = 255
const COMPLAINT_MS = 60_000
/** Header parameters that bring or name a key of the sender's choice, or change how the token is read: RFC 7515, section 4.1. */
const FOREIGN_PARAMETERS = ['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64', 'zip']
const REQUIRED_CLAIMS = ['exp', 'iat', 'jti', 'sub', 'email'] as const

export type AssertionFault =
  | 'absent'
  | 'repeated'
  | 'malformed'
  | 'header'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'expired'
  | 'typ'
  | 'claims'
  | (typeof REQUIRED_CLAIMS)[number]
  | 'iss'
  | 'aud'
  | 'nbf'

/** `why` is a word for the log: a part of the token, or of the key set, never what stands there. */
export type Verified =
  | { readonly ok: true; readonly assertion: Assertion }
  | { readonly ok: false; readonly status: 401; readonly why: AssertionFault }
  | { readonly ok: false; readonly status: 503; readonly why: Unavailable }

export type VerifyAssertion = (
  request: Pick<IncomingMessage, 'headersDistinct'>,
) => Promise<Verified>

/**
 * Tells who is at the door by Pomerium's signed assertion and nothing else; it never throws. 401 means a bad one, 503
 * that no key can be had to tell. Sources: https://www.pomerium.com/docs/capabilities/getting-users-identity, RFC 8725.
 */
export function createAssertionVerifier(options: {
  readonly keySet: FindKey
  /** Where the pages are; the route's hostname is issuer and audience. */
  readonly origin: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Pick<Log, 'error'>
}): VerifyAssertion {
  const { keySet, now, log } = options
  const host = new URL(options.origin).hostname
  let complainedAt = -Infinity

  async function verify(token: string): Promise<Verified> {
    if (!isExact(token)) return refused('malformed')
    const header = decodeProtectedHeader(token)
    if (FOREIGN_PARAMETERS.some((name) => Object.hasOwn(header, name))) return refused('header')
    if (typeof header.kid !== 'string' || header.kid === '') return refused('key')
    const { payload } = await jwtVerify(token, keySet, {
      algorithms: ['ES256', 'RS256'],
      issuer: [host, `https://${host}/`],
      audience: host,
      typ: 'JWT',
      requiredClaims: [...REQUIRED_CLAIMS],
      maxTokenAge: MAX_AGE_SECONDS,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    })
    return identityIn(payload)
  }

  function complain({ code, message }: KeySetUnavailable): void {
    const at = now()
    if (Math.abs(at - complainedAt) < COMPLAINT_MS) return
    complainedAt = at
    log.error({ code, reason: message }, 'assertions cannot be verified')
  }

  return async ({ headersDistinct }) => {
    const [token, ...others] = headersDistinct[HEADER] ?? []
    if (token === undefined) return refused('absent')
    if (others.length > 0) return refused('repeated')
    try {
      return await verify(token)
    } catch (error) {
      if (!(error instanceof KeySetUnavailable)) return refused(faultOf(error))
      complain(error)
      return { ok: false, status: 503, why: error.code }
    }
  }
}

/** Whether a compact token is written in the only way there is: no spaces, no padding, no bits left over. */
function isExact(token: string): boolean {
  const parts = token.split('.')
  return (
    parts.length === 3 &&
    parts.every(
      (part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part,
    )
  )
}

function identityIn({ aud, sub, email, iat }: JWTPayload): Verified {
  // A token for several audiences could be brought here by any of the others.
  if (Array.isArray(aud) && aud.length !== 1) return refused('aud')
  if (!isSubject(sub)) return refused('sub')
  if (typeof email !== 'string' || !isWritableEmail(email)) return refused('email')
  if (iat === undefined) return refused('iat')
  return { ok: true, assertion: { subject: sub, email, issuedAt: new Date(iat * 1_000) } }
}

/** Of nobody, as on a public route, it is empty. */
function isSubject(sub: unknown): sub is string {
  return (
    typeof sub === 'string' &&
    sub !== '' &&
    sub.length <= LONGEST_SUBJECT &&
    sub === sub.trim() &&
    !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(sub)
  )
}

function faultOf(error: unknown): AssertionFault {
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm'
  if (error instanceof errors.JWKSNoMatchingKey) return 'key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return claimFaults.get(error.claim) ?? 'claims'
  return 'malformed'
}

const claimFaults = new Map(
  ([...REQUIRED_CLAIMS, 'typ', 'iss', 'aud', 'nbf'] as const).map((name) => [name as string, name]),
)

function refused(why: AssertionFault): Verified {
  return { ok: false, status: 401, why }
}
