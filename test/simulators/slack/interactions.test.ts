import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plain, postTo, stage } from './scripted-bot.ts'

describe('click', () => {
  it('refuses a private channel to outsiders and names what can be clicked', async () => {
    await using on = await stage()
    const eve = on.slack.addPerson({ name: 'Eve' }).id
    const secret = on.slack.addChannel({ name: 'secret', isPrivate: true, members: [on.ann] }).id
    const elements = [{ type: 'button', action_id: 'go', text: plain('Go'), value: 'v' }]
    const blocks = [{ type: 'actions', elements }] as never[]
    const place = await postTo(on, secret, blocks)
    await assert.rejects(on.slack.click(eve, place, 'go'), /not a member/)
    await assert.rejects(on.slack.click(on.ann, place, 'stop'), /no action "stop"; there are go/)
    await on.slack.click(on.ann, place, 'go', {
      apiAppId: 'A0OTHER',
      alter: (payload) => ({ ...payload, token: 'forged' }),
    })
    const { api_app_id, token, channel } = on.received.at(-1) ?? {}
    assert.deepEqual(
      [api_app_id, token, channel],
      ['A0OTHER', 'forged', { id: secret, name: 'privategroup' }],
    )
  })

  it('names the home team of a partner who clicks in a shared channel', async () => {
    await using on = await stage()
    const eve = on.slack.addPerson({ name: 'Eve', kind: 'external', teamId: 'T0EVE' }).id
    const members = [on.ann, eve]
    const shared = on.slack.addChannel({ name: 'shared', isExtShared: true, members }).id
    const elements = [{ type: 'button', action_id: 'go', text: plain('Go') }]
    await on.slack.click(eve, await postTo(on, shared, [{ type: 'actions', elements }]), 'go')
    const { team, user } = on.received.at(-1) ?? {}
    assert.deepEqual(team, { id: on.slack.teamId, domain: 'example' })
    assert.deepEqual(user, { id: eve, username: 'eve', name: 'eve', team_id: 'T0EVE' })
  })
})

describe('event', () => {
  it('is told as the Events API tells it', async () => {
    await using on = await stage()
    await on.slack.event({ type: 'user_change', user: { id: on.ann } })
    const { type, event, team_id, api_app_id } = on.received.at(-1) ?? {}
    assert.deepEqual(
      [type, event, team_id, api_app_id],
      [
        'event_callback',
        { type: 'user_change', user: { id: on.ann } },
        on.slack.teamId,
        on.slack.appId,
      ],
    )
  })
})

describe('retryEvent', () => {
  it('repeats the event with the headers of a retry', async () => {
    await using on = await stage()
    await assert.rejects(on.slack.retryEvent(1, 'http_timeout'), /no event was delivered yet/)
    await on.slack.openHome(on.ann)
    await on.slack.command(on.ann, on.channel, '/jit')
    await on.slack.retryEvent(2, 'http_timeout')
    const [event, , retry] = on.received
    assert.deepEqual(retry, event)
    const headers = on.headers.at(-1) ?? {}
    assert.deepEqual(
      [headers['x-slack-retry-num'], headers['x-slack-retry-reason'], headers['content-type']],
      ['2', 'http_timeout', 'application/json'],
    )
  })
})
