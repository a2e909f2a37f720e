import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { signIn } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

const namesOf = (body: unknown): string[] => (body as { name: string }[]).map(({ name }) => name)

describe('GET /policies', () => {
  it('needs a namespace and adds those of its children only when asked', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    sim.create({ name: 'in-cluster' })
    sim.create({ name: 'global', namespaceId: sim.organizationId })
    const names = async (query: string) => namesOf((await call('GET', `/policies?${query}`)).body)
    assert.equal((await call('GET', '/policies')).status, 400)
    assert.deepEqual(await names(`namespaceId=${sim.namespaceId}`), ['in-cluster'])
    assert.deepEqual(await names(`namespaceId=${sim.organizationId}`), ['global'])
    assert.deepEqual(await names(`namespaceId=${sim.organizationId}&includeDescendants=true`), [
      'in-cluster',
      'global',
    ])
  })

  it('answers pages without a total, of one hundred unless asked otherwise', async () => {
    await using sim = await startPomerium({ policyLimit: 200 })
    const call = await signIn(sim)
    for (let index = 0; index < 130; index += 1) sim.create({ name: `p${index}` })
    const names = async (query: string) =>
      namesOf((await call('GET', `/policies?namespaceId=${sim.namespaceId}${query}`)).body)
    assert.equal((await names('')).length, 100)
    assert.deepEqual(await names('&offset=128'), ['p128', 'p129'])
    assert.deepEqual(await names('&limit=2&offset=1'), ['p1', 'p2'])
    assert.deepEqual(await names('&limit=2&orderBy=-name'), ['p99', 'p98'])
    assert.equal(
      (await call('GET', `/policies?namespaceId=${sim.namespaceId}&limit=-1`)).status,
      400,
    )
  })

  it('filters by one JSON value and sees nothing in any other form', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    for (const name of ['jit-a', 'jit-b', 'other']) sim.create({ name })
    const names = async (filter: string) => {
      const query = new URLSearchParams({ namespaceId: sim.namespaceId, filter })
      return namesOf((await call('GET', `/policies?${query.toString()}`)).body)
    }
    const item = (operator: string, value: unknown) => ({ field: 'name', operator, value })
    assert.deepEqual(await names(JSON.stringify({ items: [item('=', 'jit-b')] })), ['jit-b'])
    assert.deepEqual(
      await names(
        JSON.stringify({
          items: [item('isAnyOf', ['other']), item('endsWith', '-a')],
          logicOperator: 'or',
        }),
      ),
      ['jit-a', 'other'],
    )
    assert.deepEqual(await names('items[0].field=name'), ['jit-a', 'jit-b', 'other'])
  })
})
