import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { createClient, valueOf, type Call } from '../../src/pomerium/client.ts'
import {
  apiUserToken,
  authorized,
  failure,
  settableClock,
  startLoopback,
  tokenAnswer,
  type Handler,
  type Loopback,
} from './support.ts'

const call: Call<{ id: string }> = {
  method: 'PUT',
  write: true,
  what: 'policy pol_1',
  path: ['policies', 'pol_1'],
  body: {},
  schema: z.object({ id: z.string() }),
}

function open(loopback: Loopback, log?: Parameters<typeof createClient>[0]['log']) {
  const { now } = settableClock()
  return createClient({ baseUrl: loopback.baseUrl, apiUserToken, now, timeoutMs: 2_000, log })
}

/** A server whose token exchange numbers its tokens, and that refuses those that `isGood` does not like. */
const picky =
  (isGood: (idToken: string) => boolean, exchanged: { count: number }): Handler =>
  (seen) => {
    if (seen.url === '/api/v0/token') {
      exchanged.count += 1
      return tokenAnswer(`id-${exchanged.count}`)
    }
    const idToken = seen.authorization?.replace('Bearer ', '') ?? ''
    return isGood(idToken) ? { json: { id: idToken } } : { status: 401, json: { error: 'expired' } }
  }

describe('createClient', () => {
  it('exchanges again and repeats the call once after a 401', async () => {
    const exchanged = { count: 0 }
    await using loopback = await startLoopback(picky((token) => token === 'id-2', exchanged))
    await using client = open(loopback)
    assert.deepEqual(valueOf(await client.ask(call)), { id: 'id-2' })
    assert.deepEqual(
      loopback.calls.map(({ method, authorization }) => [method, authorization]),
      [
        ['POST', undefined],
        ['PUT', 'Bearer id-1'],
        ['POST', undefined],
        ['PUT', 'Bearer id-2'],
      ],
    )
  })

  it('gives up after the second 401', async () => {
    const exchanged = { count: 0 }
    await using loopback = await startLoopback(picky(() => false, exchanged))
    await using client = open(loopback)
    assert.deepEqual(await failure(client.ask(call).then(valueOf)), {
      code: 'unauthorized',
      retryable: false,
      ambiguous: false,
      retryAfterMs: undefined,
      message: 'PUT policy pol_1: 401 after 0 ms: expired',
    })
    assert.equal(loopback.calls.length, 4)
  })

  it('exchanges once when many calls meet a 401 together', async () => {
    const exchanged = { count: 0 }
    await using loopback = await startLoopback(picky((token) => token !== 'id-1', exchanged))
    await using client = open(loopback)
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.ask(call)))
    assert.deepEqual(new Set(answers.map((answer) => valueOf(answer).id)), new Set(['id-2']))
    assert.equal(exchanged.count, 2)
  })

  it('does not call a write ambiguous that never left for want of a token', async () => {
    await using loopback = await startLoopback(() => ({ status: 500, text: '' }))
    await using client = open(loopback)
    const { code, ambiguous } = await failure(client.ask(call))
    assert.deepEqual([code, ambiguous], ['unavailable', false])
  })

  it('passes on how long the server asks to wait, by its own clock', async () => {
    await using loopback = await startLoopback(
      authorized(() => ({
        status: 429,
        headers: { 'retry-after': 'Fri, 20 Nov 2026 10:00:45 GMT' },
        text: 'slow down',
      })),
    )
    await using client = open(loopback)
    assert.deepEqual(await failure(client.ask(call).then(valueOf)), {
      code: 'rate-limited',
      retryable: true,
      ambiguous: false,
      retryAfterMs: 45_000,
      message: 'PUT policy pol_1: 429 after 0 ms: slow down',
    })
  })

  it('encodes ids, and sends none that would change the path', async () => {
    await using loopback = await startLoopback(authorized(() => ({ json: { id: '' } })))
    await using client = open(loopback)
    await client.ask({ ...call, path: ['policies', 'a/../b?c#d e'], query: { q: 'é&=' } })
    assert.equal(
      loopback.calls.at(-1)?.url,
      '/api/v0/policies/a%2F..%2Fb%3Fc%23d%20e?q=%C3%A9%26%3D',
    )
    const before = loopback.calls.length
    for (const id of ['', '.', '..']) {
      const { code, ambiguous } = await failure(client.ask({ ...call, path: ['policies', id] }))
      assert.deepEqual([code, ambiguous], ['rejected', false])
    }
    assert.equal(loopback.calls.length, before)
  })

  it('refuses a success that is not what the contract says; a write has happened', async () => {
    const answers = [
      { text: '<html><body>Welcome</body></html>', headers: { 'content-type': 'text/html' } },
      { text: '{"id":' },
      { text: '' },
      { json: { id: 7 } },
      { json: [] },
    ]
    for (const answer of answers) {
      await using loopback = await startLoopback(authorized(() => answer))
      await using client = open(loopback)
      const { code, retryable, ambiguous } = await failure(client.ask(call))
      assert.deepEqual([code, retryable, ambiguous], ['invalid-answer', true, true])
    }
  })

  it('refuses a body that cannot be written', async () => {
    await using loopback = await startLoopback(authorized(() => ({ json: { id: '' } })))
    await using client = open(loopback)
    const { code } = await failure(client.ask({ ...call, body: 1n }))
    assert.equal(code, 'rejected')
  })

  it('logs each call without a token or a body', async () => {
    const lines: unknown[] = []
    const log = {
      debug: (fields: object, text: string) => lines.push([fields, text]),
      warn: (fields: object, text: string) => lines.push([fields, text]),
    }
    await using loopback = await startLoopback(authorized(() => ({ json: { id: 'secret-id' } })))
    await using client = open(loopback, log)
    await client.ask(call)
    assert.deepEqual(lines, [
      [{ method: 'PUT', what: 'policy pol_1', status: 200, durationMs: 0 }, 'pomerium call'],
    ])
  })

  it('shows neither the API user token nor the ID token that a server echoes', async () => {
    await using loopback = await startLoopback(
      authorized((seen) => ({
        status: 422,
        json: { error: `bad ${seen.authorization}, was ${apiUserToken}` },
      })),
    )
    await using client = open(loopback)
    const { message } = await failure(client.ask(call).then(valueOf))
    assert.equal(message, 'PUT policy pol_1: 422 after 0 ms: bad Bearer [removed] was [removed]')
  })
})
