import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { call, error } from './call-api.ts'
import { startSlack } from './start-slack.ts'

const hello = { text: 'hello' }

describe('the chat methods', () => {
  it('posts where the bot is a member, and nowhere else', async () => {
    await using slack = await startSlack()
    const inside = slack.addChannel({ name: 'approvals' }).id
    const outside = slack.addChannel({ name: 'random', withBot: false }).id
    const secret = slack.addChannel({ name: 'secret', withBot: false, isPrivate: true }).id
    const archived = slack.addChannel({ name: 'old', isArchived: true }).id
    const { body } = await call(slack, 'chat.postMessage', { channel: inside, text: 'a &lt; b' })
    const [message] = slack.messages(inside)
    assert.ok(message)
    assert.equal(body['ts'], message.ts)
    assert.equal(slack.visibleText(message), 'a < b')
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: outside, ...hello }),
      'not_in_channel',
    )
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: secret, ...hello }),
      'channel_not_found',
    )
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: archived, ...hello }),
      'is_archived',
    )
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: 'C1', ...hello }),
      'channel_not_found',
    )
    slack.updateChannel(outside, { isArchived: true })
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: outside, ...hello }),
      'is_archived',
    )
    assert.equal(await error(slack, 'chat.postMessage', { channel: inside }), 'no_text')
    assert.equal(await error(slack, 'chat.postMessage', hello), 'invalid_arguments')
  })

  it('opens a direct conversation when a person is the channel', async () => {
    await using slack = await startSlack()
    const { id } = slack.addPerson({ name: 'Ann' })
    const { body } = await call(slack, 'chat.postMessage', { channel: id, ...hello })
    assert.equal(body['channel'], slack.dmChannel(id))
    assert.deepEqual(
      slack.dm(id).map((message) => message.text),
      ['hello'],
    )
    const opened = await call(slack, 'conversations.open', { users: id })
    assert.deepEqual(opened.body['channel'], { id: slack.dmChannel(id) })
    const robot = slack.addPerson({ name: 'Robot', kind: 'bot' }).id
    assert.equal(
      await error(slack, 'chat.postMessage', { channel: robot, ...hello }),
      'cannot_dm_bot',
    )
    slack.update(id, { kind: 'deactivated' })
    assert.equal(await error(slack, 'conversations.open', { users: id }), 'user_disabled')
  })

  it('refuses blocks that Block Kit refuses, with the reasons', async () => {
    await using slack = await startSlack()
    const channel = slack.addChannel({ name: 'approvals' }).id
    const { body } = await call(slack, 'chat.postMessage', {
      channel,
      blocks: [{ type: 'marquee' }],
    })
    assert.deepEqual(body, {
      ok: false,
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] unsupported type: marquee [json-pointer:/blocks/0/type]'],
      },
    })
    const long = Array.from({ length: 5 }, () => ({
      type: 'section',
      text: { type: 'mrkdwn', text: 'x'.repeat(2500) },
    }))
    assert.equal(
      await error(slack, 'chat.postMessage', { channel, blocks: long }),
      'msg_blocks_too_long',
    )
    assert.equal(
      await error(slack, 'chat.postMessage', { channel, blocks: {} }),
      'invalid_blocks_format',
    )
    assert.deepEqual(slack.messages(channel), [])
  })

  it('edits the bot’s own messages and keeps their history', async () => {
    await using slack = await startSlack()
    const ann = slack.addPerson({ name: 'Ann' }).id
    const channel = slack.addChannel({ name: 'approvals', members: [ann] }).id
    const blocks = [{ type: 'divider', block_id: 'line' }]
    const { body } = await call(slack, 'chat.postMessage', { channel, text: 'one', blocks })
    const ts = body['ts']
    const update = (args: object): Promise<unknown> =>
      error(slack, 'chat.update', { channel, ts, ...args })
    assert.equal(await update({ blocks: [{ type: 'divider', block_id: 'two' }] }), 'none')
    assert.equal(await update({ text: 'three' }), 'none')
    assert.equal(await update({ text: 'x'.repeat(4001) }), 'msg_too_long')
    const [message] = slack.messages(channel)
    assert.deepEqual([message?.text, message?.blocks, message?.edited], ['three', [], true])
    assert.deepEqual(
      message?.history.map((old) => [old.text, old.blocks[0]?.['block_id']]),
      [
        ['one', 'line'],
        ['one', 'two'],
      ],
    )
    const theirs = slack.say(ann, channel, 'hi').ts
    assert.equal(await update({ ts: theirs, text: 'mine' }), 'cant_update_message')
    assert.equal(await update({ ts: '1.1', text: 'none' }), 'message_not_found')
    assert.equal(await error(slack, 'chat.delete', { channel, ts: theirs }), 'cant_delete_message')
    assert.equal(await error(slack, 'chat.delete', { channel, ts }), 'none')
    assert.deepEqual(
      slack.messages(channel).map((each) => each.text),
      ['hi'],
    )
    const link = await call(slack, 'chat.getPermalink', { channel, message_ts: theirs })
    assert.equal(
      link.body['permalink'],
      `https://example.slack.com/archives/${channel}/p${theirs.replace('.', '')}`,
    )
  })

  it('shows ephemeral messages to members only', async () => {
    await using slack = await startSlack()
    const ann = slack.addPerson({ name: 'Ann' }).id
    const bob = slack.addPerson({ name: 'Bob' }).id
    const channel = slack.addChannel({ name: 'approvals', members: [ann] }).id
    assert.equal(await error(slack, 'chat.postEphemeral', { channel, user: ann, ...hello }), 'none')
    assert.equal(
      await error(slack, 'chat.postEphemeral', { channel, user: bob, ...hello }),
      'user_not_in_channel',
    )
    assert.deepEqual(
      slack.ephemerals(ann).map((message) => message.text),
      ['hello'],
    )
    assert.deepEqual(slack.messages(channel), [])
  })
})
