import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'

/** Longer than a policy is held for one writer; shorter than the time in which its write may still land. */
const POLICY_LEASE_SECONDS = 11
const PUT = { method: 'PUT', path: '/policies/*' }

describe('two writers', () => {
  it('never write one policy at once, though the one of before was held up beyond its lease (F27)', async () => {
    await using house = await startHouse()
    const { pomerium } = house
    const story = storyOf(house)
    // A rolling restart: the one of before goes by another catalogue.
    const newer = house.catalogueSource.replace('Billing database', 'Billing database (new)')
    const held = pomerium.faults.add({ ...PUT, effect: { kind: 'hold' } })
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 two writers')
    await story.click('kim', id, 'approve')
    await pomerium.waitFor(() => held.hits === 1)
    await house.startBot({}, newer)
    await house.advance(POLICY_LEASE_SECONDS)
    await story.click('kim', id, 'end')
    const other = await story.ask('robin', 'grafana-prod 8h INC-1 written by the new one')
    await story.click('kim', other, 'approve')
    await eventually('the new one has looked', async () => {
      const { rows } = await house.database.pool.query(
        `select from work where key = 'policy:grafana-prod' and lease_until is null
           and due_at > jit_now() + interval '5 seconds'`,
      )
      return rows.length === 1
    })
    const writes = () => pomerium.requests.filter(({ method }) => method === 'PUT').length
    const before = writes()
    assert.equal(pomerium.counters.inFlight, 1, 'the write of before is under way, and no other')
    assert.equal((await story.request(id)).state, 'ending')
    held.release()
    await pomerium.waitFor(() => writes() === before + 1)
    await story.minutesUntil(
      'both are as decided',
      async () =>
        (await story.request(id)).state === 'ended' &&
        (await story.request(other)).state === 'active',
    )
    assert.deepEqual([await story.visit('alex'), await story.visit('robin')], [403, 200])
    assert.equal(story.rules().length, 1)
    await assertInvariants(house)
  })
})
