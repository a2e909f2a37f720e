import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LevelId, ResourceId, SlackChannelId } from '../../src/domain/ids.ts'
import type { RequestView } from '../../src/app/ports.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { createMessenger } from '../../src/slack/messenger.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { View } from '../simulators/slack/workspace.ts'
import { offer, peopleSet, view } from './samples.ts'
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

/** What the fields of a form hold. */
function fieldsOf({ values }: View): object {
  return Object.fromEntries(
    Object.entries(values).map(([blockId, block]) => {
      const [state = {}] = Object.values(block)
      const chosen = state['selected_option'] as { value?: string } | null | undefined
      return [blockId, chosen?.value ?? state['selected_date_time'] ?? state['value'] ?? null]
    }),
  )
}

async function submit(
  stage: Stage,
  entries: Parameters<Stage['slack']['submit']>[2],
  more: Parameters<Stage['slack']['submit']>[3] = {},
) {
  const ack = await stage.slack.submit(ANN, topView(stage).id, entries, more)
  assert.deepEqual([ack.status, ack.problem], [200, undefined])
  assert.equal(await stage.app.drained(8_000), true)
  return ack
}

/** Posts a card and clicks on it as Kim. */
async function clickCard(stage: Stage, shown: RequestView, actionId: string) {
  const { apiUrl, botToken } = stage.slack
  const client = createWebClient({ apiUrl, botToken, logger: quietLogger() })
  const place = await createMessenger({ client }).postCard(CHANNEL as SlackChannelId, shown)
  const ack = await stage.slack.click(KIM, place, actionId)
  assert.equal(ack.status, 200)
  await stage.app.drained(5_000)
  return place
}

const withMetadata = (metadata: string) => (payload: object) => {
  const { view: old } = payload as { view: object }
  return { ...payload, view: { ...old, private_metadata: metadata } }
}

const requests = ({ useCases }: Stage) =>
  useCases.calls.filter(({ method }) => method === 'requestAccess').map(({ input }) => input)

describe('the request form', () => {
  for (const line of ['', 'request'])
    it(`opens empty with "/jit ${line}"`, async () => {
      await using stage = await startStage()
      const two = [offer({ id: 'wiki' as ResourceId, title: 'Wiki' }), offer()]
      stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value: two }))
      await type(stage, line)
      assert.deepEqual(fieldsOf(topView(stage)), {
        resource: null,
        duration: null,
        reason: null,
      })
      assert.doesNotMatch(read(stage), /⚠|:warning:/)
    })

  it('opens before anything is looked up', async () => {
    await using stage = await startStage()
    const gate = Promise.withResolvers<void>()
    stage.useCases.script('offersFor', async () => {
      await gate.promise
      return { ok: true, value: [offer()] }
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
      /Say how long you need it/,
    ],
    [
      'request grafana 2h',
      { resource: 'grafana-prod', duration: '2h', reason: null },
      /You may not ask for this resource/,
    ],
    [
      'request grafana-prod 2h from 25:99 INC-42 is red',
      { resource: 'grafana-prod', duration: '2h', start: null, reason: 'INC-42 is red' },
      /“25:99” is not a start: write 14:00, tomorrow 9:00 or 2026-11-23 09:00/,
    ],
    [
      'request grafana-prod 2h from tomorrow 9:00',
      { resource: 'grafana-prod', duration: '2h', start: 'tomorrow 9:00', reason: null },
      /The reason is too short/,
    ],
    [
      'request grafana-prod for <@U0KIM|kim> 2h INC-42 is red',
      {
        resource: 'grafana-prod',
        beneficiary: null,
        duration: '2h',
        reason: 'for @kim INC-42 is red',
      },
      /Whoever is in Slack asks for themselves/,
    ],
    [
      'request grafana-prod 2h tomorrow 9:00 INC-42 is red',
      { resource: 'grafana-prod', duration: '2h', start: null, reason: 'INC-42 is red' },
      /“tomorrow 9:00” reads like a start: choose it here/,
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
    stage.useCases.script('offersFor', () =>
      Promise.resolve({ ok: false, refusal: { code: 'not-a-member', why: 'guest' } }),
    )
    await type(stage, '')
    assert.match(read(stage), /Guests can ask for what names them only/)
  })

  it('says that it broke off, with an id', async () => {
    await using stage = await startStage()
    stage.useCases.script('offersFor', () => Promise.reject(new Error('hunter2')))
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
    const two = [offer({ id: 'wiki' as ResourceId }), offer()]
    stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value: two }))
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

describe('the request form, as its resource is chosen', () => {
  const db = offer({
    id: 'db' as ResourceId,
    title: 'Database',
    duration: { defaultSeconds: 1_800, maxSeconds: 7_200, choices: [1_800, 7_200] },
    reason: { minLength: 1, hint: 'Name the change' },
  })
  const later = offer(
    {
      id: 'later' as ResourceId,
      title: 'Later',
      duration: { defaultSeconds: 7_200, maxSeconds: 28_800, choices: [] },
      scheduleSeconds: 86_400,
    },
    { isSponsor: true },
  )
  const offers = [offer(), db, later]

  async function opened(line = ''): Promise<Stage> {
    const stage = await startStage()
    stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value: offers }))
    await type(stage, line)
    return stage
  }

  async function choose(stage: Stage, ref: string, more = {}): Promise<void> {
    const { id } = topView(stage)
    const ack = await stage.slack.clickInView(ANN, id, 'jit:resource', ref, more)
    assert.deepEqual([ack.status, ack.problem], [200, undefined])
    assert.equal(await stage.app.drained(5_000), true)
  }

  it('follows it, and keeps what was entered', async () => {
    await using stage = await opened()
    stage.slack.fill(ANN, topView(stage).id, { reason: 'half a sentence' })
    await choose(stage, 'db')
    assert.deepEqual(fieldsOf(topView(stage)), {
      resource: 'db',
      duration: '30m',
      reason: 'half a sentence',
    })
    assert.match(read(stage), /Name the change/)
    await choose(stage, 'later')
    assert.deepEqual(fieldsOf(topView(stage)), {
      resource: 'later',
      beneficiary: null,
      duration: '2h',
      start: null,
      reason: 'half a sentence',
    })
  })

  it('keeps a duration that somebody typed, and replaces one that it proposed', async () => {
    await using stage = await opened()
    await choose(stage, 'grafana-prod')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '1h')
    await choose(stage, 'later')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '2h')
    stage.slack.fill(ANN, topView(stage).id, { duration: '5h' })
    await choose(stage, 'grafana-prod')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '5h')
  })

  it('never replaces a duration in silence, where another resource has choices', async () => {
    await using stage = await opened()
    await choose(stage, 'grafana-prod')
    stage.slack.fill(ANN, topView(stage).id, { duration: '45m' })
    await choose(stage, 'db')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '30m')
    assert.match(
      read(stage),
      /You entered “45m”\. This resource is not offered for that long: ask for 30m or 2h/,
    )
    await choose(stage, 'grafana-prod')
    stage.slack.fill(ANN, topView(stage).id, { duration: '120m' })
    await choose(stage, 'db')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '2h')
    assert.doesNotMatch(read(stage), /You entered/)
  })

  it('opens with what is wrong with a duration, whatever the reason is', async () => {
    await using stage = await opened('request db 45m')
    assert.equal(Object(fieldsOf(topView(stage))).duration, '30m')
    assert.match(read(stage), /You entered “45m”\. This resource is not offered for that long/)
    await using other = await opened('request grafana-prod 9h')
    assert.equal(Object(fieldsOf(topView(other))).duration, '9h')
    assert.match(read(other), /This is too long: ask for 8h or less/)
    assert.match(read(other), /The reason is too short: write one character or more/)
  })

  it('lays nothing over a newer version of itself', async () => {
    await using stage = await opened()
    const { id } = topView(stage)
    const hold = stage.slack.hold('views.update')
    await stage.slack.clickInView(ANN, id, 'jit:resource', 'db')
    await hold.reached
    await stage.slack.clickInView(ANN, id, 'jit:resource', 'later')
    await stage.slack.waitFor(() => Object(fieldsOf(topView(stage))).duration === '2h')
    hold.release()
    assert.equal(await stage.app.drained(5_000), true)
    assert.equal(stage.slack.calls.filter(({ error }) => error === 'hash_conflict').length, 1)
    assert.equal(Object(fieldsOf(topView(stage))).duration, '2h')
    assert.doesNotMatch(stage.logged.join(), /not brought up to date/)
  })

  it('stays as it is when nothing can be looked up', async () => {
    await using stage = await opened()
    stage.useCases.script('offersFor', () => Promise.reject(new Error('database')))
    await choose(stage, 'db')
    stage.useCases.script('offersFor', () =>
      Promise.resolve({ ok: false, refusal: { code: 'directory-unavailable' } }),
    )
    await choose(stage, 'later')
    assert.equal(Object(fieldsOf(topView(stage))).resource, 'later')
    assert.deepEqual(toldTo(stage, ANN), [])
  })

  for (const [what, forged] of [
    ['a resource that the asker may not see', { value: 'vault' }],
    ['an option that is none', { value: { evil: true } }],
  ] as const)
    it(`shows nothing of ${what}`, async () => {
      await using stage = await opened()
      const alter = (payload: object) => {
        const { view: old } = payload as { view: { state: { values: object } } }
        const state = {
          values: {
            ...old.state.values,
            resource: { 'jit:resource': { type: 'static_select', selected_option: forged } },
          },
        }
        return { ...payload, view: { ...old, state } }
      }
      await choose(stage, 'db', { alter })
      assert.doesNotMatch(read(stage), /vault/)
      assert.deepEqual(requests(stage), [])
    })

  it('is a choice in this form only', async () => {
    await using stage = await opened()
    const before = stage.useCases.calls.length
    const alter = (payload: object) => {
      const { view: old } = payload as { view: object }
      return { ...payload, view: { ...old, callback_id: 'jit:deny' } }
    }
    await choose(stage, 'db', { alter })
    assert.equal(stage.useCases.calls.length, before)
  })

  it('asks for a level, for somebody else, from a picked start', async () => {
    await using stage = await startStage()
    const level = { id: 'read' as LevelId, title: 'Read only' }
    const rich = offer({ level, scheduleSeconds: 86_400 }, { isSponsor: true })
    stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value: [rich] }))
    await type(stage, '')
    const { id, hash } = topView(stage)
    const entries = {
      beneficiary: 'user@partner.example',
      duration: '2h',
      start: 1_795_424_400,
      reason: 'INC-42 audit',
    }
    await submit(stage, entries)
    assert.deepEqual(requests(stage), [
      {
        actor: ANN,
        via: 'modal',
        resource: 'grafana-prod:read',
        durationSeconds: 7_200,
        reason: 'INC-42 audit',
        start: { type: 'instant', at: new Date('2026-11-23T09:00:00Z') },
        beneficiary: 'user@partner.example',
        idempotencyKey: `modal:${id}:${hash}`,
      },
    ])
  })

  it('goes by the clock of the asker where the start was typed', async () => {
    await using stage = await opened('request later 2h from tomorrow 9:00')
    await submit(stage, { reason: 'INC-42 audit' })
    const starts = requests(stage).map((input) => (input as { start: unknown }).start)
    assert.deepEqual(starts, [{ type: 'wall', day: 'tomorrow', hour: 9, minute: 0 }])
  })

  it('shows a wrong start or address on its field', async () => {
    await using stage = await opened('request later 2h from tomorrow 9:00')
    const entries = { reason: 'INC-42', start: '25:99', beneficiary: 'a@b.c <!channel>' }
    await submit(stage, entries, { unchecked: true })
    assert.deepEqual(Object.keys(topView(stage).errors), ['beneficiary', 'start'])
    assert.deepEqual(requests(stage), [])
  })

  for (const [refusal, text, fields] of [
    [{ code: 'start-in-past' }, /This start is over/, { start: 1_795_424_400 }],
    [
      { code: 'beneficiary-not-listed', beneficiary: 'user@partner.example' },
      /You may not ask for this person here/,
      { beneficiary: 'user@partner.example' },
    ],
    [{ code: 'level-needed', levels: ['read' as LevelId] }, /choose read/, { resource: 'later' }],
  ] as const)
    it(`comes back with the problem ${refusal.code}, and everything that was entered`, async () => {
      await using stage = await opened('request later 2h')
      stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
      const entries = {
        start: 1_795_424_400,
        beneficiary: 'user@partner.example',
        reason: 'INC-42',
      }
      await submit(stage, entries)
      assert.match(read(stage), text)
      const expected = { resource: 'later', duration: '2h', ...entries, ...fields }
      assert.deepEqual(fieldsOf(topView(stage)), expected)
    })

  it('hands a forged choice to the decision, which knows what the asker may see', async () => {
    await using stage = await opened('request grafana-prod 1h')
    stage.useCases.script('requestAccess', ({ resource }) =>
      Promise.resolve({ ok: false, refusal: { code: 'no-such-resource', resource } }),
    )
    const forged = { value: 'vault', text: { type: 'plain_text', text: 'Vault' } }
    await submit(stage, { reason: 'INC-42', resource: { 'jit:resource': forged } })
    assert.match(read(stage), /You may not ask for this resource/)
    assert.doesNotMatch(read(stage), /[Vv]ault/)
  })

  it('tells what was decided beside the request', async () => {
    await using stage = await opened('request grafana-prod 1h')
    const notice = { code: 'rego-silent' } as const
    const value = view({ state: 'pending' })
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: true, value, notice }))
    await submit(stage, { reason: 'INC-42' })
    assert.match(read(stage), /Asked for.*Rego policy gave no answer/s)
  })
})

describe('the form of break-glass access', () => {
  const breakGlass = { requesters: peopleSet({}), maxSeconds: 1_800, reviewSeconds: 86_400 }
  const emergency = offer({ breakGlass }, { kinds: ['standard', 'break-glass'] })

  async function opened(line: string): Promise<Stage> {
    const stage = await startStage()
    const value = [emergency, offer({ id: 'wiki' as ResourceId })]
    stage.useCases.script('offersFor', () => Promise.resolve({ ok: true, value }))
    await type(stage, line)
    return stage
  }

  it('opens filled in, however complete the command is, and opens nothing by itself', async () => {
    await using stage = await opened('break-glass grafana-prod 15m the site is down')
    assert.deepEqual(fieldsOf(topView(stage)), {
      resource: 'grafana-prod',
      duration: '15m',
      reason: 'the site is down',
    })
    assert.match(read(stage), /Access opens at once, without an approval/)
    assert.doesNotMatch(read(stage), /:warning:/)
    assert.deepEqual(requests(stage), [])
  })

  it('opens access when it is sent', async () => {
    await using stage = await opened('break-glass grafana-prod 15m the site is down')
    const value = view({ state: 'granting', kind: 'break-glass' })
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: true, value }))
    const { id, hash } = topView(stage)
    await submit(stage, {})
    assert.deepEqual(requests(stage), [
      {
        actor: ANN,
        via: 'modal',
        resource: 'grafana-prod',
        durationSeconds: 900,
        reason: 'the site is down',
        breakGlass: true,
        idempotencyKey: `modal:${id}:${hash}`,
      },
    ])
    assert.match(read(stage), /Opening Grafana.*the approvers are asked to review it/)
  })

  for (const [line, problem] of [
    ['break-glass grafana-prod 2h the site is down', /This is too long: ask for 30m or less/],
    ['break-glass grafana-prod 15m down', /write 10 characters or more/],
    ['break-glass grafana-prod', /Say how long you need it/],
    ['break-glass wiki 15m the site is down', /There is no break-glass access to this resource/],
    ['break-glass vault 15m the site is down', /You may not ask for this resource/],
  ] as const)
    it(`says what is wrong before it is sent: ${line}`, async () => {
      await using stage = await opened(line)
      assert.match(read(stage), problem)
    })

  it('comes back with the problem that was found', async () => {
    await using stage = await opened('break-glass grafana-prod 15m the site is down')
    const refusal = { code: 'no-break-glass' } as const
    stage.useCases.script('requestAccess', () => Promise.resolve({ ok: false, refusal }))
    await submit(stage, {})
    assert.match(read(stage), /Access opens at once.*There is no break-glass access to this/s)
  })

  it('never becomes a common request, nor the other way round, by a forged name', async () => {
    await using stage = await opened('request grafana-prod 15m')
    const alter = (payload: object) => {
      const { view: old } = payload as { view: object }
      return { ...payload, view: { ...old, callback_id: 'jit:break-glass ' } }
    }
    await submit(stage, { reason: 'the site is down' }, { alter })
    assert.deepEqual(requests(stage), [])
  })
})

describe('the form of an extension', () => {
  const mine = view({ state: 'active' }, { extension: { times: 2, maxSeconds: 7_200 } })
  const extensions = ({ useCases }: Stage) =>
    useCases.calls.filter(({ method }) => method === 'extendGrant').map(({ input }) => input)

  async function opened(line: string): Promise<Stage> {
    const stage = await startStage()
    stage.useCases.script('requestsOf', () => Promise.resolve({ ok: true, value: [mine] }))
    await type(stage, line)
    return stage
  }

  it('opens with the reason of the access when none was typed', async () => {
    await using stage = await opened(`extend ${ID} 1h`)
    assert.deepEqual(fieldsOf(topView(stage)), {
      duration: '1h',
      reason: 'INC-42 dashboards are red',
    })
    assert.doesNotMatch(read(stage), /:warning:/)
  })

  it('says what is wrong with what was typed', async () => {
    await using stage = await opened(`extend ${ID} 1e9h still red`)
    assert.deepEqual(fieldsOf(topView(stage)), { duration: '1e9h', reason: 'still red' })
    assert.match(read(stage), /Write whole minutes, hours or days/)
  })

  it('asks for a later end and shows that it did', async () => {
    await using stage = await opened(`extend ${ID} 1h`)
    const { id, hash } = topView(stage)
    await submit(stage, { reason: 'still red' })
    assert.deepEqual(extensions(stage), [
      {
        actor: ANN,
        via: 'modal',
        id: ID,
        durationSeconds: 3_600,
        reason: 'still red',
        idempotencyKey: `modal:${id}:${hash}`,
      },
    ])
    assert.match(read(stage), /Asked for 1h more of Grafana/)
  })

  it('comes back with the problem on its field, or says why not', async () => {
    await using stage = await opened(`extend ${ID} 1h`)
    const refuse = (refusal: Refusal) =>
      stage.useCases.script('extendGrant', () => Promise.resolve({ ok: false, refusal }))
    refuse({ code: 'beyond-maximum', maxSeconds: 28_800, leftSeconds: 1_800 })
    await submit(stage, {})
    assert.match(read(stage), /ask for 30m more or less/)
    assert.equal(Object(fieldsOf(topView(stage))).duration, '1h')
    refuse({ code: 'already-pending' })
    await submit(stage, {})
    assert.match(read(stage), /wait for its answer, or cancel it first/)
    assert.match(read(stage), /You wrote: .\/jit extend 7K2M9QXR 1h INC-42 dashboards are red/)
  })

  it('shows what is wrong at once', async () => {
    await using stage = await opened(`extend ${ID}`)
    await submit(stage, { duration: 'soon', reason: '\u200b' })
    assert.deepEqual(Object.keys(topView(stage).errors), ['duration', 'reason'])
    assert.deepEqual(extensions(stage), [])
  })

  for (const metadata of ['', 'nope', `${ID} C0APPROVALS 1.2`, `${ID}9`, '{"id":"7K2M9QXR"}'])
    it(`asks for nothing with the forged metadata ${JSON.stringify(metadata)}`, async () => {
      await using stage = await opened(`extend ${ID} 1h`)
      await submit(stage, {}, { alter: withMetadata(metadata) })
      assert.match(topView(stage).errors['reason'] ?? '', /Close the form/)
      assert.deepEqual(extensions(stage), [])
    })

  it('leaves it to the decision whose access it is', async () => {
    await using stage = await opened(`extend ${ID} 1h`)
    stage.useCases.script('extendGrant', () =>
      Promise.resolve({ ok: false, refusal: { code: 'no-such-request' } }),
    )
    await submit(stage, {}, { alter: withMetadata('A1B2C3D4') })
    const ids = extensions(stage).map((input) => (input as { id: string }).id)
    assert.deepEqual(ids, ['A1B2C3D4'])
    assert.match(read(stage), /There is no request with this id that you may see/)
  })
})

describe('the denial form', () => {
  const openByClick = (stage: Stage) => clickCard(stage, view({ state: 'pending' }), 'jit:deny')

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
      const alter = withMetadata(metadata)
      await stage.slack.submit(KIM, topView(stage, KIM).id, { reason: 'No' }, { alter })
      assert.match(topView(stage, KIM).errors['reason'] ?? '', /Close the form/)
      assert.deepEqual(denials(stage), [])
    })

  it('is replaced by a sentence when Slack does not open it', async () => {
    await using stage = await startStage()
    stage.slack.fail('views.open', { kind: 'error', error: 'expired_trigger_id' })
    await openByClick(stage)
    assert.match(
      toldTo(stage, KIM).join(),
      /The form did not open: try again, or type .\/jit deny 7K2M9QXR reason/,
    )
  })
})

describe('the form of an approval', () => {
  const approvals = ({ useCases }: Stage) =>
    useCases.calls.filter(({ method }) => method === 'approveRequest').map(({ input }) => input)
  const openByClick = (stage: Stage) => clickCard(stage, view({ state: 'pending' }), 'jit:shorten')
  const send = async (stage: Stage, entries: Readonly<Record<string, string>>, more = {}) => {
    await stage.slack.submit(KIM, topView(stage, KIM).id, entries, more)
    await stage.app.drained(5_000)
  }

  for (const [what, entries, terms] of [
    [
      'a shorter time and a note',
      { duration: '30m', note: ' Enough\u202e ' },
      { durationSeconds: 1_800, note: 'Enough' },
    ],
    ['a note', { note: 'Fine' }, { note: 'Fine' }],
    ['nothing', {}, {}],
  ] as const)
    it(`approves with ${what}, closes at once, and knows the card`, async () => {
      await using stage = await startStage()
      const place = await openByClick(stage)
      assert.match(read(stage, KIM), /asks for Grafana.*INC-42 dashboards are red/s)
      await send(stage, entries)
      assert.deepEqual(stage.slack.views(KIM), [])
      const input = { actor: KIM, via: 'modal', id: ID, clicked: place, ...terms }
      assert.deepEqual(approvals(stage), [input])
    })

  it('shows a malformed time on its field', async () => {
    await using stage = await startStage()
    await openByClick(stage)
    await send(stage, { duration: '1e9h' })
    assert.match(topView(stage, KIM).errors['duration'] ?? '', /Write whole minutes/)
    assert.deepEqual(approvals(stage), [])
  })

  it('tells who wanted to lengthen what was asked, with a line to correct', async () => {
    await using stage = await startStage()
    const refusal = { code: 'not-shorter', askedSeconds: 5_400 } as const
    stage.useCases.script('approveRequest', () => Promise.resolve({ ok: false, refusal }))
    await openByClick(stage)
    await send(stage, { duration: '8h', note: 'take <!here> your time' })
    const [told] = stage.slack.ephemerals(KIM)
    assert.equal(told?.channel, CHANNEL)
    const marked = JSON.stringify(told?.blocks)
    assert.match(marked, /What was asked, 1h30m, can only be shortened/)
    assert.match(marked, /`\/jit shorten 7K2M9QXR 8h take &lt;!here&gt; your time`/)
  })

  for (const metadata of ['', `${ID} C0APPROVALS`, `${ID} D0DIRECT 1.2`, `${ID} C0X 1.2 more`])
    it(`approves nothing with the forged metadata ${JSON.stringify(metadata)}`, async () => {
      await using stage = await startStage()
      await openByClick(stage)
      await send(stage, { note: 'x' }, { alter: withMetadata(metadata) })
      assert.match(topView(stage, KIM).errors['note'] ?? '', /Close the form/)
      assert.deepEqual(approvals(stage), [])
    })
})

describe('the form of a review', () => {
  const emergency = view({ state: 'active', kind: 'break-glass' })
  const openByClick = (stage: Stage) => clickCard(stage, emergency, 'jit:not-justified')
  const reviews = ({ useCases }: Stage) =>
    useCases.calls.filter(({ method }) => method === 'reviewGrant').map(({ input }) => input)
  const send = async (stage: Stage, note: string) => {
    await stage.slack.submit(KIM, topView(stage, KIM).id, { note })
    await stage.app.drained(5_000)
  }

  it('says that access was not justified, and why', async () => {
    await using stage = await startStage()
    const place = await openByClick(stage)
    assert.match(read(stage, KIM), /opened Grafana.*INC-42 dashboards are red/s)
    await send(stage, ' No incident ')
    const said = { verdict: 'not-justified', note: 'No incident' }
    assert.deepEqual(reviews(stage), [
      { actor: KIM, via: 'modal', id: ID, clicked: place, ...said },
    ])
    assert.deepEqual(stage.slack.views(KIM), [])
  })

  it('needs a note', async () => {
    await using stage = await startStage()
    await openByClick(stage)
    await send(stage, '\u200b')
    assert.match(topView(stage, KIM).errors['note'] ?? '', /too short/)
    assert.deepEqual(reviews(stage), [])
  })

  it('tells the requester that nobody reviews their own', async () => {
    await using stage = await startStage()
    const refusal = { code: 'own-request' } as const
    stage.useCases.script('reviewGrant', () => Promise.resolve({ ok: false, refusal }))
    await openByClick(stage)
    await send(stage, 'No incident')
    assert.match(toldTo(stage, KIM).join(), /You cannot answer your own request/)
    assert.match(toldTo(stage, KIM).join(), /review 7K2M9QXR not-justified No incident/)
  })
})
