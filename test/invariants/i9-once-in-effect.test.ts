import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS } from '../support/world.ts'

const house = await startHouse()
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, pomerium, database } = house

const count = async (sql: string, ...values: string[]): Promise<number> =>
  (await database.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`, values))
    .rows[0]?.n ?? -1

describe('I9: delivered twice, done once', () => {
  it('makes one request of a command that Slack delivers five times (F29)', async () => {
    const ack = slack.command(people.alex, APPROVALS, '/jit', 'request grafana-prod 1h INC-1 again')
    await Promise.all([ack, slack.redeliver(4)])
    await slack.waitFor(() => slack.ephemerals(people.alex).length >= 5)
    assert.equal(await count(`request where reason = 'INC-1 again'`), 1)
    const cards = slack
      .messages(APPROVALS)
      .filter((m) => m.threadTs === undefined && slack.visibleText(m).includes('INC-1 again'))
    assert.equal(cards.length, 1)
    const ids = slack
      .ephemerals(people.alex)
      .map((m) => /`([0-9A-Z]{8})`/.exec(slack.visibleText(m))?.[1])
    assert.equal(new Set(ids).size, 1, 'each delivery is told of the same request')
    await story.command('alex', `cancel ${ids[0] ?? ''}`)
  })

  it('makes one request of a form that is sent five times (F29)', async () => {
    await slack.command(people.alex, APPROVALS, '/jit', '')
    const view = await slack.waitFor(() => {
      const shown = slack.views(people.alex).at(-1)
      return shown?.content['callback_id'] === 'jit:request' && shown
    })
    const entries = { resource: 'grafana-prod', duration: '1h', reason: 'INC-2 form' }
    const ack = slack.submit(people.alex, view.id, entries)
    await Promise.all([ack, slack.redeliver(4)])
    await slack.waitFor(() =>
      slack.messages(APPROVALS).some((m) => slack.visibleText(m).includes('INC-2 form')),
    )
    assert.equal(await count(`request where reason = 'INC-2 form'`), 1)
    const { rows } = await database.pool.query<{ id: string }>(
      `select id from request where reason = 'INC-2 form'`,
    )
    await story.command('alex', `cancel ${rows[0]?.id ?? ''}`)
  })

  it('opens one grant for a click that comes five times (F29)', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 clicks')
    const clicked = story.click('kim', id, 'approve')
    await Promise.all([clicked, slack.redeliver(4)])
    await story.untilCard(id, 'Active')
    assert.equal(await count('approval where request_id = $1', id), 1)
    assert.equal(await count('access_grant where request_id = $1', id), 1)
    assert.equal(story.rules().length, 1)
    await story.command('alex', `end ${id}`)
    await story.untilCard(id, 'Ended')
  })

  it('lets one of two win who approve and deny at the same moment, and tells the other (F30)', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await story.ask('alex', `grafana-prod 1h INC-4 race ${round}`)
      const [yes, no] = await Promise.all([
        story.command('kim', `approve ${id}`),
        story.command('sam', `deny ${id} no`),
      ])
      const row = await story.request(id)
      const [winner, loser] = row.status === 'approved' ? [yes, no] : [no, yes]
      assert.match(winner, row.status === 'approved' ? /^Approved/ : /^Denied/)
      assert.match(loser, /(approved|denied) this request already/)
      await story.command('kim', `end ${id}`)
    }
    await pomerium.waitFor(() => story.rules().length === 0)
  })

  it('counts two approvers who race, one of them twice, once each (F30)', async () => {
    const id = await story.ask('alex', 'billing-db 30m INC-5 two approvers race')
    const card = story.card(id)
    assert.ok(card)
    await Promise.all([
      slack.click(people.kim, card, 'jit:approve'),
      slack.click(people.kim, card, 'jit:approve'),
      slack.click(people.sam, card, 'jit:approve'),
      slack.click(people.ada, card, 'jit:approve'),
    ])
    await story.untilCard(id, 'Active')
    assert.equal(await count('approval where request_id = $1', id), 2)
    assert.equal(await count('access_grant where request_id = $1', id), 1)
    await story.command('alex', `end ${id}`)
    await story.untilState(id, 'ended')
  })

  it('works off every key once with two replicas, one of which stops mid-flight', async () => {
    const other = await house.startBot()
    const held = pomerium.faults.add({ method: 'PUT', effect: { kind: 'hold' } })
    const ids = await Promise.all(
      (['alex', 'robin', 'sam'] as const).map(async (who) => {
        const id = await story.ask(who, 'grafana-prod 1h INC-6 replicas')
        await story.command('kim', `approve ${id}`)
        return id
      }),
    )
    // Long enough to remember what it has posted: who dies between the two posts a line again.
    const stopped = house.bot.stop(5_000)
    held.release()
    await stopped
    // The longest lease that the stopped replica may have left behind.
    await house.advance(31)
    for (const id of ids) await story.untilState(id, 'active')
    await Promise.all(ids.map((id) => story.untilCard(id, 'Active')))
    for (const id of ids) {
      await slack.waitFor(() => story.trail(id).length >= 2)
      assert.equal(story.trail(id).length, 2)
    }
    assert.equal(story.rules().length, 3)
    assert.equal(
      slack
        .messages(APPROVALS)
        .filter((m) => m.threadTs === undefined && /INC-6/.test(slack.visibleText(m))).length,
      3,
    )
    await other.stop(1_000)
    await house.startBot()
    for (const id of ids) await story.command('kim', `end ${id}`)
    for (const id of ids) await story.untilState(id, 'ended')
    await assertInvariants(house)
  })
})
