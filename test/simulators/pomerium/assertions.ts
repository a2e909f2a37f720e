import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

const LIFETIME_SECONDS = 300

export type SigningAlgorithm = 'ES256' | 'RS256'

/** Whom an assertion is about, and for which route; an empty subject and e-mail for nobody, as on a public route. */
export interface Asserted {
  /** Hostname of the route, without port. */
  readonly host: string
  readonly subject: string
  readonly email: string
  readonly name?: string
  /** Ids, then names. */
  readonly groups?: readonly string[]
  readonly sessionId?: string
  /** The route's issuer format, `host` unless told. */
  readonly issuerFormat?: 'host' | 'uri'
  /** Claims in place of Pomerium's; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header parameters in place of Pomerium's; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** A public key as Pomerium publishes it. */
export type PublishedKey = Readonly<Record<string, string>>

/** What signs the assertions of one cluster. */
export interface Signer {
  /** The key set of `/.well-known/pomerium/jwks.json`; the first key signs. */
  jwks(): { readonly keys: readonly PublishedKey[] }
  /** The value of `X-Pomerium-Jwt-Assertion`. */
  mint(asserted: Asserted): string
  /** Signs any two texts as header and payload. */
  seal(header: string, payload: string): string
  /** Signs with a new key from now on; the keys before stay published. */
  rotate(): void
  /** Publishes no key any more but the one that signs. */
  withdraw(): void
}

interface SigningKey {
  readonly privateKey: KeyObject
  readonly published: PublishedKey & { readonly kid: string }
}

/**
 * A signer as Pomerium's proxy has it; `now` is in milliseconds. Source:
 * https://github.com/pomerium/pomerium/blob/main/authorize/evaluator/headers_evaluator_evaluation.go
 */
export function createSigner(options: {
  readonly now: () => number
  readonly algorithm?: SigningAlgorithm
}): Signer {
  const { now, algorithm = 'ES256' } = options
  let current = newKey(algorithm)
  let keys = [current]

  function seal(header: string, payload: string): string {
    const content = `${base64url(header)}.${base64url(payload)}`
    return `${content}.${signatureOf(content, current.privateKey).toString('base64url')}`
  }

  return {
    jwks: () => ({ keys: keys.map(({ published }) => published) }),
    mint(asserted) {
      const header = { alg: algorithm, kid: current.published.kid, typ: 'JWT', ...asserted.header }
      return seal(JSON.stringify(header), JSON.stringify(claimsOf(asserted, now())))
    },
    seal,
    rotate() {
      current = newKey(algorithm)
      keys = [current, ...keys]
    },
    withdraw() {
      keys = [current]
    },
  }
}

function claimsOf(asserted: Asserted, nowMs: number): object {
  const { host, subject, email, name = '', groups = [] } = asserted
  const issuedAt = Math.floor(nowMs / 1000)
  return {
    iss: asserted.issuerFormat === 'uri' ? `https://${host}/` : host,
    aud: host,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    sub: subject,
    user: subject,
    email,
    groups,
    sid: asserted.sessionId ?? randomUUID(),
    name,
    ...asserted.claims,
  }
}

function newKey(algorithm: SigningAlgorithm): SigningKey {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { kty = '', crv = '', x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const material = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n }
  // Members in lexicographic order: RFC 7638, section 3.2.
  const kid = createHash('sha256').update(JSON.stringify(material)).digest('hex')
  return { privateKey, published: { use: 'sig', kid, alg: algorithm, ...material } }
}

/** A signature as JWS wants it: of an elliptic curve the two numbers side by side, not DER. */
function signatureOf(content: string, key: KeyObject): Buffer {
  return sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
