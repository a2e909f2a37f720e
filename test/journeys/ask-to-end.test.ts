import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import { plainly, storyOf } from '../support/story.ts'

const HOUR = 3_600

describe('from a request to access that ends by itself', () => {
  it('opens the door for the holder alone, and shuts it on time while the bot is down', async () => {
    await using house = await startHouse()
    const { slack, people } = house
    const story = storyOf(house)

    const answer = await story.command('alex', 'request grafana-prod 1h INC-42 dashboards are red')
    const id = /`([0-9A-Z]{8})`/.exec(answer)?.[1] ?? ''
    assert.match(answer, /^Asked for Grafana \(production\) \(`grafana-prod`\) for 1h/)
    assert.deepEqual(plainly(await story.untilCard(id, id)).split('\n'), [
      '⏳ Waiting for approval',
      '*Requester*',
      `<@${people.alex}>`,
      '*Resource*',
      'Grafana (production) (`grafana-prod`)',
      '*Asked for*',
      '1h',
      '*Why you*',
      'May answer: <!subteam^S0RELIABILITY>, but not the requester; 1 approval needed.',
      'Reason',
      'INC-42 dashboards are red',
      `Request \`${id}\`, asked TIME; lapses TIME`,
      'Approve',
      'Approve with…',
      'Deny…',
    ])
    assert.deepEqual(plainly(await story.untilDirect('alex', id, 'Waiting')).split('\n'), [
      '⏳ Waiting for approval',
      'You asked for <https://grafana.example.com/|Grafana (production)> for 1h. The request lapses TIME if it is not approved by then.',
      `Request \`${id}\``,
      'Cancel request',
    ])
    assert.equal(await story.visit('alex'), 403)
    const posted = story.card(id)?.ts

    await story.click('kim', id, 'approve')
    const active = plainly(await story.untilCard(id, 'Active'))
    assert.match(active, /Pomerium has confirmed the rule\. Access is active until TIME\./)
    assert.match(active, new RegExp(`Approved by\\*\n<@${people.kim}>`))
    assert.match(active, /\nEnd now$/)
    assert.equal(story.card(id)?.ts, posted, 'the card is edited, not posted anew')
    assert.deepEqual(plainly(await story.untilDirect('alex', id, 'Active')).split('\n'), [
      '🟢 Active',
      'You have access to <https://grafana.example.com/|Grafana (production)> until TIME.',
      `Request \`${id}\`; approved by <@${people.kim}>`,
      'End now',
    ])
    const { starts_at: startsAt, ends_at: endsAt } = await story.request(id)
    assert.deepEqual(story.rules(), [
      {
        allow: {
          and: [
            { email: { is: 'alex@example.com' } },
            { date: { before: endsAt?.toISOString().replace('.000Z', 'Z') } },
          ],
        },
      },
    ])
    const window = (endsAt?.getTime() ?? 0) - (startsAt?.getTime() ?? 0)
    assert.ok(window > HOUR * 1_000 - 1_000 && window <= HOUR * 1_000, `${window} ms`)
    assert.equal(await story.visit('alex'), 200)
    assert.equal(await story.visit('robin'), 403)
    assert.equal(await story.visit('kim'), 403)

    await house.bot.stop(5_000)
    await house.advance(HOUR)
    assert.equal(story.rules().length, 1, 'nobody was there to take the rule out')
    assert.equal(await story.visit('alex'), 403)

    await house.startBot()
    assert.match(
      plainly(await story.untilCard(id, 'Ended')),
      /Access ended TIME: its time was over/,
    )
    await story.untilDirect('alex', id, 'its time was over')
    await story.untilRules(0)
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.approved',
      'grant.activated',
      'grant.ended',
    ])
    await slack.waitFor(() => story.trail(id).length === 3)
    assert.deepEqual(story.trail(id).map(plainly), [
      `<@${people.kim}> approved; Pomerium has not confirmed the rule yet.`,
      'Access is active until TIME.',
      'Access ended: its time was over.',
    ])
    assert.deepEqual(story.alerts(), [], 'nothing was wrong, so nobody is alerted')
  })

  it('ends by itself while the bot is running', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 5m a short look')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    await house.advance(299)
    assert.equal(story.headings(id).at(-1), '🟢 Active')
    await house.advance(1)
    await story.untilCard(id, 'Ended')
    await story.untilRules(0)
    assert.equal((await story.request(id)).end_cause, 'expired')
  })

  it('works over Socket Mode as it does over HTTP', async () => {
    await using house = await startHouse({ socketMode: true })
    const story = storyOf(house)
    assert.ok(house.slack.isSocketConnected)
    const id = await story.ask('alex', 'grafana-prod 1h over a socket')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)

    await story.click('alex', id, 'end')
    await story.untilCard(id, 'Ended')
    assert.equal(await story.visit('alex'), 403)
  })
})
