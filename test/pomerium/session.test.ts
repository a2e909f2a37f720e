import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHttp } from '../../src/pomerium/http.ts'
import { createSession } from '../../src/pomerium/session.ts'
import {
  apiUserToken,
  failure,
  settableClock,
  startLoopback,
  tokenAnswer,
  type Handler,
} from './support.ts'

/** A session against a loopback server; `handle` gets the number of the exchange, from 1. */
async function open(handle: (exchange: number) => ReturnType<Handler>) {
  const clock = settableClock()
  const loopback = await startLoopback(() => handle(loopback.calls.length))
  const http = createHttp({ baseUrl: loopback.baseUrl, now: clock.now, timeoutMs: 2_000 })
  const warnings: string[] = []
  const log = { debug: () => undefined, warn: (_: object, text: string) => warnings.push(text) }
  return {
    clock,
    warnings,
    session: createSession({ http, apiUserToken, now: clock.now, log }),
    calls: loopback.calls,
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]()
      await loopback[Symbol.asyncDispose]()
    },
  }
}

const numbered =
  (seconds = '3600') =>
  (exchange: number) =>
    tokenAnswer(`id-${exchange}`, seconds)

describe('createSession', () => {
  it('exchanges the API user token without an authorization header', async () => {
    await using world = await open(numbered())
    assert.equal(await world.session.idToken(), 'id-1')
    assert.deepEqual(world.calls, [
      {
        method: 'POST',
        url: '/api/v0/token',
        authorization: undefined,
        body: { refreshToken: apiUserToken },
      },
    ])
  })

  it('exchanges once for callers at the same time', async () => {
    await using world = await open(numbered())
    const tokens = await Promise.all(Array.from({ length: 50 }, () => world.session.idToken()))
    assert.deepEqual(new Set(tokens), new Set(['id-1']))
    assert.equal(world.calls.length, 1)
  })

  it('renews when less than a minute is left', async () => {
    await using world = await open(numbered())
    await world.session.idToken()
    world.clock.advance(3_539_999)
    assert.equal(await world.session.idToken(), 'id-1')
    world.clock.advance(1)
    assert.equal(await world.session.idToken(), 'id-2')
  })

  it('renews a short-lived token in the second half of its life', async () => {
    await using world = await open(numbered('30'))
    await world.session.idToken()
    world.clock.advance(14_999)
    assert.equal(await world.session.idToken(), 'id-1')
    world.clock.advance(1)
    assert.equal(await world.session.idToken(), 'id-2')
  })

  it('uses a token to its end while the renewal fails', async () => {
    await using world = await open((exchange) =>
      exchange === 1 ? tokenAnswer('id-1') : { status: 503, text: 'busy' },
    )
    await world.session.idToken()
    world.clock.advance(3_540_000)
    assert.equal(await world.session.idToken(), 'id-1')
    assert.equal(await world.session.idToken(), 'id-1')
    assert.equal(world.calls.length, 2, 'the renewal is not tried for every call')
    assert.deepEqual(world.warnings, ['ID token not renewed in time, using it to its end'])
    world.clock.advance(60_000)
    assert.deepEqual(await failure(world.session.idToken()), {
      code: 'unavailable',
      retryable: true,
      ambiguous: false,
      retryAfterMs: undefined,
      message: 'POST token: 503 after 0 ms: busy',
    })
  })

  it('does not remember a failure', async () => {
    await using world = await open((exchange) =>
      exchange === 1 ? { status: 500, text: '' } : tokenAnswer('id-2'),
    )
    assert.equal((await failure(world.session.idToken())).code, 'unavailable')
    assert.equal(await world.session.idToken(), 'id-2')
  })

  it('names the API user token when it is refused, without showing it', async () => {
    for (const status of [400, 401, 403]) {
      await using world = await open(() => ({
        status,
        json: { error: `refresh token ${apiUserToken} is unknown` },
      }))
      assert.deepEqual(await failure(world.session.idToken()), {
        code: 'unauthorized',
        retryable: false,
        ambiguous: false,
        retryAfterMs: undefined,
        message: `POST token: ${status} after 0 ms: refresh token [removed] is unknown; check the API user token`,
      })
    }
  })

  it('says how long to wait when there are too many exchanges', async () => {
    await using world = await open(() => ({
      status: 429,
      headers: { 'retry-after': '20' },
      text: '',
    }))
    const { code, retryAfterMs } = await failure(world.session.idToken())
    assert.deepEqual([code, retryAfterMs], ['rate-limited', 20_000])
  })

  it('refuses an answer without a usable token', async () => {
    const answers = [
      { json: { idToken: 'id', expiresInSeconds: 3600 } },
      { json: { idToken: 'id', expiresInSeconds: '0' } },
      { json: { idToken: 'id', expiresInSeconds: '1e3' } },
      { json: { idToken: '', expiresInSeconds: '3600' } },
      { json: { idToken: 'a\r\nb', expiresInSeconds: '3600' } },
      { json: { expiresInSeconds: '3600' } },
      { text: '<html>' },
      { text: '' },
    ]
    for (const answer of answers) {
      await using world = await open(() => answer)
      const { code, ambiguous } = await failure(world.session.idToken())
      assert.deepEqual([code, ambiguous], ['invalid-answer', false])
    }
  })

  it('replaces a refused token once, however many callers were refused', async () => {
    await using world = await open(numbered())
    await world.session.idToken()
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => world.session.replace('id-1')),
    )
    assert.deepEqual(new Set(tokens), new Set(['id-2']))
    assert.equal(await world.session.replace('id-1'), 'id-2', 'a late refusal of the old token')
    assert.equal(world.calls.length, 2)
  })
})
