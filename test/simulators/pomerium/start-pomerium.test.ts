import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { letIn, policyBody, signIn } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

describe('sim.history', () => {
  it('keeps every stored document in order, with its time and author', async () => {
    let nowMs = 1_000
    await using sim = await startPomerium({ now: () => new Date(nowMs) })
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'jit' })
    nowMs = 2_000
    const ppl = [letIn('alex@example.com')]
    await call('PUT', `/policies/${id}`, policyBody(sim, { name: 'jit', ppl }))
    nowMs = 3_000
    sim.remove(id)
    assert.deepEqual(
      sim.history.map(({ sequence, at, by, policy }) => [
        sequence,
        at.getTime(),
        by.id === sim.apiUserId,
        policy?.ppl,
      ]),
      [
        [1, 1_000, false, []],
        [2, 2_000, true, ppl],
        [3, 3_000, false, undefined],
      ],
    )
  })

  it('cannot be changed through what was read', async () => {
    await using sim = await startPomerium()
    const { ppl } = sim.create({ name: 'jit', ppl: [letIn('alex@example.com')] })
    assert.ok(Array.isArray(ppl))
    assert.throws(() => ppl.pop(), TypeError)
  })
})

describe('sim.requests', () => {
  it('logs what was asked and answered, and counts', async () => {
    await using sim = await startPomerium({ now: () => new Date(5_000) })
    const call = await signIn(sim)
    await call('POST', '/policies', policyBody(sim))
    await call('POST', '/policies', policyBody(sim))
    const path = `/organizations/${sim.organizationId}/policies`
    assert.deepEqual(sim.requests, [
      { method: 'POST', path: '/token', status: 200, fromMs: 5_000, atMs: 5_000 },
      { method: 'POST', path, status: 201, fromMs: 5_000, atMs: 5_000 },
      { method: 'POST', path, status: 409, fromMs: 5_000, atMs: 5_000 },
    ])
    assert.deepEqual(sim.counters, {
      requests: 3,
      tokenExchanges: 1,
      writes: 1,
      inFlight: 0,
      maxInFlight: 1,
    })
  })
})

describe('sim.waitFor', () => {
  it('resolves at the change that makes it so', async () => {
    await using sim = await startPomerium()
    const waiting = sim.waitFor(() => sim.policyNamed('jit') !== undefined)
    sim.create({ name: 'other' })
    sim.create({ name: 'jit' })
    await waiting
    assert.equal(sim.policies().length, 2)
  })

  it('rejects after its timeout, on a predicate that throws, and when the simulator stops', async () => {
    const sim = await startPomerium()
    await assert.rejects(
      sim.waitFor(() => false, { timeoutMs: 1 }),
      /not so after 1 ms/,
    )
    const broken = sim.waitFor(() => {
      throw new Error('predicate')
    })
    await assert.rejects(broken, /predicate/)
    const waiting = assert.rejects(
      sim.waitFor(() => false),
      /was stopped/,
    )
    await sim[Symbol.asyncDispose]()
    await waiting
  })
})

describe('startPomerium', () => {
  it('stops while requests hang', async () => {
    const sim = await startPomerium()
    const call = await signIn(sim)
    sim.faults.add({ effect: { kind: 'hang' } })
    const pending = assert.rejects(call('GET', '/clusters'), TypeError)
    await sim.waitFor(() => sim.requests.at(-1)?.status === 'hung')
    await sim[Symbol.asyncDispose]()
    await pending
  })

  it('runs beside others on one machine', async () => {
    await using one = await startPomerium()
    await using other = await startPomerium()
    one.create({ name: 'jit' })
    assert.notEqual(one.origin, other.origin)
    assert.deepEqual(other.policies(), [])
  })
})
