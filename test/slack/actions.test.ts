import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { card } from '../../src/slack/card.ts'
import { direct } from '../../src/slack/direct.ts'
import { createMessenger } from '../../src/slack/messenger.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { MessagePlace } from '../../src/app/ports.ts'
import type { LevelId, ResourceId, SlackChannelId, SlackUserId } from '../../src/domain/ids.ts'
import { offer, PAGE, view } from './samples.ts'
import type { Stage } from './stage.ts'
import { ANN, CHANNEL, KIM, quietLogger, startStage, toldTo } from './stage.ts'

const ID = '7K2M9QXR'
const pending = view({ state: 'pending' })
const active = view({ state: 'active' })
const emergency = view({ state: 'active', kind: 'break-glass' })
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

const topOf = (stage: Stage, personId: string) =>
  stage.slack.views(personId).at(-1) ?? assert.fail(`${personId} has no modal`)
const shownTo = (stage: Stage, personId: string) =>
  stage.slack.visibleText(topOf(stage, personId).content)

/** What the fields of the modal in front of somebody hold. */
function valuesOf(stage: Stage, personId: string): object {
  return Object.fromEntries(
    Object.entries(topOf(stage, personId).values).map(([blockId, block]) => {
      const [state = {}] = Object.values(block)
      const option = state['selected_option'] as { value?: string } | undefined
      return [blockId, option?.value ?? state['value'] ?? null]
    }),
  )
}

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

describe('buttons that open a form', () => {
  const extension = { times: 2, maxSeconds: 7_200 }

  it('open one that shows the access to extend, from the direct message', async () => {
    await using stage = await startStage()
    const mine = view({ state: 'active' }, { extension })
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [mine] }))
    await click(stage, ANN, await postDirect(stage, mine), 'jit:extend')
    assert.match(shownTo(stage, ANN), /Access to Grafana.* ends.*At most 2h/s)
    assert.deepEqual(valuesOf(stage, ANN), {
      duration: null,
      reason: 'INC-42 dashboards are red',
    })
  })

  it('open the form of a request, filled in from an earlier one', async () => {
    await using stage = await startStage()
    const denied = view({ state: 'denied' })
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [denied] }))
    await click(stage, ANN, await postDirect(stage, denied), 'jit:again')
    assert.deepEqual(valuesOf(stage, ANN), {
      resource: 'grafana-prod',
      duration: '1h30m',
      reason: 'INC-42 dashboards are red',
    })
    assert.doesNotMatch(shownTo(stage, ANN), /:warning:/)
  })

  it('fill in a level, and for whom it was', async () => {
    await using stage = await startStage()
    const before = view({ state: 'denied', level: 'read', beneficiary: 'user@partner.example' })
    const level = { id: 'read' as LevelId, title: 'Read only' }
    const offers = [offer({ level }, { isSponsor: true }), offer({ id: 'db' as ResourceId })]
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [before] }))
    stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value: offers }))
    await click(stage, ANN, await postDirect(stage, before), 'jit:again')
    assert.deepEqual(valuesOf(stage, ANN), {
      resource: 'grafana-prod:read',
      beneficiary: 'user@partner.example',
      duration: '1h30m',
      reason: 'INC-42 dashboards are red',
    })
  })

  it('say beside the field that the time of an earlier request is not offered any more', async () => {
    await using stage = await startStage()
    const before = view({ state: 'denied' })
    const duration = { defaultSeconds: 1_800, maxSeconds: 28_800, choices: [1_800, 3_600] }
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [before] }))
    stage.useCases.script('offersFor', () =>
      Promise.resolve({ ok: true, value: [offer({ duration })] }),
    )
    await click(stage, ANN, await postDirect(stage, before), 'jit:again')
    assert.match(
      shownTo(stage, ANN),
      /You entered “1h30m”\. This resource is not offered for that long: ask for 30m or 1h\./,
    )
  })

  it('tell nothing of the requests of others', async () => {
    await using stage = await startStage()
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [] }))
    const own = await postDirect(stage, view({ state: 'denied' }))
    await click(stage, ANN, own, 'jit:again', { value: 'A1B2C3D4' })
    assert.deepEqual(valuesOf(stage, ANN), {
      resource: 'grafana-prod',
      duration: '1h',
      reason: null,
    })
    const live = await postDirect(stage, view({ state: 'active' }, { extension }))
    await click(stage, ANN, live, 'jit:extend', { value: 'A1B2C3D4' })
    assert.deepEqual(valuesOf(stage, ANN), { duration: null, reason: null })
    assert.doesNotMatch(shownTo(stage, ANN), /Grafana|INC-42/)
  })

  it('say in the form why there is nothing to fill in', async () => {
    await using stage = await startStage()
    const refusal = { code: 'directory-unavailable' } as const
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: false, refusal }))
    const live = await postDirect(stage, view({ state: 'active' }, { extension }))
    await click(stage, ANN, live, 'jit:extend')
    assert.match(shownTo(stage, ANN), /nothing was decided/)
  })

  it('say privately that it did not open', async () => {
    await using stage = await startStage()
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' }, 3)
    await click(stage, KIM, await postCard(stage), 'jit:shorten')
    await click(stage, KIM, await postCard(stage, emergency), 'jit:not-justified')
    assert.match(toldTo(stage, KIM).join(), /type .\/jit shorten 7K2M9QXR duration note/)
    assert.match(toldTo(stage, KIM).join(), /type .\/jit review 7K2M9QXR not-justified note/)
    await click(stage, ANN, await postDirect(stage, view({ state: 'denied' })), 'jit:again')
    assert.match(toldTo(stage, ANN).join(), /The form did not open: try again/)
  })
})

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

  it('review break-glass access as justified at once', async () => {
    await using stage = await startStage()
    const place = await postCard(stage, emergency)
    await click(stage, KIM, place, 'jit:justified')
    const input = { actor: KIM, via: 'button', id: ID, verdict: 'justified', clicked: place }
    assert.deepEqual(stage.useCases.calls, [{ method: 'reviewGrant', input }])
    assert.deepEqual(toldTo(stage, KIM), [])
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
    ['jit:justified', 'reviewGrant', emergency],
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
      for (const actionId of ['jit:approve', 'jit:shorten', 'jit:deny'])
        await click(stage, KIM, place, actionId, { value })
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

  it('that open a page are acknowledged, and nothing else comes of them', async () => {
    await using stage = await startStage()
    const strict = { ...view({ state: 'pending' }, { needsStepUp: true }), page: PAGE }
    await click(stage, KIM, await postCard(stage, strict), 'jit:open-page')
    assert.deepEqual(stage.useCases.calls, [])
    assert.deepEqual(toldTo(stage, KIM), [])
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
