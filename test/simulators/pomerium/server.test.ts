import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fetch } from 'undici'
import { arrange, onList, onPut, ppl, rawList } from './arrange-faults.ts'
import { policyBody, signIn } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

describe('createApiServer', () => {
  it('cuts JSON in the middle after applying', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    onPut(sim, { kind: 'truncated' })
    await assert.rejects(put(), SyntaxError)
    assert.deepEqual(sim.policy(id)?.ppl, ppl)
  })

  it('breaks the connection in the middle of the body after applying', async () => {
    await using sim = await startPomerium()
    const { id, put } = await arrange(sim)
    onPut(sim, { kind: 'cut-off' })
    await assert.rejects(put(), TypeError)
    assert.deepEqual(sim.policy(id)?.ppl, ppl)
  })

  it('sends a page, a huge body or a wrong content type with status 200', async () => {
    await using sim = await startPomerium()
    sim.create({ name: 'jit' })
    const facts: unknown[] = []
    for (const kind of ['html', 'huge', 'wrong-type'] as const) {
      onList(sim, { kind })
      const answer = await rawList(sim)
      const text = await answer.text()
      const isLarge = text.length > 10_000_000
      facts.push([answer.status, answer.headers.get('content-type'), isLarge, text[0]])
    }
    assert.deepEqual(facts, [
      [200, 'text/html; charset=utf-8', false, '<'],
      [200, 'application/json', true, '['],
      [200, 'text/plain', false, '['],
    ])
  })

  it('is 404 outside of the API and 413 beyond two megabytes', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const big = policyBody(sim, { description: 'x'.repeat(2 * 1024 * 1024) })
    assert.equal((await call('POST', '/policies', big)).status, 413)
    assert.equal((await fetch(`${sim.origin}/token`, { method: 'POST' })).status, 404)
    assert.deepEqual(sim.policies(), [])
  })
})
