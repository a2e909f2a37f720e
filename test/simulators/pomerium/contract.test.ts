import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fetch } from 'undici'
import { exchange, letIn, policyBody, postToken, signIn, type Call } from './caller.ts'
import { contractFaults } from './contract.ts'
import { startPomerium, type PomeriumSimulator } from './start-pomerium.ts'

const ORG = '/organizations/{organizationId}'

/** Calls an operation by its path in the contract and fails unless the answer is as the contract says. */
async function checked(
  call: Call,
  method: string,
  template: string,
  values: Record<string, string> = {},
  body?: unknown,
  expected = 200,
): Promise<unknown> {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name)
  const reply = await call(method, path, body)
  assert.equal(reply.status, expected, path)
  const [withoutQuery = ''] = template.split('?')
  assert.deepEqual(contractFaults(method, ORG + withoutQuery, reply.status, reply.body), [], path)
  return reply.body
}

async function createPolicy(sim: PomeriumSimulator, call: Call, name: string): Promise<string> {
  const body = policyBody(sim, { name, ppl: [letIn('alex@example.com')], originatorId: 'jit' })
  const created = await checked(call, 'POST', '/policies', {}, body, 201)
  return (created as { id: string }).id
}

describe('contractFaults', () => {
  it('names what is missing, wrong or not in the contract', () => {
    assert.deepEqual(
      contractFaults('GET', `${ORG}/changesets`, 200, [
        { id: 7, namespaceId: 'n', status: 'done', createdAt: 'today', updatedAt: '' },
      ]),
      [
        '$[0].id: not a string',
        '$[0].status: done is not in the enum',
        '$[0].createdAt: not a date-time',
        '$[0].updatedAt: not a date-time',
      ],
    )
    assert.deepEqual(contractFaults('POST', '/token', 200, { idToken: 'x' }), [
      '$.expiresInSeconds: missing',
    ])
  })
})

describe('createApi', () => {
  it('answers the token exchange as the contract says', async () => {
    await using sim = await startPomerium()
    const good = await postToken(sim, { refreshToken: sim.apiUserToken })
    const bad = await postToken(sim, {})
    assert.deepEqual(contractFaults('POST', '/token', good.status, good.body), [])
    assert.deepEqual(contractFaults('POST', '/token', bad.status, bad.body), [])
  })

  it('answers every operation on policies and routes as the contract says', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const policyId = await createPolicy(sim, call, 'one')
    const otherId = await createPolicy(sim, call, 'two')
    const route = {
      from: 'https://grafana.example.com',
      name: 'grafana',
      namespaceId: sim.namespaceId,
      policyIds: [policyId],
    }
    const made = await checked(call, 'POST', '/routes', {}, route, 201)
    const routeId = (made as { id: string }).id
    sim.create({ name: 'brake', enforced: true, ppl: { deny: { and: [{ reject: true }] } } })
    const ids = { policyId, routeId, namespaceId: sim.namespaceId }
    const put = policyBody(sim, { name: 'one', description: 'changed' })
    const patch = [{ op: 'replace', path: '/description', value: 'patched' }]

    await checked(call, 'GET', '/policies?namespaceId={namespaceId}', ids)
    await checked(call, 'GET', '/policies/{policyId}', ids)
    await checked(call, 'PUT', '/policies/{policyId}', ids, put)
    await checked(call, 'PATCH', '/policies/{policyId}', ids, patch)
    await checked(call, 'GET', '/routes?namespaceId={namespaceId}', ids)
    await checked(call, 'GET', '/routes/{routeId}', ids)
    await checked(call, 'PUT', '/routes/{routeId}', ids, { ...route, showErrorDetails: true })
    await checked(call, 'PATCH', '/routes/{routeId}', ids, [
      { op: 'add', path: '/policyIds/-', value: otherId },
    ])
    await checked(call, 'DELETE', '/policies/{policyId}', ids, undefined, 409)
    await checked(call, 'DELETE', '/routes/{routeId}', ids, undefined, 204)
    await checked(call, 'DELETE', '/policies/{policyId}', ids, undefined, 204)
    await checked(call, 'GET', '/policies/{policyId}', ids, undefined, 403)
  })

  it('answers the rest of the organization as the contract says', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    await createPolicy(sim, call, 'one')
    const ids = { clusterId: sim.clusterId, changesetId: '' }

    await checked(call, 'GET', '/quotas')
    await checked(call, 'GET', '/clusters')
    await checked(call, 'GET', '/clusters/{clusterId}', ids)
    await checked(call, 'GET', '/clusters/{clusterId}/settings', ids)
    await checked(call, 'GET', '/namespaces')
    await checked(call, 'GET', '/activityLogs?entityType=policy')
    await checked(call, 'GET', '/changesets/compare?clusterId={clusterId}', ids)
    const list = await checked(call, 'GET', '/changesets?clusterId={clusterId}&status=pending', ids)
    ids.changesetId = (list as [{ id: string }])[0].id
    await checked(call, 'POST', '/changesets/{changesetId}/apply', ids)
    await checked(call, 'GET', '/activityLogs')
  })

  it('lists one organization, with the shape of the contract', async () => {
    await using sim = await startPomerium()
    const headers = { authorization: `Bearer ${await exchange(sim)}` }
    const response = await fetch(`${sim.apiUrl}/organizations`, { headers })
    const body = (await response.json()) as { id: string }[]
    assert.deepEqual(contractFaults('GET', '/organizations', response.status, body), [])
    assert.deepEqual(
      body.map(({ id }) => id),
      [sim.organizationId],
    )
  })
})
