import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { markupOf } from './page/html.ts'
import { mrkdwn } from './page/mrkdwn.ts'
import { renderBlocks } from './page/render-blocks.ts'
import type { View } from '../simulators/slack/workspace.ts'
import { renderModal } from './page/render-modal.ts'

const HOSTILE = `"><img src=x onerror=alert(1)> & '`
const ESCAPED = '&quot;&gt;&lt;img src=x onerror=alert(1)&gt; &amp; &#39;'
const names = {
  person: (id: string) => (id === 'U0EVIL' ? HOSTILE : undefined),
  channel: () => undefined,
  group: (id: string) => (id === 'S0ENGINEERS' ? 'engineers' : undefined),
}
const KNOWN_TAGS =
  /<\/?(?:strong|em|s|code|pre|blockquote|br|a|span|time|button)(?:\s+[a-z-]+="[^"<>]*")*\s*>/g

function drawn(block: object): string {
  return markupOf(renderBlocks([block as never], names, { channel: 'C0', ts: '1.0' }))
}

describe('mrkdwn', () => {
  const shown = (text: string): string => markupOf(mrkdwn(text, names))

  it('shows styles, code, mentions, groups and line breaks', () => {
    assert.equal(
      shown('*bold* _it_ ~no~ `a *b*`\n<@U0ALEX> <!subteam^S0ENGINEERS> &lt;b&gt; :warning:'),
      '<strong>bold</strong> <em>it</em> <s>no</s> <code>a *b*</code><br>' +
        '<span class="mention">@U0ALEX</span> <span class="mention">@engineers</span> &lt;b&gt; ⚠️',
    )
  })

  it('gives an instant to the browser to show in its own zone', () => {
    assert.equal(
      shown('<!date^1700000000^{time}|22:13 UTC>'),
      '<time datetime="2023-11-14T22:13:20.000Z" data-format="{time}">22:13 UTC</time>',
    )
  })

  it('makes a link to a door a knock, and of a script address only words', () => {
    assert.match(shown('<https://grafana.example.com/|Grafana>'), /data-host="grafana.example.com"/)
    assert.equal(shown('<javascript:alert(1)|click>'), 'click')
    assert.match(
      shown('<https://other.example/?a="b|x>'),
      /href="https:\/\/other.example\/\?a=%22b"/,
    )
  })

  it('escapes what somebody is called', () => {
    assert.equal(shown('<@U0EVIL>'), `<span class="mention">@${ESCAPED}</span>`)
  })

  it('lets no markup through, whatever is written', () => {
    const piece = fc.constantFrom(
      ...'<>&"\'`*_~|^!@#:\n \uE000\uE001 01ab'.split(''),
      '&lt;',
      HOSTILE,
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const rest = shown(pieces.join('')).replaceAll(KNOWN_TAGS, '')
        assert.doesNotMatch(rest, /[<>]/)
      }),
    )
  })
})

describe('renderBlocks', () => {
  it('escapes every text of every block', () => {
    const text = { type: 'plain_text', text: HOSTILE }
    const quote = { type: 'rich_text_quote', elements: [{ type: 'text', text: HOSTILE }] }
    const blocks = [
      { type: 'header', text },
      { type: 'section', text, fields: [text] },
      { type: 'context', elements: [text] },
      { type: 'rich_text', elements: [quote] },
      { type: 'image', alt_text: HOSTILE },
      { type: 'unheard_of', text },
    ]
    for (const block of blocks) {
      assert.ok(drawn(block).includes(ESCAPED), `${block.type} shows the text`)
      assert.ok(!drawn(block).includes('<img'), `${block.type} escapes the text`)
    }
  })

  it('gives a button its place, its action and its question, all escaped', () => {
    const question = { type: 'plain_text', text: HOSTILE }
    const button = {
      type: 'button',
      action_id: HOSTILE,
      text: question,
      style: 'danger',
      confirm: { title: question, text: question, confirm: question, deny: question },
    }
    const markup = drawn({ type: 'actions', block_id: 'b1', elements: [button] })
    assert.ok(!markup.includes('<img'))
    for (const attribute of [
      'action',
      'confirm-title',
      'confirm-text',
      'confirm-yes',
      'confirm-no',
    ])
      assert.ok(markup.includes(`data-${attribute}="${ESCAPED}"`), attribute)
    assert.match(markup, /data-channel="C0" data-ts="1.0"/)
    assert.match(markup, /data-block="b1"/)
  })
})

/** A modal with one input in it, in which `state` stands. */
function form(element: object, state: object = {}, more: object = {}): string {
  const label = { type: 'plain_text', text: 'Reason' }
  const block = {
    type: 'input',
    block_id: 'b',
    label,
    element: { action_id: 'a', ...element },
    ...more,
  }
  const view: View = {
    id: 'V1',
    personId: 'U0ALEX',
    type: 'modal',
    content: { title: label, submit: label },
    blocks: [block],
    hash: '',
    rootViewId: 'V1',
    previousViewId: null,
    values: { b: { a: state as never } },
    errors: 'errors' in more ? { b: HOSTILE } : {},
  }
  return markupOf(renderModal(view, names)).replaceAll(/\s+/g, ' ')
}

const option = (value: string) => ({
  text: { type: 'plain_text', text: `${value} ${HOSTILE}` },
  value: `${value}${HOSTILE}`,
})

describe('renderModal', () => {
  it('keeps what was typed, and shows what is wrong with it, both escaped', () => {
    const typed = `</textarea>${HOSTILE}`
    const markup = form(
      { type: 'plain_text_input', multiline: true },
      { type: 'plain_text_input', value: typed },
      { errors: true },
    )
    assert.ok(markup.includes(`> &lt;/textarea&gt;${ESCAPED}</textarea>`))
    assert.ok(markup.includes(`role="alert">${ESCAPED}</p>`))
    assert.ok(!markup.includes('<img'))
  })

  it('shows an address, an instant, a menu, buttons and boxes with what stands in them', () => {
    const options = [option('read'), option('admin')]
    const marks = 'data-block="b" data-input="a" required'
    const shown = [
      form({ type: 'email_text_input' }, { value: HOSTILE }),
      form({ type: 'datetimepicker' }, { selected_date_time: 1_800_000_000 }),
      form({ type: 'static_select', options }, { selected_option: options[1] }),
      form({ type: 'radio_buttons', options }, { selected_option: options[1] }),
      form({ type: 'checkboxes', options }, { selected_options: [options[1]] }),
    ]
    const expected = [
      `<input type="email" autocomplete="off" id="input-b-a" ${marks} value="${ESCAPED}"`,
      `<input type="datetime-local" id="input-b-a" ${marks} data-seconds="1800000000" />`,
      `<option value="admin${ESCAPED}" selected>`,
      `<input type="radio" name="input-b-a" ${marks} value="admin${ESCAPED}" checked />`,
      `<input type="checkbox" name="input-b-a" data-block="b" data-input="a" value="admin${ESCAPED}" checked />`,
    ]
    shown.forEach((markup, index) => {
      assert.ok(markup.includes(expected[index] ?? ''), `${expected[index]} in ${markup}`)
      assert.ok(!markup.includes('<img'), markup)
    })
  })

  it('tells of a choice at once where the input dispatches, and nowhere else', () => {
    const element = { type: 'static_select', options: [option('read')] }
    assert.match(
      form(element, {}, { dispatch_action: true }),
      /data-choose="click-in-view" data-view="V1" data-action="a"/,
    )
    assert.doesNotMatch(form(element), /data-choose/)
  })
})

describe('renderBlocks: what is chosen from', () => {
  it('tells of a choice with its place, in messages and in views', () => {
    const elements = [
      { type: 'overflow', action_id: 'more', options: [option('one')] },
      { type: 'datetimepicker', action_id: 'at', initial_date_time: 1_800_000_000 },
    ]
    const block = { type: 'actions', block_id: 'b1', elements } as never
    const markup = drawn(block)
    assert.match(markup, /data-choose="click" data-channel="C0" data-ts="1.0" data-action="more"/)
    assert.match(markup, /data-seconds="1800000000"/)
    assert.ok(!markup.includes('<img'))
    const values = { b1: { at: { type: 'datetimepicker', selected_date_time: 1_900_000_000 } } }
    const inView = markupOf(renderBlocks([block], names, { view: 'V1', values }))
    assert.match(inView, /data-choose="click-in-view" data-view="V1" data-action="at"/)
    assert.match(inView, /data-seconds="1900000000"/)
  })
})
