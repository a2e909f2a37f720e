import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { last, modal, openedModal, stage, titles } from './scripted-bot.ts'

describe('a trigger', () => {
  it('opens one modal', async () => {
    await using on = await stage()
    await openedModal(on, modal('One'))
    const again = on.client.views.open({ trigger_id: last(on, 'trigger_id'), view: modal('Two') })
    await assert.rejects(again, /exchanged_trigger_id/)
    assert.deepEqual(titles(on), ['One'])
  })

  it('expires after three seconds', async () => {
    let now = 1_800_000_000_000
    await using on = await stage({ now: () => now })
    await on.slack.command(on.ann, on.channel, '/jit')
    now += 3_000
    await on.client.views.open({ trigger_id: last(on, 'trigger_id'), view: modal('In time') })
    await on.slack.command(on.ann, on.channel, '/jit')
    now += 3_001
    const late = on.client.views.open({ trigger_id: last(on, 'trigger_id'), view: modal('Late') })
    await assert.rejects(late, /expired_trigger_id/)
  })

  it('pushes only from a modal, three deep', async () => {
    await using on = await stage()
    const id = await openedModal(on, modal('One'))
    await on.slack.command(on.ann, on.channel, '/jit')
    const outside = on.client.views.push({ trigger_id: last(on, 'trigger_id'), view: modal('No') })
    await assert.rejects(outside, /not_found/)
    on.answers.push({ response_action: 'push', view: modal('Two') })
    await on.slack.submit(on.ann, id, { reason: 'x' })
    on.answers.push({ response_action: 'push', view: modal('Three') })
    await on.slack.submit(on.ann, on.slack.views(on.ann)[1]?.id ?? '', { reason: 'x' })
    assert.deepEqual(titles(on), ['One', 'Two', 'Three'])
    const [one, two, three] = on.slack.views(on.ann)
    assert.deepEqual(
      [two?.previousViewId, three?.previousViewId, three?.rootViewId],
      [one?.id, two?.id, one?.id],
    )
    on.answers.push({ response_action: 'push', view: modal('Four') })
    const { problem } = await on.slack.submit(on.ann, three?.id ?? '', { reason: 'x' })
    assert.match(problem ?? '', /^push_limit_reached/)
  })
})
