import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isJson } from './json.ts'
import { last, plain, postTo, stage } from './scripted-bot.ts'

describe('a response URL', () => {
  const post = async (url: string, body: object): Promise<[number, unknown]> => {
    const init = { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(url, init)
    const answer: unknown = await response.json()
    return [response.status, isJson(answer) ? (answer['error'] ?? answer['ok']) : answer]
  }

  it('takes five answers, ephemeral unless told otherwise', async () => {
    await using on = await stage()
    await on.slack.command(on.ann, on.channel, '/jit')
    const url = last(on, 'response_url')
    assert.deepEqual(await post(url, { text: '1' }), [200, true])
    assert.deepEqual(await post(url, { text: '2', replace_original: true }), [200, true])
    assert.deepEqual(await post(url, { blocks: [{ type: 'marquee' }] }), [400, 'invalid_blocks'])
    assert.deepEqual(await post(url, { text: '3', response_type: 'in_channel' }), [200, true])
    assert.deepEqual(await post(url, { text: '4' }), [200, true])
    assert.deepEqual(await post(url, { delete_original: true }), [200, true])
    assert.deepEqual(await post(url, { text: '6' }), [404, 'used_url'])
    assert.deepEqual(
      on.slack.ephemerals(on.ann).map((each) => each.text),
      ['2'],
    )
    assert.deepEqual(
      on.slack.messages(on.channel).map((each) => each.text),
      ['3'],
    )
  })

  it('expires after thirty minutes', async () => {
    let now = 1_800_000_000_000
    await using on = await stage({ now: () => now })
    await on.slack.command(on.ann, on.channel, '/jit')
    const url = last(on, 'response_url')
    now += 30 * 60_000
    assert.deepEqual(await post(url, { text: 'in time' }), [200, true])
    now += 1
    assert.deepEqual(await post(url, { text: 'late' }), [404, 'expired_url'])
    assert.deepEqual(await post(`${url}x`, { text: 'lost' }), [404, 'no_service'])
  })

  it('replaces and deletes the message that was clicked', async () => {
    await using on = await stage()
    const elements = [{ type: 'button', action_id: 'go', text: plain('Go') }]
    const blocks = [{ type: 'actions', elements }] as never[]
    const place = await postTo(on, on.channel, blocks)
    await on.slack.click(on.ann, place, 'go')
    const url = last(on, 'response_url')
    await post(url, { text: 'done', replace_original: true })
    assert.deepEqual(
      on.slack.messages(on.channel).map((each) => [each.text, each.history.length]),
      [['done', 1]],
    )
    await post(url, { delete_original: true })
    assert.deepEqual(on.slack.messages(on.channel), [])
  })

  it('stays private when what was clicked was private', async () => {
    await using on = await stage()
    const elements = [{ type: 'button', action_id: 'go', text: plain('Go') }]
    const blocks = [{ type: 'actions', elements }] as never[]
    const { channel, ann: user } = on
    await on.client.chat.postEphemeral({ channel, user, text: 'psst', blocks })
    const [shown] = on.slack.ephemerals(user)
    assert.ok(shown)
    await on.slack.click(user, shown, 'go')
    assert.deepEqual(on.received.at(-1)?.['message'], undefined)
    await post(last(on, 'response_url'), {
      text: 'done',
      replace_original: true,
      response_type: 'in_channel',
    })
    assert.deepEqual(
      on.slack.ephemerals(user).map((each) => each.text),
      ['done'],
    )
    assert.deepEqual(on.slack.messages(channel), [])
  })

  it('fails when that is planned', async () => {
    await using on = await stage()
    await on.slack.command(on.ann, on.channel, '/jit')
    on.slack.fail('response_url', { kind: 'error', error: 'internal_error' })
    on.slack.fail('response_url', { kind: 'slow', delayMs: 1 })
    const url = last(on, 'response_url')
    assert.deepEqual(await post(url, { text: 'lost' }), [200, 'internal_error'])
    assert.deepEqual(await post(url, { text: 'late' }), [200, true])
    assert.deepEqual(
      on.slack.calls.map(({ method, ok }) => [method, ok]),
      [
        ['response_url', false],
        ['response_url', true],
      ],
    )
    assert.deepEqual(
      on.slack.ephemerals(on.ann).map((each) => each.text),
      ['late'],
    )
  })
})
