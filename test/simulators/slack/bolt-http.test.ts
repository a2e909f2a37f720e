import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { askingApp, plain, stage } from './bolt-stage.ts'
import { sign } from './delivery.ts'
import type { Json } from './json.ts'

describe('a Bolt app over HTTP', () => {
  it('asks in a modal, posts a card and edits it after a click', async () => {
    await using on = await stage()
    const { slack, ann, bob, channel } = on
    await on.http(askingApp(channel))

    const { status, body, problem } = await slack.command(ann, channel, '/jit', 'grafana')
    assert.deepEqual({ status, body, problem }, { status: 200, body: '', problem: undefined })
    const modal = await slack.waitFor(() => slack.views(ann)[0])
    assert.equal(slack.visibleText(modal), 'Ask\nReason\nHours\n1 h\n2 h')

    const refused = await slack.submit(ann, modal.id, { reason: 'because', hours: '2' })
    assert.equal(refused.problem, undefined)
    assert.deepEqual(slack.views(ann)[0]?.errors, { reason: 'Say more' })
    await slack.submit(ann, modal.id, { reason: 'INC-42' })
    assert.deepEqual(slack.views(ann), [])

    const card = await slack.waitFor(() => slack.messages(channel)[0])
    assert.equal(slack.visibleText(card), 'grafana: INC-42, 2 h\nApprove')
    await slack.click(bob, card, 'approve')
    await slack.waitFor(() => slack.ephemerals(bob)[0])
    const [edited] = slack.messages(channel)
    assert.equal(edited && slack.visibleText(edited), `Approved r1 by ${bob}`)
    assert.deepEqual(
      edited?.history.map((old) => slack.visibleText(old)),
      ['grafana: INC-42, 2 h\nApprove'],
    )
    await assert.rejects(slack.click(bob, card, 'approve'), /no action "approve"; there are none/)

    assert.equal((await slack.clickStale(ann, card, 'approve', { value: 'r2' })).status, 200)
    await slack.waitFor(() => slack.ephemerals(ann)[0])
    const [again] = slack.messages(channel)
    assert.equal(again && slack.visibleText(again), `Approved r2 by ${ann}`)
    assert.deepEqual(
      slack.calls.map(({ method, ok }) => [method, ok]),
      [
        ['auth.test', true],
        ['views.open', true],
        ['chat.postMessage', true],
        ['chat.update', true],
        ['chat.postEphemeral', true],
        ['chat.update', true],
        ['chat.postEphemeral', true],
      ],
    )
  })

  it('gets payloads shaped like Slack’s', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    const bodies: Json[] = []
    await on.http((app) => {
      app.use(async ({ body, next }) => {
        bodies.push(body as unknown as Json)
        await next()
      })
      askingApp(channel)(app)
    })
    const opensModal = slack.waitFor(() => slack.views(ann)[0])
    await slack.command(ann, channel, '/jit', 'a & b')
    const { id } = await opensModal
    await slack.submit(ann, id, { reason: 'INC-42', hours: '1' })
    const card = await slack.waitFor(() => slack.messages(channel)[0])
    await slack.click(ann, card, 'approve', { teamId: 'T0OTHER' })
    const [command, submission, click] = bodies
    const keys = (body: Json | undefined): string[] => Object.keys(body ?? {}).sort()
    assert.deepEqual(keys(command), [
      'api_app_id',
      'channel_id',
      'channel_name',
      'command',
      'is_enterprise_install',
      'response_url',
      'team_domain',
      'team_id',
      'text',
      'token',
      'trigger_id',
      'user_id',
      'user_name',
    ])
    assert.equal(command?.['text'], 'a & b')
    assert.deepEqual(keys(submission), [
      'api_app_id',
      'enterprise',
      'is_enterprise_install',
      'response_urls',
      'team',
      'token',
      'trigger_id',
      'type',
      'user',
      'view',
    ])
    assert.deepEqual(keys(click), [
      'actions',
      'api_app_id',
      'channel',
      'container',
      'enterprise',
      'is_enterprise_install',
      'message',
      'response_url',
      'state',
      'team',
      'token',
      'trigger_id',
      'type',
      'user',
    ])
    assert.deepEqual(click?.['team'], { id: 'T0OTHER', domain: 'example' })
    assert.deepEqual(click?.['user'], { id: ann, username: 'ann', name: 'ann', team_id: 'T0OTHER' })
    assert.deepEqual(click?.['container'], {
      type: 'message',
      message_ts: card.ts,
      channel_id: channel,
      is_ephemeral: false,
    })
  })

  it('answers 401 to a wrong secret and a stale timestamp, and takes a replay', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    await on.http((app) => {
      app.command('/jit', ({ ack }) => ack('done'))
    })
    assert.equal((await slack.command(ann, channel, '/jit')).status, 200)
    assert.deepEqual(
      (await slack.redeliver(2)).map(({ status, body }) => [status, body]),
      [
        [200, 'done'],
        [200, 'done'],
      ],
    )
    const body = 'command=%2Fjit&user_id=U1&team_id=T1'
    const now = Math.floor(Date.now() / 1000)
    const raw = (timestamp: number, secret: string): Promise<number> =>
      slack
        .deliverRaw({
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'x-slack-request-timestamp': String(timestamp),
            'x-slack-signature': sign(body, secret, timestamp),
          },
          body,
        })
        .then(({ status }) => status)
    assert.equal(await raw(now, 'another secret'), 401)
    assert.equal(await raw(now - 600, slack.signingSecret), 401)
    assert.equal(await raw(now, slack.signingSecret), 200)
  })

  it('is refused by an app with another secret, and the person is told', async () => {
    await using on = await stage()
    const { slack, ann, channel } = on
    await on.http(askingApp(channel), 'another secret')
    const ack = await slack.command(ann, channel, '/jit')
    assert.deepEqual([ack.status, ack.problem], [401, 'dispatch_failed'])
    assert.deepEqual(
      slack.notices(ann).map(({ about, problem }) => [about, problem]),
      [['/jit', 'dispatch_failed']],
    )
  })

  it('shows operation_timeout when the answer is late', async () => {
    await using on = await stage({ ackTimeoutMs: 0 })
    const { slack, ann, channel } = on
    await on.http((app) => {
      app.command('/jit', ({ ack }) => ack('too late'))
    })
    const ack = await slack.command(ann, channel, '/jit')
    assert.deepEqual([ack.status, ack.problem], [200, 'operation_timeout'])
    assert.deepEqual(slack.ephemerals(ann), [])
    assert.deepEqual(
      slack.notices(ann).map(({ problem }) => problem),
      ['operation_timeout'],
    )
  })

  it('hears that a Home was opened, and publishes it', async () => {
    await using on = await stage()
    const { slack, ann } = on
    await on.http((app) => {
      app.event('app_home_opened', async ({ client, event }) => {
        await client.views.publish({
          user_id: event.user,
          view: {
            type: 'home',
            blocks: [
              {
                type: 'section',
                block_id: 'mine',
                text: plain('Nothing yet'),
                accessory: { type: 'button', action_id: 'ask', text: plain('Ask') },
              },
            ],
          },
        })
      })
      app.action('ask', async ({ ack, body, client }) => {
        await ack()
        if (body.type !== 'block_actions' || !body.view) return
        await client.views.publish({
          user_id: body.user.id,
          hash: body.view.hash,
          view: { type: 'home', blocks: [{ type: 'header', text: plain('Asked') }] },
        })
      })
    })
    assert.equal((await slack.openHome(ann)).status, 200)
    const home = await slack.waitFor(() => slack.home(ann))
    assert.equal(slack.visibleText(home), 'Nothing yet\nAsk')
    assert.equal((await slack.clickInView(ann, home.id, 'ask')).status, 200)
    const next = await slack.waitFor(() => slack.home(ann)?.hash !== home.hash && slack.home(ann))
    assert.deepEqual([next.id, slack.visibleText(next)], [home.id, 'Asked'])
  })
})
