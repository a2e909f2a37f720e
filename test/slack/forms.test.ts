import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ModalView } from '@slack/types'
import fc from 'fast-check'
import type { ResourceId } from '../../src/domain/ids.ts'
import { denyForm, parseDenyForm } from '../../src/slack/deny-form.ts'
import {
  loadingForm,
  noticeModal,
  parseRequestForm,
  requestForm,
  type RequestFormModel,
} from '../../src/slack/request-form.ts'
import { blockProblems } from '../simulators/slack/block-kit.ts'
import {
  anyText,
  anyView,
  assertNothingInjected,
  HOSTILE,
  lines,
  resource,
  view,
} from './samples.ts'

const model = (changes: Partial<RequestFormModel> = {}): RequestFormModel => ({
  resources: [
    resource(),
    resource({ id: 'db' as ResourceId, title: 'Database', approvals: 2, risk: 'high' }),
  ],
  values: {},
  problems: {},
  ...changes,
})

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => resource({ id: `r${n}` as ResourceId, title: `R ${n}` }))

function assertSound(form: ModalView): void {
  assert.deepEqual(blockProblems('modal', form), [])
  assertNothingInjected(form)
}

const inputs = (form: ModalView): readonly { readonly [key: string]: unknown }[] =>
  form.blocks.flatMap((block) => ('element' in block ? [{ ...block.element }] : []))
const filled = (form: ModalView) =>
  inputs(form).map((input) => {
    const option = input['initial_option'] as { readonly value: string } | undefined
    return option?.value ?? input['initial_value']
  })
const offered = (form: ModalView) =>
  ((inputs(form)[0]?.['options'] ?? []) as readonly { readonly value: string }[]).map(
    ({ value }) => value,
  )

describe('requestForm', () => {
  it('asks what, how long and why', () => {
    const form = requestForm(model())
    assert.deepEqual(lines(form), [
      'Request access',
      'Resource',
      'Grafana (production)',
      'at most 8h, 1 approval',
      'Database',
      'at most 8h, 2 approvals, high risk',
      'Duration',
      'From 1m up to the maximum that the menu shows for the resource.',
      'Reason',
    ])
    assert.equal(form.callback_id, 'jit:request')
    assert.deepEqual(
      form.blocks.map((block) => [
        'block_id' in block && block.block_id,
        'element' in block && (block.element as { action_id?: string }).action_id,
      ]),
      [
        ['resource', 'resource'],
        ['duration', 'duration'],
        ['reason', 'reason'],
      ],
    )
    assert.deepEqual(filled(form), [undefined, undefined, undefined])
  })

  it('keeps what was typed and says beside the field what is wrong with it', () => {
    const form = requestForm(
      model({
        values: { resource: 'db', duration: '9h', reason: 'why not' },
        problems: { duration: 'Ask for 8h or less & <b>.', reason: 'Name the incident.' },
      }),
    )
    assert.deepEqual(filled(form), ['db', '9h', 'why not'])
    assert.deepEqual(
      form.blocks.map((block) => 'block_id' in block && block.block_id),
      ['resource', 'duration', 'duration-problem', 'reason', 'reason-problem'],
    )
    const shown = lines(form)
    assert.ok(shown.includes(':warning: Ask for 8h or less & <b>.'))
    assert.ok(shown.includes(':warning: Name the incident.'))
  })

  it('fills in a single resource with its own duration and hint', () => {
    const only = resource({ reason: { minLength: 1, hint: 'Name the incident, e.g. INC-42' } })
    const form = requestForm(model({ resources: [only] }))
    assert.deepEqual(filled(form), ['grafana-prod', '1h', undefined])
    assert.ok(lines(form).includes('Name the incident, e.g. INC-42'))
    assert.ok(
      lines(form).includes(
        'From 1m to 8h for Grafana (production); the menu shows the maximum of the others.',
      ),
    )
  })

  it('chooses no resource that is not offered', () => {
    assert.deepEqual(filled(requestForm(model({ values: { resource: 'secret' } }))), [
      undefined,
      undefined,
      undefined,
    ])
  })

  it('offers a hundred resources, the chosen one among them, and counts the others', () => {
    const form = requestForm(model({ resources: many(150), values: { resource: 'r149' } }))
    assert.equal(offered(form).length, 100)
    assert.deepEqual(offered(form).slice(-2), ['r98', 'r149'])
    assert.equal(filled(form)[0], 'r149')
    assert.ok(lines(form).some((line) => line.startsWith('50 more are not shown')))
    assert.ok(
      !lines(requestForm(model({ resources: many(100) }))).some((line) =>
        line.includes('more are'),
      ),
    )
  })

  it('leaves out a resource whose id is too long for a menu', () => {
    const long = resource({ id: 'x'.repeat(76) as ResourceId })
    const form = requestForm(model({ resources: [...many(2), long] }))
    assert.deepEqual(offered(form), ['r0', 'r1'])
    assert.ok(lines(form).some((line) => line.startsWith('1 more are not shown')))
  })

  it('says so when nothing may be asked for', () => {
    const form = requestForm(model({ resources: [] }))
    assert.deepEqual(lines(form), [
      'Request access',
      'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
    ])
    assert.deepEqual([inputs(form), form.submit], [[], undefined])
    assertSound(form)
  })

  it('carries its metadata', () => {
    assert.equal(requestForm(model({ privateMetadata: 'C1' })).private_metadata, 'C1')
    assert.equal(requestForm(model()).private_metadata, undefined)
  })

  it('is a modal that Slack takes, whatever it is made of', () => {
    const anyResources = fc.array(fc.tuple(anyText, anyText, anyText), { maxLength: 130 })
    const fields = fc.record(
      { resource: anyText, duration: anyText, reason: anyText },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(anyResources, fields, fields, (texts, values, problems) => {
        const resources = texts.map(([id, title, hint], n) =>
          resource({
            id: `${n}${id}`
              .slice(0, 90)
              .toWellFormed()
              .replaceAll(/[^ -~]/g, '') as ResourceId,
            title,
            reason: { minLength: 1, hint },
          }),
        )
        assertSound(requestForm({ resources, values, problems }))
      }),
      { numRuns: 40 },
    )
  })
})

describe('loadingForm', () => {
  it('waits without inputs and carries metadata', () => {
    assert.deepEqual(lines(loadingForm()), ['One moment', 'Looking things up…'])
    assert.equal(loadingForm('7K2M9QXR').private_metadata, '7K2M9QXR')
    assertSound(loadingForm('x'.repeat(3_000)))
  })

  it('refuses metadata that Slack would refuse', () => {
    assert.throws(() => loadingForm('x'.repeat(3_001)), {
      name: 'RangeError',
      message: 'a modal carries 3000 characters of metadata, not 3001',
    })
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

describe('denyForm', () => {
  it('shows what was asked and why, and asks for the reason of the denial', () => {
    const form = denyForm(view({ state: 'pending' }))
    assert.deepEqual(lines(form), [
      'Deny request',
      '<@U0ANN> asks for Grafana (production) (`grafana-prod`) for 1h30m.',
      'INC-42 dashboards are red',
      'Reason of the denial',
      'The requester and everybody who sees the card can read it.',
      'Request `7K2M9QXR`',
    ])
    assert.deepEqual([form.callback_id, form.private_metadata], ['jit:deny', '7K2M9QXR'])
    const [input] = form.blocks.filter((block) => block.type === 'input')
    assert.equal(input !== undefined && 'optional' in input, false)
  })

  it('is a modal that Slack takes, whatever it is made of', () => {
    fc.assert(fc.property(anyView, (any) => assertSound(denyForm(any))))
  })
})

describe('parseRequestForm', () => {
  const state = (resource: unknown, duration: unknown, reason: unknown) => ({
    resource: { resource: { type: 'static_select', selected_option: resource } },
    duration: { duration: { type: 'plain_text_input', value: duration } },
    reason: { reason: { type: 'plain_text_input', value: reason } },
  })

  it('gives what was typed as it came', () => {
    const option = { text: { type: 'plain_text', text: 'Grafana' }, value: 'grafana-prod' }
    assert.deepEqual(parseRequestForm(state(option, ' 1h ', 'why\n<b>')), {
      ok: true,
      values: { resource: 'grafana-prod', duration: ' 1h ', reason: 'why\n<b>' },
    })
  })

  it('reads empty fields as empty strings', () => {
    assert.deepEqual(parseRequestForm(state(null, null, null)), {
      ok: true,
      values: { resource: '', duration: '', reason: '' },
    })
  })

  it('refuses what is not the form', () => {
    const wrong = [
      undefined,
      null,
      'x',
      {},
      [],
      state(null, 5, ''),
      state({ value: 7 }, '', ''),
      state(null, '', 'x'.repeat(3_001)),
    ]
    for (const values of wrong) {
      const answer = parseRequestForm(values)
      assert.ok(!answer.ok && answer.problem.startsWith('read the request form: '))
    }
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (values) => typeof parseRequestForm(values).ok === 'boolean'),
    )
  })
})

describe('parseDenyForm', () => {
  const submitted = (metadata: unknown, value: unknown) => ({
    private_metadata: metadata,
    state: { values: { reason: { reason: { type: 'plain_text_input', value } } } },
  })

  it('gives the request and the reason as it came', () => {
    assert.deepEqual(parseDenyForm(submitted('7K2M9QXR', ' no ')), {
      ok: true,
      id: '7K2M9QXR',
      reason: ' no ',
    })
    assert.deepEqual(parseDenyForm(submitted('7K2M9QXR', null)), {
      ok: true,
      id: '7K2M9QXR',
      reason: '',
    })
  })

  it('refuses what is not the form, or of no request', () => {
    assert.deepEqual(parseDenyForm(submitted('grafana', 'no')), {
      ok: false,
      problem: 'read the denial form: its metadata is not the id of a request',
    })
    for (const wrong of [
      undefined,
      {},
      submitted(7, 'no'),
      submitted('7K2M9QXR', {}),
      submitted('7K2M9QXR', 'x'.repeat(3_001)),
    ])
      assert.equal(parseDenyForm(wrong).ok, false)
  })

  it('reads back what the form carries', () => {
    const { private_metadata } = denyForm(view({ state: 'pending' }))
    assert.equal(parseDenyForm(submitted(private_metadata, 'no')).ok, true)
  })
})
