import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ModalView } from '@slack/types'
import fc from 'fast-check'
import type { LevelId, RequestId, ResourceId } from '../../src/domain/ids.ts'
import type { AnswerForm } from '../../src/slack/answer-modal.ts'
import { DENIAL } from '../../src/slack/deny-form.ts'
import { extendForm } from '../../src/slack/extend-form.ts'
import { form, loadingForm, noticeModal } from '../../src/slack/form-parts.ts'
import { readForm, textIn } from '../../src/slack/form-state.ts'
import {
  readRequestForm,
  requestForm,
  type RequestFormModel,
} from '../../src/slack/request-form.ts'
import { OBJECTION } from '../../src/slack/review-form.ts'
import { APPROVAL } from '../../src/slack/shorten-form.ts'
import { blockProblems } from '../simulators/slack/block-kit.ts'
import {
  anyText,
  anyView,
  assertNothingInjected,
  HOSTILE,
  lines,
  offer,
  peopleSet,
  view,
} from './samples.ts'

const ID = '7K2M9QXR' as RequestId

const DB = offer({ id: 'db' as ResourceId, title: 'Database', risk: 'high' })
const level = (id: string, title: string, of = 'grafana-prod') =>
  offer({ id: of as ResourceId, level: { id: id as LevelId, title } })
const emergency = (changes: Parameters<typeof offer>[0] = {}) =>
  offer(
    {
      breakGlass: { requesters: peopleSet({}), maxSeconds: 1_800, reviewSeconds: 86_400 },
      ...changes,
    },
    { kinds: ['standard', 'break-glass'] },
  )

const model = (changes: Partial<RequestFormModel> = {}): RequestFormModel => ({
  mode: 'access',
  offers: [offer(), DB],
  values: {},
  problems: {},
  ...changes,
})

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => offer({ id: `r${n}` as ResourceId, title: `R ${n}` }))

function assertSound(form: ModalView): void {
  assert.deepEqual(blockProblems('modal', form), [])
  assertNothingInjected(form)
}

type Input = { readonly [key: string]: unknown }
const input = (form: ModalView, blockId: string): Input => {
  const block = form.blocks.find((each) => each.type === 'input' && each.block_id === blockId)
  return block !== undefined && 'element' in block ? { ...block.element } : {}
}
const held = (form: ModalView, blockId: string) => {
  const element = input(form, blockId)
  const option = element['initial_option'] as { readonly value: string } | undefined
  return option?.value ?? element['initial_value'] ?? element['initial_date_time']
}
const filled = (form: ModalView) =>
  ['resource', 'duration', 'reason'].map((blockId) => held(form, blockId))
const options = (form: ModalView, blockId = 'resource') =>
  (input(form, blockId)['options'] ?? []) as readonly {
    readonly value: string
    readonly text: { readonly text: string }
  }[]
const offered = (form: ModalView) => options(form).map(({ value }) => value)
const blockIds = (form: ModalView) => form.blocks.map((block) => block.block_id)
const required = (form: ModalView) =>
  form.blocks.flatMap((block) =>
    'element' in block && !('optional' in block && block.optional) ? [block.block_id] : [],
  )

describe('requestForm', () => {
  it('asks what, how long and why', () => {
    const form = requestForm(model())
    assert.deepEqual(lines(form).slice(0, 3), [
      'Request access',
      'Resource',
      'Grafana (production)',
    ])
    assert.equal(form.callback_id, 'jit:request')
    assert.deepEqual(blockIds(form), ['resource', 'duration', 'reason'])
    assert.deepEqual(filled(form), [undefined, undefined, undefined])
    assert.equal(form.private_metadata, undefined)
  })

  it('keeps what was typed and says beside the field what is wrong with it', () => {
    const form = requestForm(
      model({
        values: { resource: 'db', duration: '9h', reason: 'why not' },
        problems: { duration: 'Ask for 8h or less & <b>.', reason: 'Name the incident.' },
      }),
    )
    assert.deepEqual(filled(form), ['db', '9h', 'why not'])
    assert.deepEqual(blockIds(form), [
      'resource',
      'duration',
      'duration-problem',
      'reason',
      'reason-problem',
    ])
    assert.ok(lines(form).includes(':warning: Ask for 8h or less & <b>.'))
    assert.ok(lines(form).includes(':warning: Name the incident.'))
  })

  it('fills in a single resource with its own duration and hint', () => {
    const only = offer({ reason: { minLength: 1, hint: 'Name the incident, e.g. INC-42' } })
    const form = requestForm(model({ offers: [only] }))
    assert.deepEqual(filled(form), ['grafana-prod', '1h', undefined])
    assert.ok(lines(form).includes('Name the incident, e.g. INC-42'))
    assert.ok(lines(form).includes('From 1m to 8h for Grafana (production).'))
  })

  it('chooses no resource that is not offered', () => {
    const form = requestForm(model({ values: { resource: 'secret' } }))
    assert.deepEqual(filled(form), [undefined, undefined, undefined])
  })

  it('offers each level by its name, the levels of what was typed first', () => {
    const offers = [DB, level('read', 'Read only'), level('admin', 'Everything')]
    const form = requestForm(model({ offers, values: { resource: 'grafana-prod' } }))
    assert.deepEqual(
      options(form).map(({ value, text }) => [value, text.text]),
      [
        ['grafana-prod:read', 'Grafana (production) – Read only'],
        ['grafana-prod:admin', 'Grafana (production) – Everything'],
        ['db', 'Database'],
      ],
    )
    assert.equal(held(form, 'resource'), undefined)
    const chosen = requestForm(model({ offers, values: { resource: 'grafana-prod:admin' } }))
    assert.equal(held(chosen, 'resource'), 'grafana-prod:admin')
  })

  it('shows title and level, however long they are', () => {
    const long = offer({
      title: 'T'.repeat(200),
      level: { id: 'read' as LevelId, title: 'L'.repeat(200) },
    })
    const [option] = options(requestForm(model({ offers: [long, DB] })))
    assert.equal(option?.text.text, `${'T'.repeat(41)}… – ${'L'.repeat(29)}…`)
  })

  it('has a menu for the durations of a resource with choices', () => {
    const duration = { defaultSeconds: 3_600, maxSeconds: 14_400, choices: [1_800, 3_600, 14_400] }
    const form = requestForm(model({ offers: [offer({ duration })] }))
    assert.deepEqual(
      options(form, 'duration').map(({ value }) => value),
      ['30m', '1h', '4h'],
    )
    assert.equal(held(form, 'duration'), '1h')
    const typed = requestForm(model({ offers: [offer({ duration })], values: { duration: '4h' } }))
    assert.equal(held(typed, 'duration'), '4h')
  })

  it('names the field of the duration after the resource, so that Slack shows its proposal', () => {
    const of = (resource: string) =>
      input(requestForm(model({ values: { resource } })), 'duration')['action_id']
    assert.deepEqual(
      [of('db'), of('grafana-prod'), of('')],
      ['duration db', 'duration grafana-prod', 'duration'],
    )
  })

  it('asks for a start where access can be scheduled, and for whom where the asker sponsors', () => {
    const later = offer({ id: 'later' as ResourceId, scheduleSeconds: 86_400 })
    const vendors = offer({ id: 'vendors' as ResourceId }, { isSponsor: true })
    const offers = [offer(), later, vendors]
    const of = (resource?: string) =>
      blockIds(requestForm(model({ offers, values: resource === undefined ? {} : { resource } })))
    assert.deepEqual(of(), ['resource', 'beneficiary', 'duration', 'start', 'reason'])
    assert.deepEqual(of('grafana-prod'), ['resource', 'duration', 'reason'])
    assert.deepEqual(of('later'), ['resource', 'duration', 'start', 'reason'])
    assert.deepEqual(of('vendors'), ['resource', 'beneficiary', 'duration', 'reason'])
  })

  it('lets nobody ask for themselves who may ask for others only', () => {
    const both = offer({}, { isSponsor: true })
    const only = offer({}, { kinds: [], isSponsor: true })
    const of = (one: typeof both) => required(requestForm(model({ offers: [one] })))
    assert.deepEqual(of(both), ['resource', 'duration', 'reason'])
    assert.deepEqual(of(only), ['resource', 'beneficiary', 'duration', 'reason'])
  })

  it('never leaves out in silence what was entered for a resource that does not have it', () => {
    const values = { beneficiary: 'user@partner.example', start: 'tomorrow 9:00' }
    const form = requestForm(model({ offers: [offer()], values }))
    assert.equal(held(form, 'beneficiary'), 'user@partner.example')
    assert.equal(held(form, 'start'), 'tomorrow 9:00')
  })

  it('keeps a typed start as it is, has a wrong one picked, and keeps a picked one', () => {
    const offers = [offer({ scheduleSeconds: 86_400 })]
    const start = (value?: string | Date, problem?: string) =>
      input(
        requestForm(
          model({
            offers,
            values: value === undefined ? {} : { start: value },
            problems: problem === undefined ? {} : { start: problem },
          }),
        ),
        'start',
      )
    const at = new Date('2026-11-23T09:00:00Z')
    assert.deepEqual(start(), { type: 'datetimepicker', action_id: 'start' })
    assert.deepEqual(start(at), {
      type: 'datetimepicker',
      action_id: 'start',
      initial_date_time: 1_795_424_400,
    })
    assert.deepEqual(start('25:99', 'No such time.'), {
      type: 'datetimepicker',
      action_id: 'start',
    })
    assert.equal(start('14:00')['initial_value'], '14:00')
    assert.equal(start(new Date(0))['initial_date_time'], undefined)
  })

  it('offers a hundred resources, the chosen one among them, and counts the others', () => {
    const form = requestForm(model({ offers: many(150), values: { resource: 'r149' } }))
    assert.equal(offered(form).length, 100)
    assert.deepEqual(offered(form).slice(-2), ['r98', 'r149'])
    assert.equal(filled(form)[0], 'r149')
    assert.ok(lines(form).some((line) => line.startsWith('50 more are not shown')))
    const all = lines(requestForm(model({ offers: many(100) })))
    assert.ok(!all.some((line) => line.includes('more are')))
  })

  it('leaves out a resource whose id is too long for a menu', () => {
    const long = offer({ id: 'x'.repeat(76) as ResourceId })
    const form = requestForm(model({ offers: [...many(2), long] }))
    assert.deepEqual(offered(form), ['r0', 'r1'])
    assert.ok(lines(form).some((line) => line.startsWith('1 more are not shown')))
  })

  it('says so when nothing may be asked for', () => {
    const form = requestForm(model({ offers: [offer({}, { kinds: ['break-glass'] })] }))
    assert.deepEqual(lines(form), [
      'Request access',
      'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
    ])
    assert.equal(form.submit, undefined)
    assertSound(form)
  })

  it('is a modal that Slack takes, whatever it is made of', () => {
    const anyOffers = fc.array(
      fc.record({
        id: anyText,
        title: anyText,
        hint: anyText,
        level: fc.option(anyText),
        choices: fc.constantFrom([], [1_800, 3_600]),
        scheduleSeconds: fc.constantFrom(0, 86_400),
        isSponsor: fc.boolean(),
        kinds: fc.subarray(['standard', 'sponsored', 'break-glass'] as const),
      }),
      { maxLength: 130 },
    )
    const problems = fc.record(
      {
        resource: anyText,
        beneficiary: anyText,
        duration: anyText,
        start: anyText,
        reason: anyText,
      },
      { requiredKeys: [] },
    )
    const values = fc.record(
      {
        resource: anyText,
        beneficiary: anyText,
        duration: anyText,
        start: fc.oneof(anyText, fc.date()),
        reason: anyText,
      },
      { requiredKeys: [] },
    )
    const mode = fc.constantFrom('access' as const, 'break-glass' as const)
    const slug = (text: string, n: number) =>
      `${n}${text}`.slice(0, 90).replaceAll(/[^!-~]|[<>&:]/g, '')
    fc.assert(
      fc.property(mode, anyOffers, values, problems, (mode, sketches, values, problems) => {
        const offers = sketches.map((sketch, n) =>
          offer(
            {
              id: slug(sketch.id, n) as ResourceId,
              title: sketch.title,
              reason: { minLength: 1, hint: sketch.hint },
              duration: { defaultSeconds: 3_600, maxSeconds: 7_200, choices: sketch.choices },
              scheduleSeconds: sketch.scheduleSeconds,
              breakGlass: { requesters: peopleSet({}), maxSeconds: 900, reviewSeconds: 3_600 },
              ...(sketch.level === null
                ? {}
                : { level: { id: slug(sketch.level, n) as LevelId, title: sketch.level } }),
            },
            { kinds: sketch.kinds, isSponsor: sketch.isSponsor },
          ),
        )
        assertSound(requestForm({ mode, offers, values, problems }))
      }),
      { numRuns: 60 },
    )
  })
})

describe('requestForm of break-glass access', () => {
  it('says what it means before it is sent', () => {
    const form = requestForm(model({ mode: 'break-glass', offers: [emergency()] }))
    assert.equal(form.callback_id, 'jit:break-glass')
    assert.equal(form.submit?.text, 'Open access now')
    const shown = lines(form).join('\n')
    assert.match(shown, /Access opens at once, without an approval/)
    assert.match(shown, /Everybody in the audit channel reads it, your reason included/)
    assert.match(shown, /the approvers say within 1d whether it was justified/)
    assert.match(shown, /From 1m to 30m for Grafana/)
    assert.deepEqual(filled(form), ['grafana-prod', '30m', undefined])
  })

  it('has neither start nor beneficiary nor choices, whatever the resource has', () => {
    const rich = emergency({
      scheduleSeconds: 86_400,
      duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [3_600] },
    })
    const offers = [{ ...rich, isSponsor: true }]
    const values = { start: '14:00', beneficiary: 'a@b.c' }
    const form = requestForm(model({ mode: 'break-glass', offers, values }))
    assert.deepEqual(blockIds(form), ['meaning', 'resource', 'duration', 'reason'])
    assert.equal(input(form, 'duration')['type'], 'plain_text_input')
  })

  it('offers only what may be had so', () => {
    const db = emergency({ id: 'db' as ResourceId })
    const form = requestForm(model({ mode: 'break-glass', offers: [offer(), db] }))
    assert.deepEqual(offered(form), ['db'])
    const none = requestForm(model({ mode: 'break-glass', offers: [offer()] }))
    assert.match(lines(none).join(), /There is no break-glass access for you/)
  })
})

describe('extendForm', () => {
  it('shows what ends when, asks how much longer, and starts from the reason that was given', () => {
    const extension = { times: 2, maxSeconds: 7_200 }
    const form = extendForm({
      id: ID,
      view: view({ state: 'active' }, { extension }),
      values: {},
      problems: {},
    })
    assert.deepEqual(lines(form), [
      'Extend access',
      'Access to Grafana (production) (`grafana-prod`) ends 2026-11-20 11:00 UTC.',
      'How much longer',
      'At most 2h; it counts from the end of the access.',
      'Reason',
      'Request `7K2M9QXR`',
    ])
    assert.equal(held(form, 'reason'), 'INC-42 dashboards are red')
    assert.deepEqual([form.callback_id, form.private_metadata], ['jit:extend', ID])
  })

  it('says no more than is left', () => {
    const extension = { times: 2, maxSeconds: 86_400 }
    const shown = view({ state: 'active' }, { extension })
    const form = extendForm({ id: ID, view: shown, values: {}, problems: {} })
    assert.match(lines(form).join(), /At most 6h30m;/)
  })

  it('works for a request that is not known, of which it tells nothing', () => {
    const form = extendForm({ id: ID, view: undefined, values: { duration: '1h' }, problems: {} })
    assert.deepEqual(lines(form), [
      'Extend access',
      'How much longer',
      'For example 30m or 1h30m; it counts from the end of the access.',
      'Reason',
      'Request `7K2M9QXR`',
    ])
    assert.deepEqual([held(form, 'duration'), held(form, 'reason')], ['1h', undefined])
  })

  it('is a modal that Slack takes, whatever it is made of', () => {
    fc.assert(
      fc.property(anyView, anyText, anyText, (any, words, problem) => {
        const values = { duration: words, reason: words }
        const problems = { duration: problem, reason: problem }
        assertSound(extendForm({ id: ID, view: any, values, problems }))
      }),
    )
  })
})

const ANSWER_FORMS: readonly AnswerForm<unknown>[] = [DENIAL, APPROVAL, OBJECTION]

describe('the forms in which people answer', () => {
  it('show what was asked and why, and carry the id of the request only', () => {
    const pending = view({ state: 'pending' })
    for (const kind of ANSWER_FORMS) {
      const form = kind.form(ID, pending)
      assert.deepEqual(lines(form).slice(1, 3), [
        '<@U0ANN> asks for Grafana (production) (`grafana-prod`) for 1h30m.',
        'INC-42 dashboards are red',
      ])
      assert.deepEqual([form.callback_id, form.private_metadata], [kind.callbackId, ID])
      assert.ok(blockIds(form).includes(kind.field))
    }
  })

  it('tell nothing of a request that is not known', () => {
    for (const kind of ANSWER_FORMS)
      assert.doesNotMatch(lines(kind.form(ID, undefined)).join(), /U0ANN|Grafana|INC-42/)
  })

  it('are modals that Slack takes, whatever they are made of', () => {
    fc.assert(
      fc.property(anyView, (any) => {
        for (const kind of ANSWER_FORMS) assertSound(kind.form(ID, any))
      }),
    )
  })
})

describe('the form of an approval', () => {
  it('offers those choices that are shorter than what was asked', () => {
    const duration = { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [1_800, 3_600, 5_400] }
    const form = APPROVAL.form(ID, view({ state: 'pending' }, { duration }))
    assert.deepEqual(
      options(form, 'duration').map(({ value }) => value),
      ['30m', '1h'],
    )
    assert.deepEqual(required(form), [])
  })

  it('takes any time where there are no choices, and names what was asked', () => {
    const element = input(APPROVAL.form(ID, view({ state: 'pending' })), 'duration')
    assert.equal(element['type'], 'plain_text_input')
    assert.equal((element['placeholder'] as { text: string }).text, 'As asked: 1h30m')
  })
})

const typedIn = (fields: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(fields).map(([block, value]) => [
      block,
      { [block]: { type: 'plain_text_input', value } },
    ]),
  )
const stateOf = (fields: Record<string, unknown>) => {
  const read = readForm(typedIn(fields))
  return read.ok ? read.value : assert.fail(read.problem)
}

describe('what the forms in which people answer hold', () => {
  it('is a reason, a shorter time and a note, or a note', () => {
    assert.deepEqual(DENIAL.read(stateOf({ reason: ' Not\u202e now ' })), {
      ok: true,
      answer: 'Not now',
    })
    assert.deepEqual(APPROVAL.read(stateOf({ duration: '30m', note: 'Enough' })), {
      ok: true,
      answer: { durationSeconds: 1_800, note: 'Enough' },
    })
    assert.deepEqual(APPROVAL.read(stateOf({ duration: null, note: null })), {
      ok: true,
      answer: {},
    })
    assert.deepEqual(OBJECTION.read(stateOf({ note: 'No incident' })), {
      ok: true,
      answer: 'No incident',
    })
  })

  it('is refused on its field', () => {
    const errors = (kind: AnswerForm<unknown>, fields: Record<string, unknown>) => {
      const read = kind.read(stateOf(fields))
      return read.ok ? undefined : Object.keys(read.errors)
    }
    assert.deepEqual(errors(DENIAL, { reason: '\u200b' }), ['reason'])
    assert.deepEqual(errors(OBJECTION, { note: null }), ['note'])
    assert.deepEqual(errors(APPROVAL, { duration: '1e9h', note: '' }), ['duration'])
    assert.deepEqual(errors(APPROVAL, { duration: '0m' }), ['duration'])
  })

  it('can be sent as a command', () => {
    assert.deepEqual(
      [
        DENIAL.line(ID),
        DENIAL.line(ID, 'Not now'),
        APPROVAL.line(ID),
        APPROVAL.line(ID, { durationSeconds: 1_800, note: 'Enough' }),
        APPROVAL.line(ID, { note: 'Fine' }),
        OBJECTION.line(ID, 'No incident'),
      ],
      [
        '/jit deny 7K2M9QXR reason',
        '/jit deny 7K2M9QXR Not now',
        '/jit shorten 7K2M9QXR duration note',
        '/jit shorten 7K2M9QXR 30m Enough',
        '/jit approve 7K2M9QXR Fine',
        '/jit review 7K2M9QXR not-justified No incident',
      ],
    )
  })
})

describe('form', () => {
  it('refuses metadata that Slack would refuse', () => {
    const of = (metadata: string) =>
      form({ callbackId: 'x', title: 'X', submit: 'X', blocks: [], metadata })
    assert.equal(of('x'.repeat(3_000)).private_metadata?.length, 3_000)
    assert.throws(() => of('x'.repeat(3_001)), {
      name: 'RangeError',
      message: 'a modal carries 3000 characters of metadata, not 3001',
    })
  })
})

describe('loadingForm', () => {
  it('waits without inputs', () => {
    assert.deepEqual(lines(loadingForm()), ['One moment', 'Looking things up…'])
    assertSound(loadingForm())
  })
})

describe('noticeModal', () => {
  it('says one thing', () => {
    assert.deepEqual(lines(noticeModal('Too late', 'This request lapsed.')), [
      'Too late',
      'This request lapsed.',
    ])
  })

  it('is a modal that Slack takes, however long the title and the sentence', () => {
    for (const text of HOSTILE)
      assert.deepEqual(blockProblems('modal', noticeModal(text, text)), [])
  })
})

describe('readRequestForm', () => {
  const option = (value: unknown) => ({ type: 'static_select', selected_option: value })
  const state = (more: object = {}) => ({
    resource: { 'jit:resource': option({ value: 'grafana-prod:read' }) },
    duration: { 'duration grafana-prod:read': { type: 'plain_text_input', value: ' 1h ' } },
    reason: { reason: { type: 'plain_text_input', value: ' why\u202e\n<b> ' } },
    ...more,
  })

  it('gives what was entered, cleaned', () => {
    assert.deepEqual(readRequestForm(state()), {
      ok: true,
      value: {
        resource: 'grafana-prod:read',
        duration: '1h',
        reason: 'why\n<b>',
        beneficiary: '',
        presetRef: 'grafana-prod:read',
      },
    })
  })

  it('reads menus, addresses, typed and picked starts', () => {
    const rich = (start: object) =>
      readRequestForm(
        state({
          beneficiary: { beneficiary: { type: 'email_text_input', value: 'user@partner.example' } },
          duration: { duration: option({ value: '30m' }) },
          start,
        }),
      )
    const entries = {
      resource: 'grafana-prod:read',
      duration: '30m',
      reason: 'why\n<b>',
      beneficiary: 'user@partner.example',
    }
    const picked = { start: { type: 'datetimepicker', selected_date_time: 1_795_424_400 } }
    assert.deepEqual(rich(picked), {
      ok: true,
      value: { ...entries, start: new Date('2026-11-23T09:00:00Z') },
    })
    const words = { 'start-words': { type: 'plain_text_input', value: 'tomorrow 9:00' } }
    assert.deepEqual(rich(words), { ok: true, value: { ...entries, start: 'tomorrow 9:00' } })
    const empty = { start: { type: 'datetimepicker', selected_date_time: null } }
    assert.deepEqual(rich(empty), { ok: true, value: entries })
  })

  it('reads empty fields as empty strings', () => {
    const empty = {
      resource: { 'jit:resource': option(null) },
      duration: { duration: { value: null } },
      reason: { reason: { value: null } },
    }
    const value = { resource: '', duration: '', reason: '', beneficiary: '' }
    assert.deepEqual(readRequestForm(empty), { ok: true, value })
    assert.deepEqual(readRequestForm({}), { ok: true, value })
  })

  it('refuses what is not a form', () => {
    const wrong = [
      undefined,
      null,
      'x',
      [],
      state({ duration: { duration: { value: 5 } } }),
      state({ resource: { resource: option({ value: 7 }) } }),
      state({ reason: { reason: { value: 'x'.repeat(3_001) } } }),
      state({ start: { start: { selected_date_time: 1e12 } } }),
      state({ start: { start: { selected_date_time: -1 } } }),
      state({ start: { start: { selected_date_time: 1.5 } } }),
      state({ start: { start: { selected_date_time: '1795424400' } } }),
      Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`f${n}`, {}])),
    ]
    for (const values of wrong) {
      const read = readRequestForm(values)
      assert.ok(!read.ok && read.problem.startsWith('read a form: '), JSON.stringify(values))
    }
  })

  it('never throws', () => {
    const nested = fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.object()))
    fc.assert(
      fc.property(fc.oneof(fc.anything(), nested), (values) => {
        assert.equal(typeof readRequestForm(values).ok, 'boolean')
      }),
    )
  })
})

describe('readForm', () => {
  it('takes names from outside as names', () => {
    const values = JSON.parse(
      '{"__proto__":{"reason":{"value":"x"}},"reason":{"reason":{}}}',
    ) as object
    const read = readForm(values)
    assert.ok(read.ok)
    assert.equal(textIn(read.value, 'reason'), '')
    assert.equal(textIn(read.value, 'toString'), '')
  })
})
