import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockProblems, blockTextLength } from './block-kit.ts'

const plain = (length: number): object => ({ type: 'plain_text', text: 'x'.repeat(length) })
const mrkdwn = (length: number): object => ({ type: 'mrkdwn', text: 'x'.repeat(length) })
const button = (more: object = {}): object => ({
  type: 'button',
  action_id: 'go',
  text: plain(75),
  value: 'v'.repeat(2000),
  ...more,
})
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const option = (index: number): object => ({ text: plain(75), value: `o${index}` })
const input = (element: object, more: object = {}): object => ({
  type: 'input',
  label: plain(20),
  element,
  ...more,
})
const modal = (more: object): object => ({
  type: 'modal',
  title: plain(24),
  blocks: [],
  ...more,
})

describe('blockProblems', () => {
  it('accepts everything at its limit', () => {
    const fields = many(2, () => mrkdwn(2000))
    const message = [
      { type: 'section', block_id: 'b'.repeat(255), text: mrkdwn(3000), fields },
      { type: 'header', text: plain(150) },
      { type: 'context', elements: many(10, () => plain(10)) },
      {
        type: 'actions',
        elements: many(25, (index) => button({ action_id: `a${index}` })),
      },
      ...many(46, () => ({ type: 'divider' })),
    ]
    assert.deepEqual(blockProblems('message', { text: 'x'.repeat(40_000), blocks: message }), [])
    const choices = input({
      type: 'static_select',
      action_id: 'pick',
      placeholder: plain(150),
      options: many(100, option),
      initial_option: option(3),
    })
    const view = modal({
      submit: plain(24),
      close: plain(24),
      private_metadata: 'm'.repeat(3000),
      callback_id: 'c'.repeat(255),
      blocks: [choices, ...many(99, () => ({ type: 'divider' }))],
    })
    assert.deepEqual(blockProblems('modal', view), [])
    assert.deepEqual(blockProblems('home', { type: 'home', blocks: [choices] }), [])
  })

  const refused: readonly [
    why: string,
    surface: 'message' | 'modal' | 'home',
    payload: unknown,
    problem: string,
  ][] = [
    [
      '51 blocks',
      'message',
      many(51, () => ({ type: 'divider' })),
      'no more than 50 items allowed [json-pointer:/blocks]',
    ],
    [
      '101 blocks in a view',
      'home',
      { type: 'home', blocks: many(101, () => ({ type: 'divider' })) },
      'no more than 100 items allowed [json-pointer:/blocks]',
    ],
    [
      'an unknown block',
      'message',
      [{ type: 'marquee' }],
      'unsupported type: marquee [json-pointer:/blocks/0/type]',
    ],
    [
      'a type that every object has',
      'message',
      [{ type: 'toString' }],
      'unsupported type: toString [json-pointer:/blocks/0/type]',
    ],
    [
      'a markdown block in a modal',
      'modal',
      modal({ blocks: [{ type: 'markdown', text: 'x' }] }),
      'unsupported type: markdown [json-pointer:/blocks/0/type]',
    ],
    [
      'an unknown property',
      'message',
      [{ type: 'divider', colour: 'red' }],
      'invalid additional property: colour [json-pointer:/blocks/0]',
    ],
    [
      'a long section',
      'message',
      [{ type: 'section', text: mrkdwn(3001) }],
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'an empty section text',
      'message',
      [{ type: 'section', text: mrkdwn(0) }],
      'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      'a section of nothing',
      'message',
      [{ type: 'section' }],
      'missing required field: text or fields [json-pointer:/blocks/0]',
    ],
    [
      '11 fields',
      'message',
      [{ type: 'section', fields: many(11, () => plain(1)) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
    ],
    [
      'a long field',
      'message',
      [{ type: 'section', fields: [plain(2001)] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
    ],
    [
      'a header in mrkdwn',
      'message',
      [{ type: 'header', text: mrkdwn(5) }],
      'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
    ],
    [
      'a long header',
      'message',
      [{ type: 'header', text: plain(151) }],
      'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
    ],
    [
      '11 context elements',
      'message',
      [{ type: 'context', elements: many(11, () => plain(1)) }],
      'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'a button in a context',
      'message',
      [{ type: 'context', elements: [button()] }],
      'unsupported type: button [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      '26 actions',
      'message',
      [{ type: 'actions', elements: many(26, (i) => button({ action_id: `a${i}` })) }],
      'no more than 25 items allowed [json-pointer:/blocks/0/elements]',
    ],
    [
      'no actions',
      'message',
      [{ type: 'actions', elements: [] }],
      'must have at least 1 items [json-pointer:/blocks/0/elements]',
    ],
    [
      'a text input among actions',
      'message',
      [{ type: 'actions', elements: [{ type: 'plain_text_input', action_id: 'a' }] }],
      'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      'two buttons of one action',
      'message',
      [{ type: 'actions', elements: [button(), button()] }],
      'action_id "go" already exists [json-pointer:/blocks/0]',
    ],
    [
      'two primary buttons',
      'message',
      [
        {
          type: 'actions',
          elements: [button({ style: 'primary' }), button({ action_id: 'b', style: 'primary' })],
        },
      ],
      'at most one primary button [json-pointer:/blocks/0/elements]',
    ],
    [
      'two blocks of one id',
      'message',
      [
        { type: 'divider', block_id: 'x' },
        { type: 'divider', block_id: 'x' },
      ],
      'block_id "x" already exists [json-pointer:/blocks/1/block_id]',
    ],
    [
      'a long block_id',
      'message',
      [{ type: 'divider', block_id: 'x'.repeat(256) }],
      'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
    ],
    [
      'a long action_id',
      'message',
      [{ type: 'actions', elements: [button({ action_id: 'x'.repeat(256) })] }],
      'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
    ],
    [
      'a long button',
      'message',
      [{ type: 'actions', elements: [button({ text: plain(76) })] }],
      'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
    ],
    [
      'a long value',
      'message',
      [{ type: 'actions', elements: [button({ value: 'v'.repeat(2001) })] }],
      'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
    ],
    [
      'a long url',
      'message',
      [
        {
          type: 'section',
          text: plain(1),
          accessory: button({ url: `https://a/${'x'.repeat(3000)}` }),
        },
      ],
      'must be less than 3001 characters [json-pointer:/blocks/0/accessory/url]',
    ],
    [
      'a relative url',
      'message',
      [{ type: 'section', text: plain(1), accessory: button({ url: '/here' }) }],
      'must be a valid URL [json-pointer:/blocks/0/accessory/url]',
    ],
    [
      'an unknown style',
      'message',
      [{ type: 'actions', elements: [button({ style: 'default' })] }],
      'must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]',
    ],
    [
      'a long confirm title',
      'message',
      [
        {
          type: 'actions',
          elements: [
            button({
              confirm: {
                title: plain(101),
                text: mrkdwn(300),
                confirm: plain(30),
                deny: plain(30),
              },
            }),
          ],
        },
      ],
      'must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]',
    ],
    [
      'too much text',
      'message',
      many(5, () => ({ type: 'section', text: plain(2500) })),
      'all texts together must be less than 12001 characters [json-pointer:/blocks]',
    ],
    [
      'a long title',
      'modal',
      modal({ title: plain(25) }),
      'must be less than 25 characters [json-pointer:/title/text]',
    ],
    [
      'no title',
      'modal',
      { type: 'modal', blocks: [] },
      'missing required field: title [json-pointer:]',
    ],
    [
      'an input without submit',
      'modal',
      modal({ blocks: [input({ type: 'plain_text_input', action_id: 'a' })] }),
      'missing required field: submit [json-pointer:]',
    ],
    [
      'long metadata',
      'modal',
      modal({ private_metadata: 'm'.repeat(3001) }),
      'must be less than 3001 characters [json-pointer:/private_metadata]',
    ],
    [
      'a home as a modal',
      'modal',
      { type: 'home', blocks: [] },
      'unsupported type: home [json-pointer:/type]',
    ],
    [
      'a submit on a home',
      'home',
      { type: 'home', blocks: [], submit: plain(5) },
      'invalid additional property: submit [json-pointer:]',
    ],
    [
      'a button as an input',
      'modal',
      modal({ submit: plain(1), blocks: [input(button())] }),
      'unsupported type: button [json-pointer:/blocks/0/element/type]',
    ],
    [
      '101 options',
      'home',
      { type: 'home', blocks: [input({ type: 'static_select', options: many(101, option) })] },
      'no more than 100 items allowed [json-pointer:/blocks/0/element/options]',
    ],
    [
      'no options',
      'home',
      { type: 'home', blocks: [input({ type: 'static_select' })] },
      'must have either options or option_groups [json-pointer:/blocks/0/element]',
    ],
    [
      'a foreign initial option',
      'home',
      {
        type: 'home',
        blocks: [input({ type: 'static_select', options: [option(1)], initial_option: option(2) })],
      },
      'initial option is not one of the options [json-pointer:/blocks/0/element]',
    ],
    [
      '11 radio buttons',
      'home',
      { type: 'home', blocks: [input({ type: 'radio_buttons', options: many(11, option) })] },
      'no more than 10 items allowed [json-pointer:/blocks/0/element/options]',
    ],
    [
      '6 overflow options',
      'message',
      [
        {
          type: 'actions',
          elements: [{ type: 'overflow', action_id: 'o', options: many(6, option) }],
        },
      ],
      'no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]',
    ],
    [
      'a long option',
      'home',
      {
        type: 'home',
        blocks: [input({ type: 'static_select', options: [{ text: plain(76), value: 'v' }] })],
      },
      'must be less than 76 characters [json-pointer:/blocks/0/element/options/0/text/text]',
    ],
    [
      'an input longer than Slack takes',
      'home',
      { type: 'home', blocks: [input({ type: 'plain_text_input', max_length: 3001 })] },
      'must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]',
    ],
    [
      'an initial value over the maximum',
      'home',
      {
        type: 'home',
        blocks: [input({ type: 'plain_text_input', max_length: 3, initial_value: 'four' })],
      },
      'must not exceed max_length [json-pointer:/blocks/0/element/initial_value]',
    ],
    [
      'milliseconds for a moment',
      'home',
      {
        type: 'home',
        blocks: [input({ type: 'datetimepicker', initial_date_time: 1_763_000_000_000 })],
      },
      'must be between 1000000000 and 9999999999 [json-pointer:/blocks/0/element/initial_date_time]',
    ],
    [
      'a moment picked beside a section',
      'modal',
      modal({
        blocks: [{ type: 'section', text: plain(5), accessory: { type: 'datetimepicker' } }],
      }),
      'unsupported type: datetimepicker [json-pointer:/blocks/0/accessory/type]',
    ],
    [
      'a placeholder for a moment',
      'home',
      { type: 'home', blocks: [input({ type: 'datetimepicker', placeholder: plain(5) })] },
      'invalid additional property: placeholder [json-pointer:/blocks/0/element]',
    ],
    [
      'an address outside of an input',
      'home',
      {
        type: 'home',
        blocks: [{ type: 'actions', elements: [{ type: 'email_text_input', action_id: 'e' }] }],
      },
      'unsupported type: email_text_input [json-pointer:/blocks/0/elements/0/type]',
    ],
    [
      'an unknown reason to dispatch',
      'home',
      {
        type: 'home',
        blocks: [
          input({
            type: 'email_text_input',
            dispatch_action_config: { trigger_actions_on: ['on_blur'] },
          }),
        ],
      },
      'must be one of: on_enter_pressed, on_character_entered [json-pointer:/blocks/0/element/dispatch_action_config/trigger_actions_on/0]',
    ],
    [
      'an impossible date',
      'home',
      { type: 'home', blocks: [input({ type: 'datepicker', initial_date: '2026-13-01' })] },
      'must match ^\\d{4}-(0[1-9]|1[0-2])-([0-2]\\d|3[01])$ [json-pointer:/blocks/0/element/initial_date]',
    ],
    [
      'two focused inputs',
      'home',
      {
        type: 'home',
        blocks: many(2, () => input({ type: 'plain_text_input', focus_on_load: true })),
      },
      'only one element may have focus_on_load [json-pointer:/blocks]',
    ],
    [
      'something that is not blocks',
      'message',
      { blocks: 'hello' },
      'must be an array [json-pointer:/blocks]',
    ],
    ['nothing', 'message', undefined, 'must be an object [json-pointer:]'],
  ]
  for (const [why, surface, payload, problem] of refused) {
    it(`refuses ${why}`, () => {
      assert.deepEqual(blockProblems(surface, payload), [problem])
    })
  }

  it('refuses a view over 250 kB', () => {
    const blocks = many(100, () => ({ type: 'section', text: plain(2600) }))
    assert.deepEqual(blockProblems('modal', modal({ blocks })), [
      'must be less than 250001 bytes [json-pointer:]',
    ])
  })
})

describe('blockTextLength', () => {
  it('counts escapes as they are sent and every text once', () => {
    const blocks = [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: 'a &amp; b' },
        accessory: button({ text: plain(3) }),
      },
      {
        type: 'context',
        elements: [plain(2), { type: 'image', alt_text: 'not counted', image_url: 'https://a/b' }],
      },
    ]
    assert.equal(blockTextLength(blocks), 9 + 3 + 2)
  })
})
