import type { RequestListener } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createAssertionVerifier } from '../../src/web/assertion.ts'
import type { Verified } from '../../src/web/assertion.ts'
import { keysAt } from '../../src/web/key-set-remote.ts'
import { createSigner } from '../simulators/pomerium/assertions.ts'
import { ALEX, HEADER, NOW, ORIGIN } from './assertion-tokens.ts'
import { sends, startKeyServer } from './assertion-key-server.ts'

const MINUTE = 60_000

/** A verifier that gets its keys over HTTP, all on one settable clock. */
async function aHouse(answer?: RequestListener, timeoutMs = 10_000) {
  const clock = { ms: NOW }
  const now = () => clock.ms
  const logged: (readonly [object, string])[] = []
  const signer = createSigner({ now })
  const keys = await startKeyServer(answer ?? sends(() => signer.jwks()))
  const verify = createAssertionVerifier({
    keySet: keysAt({ url: keys.url }, { now, timeoutMs }),
    origin: ORIGIN,
    now,
    log: { error: (fields, message) => logged.push([fields, message]) },
  })
  return {
    clock,
    signer,
    keys,
    logged,
    mint: () => signer.mint(ALEX),
    try: (token: string) => verify({ headersDistinct: { [HEADER]: [token] } }),
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
}

/** What becomes of it, in one word. */
function gist(verified: Verified): string {
  return verified.ok ? 'accepted' : `${verified.status} ${verified.why}`
}

describe('createAssertionVerifier, with a published key set', () => {
  it('fetches the keys once for thousands of assertions, also when they come at once', async () => {
    await using house = await aHouse()
    assert.equal(house.keys.fetches, 0)
    const token = house.mint()
    const first = await Promise.all(Array.from({ length: 200 }, async () => house.try(token)))
    for (let n = 0; n < 1_000; n += 1) first.push(await house.try(token))
    assert.deepEqual(new Set(first.map(gist)), new Set(['accepted']))
    assert.equal(house.keys.fetches, 1)
  })

  it('fetches them again after ten minutes', async () => {
    await using house = await aHouse()
    await house.try(house.mint())
    house.clock.ms += 10 * MINUTE - 1
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    assert.equal(house.keys.fetches, 1)
    house.clock.ms += 1
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    assert.equal(house.keys.fetches, 2)
  })

  it('never goes by keys that are older, when there are no newer ones (F40)', async () => {
    await using house = await aHouse()
    await house.try(house.mint())
    house.keys.answer = sends(() => 'down', 502)
    house.clock.ms += 10 * MINUTE - 1
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    house.clock.ms += 1
    assert.equal(gist(await house.try(house.mint())), '503 status')
  })

  it('does not trust keys for longer when the clock is set back', async () => {
    await using house = await aHouse()
    await house.try(house.mint())
    house.clock.ms -= 1
    house.keys.answer = sends(() => 'down', 502)
    assert.equal(gist(await house.try(house.mint())), '503 status')
  })

  it('takes a new key at once, and the one before as long as it is published (F40)', async () => {
    await using house = await aHouse()
    const before = house.mint()
    await house.try(before)
    house.clock.ms += 10_000
    house.signer.rotate()
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    assert.equal(gist(await house.try(before)), 'accepted')
    assert.equal(house.keys.fetches, 2)
  })

  it('ends a key that is withdrawn with the next fetch (F40)', async () => {
    await using house = await aHouse()
    const before = house.mint()
    await house.try(before)
    house.signer.rotate()
    house.signer.withdraw()
    assert.equal(gist(await house.try(before)), 'accepted')
    house.clock.ms += 10_000
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    assert.equal(gist(await house.try(before)), '401 key')
  })

  it('looks for an unknown kid once in ten seconds, whoever asks how often (F40)', async () => {
    await using house = await aHouse()
    const stranger = createSigner({ now: () => house.clock.ms })
    const forged = () => stranger.mint(ALEX)
    await house.try(house.mint())
    for (let n = 0; n < 50; n += 1) assert.equal(gist(await house.try(forged())), '401 key')
    assert.equal(house.keys.fetches, 1)
    house.clock.ms += 10_000
    const all = await Promise.all(Array.from({ length: 50 }, async () => house.try(forged())))
    assert.deepEqual(new Set(all.map(gist)), new Set(['401 key']))
    assert.equal(house.keys.fetches, 2)
    assert.equal(gist(await house.try(house.mint())), 'accepted')
  })

  it('sees keys change between two looks of one verification', async () => {
    await using house = await aHouse()
    await house.try(house.mint())
    house.clock.ms += 10_000
    house.signer.rotate()
    house.keys.answer = (request, response) => {
      // The key that signed is gone by the time that it is looked for.
      house.signer.rotate()
      house.signer.withdraw()
      sends(() => house.signer.jwks())(request, response)
    }
    assert.equal(gist(await house.try(house.mint())), '401 key')
    assert.equal(gist(await house.try(house.mint())), 'accepted')
  })

  it('cannot tell an unknown kid from a new key while the set cannot be had', async () => {
    await using house = await aHouse()
    const known = house.mint()
    await house.try(known)
    house.clock.ms += 10_000
    house.signer.rotate()
    house.keys.answer = sends(() => 'down', 500)
    assert.equal(gist(await house.try(house.mint())), '503 status')
    assert.equal(gist(await house.try(known)), 'accepted')
  })

  it('asks again a second after a failure, and not before', async () => {
    await using house = await aHouse(sends(() => 'down', 500))
    const [one, two] = [await house.try(house.mint()), await house.try(house.mint())]
    assert.deepEqual([gist(one), gist(two), house.keys.fetches], ['503 status', '503 status', 1])
    house.keys.answer = sends(() => house.signer.jwks())
    house.clock.ms += 999
    assert.equal(gist(await house.try(house.mint())), '503 status')
    house.clock.ms += 1
    assert.equal(gist(await house.try(house.mint())), 'accepted')
    assert.equal(house.keys.fetches, 2)
  })

  it('says so once a minute, without anything of an assertion', async () => {
    await using house = await aHouse(sends(() => 'down', 500))
    for (let n = 0; n < 60; n += 1) {
      await house.try(house.mint())
      house.clock.ms += 1_000
    }
    const line = [
      { code: 'status', reason: `GET ${house.keys.url}: 500` },
      'assertions cannot be verified',
    ] as const
    assert.deepEqual(house.logged, [line])
    await house.try(house.mint())
    assert.deepEqual(house.logged, [line, line])
  })

  it('says nothing of a bad assertion', async () => {
    await using house = await aHouse()
    assert.equal(gist(await house.try(`${house.mint()}x`)), '401 malformed')
    assert.equal(gist(await house.try(createSigner({ now: () => NOW }).mint(ALEX))), '401 key')
    assert.deepEqual(house.logged, [])
  })

  const redirects = (status: number) => (signer: Signer) => {
    return ((request, response) => {
      if (request.url === '/keys') sends(() => signer.jwks())(request, response)
      else response.writeHead(status, { location: '/keys' }).end()
    }) satisfies RequestListener
  }
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const only = (change: (key: Jwk) => object) => (signer: Signer) =>
    sends(() => ({ keys: signer.jwks().keys.map(change) }))
  const says = (body: object | string, status?: number) => () => sends(() => body, status)

  const table: readonly (readonly [string, string, (signer: Signer) => RequestListener])[] = [
    ['is not there', '503 status', says('nothing here', 404)],
    ['fails', '503 status', says({ keys: [] }, 500)],
    ['has no content', '503 status', says('', 204)],
    ['is a part', '503 status', says({ keys: [] }, 206)],
    ['has moved for good', '503 status', redirects(301)],
    ['has moved for now', '503 status', redirects(302)],
    ['has moved with its method', '503 status', redirects(307)],
    ['has moved with its method for good', '503 status', redirects(308)],
    ['is a page for people', '503 not-json', says('<!doctype html><title>Sign in</title>')],
    ['is empty', '503 not-json', says('')],
    ['is cut off', '503 not-json', says('{"keys":[')],
    ['is null', '503 not-a-key-set', says('null')],
    ['is a list', '503 not-a-key-set', says([])],
    ['is one key', '503 not-a-key-set', (signer) => sends(() => signer.jwks().keys[0] ?? {})],
    ['has keys that are text', '503 not-a-key-set', says({ keys: ['key'] })],
    ['has no keys', '503 no-usable-key', says({ keys: [] })],
    ['has only keys for encryption', '503 no-usable-key', only((key) => ({ ...key, use: 'enc' }))],
    [
      'has only keys that sign',
      '503 no-usable-key',
      only((key) => ({ ...key, key_ops: ['sign'] })),
    ],
    ['has only keys without kid', '503 no-usable-key', only(({ kid: _kid, ...key }) => key)],
    [
      'has only keys of another curve',
      '503 no-usable-key',
      only((key) => ({ ...key, crv: 'P-384' })),
    ],
    [
      'has only keys of another algorithm',
      '503 no-usable-key',
      only((key) => ({ ...key, alg: 'ES384' })),
    ],
    ['has a point beside the curve', '503 no-usable-key', only((key) => ({ ...key, y: key['x'] }))],
    [
      'has an RSA key of 1024 bits',
      '503 no-usable-key',
      says({ keys: [{ ...weak.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' }] }),
    ],
    ['has a private key', '503 secret-key', only((key) => ({ ...key, d: key['x'] }))],
    [
      'has a secret for HMAC',
      '503 secret-key',
      (signer) =>
        sends(() => ({
          keys: [...signer.jwks().keys, { kty: 'oct', kid: 'hmac', k: 'c2VjcmV0' }],
        })),
    ],
    [
      'has two keys under one kid',
      '503 ambiguous-kid',
      (signer) => sends(() => ({ keys: [...signer.jwks().keys, ...otherKey(signer)] })),
    ],
    [
      'has the same key twice',
      'accepted',
      (signer) => sends(() => ({ keys: [...signer.jwks().keys, ...signer.jwks().keys] })),
    ],
    [
      'has keys of kinds to come',
      'accepted',
      (signer) =>
        sends(() => ({ keys: [{ kty: 'AKP', kid: 'x', pub: 'y' }, ...signer.jwks().keys] })),
    ],
    ['names no algorithm', 'accepted', only(({ alg: _alg, use: _use, ...key }) => key)],
    [
      'has 64 kB',
      '503 too-large',
      (signer) => sends(() => ({ ...signer.jwks(), more: 'x'.repeat(65_536) })),
    ],
    ['has no end', '503 too-large', () => endless],
    ['does not answer', '503 timed-out', () => () => {}],
    [
      'does not come to an end',
      '503 timed-out',
      () => (_request, response) => void response.writeHead(200).write('{"keys":'),
    ],
    ['hangs up', '503 unreachable', () => (request) => void request.socket.destroy()],
    [
      'breaks off',
      '503 unreachable',
      () => (_request, response) =>
        void response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    ],
  ]
  for (const [name, expected, answer] of table)
    it(`answers ${expected.split(' ')[0]} when the key set ${name} (F40)`, async () => {
      await using house = await aHouse(undefined, expected.endsWith('timed-out') ? 50 : 10_000)
      house.keys.answer = answer(house.signer)
      assert.equal(gist(await house.try(house.mint())), expected)
      assert.equal(house.keys.fetches, 1)
    })

  it('answers 503 when nobody is at the address (F40)', async () => {
    await using house = await aHouse()
    await house.keys[Symbol.asyncDispose]()
    assert.equal(gist(await house.try(house.mint())), '503 unreachable')
  })

  it('refuses what can be seen without a key, whatever the key set does', async () => {
    await using house = await aHouse(sends(() => 'down', 500))
    assert.equal(gist(await house.try('')), '401 malformed')
    assert.equal(
      gist(await house.try(house.signer.mint({ ...ALEX, header: { alg: 'HS256' } }))),
      '401 algorithm',
    )
    assert.equal(house.keys.fetches, 0)
  })
})

type Signer = ReturnType<typeof createSigner>
type Jwk = ReturnType<Signer['jwks']>['keys'][number]

/** Another key under the first one's kid. */
function otherKey(signer: Signer): readonly object[] {
  const kid = signer.jwks().keys[0]?.['kid']
  return createSigner({ now: () => NOW })
    .jwks()
    .keys.map((key) => ({ ...key, kid }))
}

const endless: RequestListener = (_request, response) => {
  const chunk = Buffer.alloc(16_384, ' ')
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.writeHead(200).on('drain', more)
  more()
}
