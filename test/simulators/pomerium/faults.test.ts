import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { arrange, onList, onPut, ppl, rawList } from './arrange-faults.ts'
import { exchange, policyBody } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

describe('faults', () => {
  for (const status of [401, 403, 404, 409, 429, 500, 502, 503]) {
    it(`answers ${status} as often as told, applies nothing, and then behaves`, async () => {
      await using sim = await startPomerium()
      const { id, put } = await arrange(sim)
      const fault = onPut(sim, { kind: 'status', status, message: 'broken' }, 2)
      assert.deepEqual(await put(), { status, body: { error: 'broken' } })
      assert.equal((await put()).status, status)
      assert.deepEqual([sim.policy(id)?.ppl, fault.hits], [[], 2])
      assert.equal((await put()).status, 200)
    })
  }

  it('says how long to wait, in seconds or as an HTTP date', async () => {
    await using sim = await startPomerium()
    const retryAt = new Date('2030-01-02T03:04:05Z')
    onList(sim, { kind: 'status', status: 429, retryAfter: 7 })
    onList(sim, { kind: 'status', status: 429, retryAfter: retryAt })
    const answers = [await rawList(sim), await rawList(sim)]
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.headers.get('retry-after')]),
      [
        [429, '7'],
        [429, 'Wed, 02 Jan 2030 03:04:05 GMT'],
      ],
    )
  })

  it('meets only the method and path it names', async () => {
    await using sim = await startPomerium()
    const { id, call, put } = await arrange(sim)
    const token = sim.faults.add({ path: '/token', effect: { kind: 'status', status: 503 } })
    sim.faults.add({ path: /\/policies\/nothing$/, effect: { kind: 'status', status: 503 } })
    assert.equal((await call('GET', `/policies/${id}`)).status, 200)
    assert.equal((await put()).status, 200)
    assert.equal(token.hits, 0)
    token.remove()
    assert.equal(typeof (await exchange(sim)), 'string')
  })

  it('resets the connection before applying', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    onPut(sim, { kind: 'reset' })
    await assert.rejects(put(), TypeError)
    assert.deepEqual(sim.policy(id)?.ppl, [])
    assert.equal(sim.requests.at(-1)?.status, 'reset')
  })

  it('resets the connection after applying', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    onPut(sim, { kind: 'apply-then-reset' })
    await assert.rejects(put(), TypeError)
    assert.deepEqual(sim.policy(id)?.ppl, ppl)
  })

  it('never answers a hung request and does not apply it', async () => {
    await using sim = await startPomerium()
    const { id, call } = await arrange(sim)
    onPut(sim, { kind: 'hang' })
    const patience = new AbortController()
    const body = policyBody(sim, { name: 'jit', ppl })
    const pending = call('PUT', `/policies/${id}`, body, { signal: patience.signal })
    await sim.waitFor(() => sim.requests.at(-1)?.status === 'hung')
    patience.abort()
    await assert.rejects(pending, { name: 'AbortError' })
    assert.deepEqual(sim.policy(id)?.ppl, [])
  })

  it('answers 504 now and lands the write over newer ones later', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    onPut(sim, { kind: 'apply-late', answer: 504 })
    assert.equal((await put()).status, 504)
    sim.edit(id, (policy) => ({ ...policy, description: 'newer' }))
    assert.deepEqual(sim.policy(id)?.ppl, [])
    assert.equal(sim.landLateWrites(), 1)
    assert.deepEqual(
      [sim.policy(id)?.ppl, sim.policy(id)?.description],
      [ppl, 'Managed by the bot'],
    )
    assert.equal(sim.landLateWrites(), 0)
  })

  it('never answers a late write that is told not to', async () => {
    await using sim = await startPomerium()
    const { id, call } = await arrange(sim)
    onPut(sim, { kind: 'apply-late', answer: 'never' })
    const patience = new AbortController()
    const body = policyBody(sim, { name: 'jit', ppl })
    const pending = call('PUT', `/policies/${id}`, body, { signal: patience.signal })
    await sim.waitFor(() => sim.requests.at(-1)?.status === 'hung')
    patience.abort()
    await assert.rejects(pending, { name: 'AbortError' })
    sim.landLateWrites()
    assert.deepEqual(sim.policy(id)?.ppl, ppl)
  })

  it('lands nothing late for a caller who may not write', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    sim.revokeIdTokens()
    onPut(sim, { kind: 'apply-late', answer: 504 })
    assert.equal((await put()).status, 504)
    assert.equal(sim.landLateWrites(), 0)
    assert.deepEqual(sim.policy(id)?.ppl, [])
  })

  it('holds a request until released, before or after it is applied', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    for (const [when, applied] of [
      ['before', []],
      ['after', ppl],
    ] as const) {
      const hold = onPut(sim, { kind: 'hold', when })
      sim.edit(id, (policy) => ({ ...policy, ppl: [] }))
      const pending = put()
      await sim.waitFor(() => hold.hits === 1)
      if (when === 'after') await sim.waitFor(() => sim.history.at(-1)?.by.id === sim.apiUserId)
      assert.deepEqual(sim.policy(id)?.ppl, applied)
      hold.release()
      assert.equal((await pending).status, 200)
    }
  })

  it('is slow by a rule and in general', async () => {
    await using sim = await startPomerium({ latencyMs: 20 })
    const { call, id } = await arrange(sim)
    const path = `/policies/${id}`
    const took = async () => {
      const startMs = performance.now()
      await call('GET', path)
      return performance.now() - startMs
    }
    assert.ok((await took()) >= 19)
    sim.latencyMs = 0
    sim.faults.add({ method: 'GET', path: '/policies/*', effect: { kind: 'latency', ms: 30 } })
    assert.ok((await took()) >= 29)
  })

  it('adds a slow answer to another fault', async () => {
    await using sim = await startPomerium()
    const { put } = await arrange(sim)
    onPut(sim, { kind: 'latency', ms: 1, when: 'after' })
    onPut(sim, { kind: 'status', status: 500 })
    assert.equal((await put()).status, 500)
    assert.equal((await put()).status, 200)
  })

  it('is cleared as a whole, held requests included', async () => {
    await using sim = await startPomerium()
    const { put } = await arrange(sim)
    const hold = onPut(sim, { kind: 'hold' })
    const pending = put()
    await sim.waitFor(() => hold.hits === 1)
    onPut(sim, { kind: 'hang' }, 9)
    sim.faults.clear()
    assert.equal((await pending).status, 200)
    assert.equal((await put()).status, 200)
  })
})
