import { createPublicKey, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Verified } from '../../src/web/assertion.ts'
import { createAssertionVerifier } from '../../src/web/assertion.ts'
import { keysAt } from '../../src/web/key-set-remote.ts'
import { silentLog } from '../support/log.ts'
import { corpus } from './assertion-corpus.ts'
import {
  ALEX,
  HEADER,
  HOST,
  NOW,
  ORIGIN,
  cluster,
  keySet,
  publishedSet,
  rsaCluster,
} from './assertion-tokens.ts'

const now = () => NOW
const verifyAssertion = createAssertionVerifier({
  keySet: keysAt({ keySet }, { now }),
  origin: ORIGIN,
  now,
  log: silentLog,
})

/** Pomerium's Go SDK goes by the leeway of go-jose, a minute; its old documentation asks for the same. */
const LEEWAY_SECONDS = 60

/**
 * Whether a token is good by what Pomerium publishes: a compact JWT whose signature is verified by the key that its
 * `kid` names, for this host's `iss` and `aud`, within its times. Sources:
 * https://www.pomerium.com/docs/capabilities/getting-users-identity, https://github.com/pomerium/sdk-go, RFC 7515, RFC 7519
 */
function isGoodByTheRules(token: string): boolean {
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  if (more.length > 0 || ![header, payload, signature].every((part) => /^[\w-]+$/.test(part)))
    return false
  const head = objectIn(header)
  const claims = objectIn(payload)
  const jwk = publishedSet.keys.find((key) => key['kid'] === head?.['kid'])
  if (head === undefined || claims === undefined || jwk === undefined) return false
  // RFC 7515, section 4.1.11: what is critical must be understood.
  if ('crit' in head || head['alg'] !== jwk['alg']) return false
  const isSigned =
    (head['alg'] === 'ES256' || head['alg'] === 'RS256') &&
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  const { iss, aud, exp, nbf = 0, iat = 0 } = claims
  const seconds = NOW / 1000
  return (
    isSigned &&
    (iss === HOST || iss === `https://${HOST}/`) &&
    (Array.isArray(aud) ? aud.includes(HOST) : aud === HOST) &&
    typeof exp === 'number' &&
    exp > seconds - LEEWAY_SECONDS &&
    typeof nbf === 'number' &&
    nbf <= seconds + LEEWAY_SECONDS &&
    typeof iat === 'number' &&
    iat <= seconds + LEEWAY_SECONDS
  )
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'))
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? { ...value } : undefined
  } catch {
    // Neither UTF-8 nor JSON.
    return undefined
  }
}

async function ours(token: string): Promise<Verified> {
  return verifyAssertion({ headersDistinct: { [HEADER]: [token] } })
}

function why(verified: Verified): string {
  return verified.ok ? 'accepted' : verified.why
}

describe('createAssertionVerifier, beside the published rules', () => {
  it('refuses of the corpus all that they refuse, and what the table says with its reason', async () => {
    const stricter: string[] = []
    for (const { name, token } of corpus) {
      const isAccepted = (await ours(token)).ok
      const isGood = isGoodByTheRules(token)
      if (isAccepted) assert.ok(isGood, `the rules refuse ${name}`)
      else if (isGood) stricter.push(name)
    }
    const named = corpus.filter(({ stricter }) => stricter !== undefined)
    assert.deepEqual(
      stricter,
      named.map(({ name }) => name),
    )
  })

  /** What ours refuses for although the rules accept, by the table. */
  const knownReasons = new Set<string>(
    corpus.flatMap(({ expected, stricter }) => (stricter === undefined ? [] : [expected])),
  )

  async function compare(token: string): Promise<void> {
    const verified = await ours(token)
    const isGood = isGoodByTheRules(token)
    if (verified.ok) assert.ok(isGood, `only ours accepts ${token}`)
    else if (isGood) assert.ok(knownReasons.has(verified.why), `${verified.why}: ${token}`)
  }

  const good = [
    cluster.mint(ALEX),
    rsaCluster.mint(ALEX),
    cluster.mint({ ...ALEX, issuerFormat: 'uri' }),
  ]
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ ,'

  it('accepts no token in which letters were changed', async () => {
    const change = fc.record({
      at: fc.nat({ max: 2_000 }),
      letter: fc.constantFrom(...letters.split('')),
      kind: fc.constantFrom('replace', 'insert', 'remove'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (token, changes) => {
          const changed = changes.reduce((text, { at, letter, kind }) => {
            const index = at % text.length
            const rest = text.slice(kind === 'insert' ? index : index + 1)
            return text.slice(0, index) + (kind === 'remove' ? '' : letter) + rest
          }, token)
          await compare(changed)
          assert.equal((await ours(changed)).ok, good.includes(changed), changed)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('accepts no token that is put together from others', async () => {
    const others = [
      ...good,
      ...corpus.filter(({ expected }) => expected !== 'malformed').map(({ token }) => token),
    ]
    const token = fc.constantFrom(...others)
    await fc.assert(
      fc.asyncProperty(token, token, token, async (a, b, c) => {
        const parts = [a.split('.')[0], b.split('.')[1], c.split('.')[2]]
        await compare(parts.join('.'))
      }),
      { numRuns: 400 },
    )
  })

  it('accepts claims and parameters that Pomerium signed only as the rules do', async () => {
    const seconds = NOW / 1000
    const value = fc.oneof(
      fc.constantFrom<unknown>(HOST, `https://${HOST}/`, 'ES256', 'RS256', 'JWT', '', null, [HOST]),
      fc.integer({ min: seconds - 700, max: seconds + 700 }),
      fc.emailAddress(),
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue({ maxDepth: 2 }),
    )
    const some = (...names: readonly string[]) =>
      fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 })
    const claims = some('iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'sub', 'email', 'user', 'groups')
    const header = some('alg', 'typ', 'kid', 'jwk', 'crit', 'cty')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(cluster, rsaCluster),
        claims,
        fc.option(header, { nil: {}, freq: 4 }),
        async (signer, claims, header) => compare(signer.mint({ ...ALEX, claims, header })),
      ),
      { numRuns: 600 },
    )
  })

  it('is compared with rules that are neither always yes nor always no', async () => {
    const verdicts = await Promise.all(
      corpus.map(
        async ({ token }) => `${isGoodByTheRules(token)} ${why(await ours(token)) === 'accepted'}`,
      ),
    )
    assert.deepEqual(new Set(verdicts), new Set(['true true', 'true false', 'false false']))
  })
})
