import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isMarked, markLine, withMark } from '../../src/pomerium/mark.ts'

describe('withMark', () => {
  it('adds the mark as the last line, once', () => {
    assert.equal(withMark(''), markLine)
    assert.equal(withMark('about\n'), `about\n\n${markLine}`)
    assert.equal(withMark(withMark('about')), withMark('about'))
    assert.equal(withMark(`${markLine}\nabout`), `${markLine}\nabout`)
  })

  it('makes any description one that is known as ours', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (description) => {
        assert.equal(isMarked({ description: withMark(description) }), true)
      }),
    )
  })
})
