import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { isJson, type Json } from './json.ts'
import { stage } from './scripted-bot.ts'
import { stage as boltStage } from './bolt-stage.ts'
import { startSlack } from './start-slack.ts'

const fieldOf = (object: Json | undefined, name: string): Json => {
  const field = object?.[name]
  return isJson(field) ? field : {}
}
const eventIn = (payload: Json | undefined): Json => fieldOf(payload, 'event')

describe('update', () => {
  it('tells of somebody who was deactivated, made a guest, or has another address', async () => {
    await using on = await stage()
    for (const changes of [
      { kind: 'guest', email: 'ann@partner.example' },
      { kind: 'deactivated' },
    ] as const)
      on.slack.update(on.ann, changes)
    await on.slack.waitFor(() => on.received.length === 2)
    const users = on.received.map((payload) => fieldOf(eventIn(payload), 'user'))
    assert.deepEqual(
      users.map((user) => [user['id'], user['deleted'], user['is_restricted'], user['team_id']]),
      [
        [on.ann, false, true, on.slack.teamId],
        [on.ann, true, undefined, on.slack.teamId],
      ],
    )
    assert.equal(fieldOf(users[0], 'profile')['email'], 'ann@partner.example')
    const [first] = on.received
    assert.deepEqual(
      [first?.['type'], eventIn(first)['type'], first?.['team_id'], first?.['api_app_id']],
      ['event_callback', 'user_change', on.slack.teamId, on.slack.appId],
    )
    assert.match(String(first?.['event_id']), /^Ev/)
    assert.notEqual(first?.['event_id'], on.received[1]?.['event_id'])
  })

  it('tells nothing to an app that is not subscribed', async () => {
    await using on = await stage({ events: ['subteam_updated'] })
    on.slack.update(on.ann, { kind: 'guest' })
    on.slack.setGroup('S0SRE', 'sre', [])
    on.slack.setGroup('S0SRE', 'sre', [on.ann])
    await on.slack.waitFor(() => on.received.length === 1)
    assert.equal(eventIn(on.received[0])['type'], 'subteam_updated')
  })

  it('tells over a socket too', async () => {
    await using on = await boltStage()
    const heard: string[] = []
    await on.socket((app) => {
      app.event('user_change', async ({ event }) => void heard.push(event.user.id))
    })
    on.slack.update(on.bob, { kind: 'deactivated' })
    await eventually('the event was heard of', () => heard.length === 1)
    assert.deepEqual(heard, [on.bob])
  })
})

describe('setGroup', () => {
  it('tells who joined and who left, and nothing of a group that is as it was', async () => {
    await using on = await stage()
    const bob = on.slack.addPerson({ name: 'Bob' }).id
    on.slack.setGroup('S0SRE', 'sre', [on.ann])
    on.slack.setGroup('S0SRE', 'sre', [on.ann])
    on.slack.setGroup('S0SRE', 'sre', [bob])
    await on.slack.waitFor(() => on.received.length === 2)
    const events = on.received.map(eventIn)
    const changed = events.find(({ type }) => type === 'subteam_members_changed')
    const updated = events.find(({ type }) => type === 'subteam_updated')
    assert.deepEqual(
      [changed?.['subteam_id'], changed?.['added_users'], changed?.['removed_users']],
      ['S0SRE', [bob], [on.ann]],
    )
    assert.deepEqual(fieldOf(updated, 'subteam')['users'], [bob])
    assert.deepEqual(
      on.slack.groups().map(({ id, handle, members }) => [id, handle, members]),
      [['S0SRE', 'sre', [bob]]],
    )
  })
})

describe('an event that is not acknowledged', () => {
  it('is told again at once, after a minute and after five more, with the reason', async () => {
    let now = Date.now()
    await using on = await stage({ now: () => now })
    const { slack } = on
    const attempts = () =>
      on.headers.map((headers) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']])
    on.statuses.push(500, 500, 500)
    slack.update(on.ann, { kind: 'guest' })
    await slack.waitFor(() => on.received.length === 2)
    await slack.waitFor(() => slack.owedEvents === 1)
    now += 59_999
    await slack.retryEvents()
    assert.equal(on.received.length, 2)
    now += 1
    await slack.retryEvents()
    assert.equal(on.received.length, 3)
    now += 300_000
    await slack.retryEvents()
    await slack.retryEvents()
    assert.deepEqual(attempts(), [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
      ['3', 'http_error'],
    ])
    const ids = new Set(on.received.map((payload) => payload['event_id']))
    assert.equal(ids.size, 1)
    assert.equal(slack.owedEvents, 0)
  })

  it('waits for an app that is down, and is given up after three more attempts', async () => {
    let now = Date.now()
    await using slack = await startSlack({ now: () => now })
    const { id } = slack.addPerson({ name: 'Ann' })
    slack.update(id, { kind: 'guest' })
    await slack.waitFor(() => slack.owedEvents === 1)
    for (const afterMs of [60_000, 300_000]) {
      assert.equal(slack.owedEvents, 1)
      now += afterMs
      await slack.retryEvents()
    }
    assert.equal(slack.owedEvents, 0)
  })
})

describe('notified', () => {
  it('counts those of the channel who are named when a message is posted, also by group', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    const bob = slack.addPerson({ name: 'Bob' }).id
    const eve = slack.addPerson({ name: 'Eve' }).id
    slack.setGroup('S0SRE', 'sre', [bob, eve])
    slack.updateChannel(channel, { members: new Set([ann, bob, slack.botUserId]) })
    const text = { type: 'mrkdwn', text: `<!subteam^S0SRE> and <@${eve}>, not &lt;@${ann}&gt;` }
    const plain = { type: 'plain_text', text: `<@${ann}>` }
    await on.client.apiCall('chat.postMessage', {
      channel,
      text: `<@${ann}>`,
      blocks: [
        { type: 'section', text },
        { type: 'section', text: plain },
      ],
    })
    const [card] = slack.messages(channel)
    assert.ok(card)
    assert.deepEqual(slack.notified(card), [bob])
    await on.client.chat.update({ channel, ts: card.ts, text: `<@${ann}>`, blocks: [] })
    const [edited] = slack.messages(channel)
    assert.ok(edited)
    assert.deepEqual(slack.notified(edited), [bob])
    const quote = {
      type: 'rich_text',
      elements: [
        { type: 'rich_text_section', elements: [{ type: 'user', user_id: ann }] },
        { type: 'rich_text_quote', elements: [{ type: 'usergroup', usergroup_id: 'S0SRE' }] },
      ],
    }
    await on.client.apiCall('chat.postMessage', { channel, text: '-', blocks: [quote] })
    await on.client.apiCall('chat.postMessage', { channel, text: `<!subteam^S0SRE|@sre>` })
    const [, second, third] = slack.messages(channel)
    assert.ok(second && third)
    assert.deepEqual([slack.notified(second), slack.notified(third)], [[ann, bob], [bob]])
  })
})
