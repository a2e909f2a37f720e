import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createSink } from '../../src/siem/sink.ts'
import { StreamError } from '../../src/trail/stream-batch.ts'
import type { StreamBatch } from '../../src/trail/stream-batch.ts'
import type { Fault } from '../simulators/siem/faults.ts'
import type { SiemSimulator } from '../simulators/siem/start-siem.ts'
import { startSiem } from '../simulators/siem/start-siem.ts'

const TOKEN = 'siem-token-0123456789'
const TIMEOUT_MS = 300

const batch = {
  id: 'log:1-2:ff',
  last: { seq: 2 },
  events: 2,
  body: '{"a":1}\n{"b":2}\n',
} as StreamBatch

/** What became of a batch, and how long that took. */
async function outcome(url: string, token = TOKEN) {
  await using sink = createSink({ url, token, now: Date.now, timeoutMs: TIMEOUT_MS })
  const begun = performance.now()
  try {
    await sink.send(batch)
    return { taken: true, ms: performance.now() - begun }
  } catch (error) {
    assert.ok(error instanceof StreamError, String(error))
    const { message, isPassing, retryAfterMs } = error
    return { taken: false, message, isPassing, retryAfterMs, ms: performance.now() - begun }
  }
}

describe('createSink', () => {
  let siem: SiemSimulator
  before(async () => {
    siem = await startSiem({ token: TOKEN })
  })
  after(() => siem[Symbol.asyncDispose]())

  it('posts JSON lines with the batch’s id and the token', async () => {
    assert.equal((await outcome(siem.url)).taken, true)
    const last = siem.deliveries.at(-1)
    assert.equal(last?.method, 'POST')
    assert.equal(last?.path, '/collect')
    assert.equal(last?.body, batch.body)
    assert.equal(last?.headers['content-type'], 'application/x-ndjson')
    assert.equal(last?.headers['x-jit-batch'], batch.id)
    assert.equal(last?.headers.authorization, `Bearer ${TOKEN}`)
  })

  const status = (status: number, headers: Record<string, string> = {}): Fault => ({
    kind: 'status',
    status,
    headers,
  })
  const refusals: readonly (readonly [Fault, passing: boolean, message: RegExp, wait?: number])[] =
    [
      [status(503), true, /^the SIEM answered 503$/],
      [status(429, { 'retry-after': '120' }), true, /^the SIEM answered 429$/, 120_000],
      [status(503, { 'retry-after': '99999999' }), true, /503/, 600_000],
      [status(408), true, /408/],
      [status(400), false, /^the SIEM answered 400$/],
      [status(403), false, /403: the token is not the one/],
      [status(413), false, /413: it does not take half a megabyte/],
      [{ kind: 'reset' }, true, /^the SIEM could not be talked to \(\w+\)$/],
      [{ kind: 'take-and-reset' }, true, /^the SIEM could not be talked to \(\w+\)$/],
      [{ kind: 'hang' }, true, /^the SIEM gave no answer within 300 ms$/],
    ]
  for (const [fault, passing, message, wait] of refusals)
    it(`is refused by ${JSON.stringify(fault)}, ${passing ? 'for now' : 'until somebody mends it'}`, async () => {
      siem.next(fault)
      const { taken, isPassing, retryAfterMs, ...rest } = await outcome(siem.url)
      assert.equal(taken, false)
      assert.match(rest.message ?? '', message)
      assert.equal(isPassing, passing)
      assert.equal(retryAfterMs, wait)
    })

  it('does not look at the body of an answer, however long it is or slowly it comes', async () => {
    siem.next({ kind: 'endless' }, { kind: 'drip' })
    for (const kind of ['endless', 'drip']) {
      const { taken, ms } = await outcome(siem.url)
      assert.equal(taken, true, kind)
      assert.ok(ms < 2_500, `${kind}: ${ms}`)
    }
  })

  it('follows no redirect: neither events nor the token go to another host', async () => {
    await using other = await startSiem()
    for (const code of [301, 307, 308]) {
      siem.next(status(code, { location: other.url }))
      const { isPassing, message } = await outcome(siem.url)
      assert.equal(isPassing, false)
      assert.match(message ?? '', /redirects are not followed/)
    }
    assert.deepEqual(other.deliveries, [])
  })

  it('says nothing secret about what went wrong, not even the address', async () => {
    for (const url of ['http://127.0.0.1:1/secret-path', 'http://nowhere.invalid/secret-path']) {
      const { taken, isPassing, message = '' } = await outcome(url)
      assert.deepEqual([taken, isPassing], [false, true])
      assert.doesNotMatch(message, /secret|token-|127|nowhere/)
    }
    assert.match((await outcome(siem.url, 'another')).message ?? '', /answered 401/)
  })
})
