import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { markupOf } from './page/html.ts'
import { mrkdwn } from './page/mrkdwn.ts'
import { renderBlocks } from './page/render-blocks.ts'
import { renderModal } from './page/render-modal.ts'

const HOSTILE = `"><img src=x onerror=alert(1)> & '`
const ESCAPED = '&quot;&gt;&lt;img src=x onerror=alert(1)&gt; &amp; &#39;'
const names = {
  person: (id: string) => (id === 'U0EVIL' ? HOSTILE : undefined),
  channel: () => undefined,
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

describe('renderModal', () => {
  it('keeps what was typed, and shows what is wrong with it, both escaped', () => {
    const label = { type: 'plain_text', text: 'Reason' }
    const block = {
      type: 'input',
      block_id: 'reason',
      label,
      element: { type: 'plain_text_input', action_id: 'reason', multiline: true },
    }
    const typed = `</textarea>${HOSTILE}`
    const markup = markupOf(
      renderModal(
        {
          id: 'V1',
          personId: 'U0ALEX',
          type: 'modal',
          content: { title: label, submit: label },
          blocks: [block],
          hash: '',
          rootViewId: 'V1',
          previousViewId: null,
          values: { reason: { reason: { type: 'plain_text_input', value: typed } } },
          errors: { reason: HOSTILE },
        },
        names,
      ),
    )
    assert.ok(markup.includes(`>\n&lt;/textarea&gt;${ESCAPED}</textarea>`))
    assert.ok(markup.includes(`role="alert">${ESCAPED}</p>`))
    assert.ok(!markup.includes('<img'))
  })
})
