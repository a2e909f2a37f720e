import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { request } from 'undici'
import type { OpaSimulator } from './start-opa.ts'
import { startOpa } from './start-opa.ts'

async function post(
  opa: OpaSimulator,
  path: string,
  body: string,
  headers: Record<string, string> = {},
) {
  const answer = await request(`${opa.url}${path}`, { method: 'POST', body, headers })
  const text = await answer.body.text()
  return [answer.statusCode, text.startsWith('{') ? (JSON.parse(text) as unknown) : text]
}

// The answers are those of OPA 1.22.0 to the same questions.
describe('startOpa', () => {
  it('answers with the result of the rule at the path, and without one where there is none', async () => {
    await using opa = await startOpa()
    opa.define('jit/decision', (input) => ({ v: input }))
    opa.define('jit/undefined', () => undefined)
    assert.deepEqual(await post(opa, '/v1/data/jit/decision', '{"input":[1]}'), [
      200,
      { result: { v: [1] } },
    ])
    assert.deepEqual(await post(opa, '/v1/data/jit/undefined', '{"input":1}'), [200, {}])
    assert.deepEqual(await post(opa, '/v1/data/nowhere', '{"input":1}'), [200, {}])
  })

  it('tells ids and provenance as it is set up and asked', async () => {
    await using opa = await startOpa({ decisionIds: ['d-1'], bundles: { 'jit.tar.gz': 'rev-7' } })
    const build = { version: '1.22.0', build_commit: '', build_timestamp: '', build_hostname: '' }
    assert.deepEqual(await post(opa, '/v1/data/x?provenance=true', '{}'), [
      200,
      {
        decision_id: 'd-1',
        provenance: { ...build, bundles: { 'jit.tar.gz': { revision: 'rev-7' } } },
      },
    ])
  })

  it('refuses strangers, other paths and what is not JSON', async () => {
    await using opa = await startOpa({ token: 't' })
    const authorization = 'Bearer t'
    assert.deepEqual(await post(opa, '/v1/data/x', '{}'), [
      401,
      { code: 'unauthorized', message: 'request rejected by administrative policy' },
    ])
    assert.deepEqual(await post(opa, '/v1/dat', '{}', { authorization }), [
      404,
      '404 page not found\n',
    ])
    const [status] = await post(opa, '/v1/data/x', '{', { authorization })
    assert.equal(status, 400)
    assert.deepEqual(
      opa.questions.map(({ path, body }) => [path, body]),
      [
        ['/v1/data/x', '{}'],
        ['/v1/dat', '{}'],
        ['/v1/data/x', '{'],
      ],
    )
  })

  it('carries each fault out once', async () => {
    await using opa = await startOpa()
    opa.define('x', () => 1)
    opa.next({ kind: 'status', status: 503 }, { kind: 'text', text: 'no' }, { kind: 'reset' })
    assert.deepEqual(await post(opa, '/v1/data/x', '{}'), [503, {}])
    assert.deepEqual(await post(opa, '/v1/data/x', '{}'), [200, 'no'])
    await assert.rejects(post(opa, '/v1/data/x', '{}'))
    assert.deepEqual(await post(opa, '/v1/data/x', '{}'), [200, { result: 1 }])
  })
})
