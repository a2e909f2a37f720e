import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { call } from './call-api.ts'
import { askingApp, stage } from './bolt-stage.ts'

describe('a Bolt app over Socket Mode', () => {
  it('asks, refuses, posts and edits in the same way', async () => {
    await using on = await stage()
    const { slack, ann, bob, channel } = on
    await on.socket(askingApp(channel))
    assert.equal(slack.isSocketConnected, true)

    const { status, body } = await slack.command(ann, channel, '/jit', 'grafana')
    assert.deepEqual([status, body], [200, ''])
    const modal = await slack.waitFor(() => slack.views(ann)[0])
    await slack.submit(ann, modal.id, { reason: 'because', hours: '1' })
    assert.deepEqual(slack.views(ann)[0]?.errors, { reason: 'Say more' })
    await slack.submit(ann, modal.id, { reason: 'INC-42' })
    const card = await slack.waitFor(() => slack.messages(channel)[0])
    await slack.click(bob, card, 'approve')
    await slack.waitFor(() => slack.ephemerals(bob)[0])
    const [edited] = slack.messages(channel)
    assert.equal(edited && slack.visibleText(edited), `Approved r1 by ${bob}`)
    assert.deepEqual(
      (await slack.redeliver(2)).map((ack) => ack.status),
      [200, 200],
    )
  })

  it('shows the text that the app acknowledges with', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    await on.socket((app) => {
      app.command('/jit', ({ ack }) => ack('done'))
    })
    const { body } = await slack.command(ann, channel, '/jit')
    assert.equal(body, '{"text":"done"}')
    assert.deepEqual(
      slack.ephemerals(ann).map((message) => message.text),
      ['done'],
    )
  })

  it('connects again when Slack asks for it', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    await on.socket((app) => {
      app.command('/jit', ({ ack }) => ack('done'))
    })
    const opened = (): number =>
      slack.calls.filter(({ method }) => method === 'apps.connections.open').length
    slack.disconnectSockets()
    await slack.waitFor(() => opened() === 2 && slack.isSocketConnected)
    assert.equal((await slack.command(ann, channel, '/jit')).status, 200)
  })

  it('refuses an address that was used before', async () => {
    await using on = await stage()
    const { body } = await call(on.slack, 'apps.connections.open', {}, on.slack.appToken)
    const first = new WebSocket(String(body['url']))
    const [hello] = (await once(first, 'message')) as [{ data: unknown }]
    assert.match(String(hello.data), /"type":"hello"/)
    const second = new WebSocket(String(body['url']))
    await once(second, 'error')
    first.close()
    await once(first, 'close')
    assert.equal(on.slack.isSocketConnected, false)
  })
})
