import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { storyOf } from '../support/story.ts'
import { ENGINEERS, RELIABILITY } from '../support/world.ts'

// Slack tells of no change by itself: what is found out is found out by asking.
const house = await startHouse({ slack: { events: [] } })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people } = house
const FAILED = 'Slack did not say who belongs where, so nothing was decided: try again in a minute.'
const GONE =
  'The requester may not ask for this resource any more, so nobody can approve it: deny it, or let it lapse.'

const engineers = (...ids: string[]) => slack.setGroup(ENGINEERS, 'engineers', ids)
const reliability = (...ids: string[]) => slack.setGroup(RELIABILITY, 'reliability', ids)

describe('I5: rights are those of the moment of the decision', () => {
  it('refuses an approver who has left the group, at the latest after a minute (F41)', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 the approver leaves')
    reliability(people.sam)
    await house.advance(60)
    assert.match(await story.refusedClick('kim', id, 'approve'), /^You may not answer this request/)
    assert.match(await story.command('kim', `deny ${id} no`), /^You may not answer this request/)
    assert.equal((await story.request(id)).status, 'pending')
    reliability(people.sam, people.kim)
    await house.advance(60)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
  })

  it('refuses for a requester who has left the group, is deactivated or became a guest', async () => {
    const id = await story.ask('robin', 'grafana-prod 1h INC-2 the requester leaves')
    engineers(people.alex, people.sam)
    await house.advance(60)
    assert.equal(await story.refusedClick('kim', id, 'approve'), GONE)
    engineers(people.alex, people.sam, people.robin)
    await house.advance(60)
    slack.update(people.robin, { kind: 'guest' })
    assert.equal(await story.refusedClick('kim', id, 'approve'), GONE)
    slack.update(people.robin, { kind: 'deactivated' })
    assert.equal(await story.refusedClick('kim', id, 'approve'), GONE)
    slack.update(people.robin, { kind: 'member', email: 'kim@example.com' })
    assert.equal(await story.refusedClick('kim', id, 'approve'), GONE)
    slack.update(people.robin, { email: 'robin@example.com' })
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
  })

  it('refuses a deactivated approver at once (F41)', async () => {
    const id = await story.ask('sam', 'grafana-prod 1h INC-3 a last click')
    slack.update(people.kim, { kind: 'deactivated' })
    assert.match(await story.refusedClick('kim', id, 'approve'), /account is deactivated/)
    slack.update(people.kim, { kind: 'member' })
    await story.command('sam', `cancel ${id}`)
  })

  it('refuses everything while a look-up fails, and says so', async () => {
    const id = await story.ask('sam', 'grafana-prod 1h INC-4 nobody knows who is who')
    slack.fail('users.info', { kind: 'error', error: 'internal_error' }, 2)
    assert.equal(await story.refusedClick('kim', id, 'approve'), FAILED)
    await house.advance(60)
    slack.fail('usergroups.list', { kind: 'http', status: 503 }, 10)
    assert.equal(await story.refusedClick('kim', id, 'approve'), FAILED)
    assert.equal((await story.command('kim', `deny ${id} no`)).split('\n')[0], FAILED)
    assert.match(
      await story.command('alex', 'request grafana-prod 1h INC-4 me too'),
      /^Slack did not say/,
    )
    slack.clearFaults()
    assert.equal((await story.request(id)).status, 'pending')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
  })

  it('shortens to what the catalogue allows when the answer is given', async () => {
    const id = await story.ask('alex', 'billing-db 2h INC-5 the rules change meanwhile')
    await house.bot.stop(1_000)
    const shorter = house.catalogueSource
      .replace('max: 2h', 'max: 1h')
      .replace('approvals: 2', 'approvals: 1')
    await house.startBot({}, shorter)
    await story.command('kim', `approve ${id}`)
    await story.untilCard(id, 'Active')
    const { starts_at: startsAt, ends_at: endsAt } = await story.request(id)
    assert.ok((endsAt?.getTime() ?? 0) - (startsAt?.getTime() ?? 0) <= 3_600_000)
  })
})
