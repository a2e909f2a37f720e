import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  authorized,
  connect,
  failure,
  livePolicy,
  settableClock,
  startLoopback,
  wirePolicy,
  type Handler,
} from './support.ts'
import { markLine } from '../../src/pomerium/mark.ts'

const hour = (at: number) => new Date(Date.UTC(2026, 10, 20, at)).toISOString()
const set = (id: string, status: string, at: number, over: Record<string, unknown> = {}) => ({
  id,
  namespaceId: 'nsp',
  status,
  createdAt: hour(at),
  updatedAt: hour(at),
  ...over,
})
const edit = (id: string, user: string | undefined, at: number, type = 'policy') => ({
  id: `${id}-${at}`,
  activityType: 'update',
  applied: { by: {} },
  createdAt: hour(at),
  updatedAt: hour(at),
  entity: { id, type, data: { name: id } },
  namespace: {},
  user: user === undefined ? {} : { id: user },
})

interface World {
  autoApply?: boolean
  sets?: readonly unknown[] | ((query: URLSearchParams) => readonly unknown[])
  /** The staged edits, one list per entity. */
  staged?: readonly (readonly unknown[])[]
  endChangeset?: string
  apply?: Handler
  /** The `activityLogs` answer. */
  activity?: readonly unknown[]
  policies?: Readonly<Record<string, unknown>>
  /** `updatedAt` of every write. */
  writtenAt?: string
}

const bot = 'usr_bot'
const ours = (id: string) => wirePolicy({ id, originatorId: 'pomerium-jit' })
const made = (id: string, user: string) => ({ ...edit(id, user, 1), activityType: 'create' })

async function open(world: World) {
  const handler = authorized((seen, response) => {
    const { pathname, searchParams } = new URL(seen.url, 'http://x')
    const path = pathname.replace('/api/v0/organizations/org', '')
    const policyId = /^\/policies\/(.+)$/.exec(path)?.[1]
    if (path === '/clusters/clu/settings') {
      return { json: { autoApplyChangesets: world.autoApply ?? false, sharedSecret: 's' } }
    }
    if (path === '/clusters/clu') return { json: { id: 'clu', namespaceId: 'nsp' } }
    if (path === '/changesets') {
      const sets = world.sets ?? []
      return { json: typeof sets === 'function' ? sets(searchParams) : page(sets, searchParams) }
    }
    if (path === '/changesets/compare') {
      const endChangeset = { id: world.endChangeset ?? searchParams.get('secondId') }
      return { json: { endChangeset, entities: world.staged ?? [] } }
    }
    if (path === '/activityLogs') return { json: world.activity ?? [] }
    if (seen.method === 'POST' && world.apply !== undefined) return world.apply(seen, response)
    if (seen.method === 'PUT' && policyId !== undefined) {
      return { json: wirePolicy({ id: policyId, updatedAt: world.writtenAt }) }
    }
    const policy = policyId === undefined ? undefined : world.policies?.[policyId]
    return policy === undefined ? { status: 404, text: '' } : { json: policy }
  })
  const loopback = await startLoopback(handler)
  const clock = settableClock()
  const api = connect(loopback, { now: clock.now })
  return {
    api,
    clock,
    /** The calls since the last look, without those of the token. */
    calls: () =>
      loopback.calls
        .splice(0)
        .filter(({ url }) => url !== '/api/v0/token')
        .map(({ method, url }) => `${method} ${url.replace('/api/v0/organizations/org', '')}`),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await loopback[Symbol.asyncDispose]()
    },
  }
}

function page(sets: readonly unknown[], query: URLSearchParams): readonly unknown[] {
  const offset = Number(query.get('offset') ?? 0)
  const status = query.get('status')
  return sets
    .filter((one) => status === null || (one as { status: string }).status === status)
    .slice(offset, offset + Number(query.get('limit')))
}

const publish = async (world: World, policyId = 'pol_1') => {
  await using opened = await open(world)
  return await opened.api.publish(policyId)
}

const applied: Handler = () => ({ json: set('cs_2', 'applying', 2) })
const byAdministrator = (why: string) => ({
  state: 'needs-administrator',
  reason: `change set cs_2 ${why}; an administrator must review and apply it in Pomerium`,
})

describe('publish with auto-apply', () => {
  const states: readonly [string, Record<string, unknown>, unknown][] = [
    ['current', {}, { state: 'in-force' }],
    ['applied', {}, { state: 'in-force' }],
    ['pending', {}, { state: 'applying' }],
    ['applying', {}, { state: 'applying' }],
    ['a status of tomorrow', {}, { state: 'applying' }],
    ['failed', {}, { state: 'failed', reason: 'change set cs_2 failed' }],
    ['rejected', {}, { state: 'failed', reason: 'change set cs_2 rejected' }],
    [
      'failed',
      { failureMessage: 'building\n  evaluators: key deadbeef0123456789ab' },
      { state: 'failed', reason: 'change set cs_2 failed: building evaluators: key [removed]' },
    ],
  ]
  for (const [status, over, publication] of states) {
    it(`reads a newest change set that is ${status} as ${JSON.stringify(publication)}`, async () => {
      const sets = [set('cs_2', status, 2, over), set('cs_1', 'failed', 1)]
      assert.deepEqual(await publish({ autoApply: true, sets }), publication)
      assert.deepEqual(await publish({ autoApply: true, sets: sets.toReversed() }), publication)
    })
  }

  it('is in force when there are no change sets', async () => {
    assert.deepEqual(await publish({ autoApply: true }), { state: 'in-force' })
  })

  it('takes the least finished of change sets made at the same instant', async () => {
    const sets = ['applied', 'current', 'failed', 'applying'].map((status) =>
      set(`cs_${status}`, status, 2),
    )
    assert.deepEqual(await publish({ autoApply: true, sets }), { state: 'applying' })
  })

  it('takes one call while the settings are known, and asks for those again after a minute', async () => {
    const sets = [set('cs_2', 'current', 2), set('cs_1', 'applied', 1)]
    const list = 'GET /changesets?clusterId=clu&limit=100'
    await using world = await open({ autoApply: true, sets })
    await world.api.publish('pol_1')
    assert.deepEqual(world.calls().toSorted(), [list, 'GET /clusters/clu/settings'])
    world.clock.advance(59_999)
    await world.api.publish('pol_1')
    assert.deepEqual(world.calls(), [list])
    world.clock.advance(1)
    await world.api.publish('pol_1')
    assert.deepEqual(world.calls().toSorted(), [list, 'GET /clusters/clu/settings'])
  })

  it('finds the newest of a long list that begins with the oldest', async () => {
    const many = Array.from({ length: 130 }, (_, n) => set(`cs_${n}`, 'applied', n))
    const cases: readonly [unknown[], unknown][] = [
      [[set('cs_a', 'current', 200)], { state: 'in-force' }],
      [[set('cs_a', 'current', 200), set('cs_b', 'applying', 201)], { state: 'applying' }],
      [
        [set('cs_a', 'current', 200), set('cs_b', 'failed', 201)],
        { state: 'failed', reason: 'change set cs_b failed' },
      ],
      [[set('cs_a', 'failed', 200), set('cs_b', 'current', 201)], { state: 'in-force' }],
      [[set('cs_a', 'failed', 200), set('cs_b', 'applied', 201)], { state: 'in-force' }],
    ]
    for (const [newest, publication] of cases) {
      assert.deepEqual(await publish({ autoApply: true, sets: [...many, ...newest] }), publication)
    }
  })

  it('does not say in force when a call fails', async () => {
    const { code } = await failure(publish({ autoApply: true, sets: [{ id: 'cs_1' }] }))
    assert.equal(code, 'invalid-answer')
  })
})

describe('publish without auto-apply', () => {
  const pending = [set('cs_2', 'pending', 2), set('cs_1', 'current', 1)]
  /** A world where this process wrote `pol_1` at two o'clock. */
  async function written(world: World) {
    const opened = await open({ writtenAt: hour(2), sets: pending, ...world })
    await opened.api.replaceRules(livePolicy(), [])
    opened.calls()
    return opened
  }

  it('is what the newest change set says when nothing is pending', async () => {
    assert.deepEqual(await publish({ sets: [set('cs_1', 'current', 1)] }), { state: 'in-force' })
    assert.deepEqual(await publish({ sets: [set('cs_1', 'applying', 1)] }), { state: 'applying' })
    assert.deepEqual(await publish({ sets: [set('cs_1', 'failed', 1)] }), {
      state: 'failed',
      reason: 'change set cs_1 failed',
    })
  })

  it('applies a change set that holds nothing but our own write', async () => {
    await using world = await written({ staged: [[edit('pol_1', bot, 2)]], apply: applied })
    assert.deepEqual(await world.api.publish('pol_1'), { state: 'applying' })
    const calls = world.calls()
    assert.deepEqual(
      new Set(calls.slice(0, 2)),
      new Set(['GET /changesets?clusterId=clu&limit=100', 'GET /clusters/clu/settings']),
    )
    assert.deepEqual(calls.slice(2), [
      'GET /changesets/compare?clusterId=clu&firstId=cs_1&secondId=cs_2',
      'POST /changesets/cs_2/apply',
    ])
  })

  it('says what the applied change set says', async () => {
    const answers: readonly [Handler, unknown][] = [
      [() => ({ json: set('cs_2', 'current', 2) }), { state: 'in-force' }],
      [
        () => ({ json: set('cs_2', 'failed', 2, { failureMessage: 'no' }) }),
        { state: 'failed', reason: 'change set cs_2 failed: no' },
      ],
      [() => ({ text: '' }), { state: 'applying' }],
      [() => ({ status: 409, text: 'not pending' }), { state: 'applying' }],
      [() => ({ status: 404, text: '' }), { state: 'applying' }],
    ]
    for (const [apply, publication] of answers) {
      await using world = await written({ staged: [[edit('pol_1', bot, 2)]], apply })
      assert.deepEqual(await world.api.publish('pol_1'), publication)
    }
  })

  it('leaves open whether an apply without an answer happened', async () => {
    const staged = [[edit('pol_1', bot, 2)]]
    await using world = await written({ staged, apply: () => ({ status: 504, text: '' }) })
    const { code, ambiguous, message } = await failure(world.api.publish('pol_1'))
    assert.deepEqual(
      [code, ambiguous, message],
      ['unavailable', true, 'POST apply change set cs_2: 504 after 0 ms'],
    )
  })

  it('may not apply: says so', async () => {
    const staged = [[edit('pol_1', bot, 2)]]
    await using world = await written({ staged, apply: () => ({ status: 403, text: 'no' }) })
    assert.equal((await failure(world.api.publish('pol_1'))).code, 'forbidden')
  })

  it('never applies what anybody else staged', async () => {
    const own = [edit('pol_1', bot, 2)]
    const cases: readonly [readonly (readonly unknown[])[], string][] = [
      [[own, [edit('pol_9', 'usr_eve', 2)]], '1 change'],
      [[own, [edit('rt_1', bot, 2, 'route')]], '1 change'],
      [[own, [edit('pol_1', bot, 2, 'route')]], '1 change'],
      [[own, [edit('clu', bot, 2, 'settings')], [edit('pol_9', 'usr_eve', 3)]], '2 changes'],
      [[[...own, edit('pol_1', 'usr_eve', 3)]], '1 change'],
      [[[edit('pol_1', 'usr_eve', 1), ...own]], '1 change'],
      [[[...own, edit('pol_1', undefined, 3)]], '1 change'],
      [[own, [edit('pol_9', undefined, 3)]], '1 change'],
      // The bot's own user, but a policy that is neither marked nor written by this process.
      [[own, [edit('pol_9', bot, 3)]], '1 change'],
      // One list for several entities.
      [[[...own, edit('pol_9', 'usr_eve', 3)]], '1 change'],
    ]
    for (const [staged, changes] of cases) {
      await using world = await written({
        staged,
        policies: { pol_1: ours('pol_1'), pol_9: wirePolicy({ id: 'pol_9' }) },
        activity: [made('pol_1', bot)],
      })
      assert.deepEqual(
        await world.api.publish('pol_1'),
        byAdministrator(`holds ${changes} that somebody else made`),
      )
      assert.equal(
        world.calls().some((call) => call.startsWith('POST')),
        false,
      )
    }
  })

  it('applies other policies of ours along with it', async () => {
    const staged = [[edit('pol_1', bot, 2)], [edit('pol_2', bot, 2)], [edit('pol_3', bot, 2)]]
    const policies = { pol_3: wirePolicy({ id: 'pol_3', description: markLine }) }
    await using world = await written({ staged, policies, apply: applied })
    await world.api.replaceRules(livePolicy({ id: 'pol_2' }), [])
    assert.deepEqual(await world.api.publish('pol_1'), { state: 'applying' })
    assert.equal(world.calls().at(-1), 'POST /changesets/cs_2/apply')
  })

  it('does not count entries about change sets', async () => {
    const staged = [[edit('pol_1', bot, 2)], [edit('cs_2', 'usr_eve', 2, 'changeset')]]
    await using world = await written({ staged, apply: applied })
    assert.deepEqual(await world.api.publish('pol_1'), { state: 'applying' })
  })

  it('looks past a change set that does not hold the policy, and leaves it alone', async () => {
    const staged = [[edit('pol_9', 'usr_eve', 2)]]
    assert.deepEqual(await publish({ sets: pending, staged }), { state: 'in-force' })
    const sets = [set('cs_2', 'pending', 2), set('cs_1', 'failed', 1)]
    assert.deepEqual(await publish({ sets, staged }), {
      state: 'failed',
      reason: 'change set cs_1 failed',
    })
  })

  it('compares with what was published before the pending change set', async () => {
    const sets = [
      set('cs_3', 'current', 3),
      set('cs_2', 'pending', 2),
      set('cs_1', 'applied', 1),
      set('cs_0', 'applied', 0),
    ]
    await using world = await open({ sets })
    await world.api.publish('pol_1')
    assert.equal(
      world.calls().at(-1),
      'GET /changesets/compare?clusterId=clu&firstId=cs_1&secondId=cs_2',
    )
  })

  it('asks again when the comparison is about another change set', async () => {
    const staged = [[edit('pol_1', bot, 2)]]
    await using world = await written({ staged, endChangeset: 'cs_3' })
    assert.deepEqual(await world.api.publish('pol_1'), { state: 'applying' })
  })
})

describe('publish by a process that has not written yet', () => {
  const sets = [set('cs_2', 'pending', 2), set('cs_1', 'current', 1)]
  const staged = [[edit('pol_1', bot, 2)]]
  const unclear = byAdministrator('cannot be told to be this bot’s alone')

  it('knows itself as the maker of the marked policy', async () => {
    const world = { sets, staged, apply: applied, policies: { pol_1: ours('pol_1') } }
    assert.deepEqual(await publish({ ...world, activity: [made('pol_1', bot)] }), {
      state: 'applying',
    })
  })

  it('does not apply what a person staged on a policy of ours', async () => {
    const policies = { pol_1: ours('pol_1') }
    const activity = [made('pol_1', bot)]
    const byEve = [[edit('pol_1', 'usr_eve', 2)]]
    assert.deepEqual(
      await publish({ sets, staged: byEve, policies, activity }),
      byAdministrator('holds 1 change that somebody else made'),
    )
  })

  it('does not take the maker of a policy without the mark for the bot', async () => {
    const activity = [made('pol_1', bot)]
    const policies = { pol_1: wirePolicy() }
    assert.deepEqual(await publish({ sets, staged, activity, policies }), unclear)
    assert.deepEqual(await publish({ sets, staged, activity }), unclear)
  })

  it('does not guess when the maker is not known', async () => {
    const policies = { pol_1: ours('pol_1') }
    const logs = [
      [],
      [made('pol_2', bot)],
      [edit('pol_1', bot, 1)],
      [made('pol_1', bot), made('pol_1', 'usr_eve')],
      [{ ...made('pol_1', bot), user: {} }],
    ]
    for (const activity of logs) {
      assert.deepEqual(await publish({ sets, staged, policies, activity }), unclear)
    }
  })

  it('does not take a person for the bot who edited long after the bot wrote', async () => {
    await using world = await open({
      sets,
      staged: [[edit('pol_1', 'usr_eve', 2)]],
      writtenAt: hour(1),
    })
    await world.api.replaceRules(livePolicy(), [])
    assert.deepEqual(await world.api.publish('pol_1'), unclear)
  })
})
