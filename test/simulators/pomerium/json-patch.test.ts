import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { letIn, signIn } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

describe('PATCH /policies/{id}', () => {
  it('applies add, replace, remove and test together or not at all', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'patched', description: 'rev=1', originatorId: 'x' })
    const rule = letIn('alex@example.com')
    const good = await call('PATCH', `/policies/${id}`, [
      { op: 'test', path: '/description', value: 'rev=1' },
      { op: 'replace', path: '/description', value: 'rev=2' },
      { op: 'add', path: '/ppl/-', value: rule },
      { op: 'remove', path: '/originatorId' },
    ])
    assert.equal(good.status, 200)
    const stale = await call('PATCH', `/policies/${id}`, [
      { op: 'replace', path: '/ppl', value: [] },
      { op: 'test', path: '/description', value: 'rev=1' },
    ])
    assert.deepEqual(stale, {
      status: 409,
      body: { error: 'json patch: testing path /description failed' },
    })
    const { description, ppl, originatorId } = sim.policy(id) ?? {}
    assert.deepEqual(
      { description, ppl, originatorId },
      {
        description: 'rev=2',
        ppl: [rule],
        originatorId: undefined,
      },
    )
    assert.equal(sim.history.length, 2)
  })

  it('refuses paths that are not there and results that are no policy', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'patched' })
    const status = async (operation: unknown) =>
      (await call('PATCH', `/policies/${id}`, [operation])).status
    assert.deepEqual(
      [
        await status({ op: 'remove', path: '/name' }),
        await status({ op: 'remove', path: '/ppl/0' }),
        await status({ op: 'replace', path: '/ppl', value: 7 }),
        await status({ op: 'add', path: '/color', value: 'red' }),
        await status({ op: 'launch', path: '/name' }),
        await status({ op: 'add', path: '/__proto__', value: {} }),
      ],
      [400, 400, 400, 400, 400, 400],
    )
  })
})
