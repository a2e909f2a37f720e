import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { signIn } from './caller.ts'
import { startPomerium } from './start-pomerium.ts'

describe('DELETE /policies/{id}', () => {
  it('is refused while a route has the policy', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'kept' })
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    assert.deepEqual(await call('DELETE', `/policies/${id}`), {
      status: 409,
      body: { error: 'policy kept is assigned to routes: grafana' },
    })
    sim.remove(id)
    assert.deepEqual(sim.policies(), [])
  })
})

describe('routes', () => {
  it('takes a route without switches, and shows it on the policy', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'attached' })
    const body = {
      from: 'https://grafana.example.com',
      name: 'grafana',
      namespaceId: sim.namespaceId,
      policyIds: [id],
    }
    const made = await call('POST', '/routes', body)
    const { id: routeId, updatedAt } = made.body as { id: string; updatedAt: string }
    assert.equal(made.status, 201)
    const shown = (await call('GET', `/policies/${id}`)).body as { routes: unknown }
    assert.deepEqual(shown.routes, [{ id: routeId, name: 'grafana', updatedAt }])
  })

  it('refuses computed properties, unknown policies and a taken name', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'attached' })
    const route = sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    const { body } = await call('GET', `/routes/${route.id}`)
    const properties = route.properties
    assert.deepEqual(
      [
        (await call('PUT', `/routes/${route.id}`, body)).status,
        (await call('PUT', `/routes/${route.id}`, { ...properties, policyIds: ['no'] })).status,
        (await call('POST', '/routes', properties)).status,
        (await call('PUT', `/routes/${route.id}`, properties)).status,
      ],
      [400, 400, 409, 200],
    )
  })
})
