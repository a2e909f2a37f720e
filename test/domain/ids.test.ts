import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseRequestId, requestIdFrom } from '../../src/domain/ids.ts'

const bytes = fc.uint8Array({ minLength: 5, maxLength: 5 })

describe('requestIdFrom', () => {
  it('spells 40 bits in eight characters', () => {
    assert.equal(requestIdFrom(new Uint8Array(5)), '00000000')
    assert.equal(requestIdFrom(new Uint8Array([255, 255, 255, 255, 255])), 'ZZZZZZZZ')
    assert.equal(requestIdFrom(new Uint8Array([0, 0, 0, 0, 33])), '00000011')
  })

  it('gives different ids for different bytes, in the same order', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const order = Math.sign(Buffer.compare(a, b))
        const [idA, idB] = [requestIdFrom(a), requestIdFrom(b)]
        assert.equal(idA < idB ? -1 : idA > idB ? 1 : 0, order)
      }),
    )
  })

  it('takes five bytes', () => {
    for (const length of [0, 4, 6])
      assert.throws(() => requestIdFrom(new Uint8Array(length)), {
        name: 'RangeError',
        message: `a request id takes 5 bytes, not ${length}`,
      })
  })
})

describe('parseRequestId', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['A1B2C3D4', 'A1B2C3D4'],
    [' a1b2c3d4\n', 'A1B2C3D4'],
    ['oOiIlL00', '00111100'],
    ['A1B2C3D', undefined],
    ['A1B2C3D45', undefined],
    ['A1B2C3DU', undefined],
    ['A1B2-C3D4', undefined],
    ['A1B2 C3D4', undefined],
    ['', undefined],
    // Its capital is SS.
    ['\u00dfABCDEF', undefined],
    // Their capitals are I and S.
    ['\u0131ABCDEFG', undefined],
    ['\u017fABCDEFG', undefined],
    ['\u0661\u0662345678', undefined],
  ]
  for (const [typed, expected] of rows)
    it(`reads ${JSON.stringify(typed)} as ${expected ?? 'no id'}`, () => {
      assert.equal(parseRequestId(typed), expected)
    })

  it('reads back every id, as people may type it', () => {
    const typing = fc.func(fc.constantFrom('o', 'O', 'i', 'L', 'l', 'I'))
    fc.assert(
      fc.property(bytes, typing, fc.boolean(), (random, sloppy, isSmall) => {
        const id = requestIdFrom(random)
        const typed = Array.from(id, (char, index) => {
          const lookalike = sloppy(index)
          if (char === '0' && /o/i.test(lookalike)) return lookalike
          if (char === '1' && /[il]/i.test(lookalike)) return lookalike
          return isSmall ? char.toLowerCase() : char
        })
        assert.equal(parseRequestId(` ${typed.join('')} `), id)
      }),
    )
  })

  it('never throws, and gives nothing but ids', () => {
    const typed = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 8, maxLength: 8 }))
    fc.assert(
      fc.property(typed, (text) => {
        const id = parseRequestId(text)
        assert.ok(id === undefined || /^[0-9A-HJKMNP-TV-Z]{8}$/.test(id))
      }),
      { numRuns: 1_000 },
    )
  })
})
