import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { call, error, type Reply } from './call-api.ts'
import { startSlack } from './start-slack.ts'

describe('fail', () => {
  it('meets as many calls as planned and tells them in the log', async () => {
    await using slack = await startSlack()
    const channel = slack.addChannel({ name: 'approvals' }).id
    const post = (text: string): Promise<Reply> =>
      call(slack, 'chat.postMessage', { channel, text })
    slack.fail('chat.postMessage', { kind: 'http', status: 500 })
    slack.fail('chat.postMessage', { kind: 'rate-limited', retryAfterSeconds: 7 })
    slack.fail('chat.postMessage', { kind: 'error', error: 'internal_error' })
    slack.fail('chat.postMessage', { kind: 'http', status: 503, applied: true })
    assert.equal((await post('a')).status, 500)
    const limited = await post('b')
    assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7'])
    assert.deepEqual((await post('c')).body, { ok: false, error: 'internal_error' })
    assert.equal((await post('d')).status, 503)
    assert.equal((await post('e')).status, 200)
    assert.deepEqual(
      slack.messages(channel).map((message) => message.text),
      ['d', 'e'],
    )
    assert.deepEqual(
      slack.calls.map(({ ok, fault }) => [ok, fault]),
      [
        [false, 'HTTP 500'],
        [false, 'HTTP 429, retry after 7 s'],
        [false, 'internal_error'],
        [true, 'HTTP 503 after applying'],
        [true, undefined],
      ],
    )
  })

  it('can leave a call without an answer, or cut it', async () => {
    await using slack = await startSlack()
    const channel = slack.addChannel({ name: 'approvals' }).id
    slack.fail('*', { kind: 'reset', applied: true })
    await assert.rejects(call(slack, 'chat.postMessage', { channel, text: 'cut' }), TypeError)
    slack.fail('*', { kind: 'hang' })
    const hanging = call(slack, 'chat.postMessage', { channel, text: 'hung' })
    await slack.waitFor(() => slack.calls.some((each) => each.fault === 'hang'))
    assert.deepEqual(
      slack.messages(channel).map((message) => message.text),
      ['cut'],
    )
    await slack[Symbol.asyncDispose]()
    await assert.rejects(hanging, TypeError)
  })

  it('cuts everything during an outage', async () => {
    await using slack = await startSlack()
    slack.outage(true)
    await assert.rejects(call(slack, 'auth.test', {}), TypeError)
    slack.outage(false)
    assert.equal(await error(slack, 'auth.test', {}), 'none')
  })
})

describe('hold', () => {
  it('stops a call before it takes effect', async () => {
    await using slack = await startSlack()
    const channel = slack.addChannel({ name: 'approvals' }).id
    const hold = slack.hold('chat.postMessage')
    const held = call(slack, 'chat.postMessage', { channel, text: 'first' })
    await hold.reached
    await call(slack, 'chat.postMessage', { channel, text: 'second' })
    hold.release()
    await held
    assert.deepEqual(
      slack.messages(channel).map((message) => message.text),
      ['second', 'first'],
    )
  })
})

describe('waitFor', () => {
  it('tells the latest calls when it gives up', async () => {
    await using slack = await startSlack()
    await call(slack, 'chat.shout', { text: 'x'.repeat(300) })
    await assert.rejects(
      slack.waitFor(() => false, { timeoutMs: 1 }),
      (thrown: Error) => {
        assert.match(
          thrown.message,
          /not within 1 ms; latest calls:\n {2}chat\.shout .*… → unknown_method/,
        )
        return true
      },
    )
  })

  it('rejects with what the predicate throws', async () => {
    await using slack = await startSlack()
    await assert.rejects(
      slack.waitFor(() => slack.messages('C1')),
      /no channel C1/,
    )
  })
})
