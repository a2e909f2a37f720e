import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { letIn, policyBody, signIn, type Call } from './caller.ts'
import type { Changeset, StoredPolicy } from './model.ts'
import { startPomerium, type PomeriumSimulator } from './start-pomerium.ts'

const alex = letIn('alex@example.com')

async function changesets(sim: PomeriumSimulator, call: Call, query = ''): Promise<Changeset[]> {
  const { body } = await call('GET', `/changesets?clusterId=${sim.clusterId}${query}`)
  return body as Changeset[]
}

const statuses = async (sim: PomeriumSimulator, call: Call): Promise<string[]> =>
  (await changesets(sim, call)).map(({ status }) => status)

async function create(sim: PomeriumSimulator, call: Call, ppl = [alex]): Promise<string> {
  const { body } = await call('POST', '/policies', policyBody(sim, { ppl }))
  return (body as StoredPolicy).id
}

async function write(sim: PomeriumSimulator, call: Call, id: string, ppl: StoredPolicy['ppl']) {
  return call('PUT', `/policies/${id}`, policyBody(sim, { ppl }))
}

describe('changesets with auto-apply on', () => {
  it('puts each write in force at once and keeps one changeset current', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    await write(sim, call, id, [])
    assert.deepEqual(await statuses(sim, call), ['current', 'applied', 'applied'])
    assert.deepEqual(sim.enforced(id)?.ppl, [])
  })

  it('goes on enforcing the old policy while a changeset is applying', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.setHoldChangesets(true)
    await write(sim, call, id, [])
    assert.deepEqual(await statuses(sim, call), ['applying', 'current', 'applied'])
    assert.deepEqual([sim.policy(id)?.ppl, sim.enforced(id)?.ppl], [[], [alex]])
    assert.equal(sim.settleChangesets(), 1)
    assert.deepEqual(await statuses(sim, call), ['current', 'applied', 'applied'])
    assert.deepEqual(sim.enforced(id)?.ppl, [])
  })

  it('leaves the old policy in force when a changeset fails, until the next one', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.failNextChangeset('bundle rejected')
    assert.equal((await write(sim, call, id, [])).status, 200)
    const [newest] = await changesets(sim, call)
    assert.deepEqual([newest?.status, newest?.failureMessage], ['failed', 'bundle rejected'])
    assert.deepEqual(sim.enforced(id)?.ppl, [alex])
    sim.create({ name: 'unrelated' })
    assert.deepEqual(sim.enforced(id)?.ppl, [])
  })

  it('fails every changeset while a stored policy breaks the build of the cluster', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    const broken = sim.create({ name: 'x', ppl: { allow: { and: [{ email: { contains: 5 } }] } } })
    await write(sim, call, id, [])
    const [newest] = await changesets(sim, call, '&limit=1')
    assert.equal(
      newest?.failureMessage,
      'error building policy evaluators: policy x: rego_type_error: contains: invalid argument(s)',
    )
    assert.deepEqual(sim.enforced(id)?.ppl, [alex])
    sim.remove(broken.id)
    assert.deepEqual(sim.enforced(id)?.ppl, [])
  })

  it('does not reach a cluster that is offline before it is back', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.setClusterOnline(false)
    await write(sim, call, id, [])
    assert.deepEqual((await statuses(sim, call))[0], 'current')
    assert.deepEqual(sim.enforced(id)?.ppl, [alex])
    sim.setClusterOnline(true)
    assert.deepEqual(sim.enforced(id)?.ppl, [])
  })
})

describe('changesets with auto-apply off', () => {
  it('says so in the settings, beside secrets', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    const { body } = await call('GET', `/clusters/${sim.clusterId}/settings`)
    const settings = body as Record<string, unknown>
    assert.equal(settings['autoApplyChangesets'], false)
    assert.equal(settings['sharedSecret'], 'simulated-secret-shared')
  })

  it('stages writes in one pending changeset until it is applied, and only once', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    const id = await create(sim, call)
    await write(sim, call, id, [])
    const [pending, ...rest] = await changesets(sim, call, '&status=pending')
    assert.deepEqual([pending?.status, rest], ['pending', []])
    assert.equal(sim.enforced(id), undefined)
    const applied = await call('POST', `/changesets/${pending?.id}/apply`)
    assert.equal((applied.body as Changeset).status, 'current')
    assert.deepEqual(sim.enforced(id)?.ppl, [])
    assert.equal((await call('POST', `/changesets/${pending?.id}/apply`)).status, 409)
    assert.equal((await call('POST', '/changesets/none/apply')).status, 404)
  })

  it('shows in a comparison whose edits would be published', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    const id = await create(sim, call)
    const foreign = sim.create({ name: 'of-a-colleague' })
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    const [current] = await changesets(sim, call, '&status=current')
    const [pending] = await changesets(sim, call, '&status=pending')
    const { body } = await call(
      'GET',
      `/changesets/compare?clusterId=${sim.clusterId}&firstId=${current?.id}&secondId=${pending?.id}`,
    )
    const { entities } = body as { entities: { entity: { id: string }; user: { id: string } }[][] }
    assert.deepEqual(
      entities.map((group) => group.map(({ entity, user }) => [entity.id, user.id])),
      [[[id, sim.apiUserId]], [[foreign.id, 'usrAdministratorAdmin00001']]],
    )
  })

  it('publishes an attachment by itself, so that a visit depends on the policy alone', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    const id = await create(sim, call)
    const host = 'grafana.example.com'
    sim.attach(id, { routeName: 'grafana', host })
    const visit = () =>
      sim.visit({ host, email: 'alex@example.com', at: new Date('2026-01-01T00:00:00Z') }).allowed
    assert.equal(visit(), false)
    assert.equal(sim.applyPending(), true)
    assert.equal(visit(), true)
    assert.equal(sim.applyPending(), false)
  })

  it('does not count staged edits as applied when something else is published', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    const { body } = await call('GET', `/activityLogs?entityId=${id}`)
    assert.deepEqual(
      (body as { applied: unknown }[]).map(({ applied }) => applied),
      [{ by: {} }],
    )
  })

  it('compares with what runs, so that edits of a failed changeset are not lost from sight', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.failNextChangeset()
    await write(sim, call, id, [])
    sim.attach(id, { routeName: 'grafana', host: 'grafana.example.com' })
    const [current] = await changesets(sim, call, '&status=current')
    const { body } = await call(
      'GET',
      `/changesets/compare?clusterId=${sim.clusterId}&firstId=${current?.id}`,
    )
    const { entities } = body as { entities: { entity: { id: string } }[][] }
    assert.deepEqual(
      entities.map((group) => group.map(({ entity }) => entity.id)),
      [[id]],
    )
  })

  it('publishes what is pending when auto-apply is switched on', async () => {
    await using sim = await startPomerium({ autoApplyChangesets: false })
    const id = await create(sim, await signIn(sim))
    sim.setAutoApply(true)
    assert.deepEqual(sim.enforced(id)?.ppl, [alex])
  })
})

describe('GET /activityLogs', () => {
  it('tells who did what to an entity, and by which changeset it was applied', async () => {
    await using sim = await startPomerium()
    const call = await signIn(sim)
    const id = await create(sim, call)
    sim.create({ name: 'other' })
    sim.edit(id, (policy) => {
      policy.description = 'by hand'
    })
    const { body } = await call('GET', `/activityLogs?entityType=policy&entityId=${id}`)
    const [current] = await changesets(sim, call)
    const entries = body as {
      activityType: string
      user: { id: string }
      applied: { changesetId: string }
    }[]
    assert.deepEqual(
      entries.map(({ activityType, user }) => [activityType, user.id]),
      [
        ['update', 'usrAdministratorAdmin00001'],
        ['create', sim.apiUserId],
      ],
    )
    assert.equal(entries[0]?.applied.changesetId, current?.id)
    const mine = await call('GET', `/activityLogs?userId=${sim.apiUserId}`)
    assert.equal((mine.body as unknown[]).length, 1)
  })
})
