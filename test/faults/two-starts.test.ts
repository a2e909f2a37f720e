import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startHouse, startTown } from '../support/house.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS } from '../support/world.ts'

describe('starts and stops', () => {
  it('lets two bots start at once on an empty database, and makes each policy once (F8)', async () => {
    await using town = await startTown()
    await using environment = await environmentOf(town)
    await using one = startMain(environment.env)
    await using two = startMain(environment.env)
    await Promise.all([one.ready, two.ready])
    await town.pomerium.waitFor(() => town.pomerium.policies().length >= 2)
    await eventually('both policies are verified', async () => {
      const { rows } = await town.database.pool.query(
        'select 1 from policy_state where verified_at is not null',
      )
      return rows.length === 2
    })
    assert.deepEqual(
      town.pomerium
        .policies()
        .map(({ name }) => name)
        .toSorted(),
      ['jit-billing-db', 'jit-grafana-prod'],
    )
    await eventually('a head is published', async () => {
      const { rows } = await town.database.pool.query(
        `select from audit_event where action = 'audit.head_published'`,
      )
      return rows.length > 0
    })
    const { rows } = await town.database.pool.query(
      `select action, count(*)::int as n from audit_event group by action order by action`,
    )
    assert.deepEqual(rows, [
      { action: 'audit.head_published', n: 1 },
      { action: 'catalogue.accepted', n: 1 },
      { action: 'policy.created', n: 2 },
    ])
  })

  it('finishes what is under way on SIGTERM and exits with 0 (F9)', async () => {
    await using town = await startTown()
    await using environment = await environmentOf(town)
    await using bot = startMain(environment.env)
    town.slack.deliverTo(`http://127.0.0.1:${await bot.ready}/slack/events`)
    const { slack, pomerium } = town
    const story = storyOf(town)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 a stop in between')
    const put = pomerium.faults.add({ method: 'PUT', effect: { kind: 'hold' } })
    await story.click('kim', id, 'approve')
    await pomerium.waitFor(() => put.hits === 1)
    const look = slack.hold('users.info')
    const { robin } = town.people
    const ack = slack.command(robin, APPROVALS, '/jit', `approve ${id}`)
    await look.reached
    const stoppedAt = performance.now()
    bot.kill('SIGTERM')
    await ack
    look.release()
    put.release()
    assert.equal(await bot.exited, 0)
    assert.ok(performance.now() - stoppedAt < 4_000, 'quickly')
    assert.equal((await story.request(id)).state, 'active')
    assert.ok((await story.events(id)).includes('request.approve_refused'), 'the click is not lost')
    assert.match(bot.stdout(), /"isDone":true,"msg":"stopped"/)
    assert.equal(bot.stderr(), '')
  })

  it('lets go at the deadline of what hangs', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 Pomerium hangs')
    const hang = house.pomerium.faults.add({ method: 'PUT', effect: { kind: 'hang' } })
    await story.click('kim', id, 'approve')
    await house.pomerium.waitFor(() => hang.hits === 1)
    const stoppedAt = performance.now()
    await house.bot.stop(300)
    assert.ok(performance.now() - stoppedAt < 1_500)
    await house.startBot()
    await house.advance(31)
    await story.untilCard(id, 'Active')
  })
})
