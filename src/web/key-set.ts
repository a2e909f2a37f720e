import { createPublicKey } from 'node:crypto'
import { z } from 'zod'

const LEAST_RSA_BITS = 2_048

const common = {
  kid: z.string().min(1),
  use: z.literal('sig').exactOptional(),
  key_ops: z
    .array(z.string())
    .refine((uses) => uses.includes('verify'))
    .exactOptional(),
}
const usable = z.discriminatedUnion('kty', [
  z.object({
    ...common,
    kty: z.literal('EC'),
    alg: z.literal('ES256').default('ES256'),
    crv: z.literal('P-256'),
    x: z.string(),
    y: z.string(),
  }),
  z.object({
    ...common,
    kty: z.literal('RSA'),
    alg: z.literal('RS256').default('RS256'),
    n: z.string(),
    e: z.string(),
  }),
])
const published = z.object({ keys: z.array(z.record(z.string(), z.unknown())) })

/** A public key that an assertion may be signed with. */
export type VerificationKey = z.output<typeof usable>

/** Public keys, each with a `kid` of its own; at least one. */
export interface KeySet {
  readonly keys: readonly VerificationKey[]
}

/** Where the keys are that Pomerium signs assertions with. */
export type KeyPlace = { readonly url: string } | { readonly keySet: KeySet }

export type KeySetFault = 'not-a-key-set' | 'secret-key' | 'ambiguous-kid' | 'no-usable-key'

export type ParsedKeySet =
  { readonly ok: true; readonly keySet: KeySet } | { readonly ok: false; readonly why: KeySetFault }

/**
 * The keys of a JSON Web Key Set that can verify an assertion; the others are ignored. A set that gives a secret away,
 * or has two keys under one `kid`, is refused as a whole. Source: RFC 7517, section 5;
 * https://www.pomerium.com/docs/reference/signing-key
 */
export function parseKeySet(value: unknown): ParsedKeySet {
  const set = published.safeParse(value)
  if (!set.success) return { ok: false, why: 'not-a-key-set' }
  const keys = new Map<string, VerificationKey>()
  for (const jwk of set.data.keys) {
    if ('d' in jwk || 'k' in jwk) return { ok: false, why: 'secret-key' }
    const { data: key } = usable.safeParse(jwk)
    if (key === undefined || !isSound(key)) continue
    const other = keys.get(key.kid)
    // Pomerium's kid is a thumbprint: a key that is listed twice is the same key.
    if (other !== undefined && materialOf(other) !== materialOf(key))
      return { ok: false, why: 'ambiguous-kid' }
    keys.set(key.kid, key)
  }
  if (keys.size === 0) return { ok: false, why: 'no-usable-key' }
  return { ok: true, keySet: { keys: [...keys.values()] } }
}

function isSound(key: VerificationKey): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key, format: 'jwk' })
    return key.kty === 'EC' || (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS
  } catch {
    // Not a point of the curve, or not a number.
    return false
  }
}

function materialOf(key: VerificationKey): string {
  return key.kty === 'EC' ? `${key.x}.${key.y}` : `${key.n}.${key.e}`
}
