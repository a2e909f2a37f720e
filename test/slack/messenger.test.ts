import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Messenger } from '../../src/app/ports.ts'
import { MessengerError } from '../../src/app/ports.ts'
import type { SlackChannelId, SlackUserId } from '../../src/domain/ids.ts'
import { createMessenger } from '../../src/slack/messenger.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { Fault } from '../simulators/slack/faults.ts'
import type { SlackSimulator } from '../simulators/slack/simulator.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { startApi } from './api.ts'
import { event, lines, view } from './samples.ts'
import { quietLogger } from './stage.ts'

const CHANNEL = 'C0APPROVALS' as SlackChannelId
const ANN = 'U0ANN' as SlackUserId
const pending = view({ state: 'pending' })

function messengerOf(slack: { readonly apiUrl: string; readonly botToken: string }): Messenger {
  return createMessenger({ client: createWebClient({ ...slack, logger: quietLogger() }) })
}

async function simulated() {
  const slack = await startSlack()
  slack.addPerson({ id: ANN, name: 'Ann' })
  slack.addChannel({ id: CHANNEL, name: 'approvals' })
  return {
    slack,
    messenger: messengerOf(slack),
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}

function argsOf(slack: SlackSimulator, method: string): unknown {
  const {
    blocks: _,
    text: __,
    ...rest
  } = slack.calls.findLast((c) => c.method === method)?.args ?? {}
  return rest
}

/** The error of a call that must fail, as its code and wait. */
async function errorOf(call: Promise<unknown>): Promise<readonly unknown[]> {
  const error = await call.then(
    () => assert.fail('the call went well'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof MessengerError)
  return [error.code, error.retryAfterMs]
}

describe('createMessenger', () => {
  it('posts a card and changes it in place', async () => {
    await using at = await simulated()
    const place = await at.messenger.postCard(CHANNEL, pending)
    assert.deepEqual(argsOf(at.slack, 'chat.postMessage'), {
      channel: CHANNEL,
      unfurl_links: false,
      unfurl_media: false,
    })
    await at.messenger.updateCard(place, view({ state: 'denied' }))
    const [message, ...others] = at.slack.messages(CHANNEL)
    assert.deepEqual(others, [])
    assert.deepEqual({ channel: message?.channel, ts: message?.ts }, place)
    assert.match(lines(message ?? {})[0] ?? '', /Denied/)
  })

  it("posts into the requester's direct conversation and says where that is", async () => {
    await using at = await simulated()
    const place = await at.messenger.postDirect(ANN, pending)
    assert.equal(place.channel, at.slack.dmChannel(ANN))
    await at.messenger.updateDirect(place, view({ state: 'active' }))
    assert.equal(at.slack.dm(ANN).length, 1)
    assert.match(lines(at.slack.dm(ANN)[0] ?? {})[0] ?? '', /Active/)
  })

  it('adds trail lines to the thread, and alerts to the channel', async () => {
    await using at = await simulated()
    const place = await at.messenger.postCard(CHANNEL, pending)
    await at.messenger.postTrail(place, [event('request.denied')], view({ state: 'denied' }))
    const alert = await at.messenger.postAlert(CHANNEL, event('policy.drift_repaired'))
    const posted = at.slack.messages(CHANNEL).map(({ ts, threadTs }) => ({ ts, threadTs }))
    assert.deepEqual(posted[1]?.threadTs, place.ts)
    assert.deepEqual(posted[2], { ts: alert.ts, threadTs: undefined })
  })

  const error = (name: string): Fault => ({ kind: 'error', error: name })
  const table: readonly (readonly [fault: Fault, code: string, retryAfterMs?: number])[] = [
    ...[
      'message_not_found',
      'channel_not_found',
      'is_archived',
      'not_in_channel',
      'cant_update_message',
      'edit_window_closed',
    ].map((name) => [error(name), 'gone'] as const),
    ...[
      'invalid_blocks',
      'msg_too_long',
      'msg_blocks_too_long',
      'missing_scope',
      'invalid_auth',
      'restricted_action',
    ].map((name) => [error(name), 'refused'] as const),
    ...['internal_error', 'fatal_error', 'service_unavailable', 'ratelimited'].map(
      (name) => [error(name), 'unavailable'] as const,
    ),
    [{ kind: 'http', status: 500 }, 'unavailable'],
    [{ kind: 'http', status: 503 }, 'unavailable'],
    [{ kind: 'reset' }, 'unavailable'],
    [{ kind: 'rate-limited', retryAfterSeconds: 3 }, 'rate-limited', 3_000],
  ]
  for (const [fault, code, retryAfterMs] of table)
    it(`calls ${JSON.stringify(fault)} ${code}, on posting and on editing, after one attempt`, async () => {
      await using at = await simulated()
      const place = await at.messenger.postCard(CHANNEL, pending)
      at.slack.fail('chat.postMessage', fault)
      assert.deepEqual(await errorOf(at.messenger.postCard(CHANNEL, pending)), [code, retryAfterMs])
      at.slack.fail('chat.update', fault)
      assert.deepEqual(await errorOf(at.messenger.updateCard(place, pending)), [code, retryAfterMs])
      assert.equal(at.slack.calls.filter((call) => call.method.startsWith('chat.')).length, 3)
    })

  it('says what was attempted, on what, and what came back', async () => {
    await using at = await simulated()
    at.slack.fail('chat.update', error('message_not_found'))
    await assert.rejects(at.messenger.updateCard({ channel: CHANNEL, ts: '1.2' }, pending), {
      message: 'chat.update of 1.2 in C0APPROVALS: message_not_found',
    })
  })

  it('calls an answer that is not JSON, or has no place in it, unavailable', async () => {
    await using garbled = await startApi((_, response) => {
      response.end('<html>xoxb-secret</html>')
      return undefined
    })
    await using empty = await startApi(() => ({ ok: true }))
    for (const [api, message] of [
      [garbled, 'chat.postMessage to C0APPROVALS: an answer that is not JSON'],
      [empty, 'chat.postMessage to C0APPROVALS: no channel or ts in the answer'],
    ] as const) {
      const messenger = messengerOf({ apiUrl: api.url, botToken: 'xoxb-test' })
      await assert.rejects(messenger.postCard(CHANNEL, pending), { code: 'unavailable', message })
    }
  })
})
