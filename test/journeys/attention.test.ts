import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startHouse } from '../support/house.ts'
import type { Story } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, FALLBACK, RULES_YAML } from '../support/world.ts'

const MINUTE = 60
const HOUR = 3_600
const ASK = 'warehouse 1h the load of tonight'

async function start() {
  const house = await startHouse({ catalogue: RULES_YAML })
  return { house, story: storyOf(house), slack: house.slack, people: house.people }
}

/** The audit trail of a request, once it has so many events. */
async function untilEvents(story: Story, id: string, ...expected: readonly string[]) {
  const events = await eventually(`${expected.length} events of ${id}`, async () => {
    const found = await story.events(id)
    return found.length >= expected.length && found
  })
  assert.deepEqual(events, expected)
}

const reminders = (story: Story, id: string) =>
  story.trail(id).filter((line) => line.startsWith('Reminder to'))

describe('a request that nobody answers', () => {
  it('reminds the approvers after 10 minutes, then after twice as long each time', async () => {
    const { house, story, slack } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    await story.untilIdle()
    await house.advance(10 * MINUTE - 60)
    await story.untilIdle()
    assert.deepEqual(await story.events(id), ['request.created'])
    await house.advance(60)
    await slack.waitFor(() => reminders(story, id).length === 1)
    await story.untilIdle()
    assert.deepEqual(story.trail(id), [
      'Reminder to <!subteam^S0RELIABILITY>: this request still waits for approval.',
    ])
    assert.deepEqual(story.pinged(id).at(-1), ['kim', 'sam'])

    // Of the rest only the reminders matter here: the leads are asked after half an hour.
    await house.advance(20 * MINUTE - 60)
    await story.untilIdle()
    assert.equal(reminders(story, id).length, 1)
    await house.advance(60)
    await slack.waitFor(() => reminders(story, id).length === 2)
    await story.untilIdle()
    await house.advance(40 * MINUTE - 60)
    await story.untilIdle()
    assert.equal(reminders(story, id).length, 2)
    await house.advance(60)
    await slack.waitFor(() => reminders(story, id).length === 3)
    assert.deepEqual(story.pinged(id).at(-1), ['kim', 'sam', 'lea'])
    await untilEvents(
      story,
      id,
      'request.created',
      'request.reminded',
      'request.escalated',
      'request.reminded',
      'request.reminded',
    )
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    await house.advance(2 * HOUR)
    await story.untilState(id, 'ended')
    assert.equal(reminders(story, id).length, 3, 'not once it is answered')
  })

  it('asks the leads after half an hour, who may answer from then on and not before', async () => {
    const { house, story, slack, people } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    assert.equal(
      await story.refusedClick('lea', id, 'approve'),
      'You may not answer this request: its card names the people who may.',
    )
    assert.match(await story.command('lea', 'pending'), /No request waits for your answer/)
    await story.untilIdle()
    await house.advance(30 * MINUTE)
    await slack.waitFor(() => story.trail(id).some((line) => line.startsWith('Escalated')))
    assert.match(
      plainly(await story.untilCard(id, 'Escalated')),
      /Escalated TIME: <!subteam\^S0LEADS> may answer too\./,
    )
    const named = story.pinged(id).filter((names) => names.includes('lea'))
    assert.ok(named.length > 0)
    assert.match(await story.command('lea', 'pending'), new RegExp(id))
    await story.click('lea', id, 'approve')
    assert.match(await story.untilCard(id, 'Active'), new RegExp(`<@${people.lea}>`))
    const approved = await story.recorded(id, 'request.approved')
    assert.deepEqual([approved?.actor, approved?.details['right']], [people.lea, 'escalation'])
  })

  it('lapses, after which nobody is reminded and nobody can answer', async () => {
    const { house, story, slack, people } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    await story.untilIdle()
    await house.advance(4 * HOUR)
    await story.untilCard(id, 'Lapsed')
    await untilEvents(story, id, 'request.created', 'request.lapsed')
    const card = story.card(id)
    assert.ok(card)
    assert.match(
      await story.told('kim', () => slack.clickStale(people.kim, card, 'jit:approve')),
      /^This request lapsed/,
    )
    assert.equal(await story.visit('robin', 'warehouse.example.com'), 403)
  })
})

describe('a request that nobody answers while the bot is down', () => {
  it('is brought to mind once when the bot is back, and escalated, and goes on from there', async () => {
    const { house, story, slack } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    await house.bot.stop(5_000)
    await house.advance(100 * MINUTE)
    const second = await house.startBot()
    await untilEvents(story, id, 'request.created', 'request.escalated', 'request.reminded')
    await slack.waitFor(() => reminders(story, id).length === 1)
    await story.untilIdle()
    assert.equal(reminders(story, id).length, 1)
    assert.equal(story.trail(id).length, 2)

    await second.stop(5_000)
    await house.startBot()
    await story.untilIdle()
    assert.equal((await story.events(id)).length, 3, 'a restart reminds nobody')
    await house.advance(20 * MINUTE)
    await slack.waitFor(() => reminders(story, id).length === 2)
  })

  it('lapses without a reminder when it was down for that long', async () => {
    const { house, story } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    await house.bot.stop(5_000)
    await house.advance(5 * HOUR)
    await house.startBot()
    await story.untilCard(id, 'Lapsed')
    await story.untilDirect('robin', id, 'was not approved in time')
    await untilEvents(story, id, 'request.created', 'request.lapsed')
  })

  it('is brought to mind once, however long Slack cannot be reached', async () => {
    const { house, story, slack } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    await story.untilIdle()
    slack.outage(true)
    await house.advance(10 * MINUTE)
    await untilEvents(story, id, 'request.created', 'request.reminded')
    slack.outage(false)
    await story.minutesUntil('reminded', () => reminders(story, id).length > 0)
    await story.untilIdle()
    assert.equal(reminders(story, id).length, 1)
    assert.deepEqual(story.pinged(id).at(-1), ['kim', 'sam'])
  })
})

describe('a channel that does not take cards', () => {
  it('gives way to the fallback channel when it is archived, where one answers as well', async () => {
    const { house, story, slack } = await start()
    await using _ = house
    slack.updateChannel(APPROVALS, { isArchived: true })
    const id = await story.ask('robin', ASK)
    const card = await story.untilCard(id, 'Waiting')
    assert.equal(story.card(id)?.channel, FALLBACK)
    assert.match(card, /This card belongs in <#C0APPROVALS>, which did not take it/)
    assert.deepEqual(story.pinged(id)[0], ['kim', 'sam'])
    const alert = await slack.waitFor(() => story.alerts()[0])
    assert.match(alert, /A message went to the fallback channel/)
    // On record once it is posted, a moment after the card shows.
    assert.equal((await story.recorded(id, 'message.rerouted'))?.alert, true)
    assert.match(alert, /is_archived/)

    const other = await story.ask('alex', ASK)
    await story.untilCard(other, 'Waiting')
    await story.untilIdle()
    assert.equal(story.alerts().length, 1, 'operators hear of it once')

    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    await slack.waitFor(() => story.trail(id).length === 2)
    assert.equal(await story.visit('robin', 'warehouse.example.com'), 200)
  })

  it('gives way too when the bot is put out of it while a request waits', async () => {
    const { house, story, slack } = await start()
    await using _ = house
    const id = await story.ask('robin', ASK)
    const before = story.card(id)
    assert.equal(before?.channel, APPROVALS)
    slack
      .channels()
      .find((channel) => channel.id === APPROVALS)
      ?.members.delete(slack.botUserId)
    await story.untilIdle()
    await house.advance(10 * MINUTE)
    const moved = await slack.waitFor(() =>
      slack.messages(FALLBACK).find((shown) => slack.visibleText(shown).includes(id)),
    )
    await slack.click(house.people.kim, moved, 'jit:approve')
    await story.untilState(id, 'active')
    await slack.waitFor(() =>
      slack
        .messages(FALLBACK)
        .some((shown) => shown.threadTs === undefined && /Active/.test(slack.visibleText(shown))),
    )
    assert.equal(story.alerts().length, 1)
  })

  it('lets the request be answered by command when there is no card at all', async () => {
    const { house, story, slack, people } = await start()
    await using _ = house
    for (const channel of [APPROVALS, FALLBACK]) slack.updateChannel(channel, { isArchived: true })
    const answer = await story.command('robin', `request ${ASK}`)
    const id = /`([0-9A-Z]{8})`/.exec(answer)?.[1] ?? ''
    await story.untilDirect('robin', id, 'Waiting')
    assert.equal(story.card(id), undefined)
    assert.match(await story.command('kim', 'pending'), new RegExp(id))
    assert.match(await story.command('kim', `approve ${id}`), /^Approved/)
    await story.untilDirect('robin', id, 'You have access')
    assert.equal((await story.recorded(id, 'request.approved'))?.actor, people.kim)
  })
})
