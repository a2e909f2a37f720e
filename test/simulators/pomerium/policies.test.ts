import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { letIn, policyBody, signIn } from './caller.ts'
import type { StoredPolicy } from './model.ts'
import { startPomerium } from './start-pomerium.ts'

const goneAnswer = { status: 403, body: { error: 'viewer user required' } }
const errorOf = (body: unknown): string => (body as { error: string }).error

describe('startPomerium', () => {
  it('gives cluster, namespace and organization different ids', async () => {
    await using sim = await startPomerium()
    assert.equal(new Set([sim.clusterId, sim.namespaceId, sim.organizationId]).size, 3)
  })

  it('refuses the cluster id where a namespace id belongs, and the other way round', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const create = policyBody(sim, { namespaceId: sim.clusterId })
    assert.deepEqual(await call('GET', `/policies?namespaceId=${sim.clusterId}`), goneAnswer)
    assert.deepEqual(await call('POST', '/policies', create), goneAnswer)
    assert.deepEqual(await call('GET', `/clusters/${sim.namespaceId}`), goneAnswer)
    assert.deepEqual(await call('GET', `/changesets?clusterId=${sim.namespaceId}`), goneAnswer)
  })

  it('answers 403 for what is gone or never was, 404 for paths and 405 for methods', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'short-lived' })
    sim.remove(id)
    assert.deepEqual(await call('GET', `/policies/${id}`), goneAnswer)
    assert.deepEqual(await call('PUT', '/policies/never', policyBody(sim)), goneAnswer)
    assert.deepEqual(await call('DELETE', `/policies/${id}`), goneAnswer)
    assert.equal((await call('GET', '/nothing')).status, 404)
    assert.equal((await call('PATCH', '/changesets')).status, 405)
  })
})

describe('POST /policies', () => {
  it('stores the document in the form it was sent', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const ppl = { allow: { and: [{ email: 'alex@example.com' }] } }
    const created = await call('POST', '/policies', policyBody(sim, { ppl, originatorId: 'jit' }))
    const { id, createdAt, updatedAt, ...rest } = created.body as StoredPolicy
    assert.equal(createdAt, updatedAt)
    assert.deepEqual(rest, {
      ...policyBody(sim, { ppl, originatorId: 'jit' }),
      routes: [],
      enforcedRoutes: [],
    })
    assert.deepEqual((await call('GET', `/policies/${id}`)).body, created.body)
  })

  it('refuses a name that the namespace has, and a policy beyond the quota', async () => {
    await using sim = await startPomerium({ organizationType: 'personal' })
    const call = await signIn(sim)
    const create = (name: string) => call('POST', '/policies', policyBody(sim, { name }))
    const statuses: number[] = []
    for (const name of ['a', 'a', 'b', 'c', 'd', 'e', 'f']) {
      statuses.push((await create(name)).status)
    }
    assert.deepEqual(statuses, [201, 409, 201, 201, 201, 201, 403])
    const { body } = await call('GET', '/quotas')
    assert.deepEqual(
      Object.entries(body as Record<string, { policies: number }>).map(([k, v]) => [k, v.policies]),
      [
        ['counts', 5],
        ['limits', 5],
      ],
    )
  })

  it('refuses PPL that does not compile and stores nothing', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const ppl = { allow: { and: [{ emails: 'alex@example.com' }] } }
    assert.deepEqual(await call('POST', '/policies', policyBody(sim, { ppl })), {
      status: 400,
      body: { error: 'invalid ppl: unknown policy criterion: emails' },
    })
    assert.deepEqual([sim.policies(), sim.history], [[], []])
  })

  it('is not for viewers', async () => {
    await using sim = await startPomerium({ role: 'viewer' })
    const call = await signIn(sim)
    const existing = sim.create({ name: 'seen' })
    assert.deepEqual(await call('POST', '/policies', policyBody(sim)), {
      status: 403,
      body: { error: 'manager user required' },
    })
    assert.equal((await call('PUT', `/policies/${existing.id}`, {})).status, 403)
    assert.equal((await call('DELETE', `/policies/${existing.id}`)).status, 403)
    assert.equal((await call('GET', `/policies/${existing.id}`)).status, 200)
  })
})

describe('PUT /policies/{id}', () => {
  it('names every property that is missing or unknown', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'strict' })
    const { remediation: _remediation, explanation: _explanation, ...partial } = policyBody(sim)
    const { status, body } = await call('PUT', `/policies/${id}`, { ...partial, id, enforced: 0 })
    assert.equal(status, 400)
    assert.equal(
      errorOf(body),
      'request body has an error: doesn\'t match schema: property "explanation" is missing; ' +
        'property "remediation" is missing; property "id" is unsupported; ' +
        'Error at "/enforced": value must be a boolean',
    )
    assert.equal(sim.history.length, 1)
  })

  it('replaces everything, so that the later of two writers wins', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'shared', description: 'old', originatorId: 'jit' })
    const body = policyBody(sim, { name: 'shared' })
    await call('PUT', `/policies/${id}`, { ...body, ppl: [letIn('alex@example.com')] })
    await call('PUT', `/policies/${id}`, { ...body, ppl: [letIn('sam@example.com')] })
    const stored = sim.policy(id)
    assert.deepEqual(stored?.ppl, [letIn('sam@example.com')])
    assert.equal(stored?.originatorId, undefined)
  })

  it('refuses to move a policy into a namespace that is not there', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'fixed' })
    const body = policyBody(sim, { namespaceId: sim.clusterId })
    assert.deepEqual(await call('PUT', `/policies/${id}`, body), goneAnswer)
  })

  it('refuses the name of another policy, a body that is not JSON and a wrong content type', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'one' })
    sim.create({ name: 'two' })
    assert.equal(
      (await call('PUT', `/policies/${id}`, policyBody(sim, { name: 'two' }))).status,
      409,
    )
    assert.equal((await call('PUT', `/policies/${id}`, 'text')).status, 400)
    assert.equal((await call('PUT', `/policies/${id}`)).status, 400)
  })

  it('refuses originatorId on a server of the older contract, which has no PATCH and no quotas', async () => {
    await using sim = await startPomerium({ edition: '2025-04' })
    const call = await signIn(sim)
    const { id } = sim.create({ name: 'old' })
    const body = policyBody(sim, { originatorId: 'jit' })
    assert.match(
      errorOf((await call('PUT', `/policies/${id}`, body)).body),
      /"originatorId" is uns/,
    )
    assert.equal((await call('PATCH', `/policies/${id}`, [])).status, 405)
    assert.equal((await call('GET', '/quotas')).status, 404)
  })

  it('reads empty texts back as null or as the text null when told to', async () => {
    for (const emptyText of [null, 'null'] as const) {
      await using sim = await startPomerium({ emptyText })
      const call = await signIn(sim)
      const { id } = sim.create({ name: 'empty', remediation: 'Ask' })
      const { body } = await call('GET', `/policies/${id}`)
      const { description, explanation, remediation } = body as StoredPolicy
      assert.deepEqual([description, explanation, remediation], [emptyText, emptyText, 'Ask'])
    }
  })
})
