import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cut, named, visible } from '../../src/domain/ppl-text.ts'

describe('cut', () => {
  it('leaves short text alone and marks what it shortens', () => {
    assert.equal(cut('abcd', 4), 'abcd')
    assert.equal(cut('abcde', 4), 'abc…')
  })

  it('never leaves half a character', () => {
    assert.equal(cut('ab😀de', 4), 'ab…')
    assert.equal(cut('a😀cde', 4), 'a😀…')
  })
})

describe('visible', () => {
  it('spells out what hides, turns or breaks a line', () => {
    assert.equal(
      visible('a\nb\u202ec\u200bd\u2028e\ud800f\u{e0001}é😀'),
      String.raw`a\u{a}b\u{202e}c\u{200b}d\u{2028}e\u{d800}f\u{e0001}é😀`,
    )
  })
})

describe('named', () => {
  it('quotes short text and names the type of anything big', () => {
    assert.equal(named('a\n'), String.raw`"a\u{a}"`)
    assert.equal(named('x'.repeat(100)), `"${'x'.repeat(59)}…"`)
    assert.deepEqual([null, [1], { a: 1 }, 7, false, undefined, 1n].map(named), [
      'null',
      'an array',
      'an object',
      '7',
      'false',
      'undefined',
      'bigint',
    ])
  })
})
