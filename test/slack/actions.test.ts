import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { card } from '../../src/slack/card.ts'
import { direct } from '../../src/slack/direct.ts'
import { createMessenger } from '../../src/slack/messenger.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { MessagePlace } from '../../src/app/ports.ts'
import type { SlackChannelId, SlackUserId } from '../../src/domain/ids.ts'
import { view } from './samples.ts'
import type { Stage } from './stage.ts'
import { ANN, CHANNEL, KIM, quietLogger, startStage, toldTo } from './stage.ts'

const ID = '7K2M9QXR'
const pending = view({ state: 'pending' })
const active = view({ state: 'active' })
const refused = () =>
  Promise.resolve({ ok: false as const, refusal: { code: 'own-request' } as const })

function messengerOf({ slack }: Stage) {
  const { apiUrl, botToken } = slack
  return createMessenger({ client: createWebClient({ apiUrl, botToken, logger: quietLogger() }) })
}

const postCard = (stage: Stage, shown = pending): Promise<MessagePlace> =>
  messengerOf(stage).postCard(CHANNEL as SlackChannelId, shown)
const postDirect = (stage: Stage, shown = pending): Promise<MessagePlace> =>
  messengerOf(stage).postDirect(ANN as SlackUserId, shown)

type More = Parameters<Stage['slack']['click']>[3]

async function click(
  stage: Stage,
  personId: string,
  place: MessagePlace,
  actionId: string,
  more: More = {},
): Promise<void> {
  const ack = await stage.slack.click(personId, place, actionId, more)
  assert.deepEqual([ack.status, ack.problem, ack.body], [200, undefined, ''])
  assert.equal(await stage.app.drained(5_000), true)
}

describe('buttons', () => {
  it('approve with the id and the place of the card, and leave the answer to the card', async () => {
    await using stage = await startStage()
    const place = await postCard(stage)
    await click(stage, KIM, place, 'jit:approve')
    const input = { actor: KIM, via: 'button', id: ID, clicked: place }
    assert.deepEqual(stage.useCases.calls, [{ method: 'approveRequest', input }])
    assert.deepEqual(toldTo(stage, KIM), [])
  })

  it('end access from the card', async () => {
    await using stage = await startStage()
    const place = await postCard(stage, active)
    await click(stage, KIM, place, 'jit:end')
    const input = { actor: KIM, via: 'button', id: ID, clicked: place }
    assert.deepEqual(stage.useCases.calls, [{ method: 'endGrant', input }])
  })

  it('end and cancel from the direct message, which is no card', async () => {
    await using stage = await startStage()
    await click(stage, ANN, await postDirect(stage, active), 'jit:end')
    await click(stage, ANN, await postDirect(stage), 'jit:cancel')
    const input = { actor: ANN, via: 'button', id: ID }
    assert.deepEqual(stage.useCases.calls, [
      { method: 'endGrant', input },
      { method: 'cancelRequest', input },
    ])
  })

  for (const [actionId, method, shown] of [
    ['jit:approve', 'approveRequest', pending],
    ['jit:end', 'endGrant', active],
  ] as const)
    it(`say privately why ${actionId} was refused, and leave the card as it is`, async () => {
      await using stage = await startStage()
      stage.useCases.script(method, refused)
      const place = await postCard(stage, shown)
      await click(stage, KIM, place, actionId)
      assert.match(toldTo(stage, KIM).join(), /You cannot answer your own request/)
      assert.deepEqual(toldTo(stage, ANN), [])
      assert.equal(stage.slack.messages(CHANNEL)[0]?.text, card(shown).text)
    })

  it('say why a cancellation was refused, and leave the direct message as it is', async () => {
    await using stage = await startStage()
    stage.useCases.script('cancelRequest', refused)
    await click(stage, ANN, await postDirect(stage), 'jit:cancel')
    assert.match(toldTo(stage, ANN).join(), /own request/)
    assert.equal(stage.slack.dm(ANN)[0]?.text, direct(pending).text)
  })

  for (const value of ['', 'x', `${ID}9`, `${ID} `.repeat(2), '{"id":"7K2M9QXR"}', "' or 1=1 --"])
    it(`with the forged value ${JSON.stringify(value)} decide nothing`, async () => {
      await using stage = await startStage()
      const place = await postCard(stage)
      await click(stage, KIM, place, 'jit:approve', { value })
      await click(stage, KIM, place, 'jit:deny', { value })
      assert.deepEqual(stage.useCases.calls, [])
      assert.deepEqual(stage.slack.views(KIM), [])
      assert.match(toldTo(stage, KIM).join(), /There is no request with this id/)
    })

  it('are acknowledged while the decision hangs', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('approveRequest', async () => {
      await gate.promise
      return refused()
    })
    const ack = await stage.slack.click(KIM, await postCard(stage), 'jit:approve')
    assert.equal(ack.status, 200)
    assert.equal(stage.app.inFlight(), 1)
    gate.resolve()
    await stage.app.drained(5_000)
    assert.equal(toldTo(stage, KIM).length, 1)
  })

  it('tell of an error privately', async () => {
    await using stage = await startStage()
    stage.useCases.script('approveRequest', () => Promise.reject(new Error('hunter2')))
    await click(stage, KIM, await postCard(stage), 'jit:approve')
    assert.match(toldTo(stage, KIM).join(), /nothing is certain.*Error .E1/)
    assert.doesNotMatch(toldTo(stage, KIM).join(), /hunter2/)
  })

  it('of another app are dropped', async () => {
    await using stage = await startStage()
    const place = await postCard(stage)
    await click(stage, KIM, place, 'jit:approve', { apiAppId: 'A0EVIL' })
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('clicked by a partner reach the decision, which knows whose the actor is', async () => {
    await using stage = await startStage()
    stage.slack.addPerson({ id: 'W0EVE', name: 'Eve', kind: 'external' })
    await click(stage, 'W0EVE', await postCard(stage), 'jit:approve', { teamId: 'T0PARTNER' })
    const actors = stage.useCases.calls.map(({ input }) => (input as { actor: string }).actor)
    assert.deepEqual(actors, ['W0EVE'])
  })

  it('that nobody knows are acknowledged', async () => {
    await using stage = await startStage()
    const alter = (payload: object) => ({
      ...payload,
      actions: [{ type: 'button', action_id: 'jit:approved', block_id: 'b', value: ID }],
    })
    await click(stage, KIM, await postCard(stage), 'jit:approve', { alter })
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('reach the clicker through the channel when the answer has no trusted address', async () => {
    await using stage = await startStage()
    stage.useCases.script('approveRequest', refused)
    const alter = (payload: object) => ({ ...payload, response_url: 'http://169.254.169.254/' })
    await click(stage, KIM, await postCard(stage), 'jit:approve', { alter })
    assert.equal(stage.slack.calls.at(-1)?.method, 'chat.postEphemeral')
    assert.match(toldTo(stage, KIM).join(), /own request/)
  })
})
