import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'

describe('I2: the end is in the rule itself', () => {
  it('shuts the door to the second, though bot, Slack and API are gone', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { pomerium, slack } = house
    const id = await story.ask('alex', 'grafana-prod 10m INC-1 until the lights go out')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const { ends_at: endsAt } = await story.request(id)
    await house.bot.stop(1_000)
    slack.outage(true)
    pomerium.faults.add({ count: 1_000, effect: { kind: 'reset' } })
    pomerium.setClusterOnline(false)
    const at = (ms: number) => new Date((endsAt?.getTime() ?? 0) + ms)
    const visit = (when: Date) =>
      pomerium.visit({ email: 'alex@example.com', host: 'grafana.example.com', at: when }).status
    assert.deepEqual(
      [visit(at(-1)), visit(at(0)), visit(at(1)), visit(at(86_400_000))],
      [200, 403, 403, 403],
    )
  })

  it('counts from the approval that opened the access, never beyond the maximum', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 the longest there is')
    await house.advance(3_600)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const { starts_at: startsAt, ends_at: endsAt } = await story.request(id)
    const seconds = ((endsAt?.getTime() ?? 0) - (startsAt?.getTime() ?? 0)) / 1_000
    assert.ok(seconds <= 8 * 3_600 && seconds > 8 * 3_600 - 1, `${seconds} s`)
    const now = await house.database.clock.now()
    assert.ok((startsAt?.getTime() ?? 0) <= now.getTime())
    await assert.rejects(
      house.database.pool.query(
        `update access_grant set ends_at = ends_at + interval '1 hour', version = version + 1,
           state = 'ended', end_cause = 'expired', ended_at = now()`,
      ),
      /terms cannot change/,
    )
  })
})
