import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicyApi, type PolicyApiOptions } from '../../src/pomerium/policies.ts'
import { markLine } from '../../src/pomerium/mark.ts'
import {
  startPomerium,
  type PomeriumOptions,
  type PomeriumSimulator,
} from '../simulators/pomerium/start-pomerium.ts'
import { failure } from './support.ts'

/** The adapter against a simulated Pomerium Zero. */
async function open(options: PomeriumOptions = {}, over: Partial<PolicyApiOptions> = {}) {
  const zero = await startPomerium(options)
  const connect = (more: Partial<PolicyApiOptions> = {}) =>
    createPolicyApi({
      baseUrl: zero.apiUrl,
      organizationId: zero.organizationId,
      clusterId: zero.clusterId,
      apiUserToken: zero.apiUserToken,
      now: options.now === undefined ? Date.now : () => options.now?.().getTime() ?? 0,
      timeoutMs: 5_000,
      ...over,
      ...more,
    })
  const api = connect()
  return {
    zero,
    api,
    connect,
    async [Symbol.asyncDispose]() {
      await zero[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

const text = {
  name: 'jit-grafana',
  description: 'Access by request',
  explanation: 'No grant',
  remediation: 'Ask in Slack',
  ppl: [],
}
const ppl = [
  {
    allow: {
      and: [{ email: { is: 'alex@example.com' } }, { date: { before: '2099-01-01T00:00:00Z' } }],
    },
  },
]

const pathsOf = (zero: PomeriumSimulator) =>
  zero.requests.map(({ method, path }) =>
    `${method} ${path.split('?')[0]?.replace(/^\/organizations\/\w+/, '')}`.replaceAll(
      /\w{27}/g,
      '*',
    ),
  )

for (const edition of ['2025-04', '2026-08'] as const) {
  describe(`createPolicyApi with the ${edition} contract`, () => {
    it('creates, finds, reads and replaces a policy', async () => {
      await using world = await open({ edition, emptyText: 'null' })
      const { api, zero } = world
      const created = await api.create({ ...text, explanation: '' })
      assert.deepEqual(created, {
        ...text,
        id: created.id,
        explanation: '',
        description: `Access by request\n\n${markLine}`,
        enforced: false,
        namespaceId: zero.namespaceId,
        routes: [],
        ...(edition === '2026-08' ? { originatorId: 'pomerium-jit' } : {}),
      })
      assert.equal(api.isOurs(created), true)
      zero.attach(created.id, { routeName: 'grafana', host: 'grafana.example.com' })
      const attached = { ...created, routes: ['grafana'] }
      assert.deepEqual(await api.findByName('jit-grafana'), attached)
      assert.deepEqual(await api.read(created.id), attached)
      const replaced = await api.replaceRules(attached, ppl)
      assert.deepEqual(replaced, { ...attached, ppl })
      assert.deepEqual(await api.read(created.id), replaced)
      assert.deepEqual(await api.publish(created.id), { state: 'in-force' })
      assert.deepEqual(zero.enforced(created.id)?.ppl, ppl)
    })

    it('carries over what an administrator edited', async () => {
      await using world = await open({ edition })
      const { api, zero } = world
      const { id } = await api.create(text)
      zero.edit(id, (policy) => ({
        ...policy,
        name: 'renamed',
        remediation: 'by hand',
        enforced: true,
      }))
      const current = await api.read(id)
      assert.ok(current)
      await api.replaceRules(current, ppl)
      const { createdAt: _, updatedAt: __, ...stored } = zero.policy(id) ?? assert.fail('gone')
      const { routes: ___, ...properties } = current
      assert.deepEqual(stored, { ...properties, ppl })
      assert.equal(stored.remediation, 'by hand')
    })

    it('finds nothing of that name, also in a long list', async () => {
      await using world = await open({ edition, policyLimit: 500, maxPageSize: 30 })
      for (let n = 0; n < 130; n += 1) world.zero.create({ name: `policy-${n}` })
      assert.equal(await world.api.findByName('absent'), undefined)
      assert.equal((await world.api.findByName('policy-129'))?.name, 'policy-129')
    })
  })
}

describe('createPolicyApi', () => {
  it('takes a policy that was deleted or never was for gone', async () => {
    await using world = await open()
    const { id } = await world.api.create(text)
    world.zero.remove(id)
    assert.equal(await world.api.read(id), undefined)
    assert.equal(await world.api.read('never'), undefined)
  })

  it('says conflict for a taken name, and rejected for a used-up quota', async () => {
    for (const quotaStatus of [403, 409] as const) {
      await using world = await open({ policyLimit: 1, quotaStatus })
      await world.api.create(text)
      assert.equal((await failure(world.api.create(text))).code, 'conflict')
      const { code, message } = await failure(world.api.create({ ...text, name: 'second' }))
      assert.equal(code, 'rejected')
      assert.match(message, /^POST policy "second": 4\d\d after \d+ ms: quota exceeded/)
    }
  })

  it('says rejected for rules that Pomerium refuses, once', async () => {
    await using world = await open()
    const policy = await world.api.create(text)
    const bad = world.api.replaceRules(policy, [{ allow: { and: [{ no_such_criterion: 'x' }] } }])
    const { code, retryable, ambiguous } = await failure(bad)
    assert.deepEqual([code, retryable, ambiguous], ['rejected', false, false])
    assert.equal(pathsOf(world.zero).filter((path) => path.startsWith('PUT')).length, 1)
  })

  it('says forbidden when the API user may only look', async () => {
    await using world = await open({ role: 'viewer' })
    const policy = world.zero.create({ name: 'by-hand' })
    assert.equal((await failure(world.api.create(text))).code, 'forbidden')
    const current = await world.api.read(policy.id)
    assert.ok(current)
    assert.equal((await failure(world.api.replaceRules(current, ppl))).code, 'forbidden')
  })

  it('says unauthorized for a wrong API user token', async () => {
    await using world = await open({}, { apiUserToken: 'wrong' })
    const { code, message } = await failure(world.api.read('x'))
    assert.equal(code, 'unauthorized')
    assert.match(message, /check the API user token$/)
  })

  it('goes on with one exchange when all ID tokens are revoked', async () => {
    await using world = await open()
    const { id } = await world.api.create(text)
    world.zero.revokeIdTokens()
    await Promise.all(Array.from({ length: 20 }, () => world.api.read(id)))
    assert.equal(world.zero.counters.tokenExchanges, 2)
  })

  it('renews the ID token before it ends', async () => {
    let nowMs = Date.parse('2026-11-20T10:00:00Z')
    await using world = await open({ now: () => new Date(nowMs), tokenLifetimeSeconds: 300 })
    const { id } = await world.api.create(text)
    for (let minute = 0; minute < 20; minute += 1) {
      nowMs += 60_000
      assert.ok(await world.api.read(id))
    }
    assert.equal(
      world.zero.requests.some(({ status }) => status === 401),
      false,
    )
    assert.equal(world.zero.counters.tokenExchanges, 6)
  })

  it('reads nothing from answers that broke on the way', async () => {
    await using world = await open()
    const { id } = await world.api.create(text)
    const effects = [
      ['truncated', 'invalid-answer'],
      ['html', 'invalid-answer'],
      ['huge', 'invalid-answer'],
      ['cut-off', 'unavailable'],
      ['reset', 'unavailable'],
    ] as const
    for (const [kind, wanted] of effects) {
      world.zero.faults.add({ method: 'GET', path: '/policies/*', effect: { kind } })
      const { code, retryable, ambiguous } = await failure(world.api.read(id))
      assert.deepEqual([kind, code, retryable, ambiguous], [kind, wanted, true, false])
    }
    world.zero.faults.add({ path: '/policies/*', effect: { kind: 'wrong-type' } })
    assert.equal((await world.api.read(id))?.id, id)
  })

  it('calls a write ambiguous whenever it may have been applied', async () => {
    await using world = await open()
    const policy = await world.api.create(text)
    const effects = [
      [{ kind: 'apply-then-reset' }, true],
      [{ kind: 'apply-late', answer: 504 }, true],
      [{ kind: 'truncated' }, true],
      [{ kind: 'cut-off' }, true],
      [{ kind: 'reset' }, true],
      [{ kind: 'status', status: 503 }, true],
      [{ kind: 'status', status: 429, retryAfter: 3 }, false],
      [{ kind: 'status', status: 422 }, false],
    ] as const
    for (const [effect, wanted] of effects) {
      world.zero.faults.add({ method: 'PUT', effect })
      const { ambiguous } = await failure(world.api.replaceRules(policy, ppl))
      assert.deepEqual([effect, ambiguous], [effect, wanted])
    }
  })

  it('says timeout for a write that lands later', async () => {
    await using world = await open()
    await using hasty = world.connect({ timeoutMs: 400 })
    const policy = await world.api.create(text)
    world.zero.faults.add({ method: 'PUT', effect: { kind: 'apply-late', answer: 'never' } })
    const { code, retryable, ambiguous } = await failure(hasty.replaceRules(policy, ppl))
    assert.deepEqual([code, retryable, ambiguous], ['timeout', true, true])
    assert.deepEqual((await world.api.read(policy.id))?.ppl, [])
    assert.equal(world.zero.landLateWrites(), 1)
    assert.deepEqual((await world.api.read(policy.id))?.ppl, ppl)
  })

  it('passes on how long Pomerium asks to wait', async () => {
    await using world = await open()
    const effect = { kind: 'status', status: 429, retryAfter: 12 } as const
    world.zero.faults.add({ method: 'GET', effect })
    const { code, retryAfterMs } = await failure(world.api.read('x'))
    assert.deepEqual([code, retryAfterMs], ['rate-limited', 12_000])
  })

  it('logs nothing secret', async () => {
    const lines: string[] = []
    const keep = (fields: object, message: string) => lines.push(JSON.stringify([fields, message]))
    await using world = await open({ edition: '2025-04' }, { log: { debug: keep, warn: keep } })
    const { id } = await world.api.create(text)
    await world.api.publish(id)
    const all = lines.join('\n')
    assert.match(all, /settings of cluster/)
    assert.doesNotMatch(all, /simulated-secret/)
    assert.equal(all.includes(world.zero.apiUserToken), false)
    assert.doesNotMatch(all, /bearer/i)
  })
})

describe('publish against a cluster without auto-apply', () => {
  const manual = { autoApplyChangesets: false }

  it('puts our own write in force', async () => {
    await using world = await open({ ...manual, holdChangesets: true })
    const { api, zero } = world
    const policy = await api.create(text)
    await api.replaceRules(policy, ppl)
    assert.equal(zero.enforced(policy.id), undefined)
    assert.deepEqual(await api.publish(policy.id), { state: 'applying' })
    assert.deepEqual(await api.publish(policy.id), { state: 'applying' })
    zero.settleChangesets()
    assert.deepEqual(await api.publish(policy.id), { state: 'in-force' })
    assert.deepEqual(zero.enforced(policy.id)?.ppl, ppl)
  })

  it('publishes several policies of ours together', async () => {
    await using world = await open(manual)
    const { api, zero } = world
    const first = await api.create(text)
    const second = await api.create({ ...text, name: 'jit-kibana' })
    assert.deepEqual(await api.publish(first.id), { state: 'in-force' })
    assert.deepEqual(await api.publish(second.id), { state: 'in-force' })
    assert.ok(zero.enforced(second.id))
  })

  it('leaves an administrator’s edits staged, until they are applied', async () => {
    await using world = await open(manual)
    const { api, zero } = world
    const other = zero.create({ name: 'by-hand' })
    const policy = await api.create(text)
    const answer = await api.publish(policy.id)
    assert.equal(answer.state, 'needs-administrator')
    assert.match(answer.reason, /^change set \w+ holds 1 change that somebody else made; /)
    assert.equal(zero.enforced(other.id), undefined)
    zero.applyPending()
    assert.deepEqual(await api.publish(policy.id), { state: 'in-force' })
  })

  it('does not publish what an administrator staged on a policy of ours', async () => {
    await using world = await open(manual)
    const policy = await world.api.create(text)
    await world.api.publish(policy.id)
    world.zero.edit(policy.id, (properties) => ({ ...properties, ppl }))
    await using restarted = world.connect()
    for (const api of [world.api, restarted]) {
      assert.equal((await api.publish(policy.id)).state, 'needs-administrator')
    }
    assert.deepEqual(world.zero.enforced(policy.id)?.ppl, [])
  })

  it('goes on after a restart between the write and its publication', async () => {
    for (const edition of ['2025-04', '2026-08'] as const) {
      await using world = await open({ ...manual, edition })
      const policy = await world.api.create(text)
      await using restarted = world.connect()
      assert.deepEqual(await restarted.publish(policy.id), { state: 'in-force' })
      assert.ok(world.zero.enforced(policy.id))
    }
  })

  it('says why a change set failed, and recovers with the next', async () => {
    await using world = await open(manual)
    const { api, zero } = world
    zero.failNextChangeset('failed to build bundle')
    const policy = await api.create(text)
    const failed = await api.publish(policy.id)
    assert.equal(failed.state, 'failed')
    assert.match(failed.reason, /^change set \w+ failed: failed to build bundle$/)
    assert.deepEqual(await api.publish(policy.id), failed)
    await api.replaceRules(policy, ppl)
    assert.deepEqual(await api.publish(policy.id), { state: 'in-force' })
    assert.deepEqual(zero.enforced(policy.id)?.ppl, ppl)
  })
})

describe('publish against a cluster with auto-apply', () => {
  it('follows the change set to its end', async () => {
    await using world = await open({ holdChangesets: true })
    const { api, zero } = world
    const policy = await api.create(text)
    assert.deepEqual(await api.publish(policy.id), { state: 'applying' })
    zero.settleChangesets()
    assert.deepEqual(await api.publish(policy.id), { state: 'in-force' })
    zero.failNextChangeset()
    await api.replaceRules(policy, ppl)
    zero.settleChangesets()
    assert.equal((await api.publish(policy.id)).state, 'failed')
  })

  it('costs one call once the settings are known', async () => {
    await using world = await open()
    const policy = await world.api.create(text)
    await world.api.publish(policy.id)
    const before = world.zero.requests.length
    await world.api.publish(policy.id)
    assert.deepEqual(pathsOf(world.zero).slice(before), ['GET /changesets'])
  })
})
