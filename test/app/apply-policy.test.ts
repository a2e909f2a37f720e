import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { READS_DIFFERENTLY, applyPolicy } from '../../src/app/apply-policy.ts'
import { readSituation } from '../../src/app/policy-situation.ts'
import { policyWork } from '../../src/app/policy-work.ts'
import { Breaker } from '../../src/app/breaker.ts'
import type { Lease } from '../../src/app/lease.ts'
import { LeaseLost } from '../../src/app/lease.ts'
import type { LivePolicy, PolicyApi } from '../../src/app/policy-api.ts'
import { PolicyApiError } from '../../src/app/policy-api.ts'
import type { Rule } from '../../src/domain/ppl.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import {
  aDatabase,
  anExtendable,
  approval,
  askExtension,
  change,
  grant,
} from '../postgres/support.ts'
import { aCatalogue, aResource, alex, people } from '../support/build.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

const RESOURCE = aResource()
/** After access was taken away. */
const SECOND_LOOK = { type: 'done', lookAfterMs: 30_000 }
const HELD: Lease = { hold: () => Promise.resolve() }

/** One policy in memory; `meddle` runs after each write and may change what is stored. */
function policyApi(stored: { rules: readonly Rule[] }, meddle: () => void = () => {}): PolicyApi {
  const policy = (): LivePolicy => ({
    id: 'pol1',
    name: RESOURCE.policy,
    description: '',
    explanation: '',
    remediation: '',
    enforced: false,
    namespaceId: 'ns1',
    ppl: stored.rules,
    routes: [],
  })
  return {
    read: () => Promise.resolve(policy()),
    findByName: () => Promise.resolve(policy()),
    create: () => Promise.resolve(policy()),
    clusterId: 'cluster',
    activity: () => Promise.resolve([]),
    replaceRules(_current, ppl) {
      stored.rules = ppl as unknown as readonly Rule[]
      const answer = policy()
      meddle()
      return Promise.resolve(answer)
    },
    publish: () => Promise.resolve({ state: 'in-force' }),
    isOurs: () => true,
  }
}

function depsOf(database: TestDatabase, api: PolicyApi) {
  const catalogue = aCatalogue()
  return {
    store: database.store,
    catalogue: () => catalogue,
    log: silentLog,
    policyApi: api,
    sha256: String,
  }
}

async function apply(database: TestDatabase, api: PolicyApi, lease: Lease = HELD) {
  // Beyond the shortest interval between two writes of one policy.
  await database.clock.advance(1)
  const deps = depsOf(database, api)
  const { situation, waitMs } = await readSituation(deps, RESOURCE.id)
  if (waitMs > 0) return { type: 'again' as const, afterMs: waitMs }
  return applyPolicy(deps, situation, lease)
}

async function stateOf(database: TestDatabase, id: RequestId): Promise<string> {
  const { rows } = await database.pool.query<{ state: string }>(
    'select state from access_grant where request_id = $1',
    [id],
  )
  return rows[0]?.state ?? 'none'
}

describe('applyPolicy', () => {
  it('writes the rule of a grant and calls it active once it is read back', async () => {
    await using database = await aDatabase()
    const { id } = await soon(database)
    const stored = { rules: [] }
    assert.deepEqual(await apply(database, policyApi(stored)), { type: 'done' })
    assert.equal(stored.rules.length, 1)
    assert.equal(await stateOf(database, id), 'active')
  })

  it('does not call an ended rule ended while a read-back still has it', async () => {
    await using database = await aDatabase()
    const request = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    await apply(database, policyApi(stored))
    const before = stored.rules
    await end(database, request.id)
    const putBack = policyApi(stored, () => (stored.rules = before))
    assert.equal((await apply(database, putBack)).type, 'failed')
    assert.equal(await stateOf(database, request.id), 'ending')

    assert.deepEqual(await apply(database, policyApi(stored)), SECOND_LOOK)
    assert.deepEqual(stored.rules, [])
    assert.equal(await stateOf(database, request.id), 'ended')
  })

  it('keeps access that was extended in the policy that the catalogue moves it from', async () => {
    await using database = await aDatabase()
    const { store, clock } = database
    const extended = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    const api = policyApi(stored)
    await apply(database, api)
    const live = await store.statement((db) => db.requests.find(extended.id))
    assert.ok(live?.status === 'approved')
    const resource = anExtendable()
    const wish = await askExtension(store, live, { at: await clock.now(), resource })
    await change(
      store,
      wish.id,
      approval({ at: await clock.now(), resource, extended: live, requester: alex }),
    )
    await clock.advance(1)
    const moved = aCatalogue({}, aResource({ policy: 'jit-elsewhere' }))
    const deps = { ...depsOf(database, api), catalogue: () => moved }
    const { situation } = await readSituation(deps, RESOURCE.id)
    assert.equal(situation.requests[0]?.grant.state, 'granting')
    await applyPolicy(deps, situation, HELD)
    assert.equal(stored.rules.length, 1, 'the holder is not cut off')
    assert.equal(await stateOf(database, extended.id), 'active')
  })

  it('knows its own rule again after a write whose answer was lost', async () => {
    await using database = await aDatabase()
    const request = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    const lost = policyApi(stored, () => {
      throw new PolicyApiError('PUT policy pol1: no answer', {
        code: 'timeout',
        retryable: true,
        ambiguous: true,
      })
    })
    await assert.rejects(apply(database, lost), PolicyApiError)
    await end(database, request.id)
    assert.equal((await apply(database, policyApi(stored))).type, 'again', 'it may still land')
    await database.clock.advance(45)
    assert.deepEqual(await apply(database, policyApi(stored)), SECOND_LOOK)
    assert.deepEqual(stored.rules, [], 'the rule is taken out, not kept as somebody else’s')
    assert.equal(await stateOf(database, request.id), 'ended')
  })

  it('takes out again a rule that an old write brought back after the end was confirmed', async () => {
    await using database = await aDatabase()
    const request = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    await apply(database, policyApi(stored))
    const old = stored.rules
    await end(database, request.id)
    await apply(database, policyApi(stored))
    assert.equal(await stateOf(database, request.id), 'ended')
    stored.rules = old
    assert.deepEqual(await apply(database, policyApi(stored)), { type: 'done' })
    assert.deepEqual(stored.rules, [])
  })

  it('takes out the rule of an ended grant after the policy was forgotten and found again', async () => {
    await using database = await aDatabase()
    const request = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    await apply(database, policyApi(stored))
    await end(database, request.id)
    await database.store.transaction((tx) =>
      tx.policies.assign(RESOURCE.id, RESOURCE.policy, undefined),
    )
    assert.deepEqual(await apply(database, policyApi(stored)), SECOND_LOOK)
    assert.deepEqual(stored.rules, [])
    assert.equal(await stateOf(database, request.id), 'ended')
  })

  it('still takes out a rule when the policy did not read back as written before', async () => {
    await using database = await aDatabase()
    const request = await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    await apply(database, policyApi(stored))
    await database.pool.query('update policy_state set blocked_reason = $1', [READS_DIFFERENTLY])
    await end(database, request.id)
    assert.deepEqual(await apply(database, policyApi(stored)), SECOND_LOOK)
    assert.deepEqual(stored.rules, [])
    assert.equal(await stateOf(database, request.id), 'ended')
  })

  it('does not write once the lease is lost', async () => {
    await using database = await aDatabase()
    await soon(database)
    const stored = { rules: [] }
    const lost: Lease = { hold: () => Promise.reject(new LeaseLost('lost policy:grafana-prod')) }
    await assert.rejects(apply(database, policyApi(stored), lost), LeaseLost)
    assert.deepEqual(stored.rules, [])
  })

  it('leaves the policy alone until an earlier write can no longer land', async () => {
    await using database = await aDatabase()
    await soon(database)
    const stored = { rules: [] }
    await apply(database, policyApi(stored))
    await database.pool.query(`update policy_state set quiet_until = jit_now() + interval '30 s'`)
    const result = await apply(database, policyApi(stored))
    assert.equal(result.type, 'again')
    await database.clock.advance(30)
    assert.deepEqual(await apply(database, policyApi(stored)), { type: 'done' })
  })
})

describe('policyWork', () => {
  it('writes a policy that never reads back as written three times, then once at each comparison', async () => {
    await using database = await aDatabase()
    await soon(database)
    const stored: { rules: readonly Rule[] } = { rules: [] }
    const spelling = policyApi(stored, () => {
      stored.rules = JSON.parse(JSON.stringify(stored.rules).replaceAll('alex@', 'ALEX@')) as Rule[]
    })
    const handle = policyWork({ ...depsOf(database, spelling), breaker: new Breaker(() => 0) })
    const claim = {
      kind: 'policy',
      subject: RESOURCE.id,
      generation: '1',
      leaseEpoch: '1',
      isUrgent: false,
    } as const
    const types: string[] = []
    for (const attempts of [0, 1, 2, 0]) {
      await database.clock.advance(1)
      types.push((await handle({ ...claim, attempts }, HELD)).type)
    }
    assert.deepEqual(types, ['failed', 'failed', 'blocked', 'blocked'])
    const { rows } = await database.pool.query<{ alert: boolean }>(
      `select alert from audit_event where action = 'policy.blocked'`,
    )
    assert.deepEqual(rows, [{ alert: true }], 'reported once')
  })
})

/** A grant that is granting by the database's clock. */
async function soon(database: TestDatabase) {
  const at = await database.clock.now()
  return grant(database.store, { at }, at)
}

function end(database: TestDatabase, id: RequestId) {
  return database.clock
    .now()
    .then((at) => change(database.store, id, { type: 'end', at, by: alex, admins: people() }))
}
