import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { MessagePlace } from '../../src/app/ports.ts'
import { LeaseLost } from '../../src/app/lease.ts'
import type { PolicyState, Transaction } from '../../src/app/store.ts'
import type { ResourceId, SlackChannelId } from '../../src/domain/ids.ts'
import type { TestDatabase } from '../support/database.ts'
import { after, alex, anEngineer } from '../support/build.ts'
import { aDatabase, ask, record } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase(2)
})
afterAll(() => database[Symbol.asyncDispose]())

const inTx = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.store.transaction(work)
const place = (ts: string, channel = 'C0APPROVALS'): MessagePlace => ({
  channel: channel as SlackChannelId,
  ts,
})

describe('identities', () => {
  it('pins the first address and compares every later one with it', async () => {
    const pin = (email: string) => inTx((tx) => tx.identities.pin({ ...alex, email }))
    const pinned = 'Alex@example.com'
    assert.deepEqual(await pin(pinned), { outcome: 'pinned', pinned })
    assert.deepEqual(await pin(pinned), { outcome: 'same', pinned })
    assert.deepEqual(await pin('ALEX@EXAMPLE.COM'), { outcome: 'same', pinned })
    assert.deepEqual(await pin('evil@example.com'), { outcome: 'refused', pinned })
    assert.deepEqual(await pin('evil@example.com'), { outcome: 'refused-again', pinned })
    assert.deepEqual(await pin('worse@example.com'), { outcome: 'refused', pinned })
    assert.deepEqual(await pin(pinned), { outcome: 'same', pinned })
  })

  it('pins anew after it was told to forget', async () => {
    const robin = anEngineer('robin')
    const forget = () => inTx((tx) => tx.identities.forget(robin.teamId, robin.userId))
    await inTx((tx) => tx.identities.pin(robin))
    assert.equal((await forget())?.pinned, 'robin@example.com')
    assert.equal(await forget(), undefined)
    const moved = { ...robin, email: 'robin.new@example.com' }
    assert.deepEqual(await inTx((tx) => tx.identities.pin(moved)), {
      outcome: 'pinned',
      pinned: 'robin.new@example.com',
    })
  })

  it('pins one address of two that come at the same time', async () => {
    const sue = anEngineer('sue')
    const outcomes = await Promise.all(
      ['one@example.com', 'two@example.com'].map((email) =>
        inTx((tx) => tx.identities.pin({ ...sue, email })),
      ),
    )
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['pinned', 'refused'])
    assert.equal(outcomes[0]?.pinned, outcomes[1]?.pinned)
  })
})

describe('policies', () => {
  const bare: PolicyState = {
    resourceId: 'wiki' as ResourceId,
    policyName: 'jit-wiki',
    written: [],
  }
  const full: PolicyState = {
    resourceId: 'grafana-prod' as ResourceId,
    policyName: 'jit-grafana-prod',
    policyId: 'pol_1',
    written: [{ allow: { and: [{ email: { is: 'alex@example.com' } }] } }],
    writtenAt: after(1),
    verifiedAt: after(2),
    quietUntil: after(3),
    blockedReason: 'it is enforced',
    foreignDigest: 'f'.repeat(64),
  }

  it('gives back what was saved, and forgets what the next save leaves out', async () => {
    for (const state of [bare, full]) await inTx((tx) => tx.policies.save(state))
    assert.deepEqual(await inTx((tx) => tx.policies.all()), [full, bare])
    const emptied = { ...bare, resourceId: full.resourceId, policyId: 'pol_1' }
    await inTx((tx) => tx.policies.save(emptied))
    assert.deepEqual(await inTx((tx) => tx.policies.find(full.resourceId)), emptied)
    assert.equal(await inTx((tx) => tx.policies.find('none' as ResourceId)), undefined)
    assert.deepEqual(await inTx((tx) => tx.policies.ownerOf('pol_1')), emptied)
  })

  it('refuses a state that speaks of another policy than the one assigned', async () => {
    const id = 'moved' as ResourceId
    await inTx((tx) => tx.policies.save({ ...full, resourceId: id, policyId: 'pol_old' }))
    const assigned = await inTx((tx) => tx.policies.assign(id, 'jit-moved', 'pol_new'))
    assert.deepEqual(assigned, {
      resourceId: id,
      policyName: 'jit-moved',
      policyId: 'pol_new',
      written: [],
    })
    await assert.rejects(
      inTx((tx) => tx.policies.save({ ...full, resourceId: id, policyId: 'pol_old' })),
      LeaseLost,
    )
    assert.deepEqual(await inTx((tx) => tx.policies.find(id)), assigned)
  })

  it('never takes one Pomerium policy for two resources', async () => {
    const wiki = 'wiki-2' as ResourceId
    await inTx((tx) => tx.policies.assign(wiki, 'jit-wiki', 'pol_2'))
    await assert.rejects(
      inTx((tx) => tx.policies.assign('twin' as ResourceId, 'jit-twin', 'pol_2')),
      { constraint: 'policy_state_policy_id_unique' },
    )
  })
})

describe('messages', () => {
  it('remembers where a request is shown, at which version, until it is gone', async () => {
    const { id } = await ask(database.store)
    await inTx(async (tx) => {
      await tx.messages.posted(id, 'card', place('1.1'), { shown: 1, trail: 1 })
      await tx.messages.posted(id, 'direct', place('1.2', 'D0ALEX'), { shown: 1, trail: 1 })
      // Clicked before the answer to its posting came in, so it is known already.
      await tx.messages.posted(id, 'card', place('1.1'), { shown: 0, trail: 0 })
    })
    const of = () => inTx((tx) => tx.messages.of(id))
    const [card, direct] = await of()
    assert.ok(card !== undefined && direct !== undefined)
    assert.deepEqual(
      [card, direct],
      [
        { id: card.id, kind: 'card', place: place('1.1'), shownVersion: 1, trailVersion: 1 },
        {
          id: direct.id,
          kind: 'direct',
          place: place('1.2', 'D0ALEX'),
          shownVersion: 1,
          trailVersion: 1,
        },
      ],
    )
    await inTx((tx) => tx.messages.shows(card.id, { shown: 3, trail: 2 }))
    await inTx((tx) => tx.messages.gone(direct.id))
    assert.deepEqual(await of(), [{ ...card, shownVersion: 3, trailVersion: 2 }])
  })

  it('remembers that an alert was posted, once', async () => {
    const { seq } = await record(database, {
      action: 'policy.blocked',
      actor: { kind: 'bot' },
      via: 'bot',
      alert: true,
      details: {},
    })
    const isPosted = () => inTx((tx) => tx.messages.isAlertPosted(seq))
    assert.equal(await isPosted(), false)
    for (const ts of ['2.1', '2.2']) await inTx((tx) => tx.messages.alertPosted(seq, place(ts)))
    assert.equal(await isPosted(), true)
    const { rows } = await database.pool.query(
      'select ts from slack_message where audit_seq = $1',
      [seq],
    )
    assert.deepEqual(rows, [{ ts: '2.1' }])
  })
})
