import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { request } from 'undici'
import { createHttpDoor } from '../../src/http/door.ts'
import { silentLog } from '../support/log.ts'
import type { Stage } from './stage.ts'
import { ANN, CHANNEL, startStage, toldTo } from './stage.ts'

const FORM = 'application/x-www-form-urlencoded'
const nowSeconds = () => Math.floor(Date.now() / 1_000)

interface Forged {
  readonly body?: string
  readonly secret?: string
  readonly at?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** A `/jit mine` of Ann, signed as told. */
async function send(stage: Stage, forged: Forged = {}): Promise<number> {
  const {
    body = commandBody(stage),
    secret = stage.slack.signingSecret,
    at = nowSeconds(),
  } = forged
  const { statusCode, body: answer } = await request(`${stage.origin}/slack/events`, {
    method: 'POST',
    headers: {
      'content-type': FORM,
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': signature(body, secret, at),
      ...forged.headers,
    },
    body,
  })
  await answer.dump()
  return statusCode
}

function signature(body: string, secret: string, at: number): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`
}

function commandBody(stage: Stage, more: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({
    command: '/jit',
    text: 'mine',
    user_id: ANN,
    channel_id: CHANNEL,
    team_id: stage.slack.teamId,
    api_app_id: stage.slack.appId,
    trigger_id: '1.2.3',
    response_url: `${stage.origin}/nowhere`,
    ...more,
  }).toString()
}

describe('createHttpReceiver', () => {
  it('takes a signed payload', async () => {
    await using stage = await startStage()
    assert.equal(await send(stage), 200)
    await stage.app.drained(2_000)
    assert.deepEqual(stage.useCases.calls, [{ method: 'requestsOf', input: ANN }])
  })

  const empty = { 'x-slack-signature': '' }
  for (const [what, forged] of [
    ['signed with another secret', { secret: 'another' }],
    ['whose signature is empty', { headers: empty }],
    ['whose signature is of another version', { headers: { 'x-slack-signature': 'v1=00' } }],
    ['from 301 seconds ago', { at: nowSeconds() - 301 }],
    ['from 310 seconds ahead', { at: nowSeconds() + 310 }],
    ['from a day ahead', { at: nowSeconds() + 86_400 }],
    ['whose time is no number', { headers: { 'x-slack-request-timestamp': '1e9' } }],
    ['whose time is empty', { headers: { 'x-slack-request-timestamp': '' } }],
  ] as const)
    it(`refuses a payload ${what}`, async () => {
      await using stage = await startStage()
      assert.equal(await send(stage, forged), 401)
      assert.deepEqual(stage.useCases.calls, [])
    })

  it('judges times by its own clock to the second', async () => {
    const at = nowSeconds()
    for (const [skew, status] of [
      [-300, 200],
      [-301, 401],
      [300, 200],
      [301, 401],
    ] as const) {
      await using stage = await startStage({ now: () => (at - skew) * 1_000 + 999 })
      assert.equal(await send(stage, { at }), status, `${skew} seconds`)
    }
  })

  it('refuses a payload without signature or time', async () => {
    await using stage = await startStage()
    const { statusCode } = await request(`${stage.origin}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: commandBody(stage),
    })
    assert.equal(statusCode, 401)
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('refuses headers that were sent twice', async () => {
    await using stage = await startStage()
    const at = nowSeconds()
    const right = signature(commandBody(stage), stage.slack.signingSecret, at)
    const twice = { 'x-slack-signature': [right, right] }
    assert.equal(await send(stage, { at, headers: twice }), 401)
    const times = { 'x-slack-request-timestamp': [String(at), String(at)] }
    assert.equal(await send(stage, { at, headers: times }), 401)
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('answers a check of the certificate and carries nothing through it', async () => {
    await using stage = await startStage()
    const { statusCode } = await request(`${stage.origin}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: commandBody(stage, { ssl_check: '1' }),
    })
    assert.equal(statusCode, 200)
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('refuses a body over 256 kB before it looks at the signature', async () => {
    await using stage = await startStage()
    const body = commandBody(stage, { padding: 'x'.repeat(256 * 1024) })
    assert.equal(await send(stage, { body, secret: 'another' }), 413)
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('logs neither body nor signature of what it refuses', async () => {
    await using stage = await startStage()
    await send(stage, { secret: 'another' })
    await send(stage, { at: nowSeconds() + 400 })
    assert.doesNotMatch(stage.logged.join(), /mine|v0=|nowhere/)
  })

  for (const [method, path, status] of [
    ['GET', '/slack/events', 405],
    ['POST', '/slack/event', 404],
    ['GET', '/', 404],
    ['POST', '/livez', 404],
  ] as const)
    it(`answers ${method} ${path} with ${status}`, async () => {
      await using stage = await startStage()
      assert.equal((await request(`${stage.origin}${path}`, { method })).statusCode, status)
    })

  it('survives an address that is none', async () => {
    await using stage = await startStage()
    const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1')
    socket.end('GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const chunks = await socket.toArray()
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 /)
    assert.equal((await request(`${stage.origin}/livez`)).statusCode, 200)
  })

  it('refuses to start on a port that is taken', async () => {
    await using stage = await startStage()
    const other = createHttpDoor({ log: silentLog, routes: [] })
    const { port } = new URL(stage.origin)
    await assert.rejects(other.start(Number(port)), { code: 'EADDRINUSE' })
  })
})

describe('healthRoutes', () => {
  async function get(stage: Stage, path: string): Promise<readonly [number, unknown]> {
    const { statusCode, body } = await request(`${stage.origin}${path}`)
    return [statusCode, await body.json()]
  }

  it('says alive, and ready when everything is', async () => {
    await using stage = await startStage()
    assert.deepEqual(await get(stage, '/livez'), [200, { ok: true }])
    assert.deepEqual(await get(stage, '/readyz'), [200, { ok: true, reasons: [] }])
  })

  it('says in code words why it is not ready, and nothing else', async () => {
    const reasons = ['database', 'connect postgres://bot:hunter2@db/jit']
    await using stage = await startStage({
      readiness: () => Promise.resolve({ ok: false, reasons }),
    })
    assert.deepEqual(await get(stage, '/readyz'), [503, { ok: false, reasons: ['database'] }])
  })

  it('is not ready when the check breaks', async () => {
    await using stage = await startStage({ readiness: () => Promise.reject(new Error('secret')) })
    assert.deepEqual(await get(stage, '/readyz'), [503, { ok: false, reasons: ['check-failed'] }])
  })
})

describe('stopping', () => {
  it('takes nothing new, and waits for acknowledged work', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('requestsOf', async () => {
      await gate.promise
      return { ok: true, value: [] }
    })
    const ack = await stage.slack.command(ANN, CHANNEL, '/jit', 'mine')
    assert.equal(ack.status, 200)
    await stage.receiver.stop(2_000)
    assert.equal(stage.receiver.isConnected(), false)
    assert.equal((await stage.slack.command(ANN, CHANNEL, '/jit', 'mine')).status, 0)
    assert.equal(stage.app.inFlight(), 1)
    assert.equal(await stage.app.drained(5), false)
    gate.resolve()
    assert.equal(await stage.app.drained(2_000), true)
    assert.deepEqual(toldTo(stage, ANN).length, 1)
  })

  it('cuts a half-sent request off at the deadline', async () => {
    await using stage = await startStage()
    const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1')
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    socket.on('error', () => {})
    socket.write('POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await stage.receiver.stop(50)
    await closed
  })
})

describe('createSocketReceiver', () => {
  it('takes payloads over the socket and answers health on the port', async () => {
    await using stage = await startStage({ socketMode: true })
    assert.equal(stage.receiver.isConnected(), true)
    assert.equal((await request(`${stage.origin}/readyz`)).statusCode, 200)
    assert.equal((await request(`${stage.origin}/slack/events`)).statusCode, 404)
    const ack = await stage.slack.command(ANN, CHANNEL, '/jit', 'mine')
    assert.equal(ack.status, 200)
    await stage.app.drained(2_000)
    assert.deepEqual(stage.useCases.calls, [{ method: 'requestsOf', input: ANN }])
  })

  it('lets go of the socket when it stops', async () => {
    await using stage = await startStage({ socketMode: true })
    await stage.receiver.stop(2_000)
    assert.equal(stage.receiver.isConnected(), false)
    await stage.slack.waitFor(() => !stage.slack.isSocketConnected)
  })
})
