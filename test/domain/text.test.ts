import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cleanText, countCharacters, cutText } from '../../src/domain/text.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
    .map((units) => String.fromCharCode(...units)),
  fc.string({
    unit: fc.constantFrom('e', '\u0301', '\u0344', '\u0489', '\n', '\r', ' ', '\t', '\u200d', '👩'),
    maxLength: 60,
  }),
)

describe('cleanText', () => {
  const single = (text: string) => cleanText(text, { multiline: false })
  const multi = (text: string) => cleanText(text, { multiline: true })

  it('removes what turns the direction of the text', () => {
    assert.equal(single('pay \u202eevorppa\u202c now'), 'pay evorppa now')
    assert.equal(single('\u2066a\u2067b\u2068c\u2069d\u200ee\u200ff\u061cg'), 'abcdefg')
  })

  it('removes what nobody sees', () => {
    assert.equal(single('a\u200bb\u200c\u2060\ufeff\u00ad\u3164\u180e\ufe0fc'), 'abc')
    assert.equal(single('tag\u{e0041}\u{e007f}\ufffe\ufff9!'), 'tag!')
    assert.equal(
      single('nul\u0000 bell\u0007 escape\u001b[31m delete\u007f c1\u0090'),
      'nul bell escape[31m delete c1',
    )
  })

  it('takes emoji that are joined apart and keeps each of them', () => {
    assert.equal(single('👩‍👩‍👧 ❤️'), '👩👩👧 ❤')
    assert.equal(single('👍🏽 🇩🇪'), '👍🏽 🇩🇪')
  })

  it('keeps four combining marks of a heap', () => {
    assert.equal(single(`q${'\u0316'.repeat(50)}!`), `q${'\u0316'.repeat(4)}!`)
  })

  it('counts the marks that composing makes of others', () => {
    assert.equal(single(`q${'\u0344'.repeat(4)}!`), 'q\u0308\u0301\u0308\u0301!')
  })

  it('does not dwell on a mountain of marks', () => {
    const startedAt = performance.now()
    assert.equal(single(`q${'\u0301\u0316'.repeat(200_000)}`), 'q\u0316\u0316\u0301\u0301')
    assert.ok(performance.now() - startedAt < 2_000)
  })

  it('keeps letters of all scripts and composes them', () => {
    assert.equal(single('e\u0301 Zoë 日本語 العربية हिन्दी'), '\u00e9 Zoë 日本語 العربية हिन्दी')
  })

  it('replaces halves of surrogate pairs', () => {
    assert.equal(single('a\ud83db\udc00'), 'a\ufffdb\ufffd')
  })

  it('makes one line of several', () => {
    assert.equal(single(' a\r\nb\tc\n\n\u2028d\u00a0\u3000e '), 'a b c d e')
  })

  it('keeps lines, with one empty one at most between two', () => {
    assert.equal(multi('\n a\tb \r\n\r\n \n\n\u2029c\n\nd\n'), 'a b\n\nc\n\nd')
  })

  it('leaves nothing unseen, no heap of marks, and nothing to clean again', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (text, multiline) => {
        const clean = cleanText(text, { multiline })
        assert.doesNotMatch(clean, /(?!\n)[\p{Cc}\p{DI}\p{NChar}\p{Bidi_Control}]|\p{M}{5}|\n{3}/u)
        assert.ok(clean.isWellFormed())
        assert.equal(clean, clean.normalize('NFC'))
        assert.equal(clean, clean.trim())
        if (!multiline) assert.doesNotMatch(clean, /\n| {2}/)
        assert.equal(cleanText(clean, { multiline }), clean)
      }),
    )
  })

  it('leaves ordinary text alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        assert.equal(multi(`x${text}x`), `x${text}x`)
      }),
    )
  })
})

describe('countCharacters', () => {
  it('counts code points', () => {
    assert.equal(countCharacters('a🔥é'), 3)
    assert.equal(countCharacters(''), 0)
  })
})

describe('cutText', () => {
  it('keeps a text that fits', () => {
    assert.equal(cutText('abc', 3), 'abc')
  })

  it('ends what it cuts with an ellipsis inside the length', () => {
    assert.equal(cutText('abcd', 3), 'ab…')
    assert.equal(cutText('ab cd', 4), 'ab…')
    assert.equal(cutText('abc', 1), '…')
    assert.equal(cutText('abc', 0), '')
  })

  it('splits neither pairs nor graphemes', () => {
    assert.equal(cutText('a🔥🔥', 3), 'a…')
    assert.equal(cutText('ae\u0301e\u0301', 3), 'a…')
    assert.equal(cutText('a👍🏽b', 4), 'a…')
    assert.equal(cutText('🇩🇪🇫🇷', 6), '🇩🇪…')
  })

  it('cuts a single grapheme that is too long between its code points', () => {
    assert.equal(cutText(`q${'\u0316'.repeat(9)}`, 5), `q${'\u0316'.repeat(3)}…`)
    assert.equal(cutText('👩‍👩‍👧', 5), '👩‍…')
  })

  it('is never too long, never broken, and a beginning of the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 250 }), (text, maxChars) => {
        const whole = text.toWellFormed()
        const cut = cutText(whole, maxChars)
        assert.ok(cut.length <= maxChars)
        assert.ok(cut.isWellFormed())
        assert.ok(cut === whole || whole.startsWith(cut.slice(0, -1)))
      }),
    )
  })
})
