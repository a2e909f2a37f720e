import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { RemoteRegoOptions } from '../../src/opa/remote.ts'
import { createRemoteRego } from '../../src/opa/remote.ts'
import { selfSigned } from '../simulators/opa/certificate.ts'
import type { Fault } from '../simulators/opa/faults.ts'
import type { OpaSimulator } from '../simulators/opa/start-opa.ts'
import { startOpa } from '../simulators/opa/start-opa.ts'
import {
  NEEDS_APPROVAL,
  PATH,
  QUESTION_HASH,
  QUESTION_TEXT,
  gist,
  question,
  tickingClock,
} from './support.ts'

const SHORT_MS = 120

function remote(opa: Pick<OpaSimulator, 'url'>, options: Partial<RemoteRegoOptions> = {}) {
  return createRemoteRego({ url: opa.url, path: PATH, now: tickingClock(2), ...options })
}

/** What a question comes to that meets these faults, and how often it was put. */
async function outcome(faults: readonly Fault[], options: Partial<RemoteRegoOptions> = {}) {
  await using opa = await startOpa()
  opa.define(PATH, () => NEEDS_APPROVAL)
  opa.next(...faults)
  await using rego = remote(opa, options)
  return [gist(await rego.ask(question)), opa.questions.length] as const
}

const WHAT = 'POST v1/data/jit/decision at OPA'

describe('createRemoteRego', () => {
  it('puts the question as the data API wants it', async () => {
    await using opa = await startOpa({ token: 's3cret-token' })
    opa.define('jit/de cision', () => NEEDS_APPROVAL)
    await using rego = remote(
      { url: `${opa.url}/` },
      { token: 's3cret-token', path: 'jit/de cision' },
    )
    assert.equal(gist(await rego.ask(question)), 'needs_approval')
    const [asked] = opa.questions
    assert.ok(asked !== undefined)
    const { headers, ...seen } = asked
    assert.deepEqual(seen, {
      path: '/v1/data/jit/de%20cision',
      query: '?provenance=true',
      body: `{"input":${QUESTION_TEXT}}`,
    })
    const { authorization, 'content-type': type } = headers
    assert.deepEqual([authorization, type], ['Bearer s3cret-token', 'application/json'])
  })

  it('keeps the id of the decision, the revisions of the bundles and the version of the policy', async () => {
    await using opa = await startOpa({
      decisionIds: ['d-1'],
      bundles: { b: 'r2', a: 'r1' },
    })
    const reasons = [{ code: 'no', text: 'Not today' }]
    opa.define(PATH, () => ({ v: 1, effect: 'deny', reasons, policy_version: '7' }))
    await using rego = remote(opa)
    assert.deepEqual(await rego.ask(question), {
      type: 'decision',
      decision: { effect: 'deny', reasons, narrowing: { constraints: [] } },
      trace: {
        engine: 'opa',
        inputHash: QUESTION_HASH,
        latencyMs: 2,
        decisionId: 'd-1',
        bundleRevision: 'a@r1 b@r2',
        policyVersion: '7',
      },
    })
  })

  it('decides nothing on a 200 without a result, whatever else it says (F35)', async () => {
    await using opa = await startOpa({ decisionIds: ['d-1'], bundles: {} })
    await using rego = remote(opa)
    assert.deepEqual(await rego.ask(question), {
      type: 'no-decision',
      cause: 'undefined',
      detail: 'the policy defines no decision for this input',
      trace: { engine: 'opa', inputHash: QUESTION_HASH, latencyMs: 2, decisionId: 'd-1' },
    })
  })

  it('decides nothing on a document that is not one of version 1 (F35)', async () => {
    const documents = [
      true,
      null,
      [],
      'allow',
      {},
      { v: 2, effect: 'allow' },
      { v: 1, effect: 'maybe' },
      { v: 1, allow: true },
    ]
    for (const result of documents) {
      const text = JSON.stringify({ result })
      const [said, times] = await outcome([{ kind: 'text', text }])
      assert.match(said, /^invalid: the decision document is unusable: /, text)
      assert.equal(times, 1)
    }
  })

  it('decides nothing on a 200 that is not the JSON of the data API', async () => {
    const texts = [
      '',
      '{"result":{"v":1,"effect":"allow"}',
      '<html>sign in</html>',
      '[]',
      '"allow"',
      'null',
      Buffer.from('{"result":{"v":1,"effect":"allow","policy_version":"\xff"}}', 'latin1'),
    ]
    const invalid = `invalid: ${WHAT}: 200 with a body that is not the JSON of the data API`
    for (const text of texts)
      assert.deepEqual(await outcome([{ kind: 'text', text }]), [invalid, 1], String(text))
  })

  it('decides nothing on any other status, even when a decision comes with it (F35)', async () => {
    const body = JSON.stringify({ result: { v: 1, effect: 'allow' } })
    for (const status of [201, 204, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503]) {
      const fault: Fault = { kind: 'status', status, body }
      assert.deepEqual(await outcome([fault]), [`error: ${WHAT}: ${status}`, 1])
    }
  })

  it('says what OPA says of a problem, without the token', async () => {
    const message = `who is\n"Bearer s3cret-token"? ${'x'.repeat(500)}`
    const body = JSON.stringify({ code: 'internal_error', message })
    const [said] = await outcome([{ kind: 'status', status: 500, body }], { token: 's3cret-token' })
    assert.ok(
      said.startsWith(`error: ${WHAT}: 500: internal_error: who is "Bearer [removed]"? xxx`),
      said,
    )
    assert.ok(said.length < 320)
  })

  it('is told apart by OPA from whoever has the token', async () => {
    await using opa = await startOpa({ token: 'right-token' })
    opa.define(PATH, () => NEEDS_APPROVAL)
    await using rego = remote(opa, { token: 'wrong-token' })
    assert.equal(
      gist(await rego.ask(question)),
      `error: ${WHAT}: 401: unauthorized: request rejected by administrative policy`,
    )
  })

  it('goes nowhere else when it is redirected', async () => {
    await using other = await startOpa()
    other.define(PATH, () => NEEDS_APPROVAL)
    const to = `${other.url}/v1/data/${PATH}`
    assert.deepEqual(await outcome([{ kind: 'redirect', to }]), [`error: ${WHAT}: 307`, 1])
    assert.deepEqual(other.questions, [])
  })

  it('waits no longer than its budget, and does not ask again (F35)', async () => {
    const silence = `unavailable: ${WHAT}: no answer within ${SHORT_MS} ms`
    for (const kind of ['hang', 'drip'] as const)
      assert.deepEqual(await outcome([{ kind }], { budgetMs: SHORT_MS }), [silence, 1])
  })

  it('reads no more than 64 kB, and just that much (F35)', async () => {
    const fill = (length: number): Fault => {
      const text = JSON.stringify({ result: NEEDS_APPROVAL })
      return { kind: 'text', text: text.padEnd(length) }
    }
    const tooLong = `unavailable: ${WHAT}: 200 with a body over 65536 bytes`
    assert.deepEqual(await outcome([{ kind: 'endless' }]), [tooLong, 1])
    assert.deepEqual(await outcome([fill(65_537)]), [tooLong, 1])
    assert.deepEqual(await outcome([fill(65_536)]), ['needs_approval', 1])
  })

  it('asks once more when the connection breaks', async () => {
    for (const kind of ['reset', 'cut-off'] as const)
      assert.deepEqual(await outcome([{ kind }]), ['needs_approval', 2])
    const [said, times] = await outcome([{ kind: 'reset' }, { kind: 'reset' }])
    assert.match(said, /^unavailable: .*: the connection failed \((ECONNRESET|UND_ERR_SOCKET)\)$/)
    assert.equal(times, 2)
  })

  it('stays within the one budget when it asks once more', async () => {
    const said = await outcome([{ kind: 'reset' }, { kind: 'hang' }], { budgetMs: SHORT_MS })
    assert.deepEqual(said, [`unavailable: ${WHAT}: no answer within ${SHORT_MS} ms`, 2])
  })

  it('decides nothing when nobody listens, or no such host is known (F35)', async () => {
    const gone = await startOpa()
    await gone[Symbol.asyncDispose]()
    await using refused = remote(gone)
    assert.equal(
      gist(await refused.ask(question)),
      `unavailable: ${WHAT}: the connection failed (ECONNREFUSED)`,
    )
    await using unknown = remote({ url: 'http://opa.invalid' })
    const said = gist(await unknown.ask(question))
    assert.match(
      said,
      /^unavailable: .*(the connection failed \((ENOTFOUND|EAI_AGAIN)\)|no answer)/,
    )
  })

  it('trusts the given authority, and without it nobody who signed for themselves', async () => {
    const tls = selfSigned()
    await using opa = await startOpa({ tls })
    opa.define(PATH, () => NEEDS_APPROVAL)
    await using trusting = remote(opa, { ca: tls.cert })
    assert.equal(gist(await trusting.ask(question)), 'needs_approval')
    await using strict = remote(opa)
    assert.match(gist(await strict.ask(question)), /^unavailable: .*\(\w*SELF_SIGNED\w*\)$/)
    await using other = remote(opa, { ca: selfSigned().cert })
    assert.match(gist(await other.ask(question)), /^unavailable: .*the connection failed/)
    assert.equal(opa.questions.length, 1)
  })

  it('decides nothing when something else than TLS answers', async () => {
    const server = createServer((socket) => socket.resume().end('220 mail.example.com ESMTP\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await using _ = { [Symbol.asyncDispose]: () => promisify(server.close.bind(server))() }
    const { port } = server.address() as AddressInfo
    await using rego = remote({ url: `https://127.0.0.1:${port}` })
    assert.match(gist(await rego.ask(question)), /^unavailable: .*the connection failed \(ERR_SSL/)
  })

  it('decides nothing on an input that is not JSON, and asks nobody', async () => {
    await using opa = await startOpa()
    await using rego = remote(opa)
    const answer = await rego.ask({ stage: 'request', input: { reason: '\ud800' } })
    assert.deepEqual(answer, {
      type: 'no-decision',
      cause: 'error',
      detail: 'the question failed: RangeError: no canonical JSON for text with a lone surrogate',
      trace: { engine: 'opa', inputHash: '', latencyMs: 2 },
    })
    assert.deepEqual(opa.questions, [])
  })

  it('lets a question under way end before it closes, and answers none afterwards', async () => {
    await using opa = await startOpa()
    opa.define(PATH, () => NEEDS_APPROVAL)
    const rego = remote(opa)
    const asked = rego.ask(question)
    await rego[Symbol.asyncDispose]()
    assert.equal(gist(await asked), 'needs_approval')
    assert.match(gist(await rego.ask(question)), /^unavailable: /)
    await rego[Symbol.asyncDispose]()
  })
})
