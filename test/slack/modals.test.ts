import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResourceId, SlackChannelId } from '../../src/domain/ids.ts'
import { createMessenger } from '../../src/slack/messenger.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { View } from '../simulators/slack/workspace.ts'
import { resource, view } from './samples.ts'
import type { Stage } from './stage.ts'
import { ANN, CHANNEL, KIM, quietLogger, startStage, toldTo } from './stage.ts'

const ID = '7K2M9QXR'
const FILLED = { resource: 'grafana-prod', duration: '1h', reason: 'INC-42 dashboards are red' }
const TOO_LONG = { code: 'duration-too-long', maxSeconds: 3_600 } as const

async function type(stage: Stage, text: string): Promise<void> {
  const ack = await stage.slack.command(ANN, CHANNEL, '/jit', text)
  assert.deepEqual([ack.status, ack.body], [200, ''])
  assert.equal(await stage.app.drained(5_000), true)
}

/** The modal in front of somebody. */
function topView(stage: Stage, personId = ANN): View {
  const top = stage.slack.views(personId).at(-1)
  return top ?? assert.fail(`${personId} has no modal`)
}

const read = (stage: Stage, personId = ANN): string =>
  stage.slack.visibleText(topView(stage, personId).content)

/** What the fields of the request form hold. */
function fieldsOf({ values }: View): object {
  const field = (name: string) => values[name]?.[name] ?? {}
  const chosen = field('resource')['selected_option'] as { value?: string } | null | undefined
  return {
    resource: chosen?.value,
    duration: field('duration')['value'],
    reason: field('reason')['value'],
  }
}

async function submit(
  stage: Stage,
  entries: Readonly<Record<string, string>>,
  more: Parameters<Stage['slack']['submit']>[3] = {},
) {
  const ack = await stage.slack.submit(ANN, topView(stage).id, entries, more)
  assert.deepEqual([ack.status, ack.problem], [200, undefined])
  assert.equal(await stage.app.drained(8_000), true)
  return ack
}

const requests = ({ useCases }: Stage) =>
  useCases.calls.filter(({ method }) => method === 'requestAccess').map(({ input }) => input)

describe('the request form', () => {
  for (const line of ['', 'request'])
    it(`opens empty with "/jit ${line}"`, async () => {
      await using stage = await startStage()
      const two = [resource({ id: 'wiki' as ResourceId, title: 'Wiki' }), resource()]
      stage.useCases.script('resourcesFor', () => Promise.resolve({ ok: true, value: two }))
      await type(stage, line)
      assert.deepEqual(fieldsOf(topView(stage)), {
        resource: undefined,
        duration: null,
        reason: null,
      })
      assert.doesNotMatch(read(stage), /⚠|:warning:/)
    })

  it('opens before anything is looked up', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('resourcesFor', async () => {
      await gate.promise
      return { ok: true, value: [resource()] }
    })
    await stage.slack.command(ANN, CHANNEL, '/jit', '')
    await stage.slack.waitFor(() => stage.slack.views(ANN).length === 1)
    assert.match(read(stage), /Looking things up/)
    gate.resolve()
    await stage.app.drained(5_000)
    assert.match(read(stage), /Resource/)
  })

  for (const [line, fields, problem] of [
    [
      'request grafana-prod 2x INC-42 is red',
      { resource: 'grafana-prod', duration: '2x', reason: 'INC-42 is red' },
      /Write whole minutes, hours or days/,
    ],
    [
      'request grafana-prod 40d INC-42 is red',
      { resource: 'grafana-prod', duration: '40d', reason: 'INC-42 is red' },
      /Ask for 30 days or less/,
    ],
    [
      'request grafana-prod 2h',
      { resource: 'grafana-prod', duration: '2h', reason: null },
      /The reason is too short/,
    ],
    [
      'request grafana-prod INC-42 is red',
      { resource: 'grafana-prod', duration: '1h', reason: 'INC-42 is red' },
      /Write whole minutes, hours or days/,
    ],
    [
      'request grafana 2h',
      { resource: 'grafana-prod', duration: '2h', reason: null },
      /You may not ask for this resource/,
    ],
  ] as const)
    it(`opens with what was typed and what is wrong: ${line}`, async () => {
      await using stage = await startStage()
      await type(stage, line)
      assert.deepEqual(fieldsOf(topView(stage)), fields)
      assert.match(read(stage), problem)
      assert.deepEqual(requests(stage), [])
    })

  it('says why there is no form', async () => {
    await using stage = await startStage()
    stage.useCases.script('resourcesFor', () =>
      Promise.resolve({ ok: false, refusal: { code: 'not-a-member', why: 'guest' } }),
    )
    await type(stage, '')
    assert.match(read(stage), /Guests cannot ask for access/)
  })

  it('says that it broke off, with an id', async () => {
    await using stage = await startStage()
    stage.useCases.script('resourcesFor', () => Promise.reject(new Error('hunter2')))
    await type(stage, '')
    assert.match(read(stage), /nothing is certain.*Error .E1/)
  })

  it('is replaced by a sentence with what was typed when Slack does not open it', async () => {
    await using stage = await startStage()
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await type(stage, 'request grafana-prod 2x INC-42')
    assert.match(toldTo(stage, ANN).join(), /did not open.*\/jit request grafana-prod 2x INC-42/)
    assert.deepEqual(stage.useCases.calls, [])
  })

  it('may be closed while it loads', async () => {
    await using stage = await startStage()
    const hold = stage.slack.hold('views.update')
    await stage.slack.command(ANN, CHANNEL, '/jit', '')
    await hold.reached
    await stage.slack.close(ANN, topView(stage).id)
    hold.release()
    await stage.app.drained(5_000)
    assert.deepEqual(toldTo(stage, ANN), [])
  })
})

describe('the submission of the request form', () => {
  it('asks for access and shows that it did', async () => {
    await using stage = await startStage()
    await type(stage, '')
    const { id, hash } = topView(stage)
    await submit(stage, { ...FILLED, reason: '  INC-42\u202e dashboards\nare red ' })
    assert.deepEqual(requests(stage), [
      {
        actor: ANN,
        via: 'modal',
        resource: 'grafana-prod',
        durationSeconds: 3_600,
        reason: 'INC-42 dashboards\nare red',
        idempotencyKey: `modal:${id}:${hash}`,
      },
    ])
    assert.match(read(stage), /Asked for Grafana.*Request .*7K2M9QXR/)
  })

  it('is acknowledged while the work hangs', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('requestAccess', async () => {
      await gate.promise
      return { ok: true, value: view({ state: 'pending' }) }
    })
    await type(stage, '')
    const ack = await stage.slack.submit(ANN, topView(stage).id, FILLED)
    assert.equal(ack.problem, undefined)
    assert.match(read(stage), /Asking…/)
    gate.resolve()
    await stage.app.drained(8_000)
    assert.match(read(stage), /Asked for/)
  })

  it('lays its result over the form that Slack put up, and waits for that', async () => {
    await using stage = await startStage()
    await type(stage, '')
    const { id, hash } = topView(stage)
    stage.slack.fail('views.update', { kind: 'error', error: 'not_found' }, 3)
    await submit(stage, FILLED)
    assert.match(read(stage), /Asked for/)
    const updates = stage.slack.calls.filter(({ method }) => method === 'views.update').slice(1)
    assert.deepEqual(
      updates.map(({ ok }) => ok),
      [false, false, false, true],
    )
    assert.equal(updates[3]?.args['external_id'], `${id}:${hash}`)
    assert.equal(updates[3].args['view_id'], undefined)
  })

  for (const [what, entries, field, text] of [
    ['a malformed duration', { ...FILLED, duration: 'soon' }, 'duration', /Write whole minutes/],
    ['no duration at all', { ...FILLED, duration: '0h' }, 'duration', /one minute or more/],
    ['a reason that nobody sees', { ...FILLED, reason: '\u200b \u3164' }, 'reason', /too short/],
  ] as const)
    it(`shows ${what} on its field at once`, async () => {
      await using stage = await startStage()
      await type(stage, '')
      await submit(stage, entries)
      assert.deepEqual(Object.keys(topView(stage).errors), [field])
      assert.match(topView(stage).errors[field] ?? '', text)
      assert.deepEqual(requests(stage), [])
    })

  it('shows every empty field at once, whatever the client let through', async () => {
    await using stage = await startStage()
    const two = [resource({ id: 'wiki' as ResourceId }), resource()]
    stage.useCases.script('resourcesFor', () => Promise.resolve({ ok: true, value: two }))
    await type(stage, '')
    await submit(stage, {}, { unchecked: true })
    assert.deepEqual(Object.keys(topView(stage).errors), ['resource', 'duration', 'reason'])
  })

  it('comes back with everything that was entered and the problem that was found', async () => {
    await using stage = await startStage()
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal: TOO_LONG }))
    await type(stage, '')
    await submit(stage, FILLED)
    assert.deepEqual(fieldsOf(topView(stage)), FILLED)
    assert.match(read(stage), /This is too long: ask for 1h or less/)
  })

  it('hands back a line to send again when no field is at fault', async () => {
    await using stage = await startStage()
    stage.useCases.script('requestAccess', () =>
      Promise.resolve({ ok: false, refusal: { code: 'directory-unavailable' } }),
    )
    await type(stage, '')
    await submit(stage, FILLED)
    assert.match(read(stage), /nothing was decided/)
    assert.match(read(stage), /\/jit request grafana-prod 1h INC-42 dashboards are red/)
  })

  it('says that it broke off, with an id', async () => {
    await using stage = await startStage()
    stage.useCases.script('requestAccess', () => Promise.reject(new Error('hunter2')))
    await type(stage, '')
    await submit(stage, FILLED)
    assert.match(read(stage), /nothing is certain.*Error .E1/)
  })

  it('tells of a refusal directly when the form was closed meanwhile', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('requestAccess', async () => {
      await gate.promise
      return { ok: false, refusal: TOO_LONG }
    })
    await type(stage, '')
    await stage.slack.submit(ANN, topView(stage).id, FILLED)
    await stage.slack.close(ANN, topView(stage).id)
    gate.resolve()
    assert.equal(await stage.app.drained(15_000), true)
    const [message] = stage.slack.dm(ANN)
    assert.match(stage.slack.visibleText(message ?? {}), /too long.*\/jit request grafana-prod/s)
  })

  it('gives a repeated delivery the same key, and a second submission another one', async () => {
    await using stage = await startStage()
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal: TOO_LONG }))
    await type(stage, '')
    await submit(stage, FILLED)
    await stage.slack.redeliver()
    await stage.app.drained(8_000)
    await submit(stage, FILLED)
    const keys = requests(stage).map(
      (input) => (input as { idempotencyKey: string }).idempotencyKey,
    )
    assert.equal(keys.length, 3)
    assert.equal(keys[0], keys[1])
    assert.notEqual(keys[0], keys[2])
  })

  it('of another workspace or app is dropped', async () => {
    await using stage = await startStage()
    await type(stage, '')
    const { id } = topView(stage)
    await stage.slack.submit(ANN, id, FILLED, { apiAppId: 'A0EVIL' })
    await type(stage, '')
    await stage.slack.submit(ANN, topView(stage).id, FILLED, { teamId: 'T0EVIL' })
    await stage.app.drained(2_000)
    assert.deepEqual(requests(stage), [])
  })

  it('with fields that the form never had is not understood', async () => {
    await using stage = await startStage()
    await type(stage, '')
    const alter = (payload: object) => {
      const { view: old } = payload as { view: object }
      return { ...payload, view: { ...old, state: { values: { reason: { reason: 7 } } } } }
    }
    await submit(stage, FILLED, { alter })
    assert.match(topView(stage).errors['reason'] ?? '', /Close the form and try again/)
    assert.deepEqual(requests(stage), [])
  })
})

describe('the denial form', () => {
  async function openByClick(stage: Stage) {
    const { apiUrl, botToken } = stage.slack
    const client = createWebClient({ apiUrl, botToken, logger: quietLogger() })
    const messenger = createMessenger({ client })
    const pending = view({ state: 'pending' })
    const place = await messenger.postCard(CHANNEL as SlackChannelId, pending)
    const ack = await stage.slack.click(KIM, place, 'jit:deny')
    assert.equal(ack.status, 200)
    await stage.app.drained(5_000)
    return place
  }

  const denials = ({ useCases }: Stage) =>
    useCases.calls.filter(({ method }) => method === 'denyRequest').map(({ input }) => input)

  it('shows what is denied, closes at once, and denies with the reason and the card', async () => {
    await using stage = await startStage()
    const place = await openByClick(stage)
    assert.match(read(stage, KIM), /Ann asks for Grafana|U0ANN.* asks for Grafana/)
    await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: ' Not now\u202e ' })
    await stage.app.drained(5_000)
    assert.deepEqual(stage.slack.views(KIM), [])
    const input = { actor: KIM, via: 'modal', id: ID, reason: 'Not now', clicked: place }
    assert.deepEqual(denials(stage), [input])
  })

  it('opens before anything is looked up', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('requestsWaitingFor', async () => {
      await gate.promise
      return { ok: true, value: [] }
    })
    const opened = openByClick(stage)
    await stage.slack.waitFor(() => stage.slack.views(KIM).length === 1)
    gate.resolve()
    await opened
  })

  for (const [what, answer] of [
    ['is not among the waiting ones', () => Promise.resolve({ ok: true, value: [] } as const)],
    ['cannot be read', () => Promise.reject(new Error('database'))],
  ] as const)
    it(`works when the request ${what}`, async () => {
      await using stage = await startStage()
      stage.useCases.script('requestsWaitingFor', answer)
      const place = await openByClick(stage)
      await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: 'Not now' })
      await stage.app.drained(5_000)
      const input = { actor: KIM, via: 'modal', id: ID, reason: 'Not now', clicked: place }
      assert.deepEqual(denials(stage), [input])
    })

  it('keeps an empty reason back', async () => {
    await using stage = await startStage()
    await openByClick(stage)
    await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: '\u200b' })
    assert.match(topView(stage, KIM).errors['reason'] ?? '', /too short/)
    assert.deepEqual(denials(stage), [])
  })

  it('tells of a refusal privately in the channel, with what was written', async () => {
    await using stage = await startStage()
    stage.useCases.script('denyRequest', () =>
      Promise.resolve({ ok: false, refusal: { code: 'not-an-approver' } }),
    )
    await openByClick(stage)
    await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: 'Not <!here> now' })
    await stage.app.drained(5_000)
    const [told] = stage.slack.ephemerals(KIM)
    assert.equal(told?.channel, CHANNEL)
    assert.match(JSON.stringify(told?.blocks), /may not answer.*Not &lt;!here&gt; now/)
  })

  for (const metadata of ['', 'nope', `${ID}9`, '{}'])
    it(`decides nothing with the forged metadata ${JSON.stringify(metadata)}`, async () => {
      await using stage = await startStage()
      await openByClick(stage)
      const alter = (payload: object) => {
        const { view: old } = payload as { view: object }
        return { ...payload, view: { ...old, private_metadata: metadata } }
      }
      await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: 'No' }, { alter })
      assert.match(topView(stage, KIM).errors['reason'] ?? '', /Close the form/)
      assert.deepEqual(denials(stage), [])
    })

  it('is replaced by a sentence when Slack does not open it', async () => {
    await using stage = await startStage()
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await openByClick(stage)
    assert.match(toldTo(stage, KIM).join(), /\/jit deny 7K2M9QXR reason/)
  })
})
