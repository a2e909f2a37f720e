import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { Cluster } from '../support/cluster.ts'
import { startCluster } from '../support/cluster.ts'
import { createAppLogin, createTemplate, onServer } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS } from '../support/world.ts'

describe('a Postgres server', () => {
  let cluster: Cluster
  before(async () => {
    // Of its own: others are in the middle of their tests with the one for all.
    cluster = await startCluster()
    // There too a commit is to be kept that was told.
    await onServer(cluster.url, (client) =>
      client.query('alter role all set synchronous_commit = on'),
    )
    process.env['JIT_TEST_SERVER'] = cluster.url
    process.env['JIT_TEST_TEMPLATE'] = await createTemplate(cluster.url)
    process.env['JIT_TEST_APP_LOGIN'] = JSON.stringify(await createAppLogin(cluster.url))
  })
  after(() => cluster.stop())

  it('may be killed under load: what was told is there, the trail holds, and all goes on (F11)', async () => {
    await using house = await startHouse()
    const { slack, people, database } = house
    const story = storyOf(house)
    const first = await story.ask('alex', 'grafana-prod 8h INC-1 before the kill')
    await story.click('kim', first, 'approve')
    await story.untilCard(first, 'Active')
    const acts: Promise<unknown>[] = []
    for (const who of ['alex', 'robin', 'sam', 'olga'] as const)
      acts.push(slack.command(people[who], APPROVALS, '/jit', 'request grafana-prod 1h INC-1 load'))
    acts.push(slack.command(people.kim, APPROVALS, '/jit', `end ${first}`))
    await Promise.all(acts)
    await cluster.crash()
    await eventually('it answers again', () =>
      database.pool.query('select 1').then(
        () => true,
        () => false,
      ),
    )
    const last = await eventually('people are served', async () =>
      story.ask('robin', 'billing-db 1h INC-2 after the kill').catch(() => undefined),
    )
    for (const who of ['kim', 'sam'] as const)
      await eventually(`${who} is served`, async () => {
        await story.command(who, `approve ${last}`)
        const { rows } = await database.pool.query(
          'select from approval where request_id = $1 and approver_user_id = $2',
          [last, people[who]],
        )
        return rows.length === 1
      })
    await story.minutesUntil('active', async () => (await story.request(last)).state === 'active')
    const { rows } = await database.pool.query<{ id: string; version: number; events: number }>(`
      select id, version, (select count(*)::int from audit_event
        where request_id = id and request_version is not null) as events from request`)
    for (const { id, version, events } of rows) assert.equal(events, version, id)
    const { finding, problems } = await verifyTrail(database.db)
    assert.deepEqual([finding, problems], [undefined, []])
    await assertInvariants(house)
  })
})
