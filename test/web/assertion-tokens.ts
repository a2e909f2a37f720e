import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { parseKeySet } from '../../src/web/key-set.ts'
import type { KeySet } from '../../src/web/key-set.ts'
import { createSigner } from '../simulators/pomerium/assertions.ts'
import type { Asserted } from '../simulators/pomerium/assertions.ts'

export const ORIGIN = 'https://jit.example.com'
export const HOST = 'jit.example.com'
export const NOW = Date.parse('2026-11-20T10:00:00Z')
export const ALEX: Asserted = { host: HOST, subject: '00u-alex', email: 'Alex@example.com' }
export const HEADER = 'x-pomerium-jwt-assertion'

export const SECONDS = NOW / 1000
const now = () => NOW

export const cluster = createSigner({ now })
export const rsaCluster = createSigner({ now, algorithm: 'RS256' })
/** The same software somewhere else: its keys are not ours. */
export const stranger = createSigner({ now })
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })

/** What Pomerium publishes, as JSON. */
export const publishedSet = {
  keys: [
    ...cluster.jwks().keys,
    ...rsaCluster.jwks().keys,
    published(ec.publicKey, 'own-ec', 'ES256'),
    published(rsa.publicKey, 'own-rsa', 'RS256'),
    published(p384.publicKey, 'own-p384', 'ES384'),
  ],
}
export const keySet = parsedSet(publishedSet)

export const good = cluster.mint(ALEX)
export const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.')
export const kid = cluster.jwks().keys[0]?.['kid'] ?? ''
export const claims = JSON.parse(Buffer.from(goodPayload, 'base64url').toString()) as object

export function minted(claims: Readonly<Record<string, unknown>>): string {
  return cluster.mint({ ...ALEX, claims })
}

export function headed(header: Readonly<Record<string, unknown>>): string {
  return cluster.mint({ ...ALEX, header })
}

/** A good token, signed as its header says with a published key; `form` makes the signature a wrong one. */
export function own(
  header: { alg: string; kid: string },
  key: KeyObject,
  form?: 'der' | 'base64',
): string {
  const content = `${encoded({ ...header, typ: 'JWT' })}.${goodPayload}`
  const signature = sign(`sha${header.alg.slice(2)}`, Buffer.from(content), {
    key,
    dsaEncoding: form === 'der' ? 'der' : 'ieee-p1363',
    ...(header.alg.startsWith('PS')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
  })
  if (form !== 'base64') return `${content}.${signature.toString('base64url')}`
  const standard = signature.toString('base64').replace(/=+$/, '')
  // A signature whose two spellings differ.
  return /[+/]/.test(standard) ? `${content}.${standard}` : own(header, key, form)
}

/** Everything of the public key that somebody may have passed to a library as a secret. */
export function hmacSecrets(): readonly (readonly [string, string | Buffer])[] {
  const pem = ec.publicKey.export({ type: 'spki', format: 'pem' })
  return [
    ['the public key in PEM', pem],
    ['the public key in PEM without line end', String(pem).trimEnd()],
    ['the public key in DER', ec.publicKey.export({ type: 'spki', format: 'der' })],
    ['the public key as JWK', json(ec.publicKey.export({ format: 'jwk' }))],
    ['the key set', json(publishedSet)],
    ['no secret', ''],
  ]
}

export function hmac(secret: string | Buffer): string {
  const content = `${encoded({ alg: 'HS256', kid: 'own-ec', typ: 'JWT' })}.${goodPayload}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

/** A key set as it is used. Throws when it is none. */
function parsedSet(value: unknown): KeySet {
  const parsed = parseKeySet(value)
  if (!parsed.ok) throw new Error(parsed.why)
  return parsed.keySet
}

function published(key: KeyObject, kid: string, alg: string): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

export function encoded(value: object): string {
  return Buffer.from(json(value)).toString('base64url')
}

export function json(value: unknown): string {
  return JSON.stringify(value)
}
