import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { Json } from '../../src/domain/ppl.ts'

describe('canonicalJson', () => {
  it('writes the example of RFC 8785 §3.2.2', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`) as Json
    assert.equal(
      canonicalJson(value),
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('orders keys by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const value = Object.fromEntries(keys.map((key) => [key, 0]))
    assert.deepEqual(Object.keys(JSON.parse(canonicalJson(value)) as object), [
      '1',
      '\r',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ])
    assert.ok(canonicalJson(value).startsWith(String.raw`{"\r":0,"1":0,`))
  })

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.equal(canonicalJson(reversed(value)), canonicalJson(value))
      }),
    )
  })

  it('comes back as the same value from JSON.parse', () => {
    fc.assert(
      fc.property(json, (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b)
        assert.equal(same, JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))
      }),
    )
  })

  it('keeps a key named __proto__', () => {
    assert.equal(
      canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}') as Json),
      '{"__proto__":{"a":2},"b":1}',
    )
  })

  for (const [what, value, error] of [
    ['NaN', NaN, RangeError],
    ['infinity', [Infinity], RangeError],
    ['a lone surrogate', 'a\ud800', RangeError],
    ['a lone surrogate in a key', { '\udc00': 1 }, RangeError],
    ['undefined', undefined, TypeError],
    ['undefined in an object', { a: undefined }, TypeError],
    ['a hole in an array', Array.from({ length: 1 }), TypeError],
    ['a bigint', 1n, TypeError],
    ['a function', { a: () => 1 }, TypeError],
    ['a date', new Date(0), TypeError],
    ['a map', new Map(), TypeError],
    ['nesting without end', nested(100_000), RangeError],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => canonicalJson(value as Json), {
        name: error.name,
        message: /^no canonical JSON/,
      })
    })
  }
})

const json = fc.jsonValue() as fc.Arbitrary<Json>

function reversed(value: Json): Json {
  return rebuilt(value, (keys) => keys.toReversed())
}

function sorted(value: Json): Json {
  return rebuilt(value, (keys) => keys.toSorted())
}

function rebuilt(value: Json, order: (keys: string[]) => string[]): Json {
  if (Array.isArray(value)) return value.map((inner: Json) => rebuilt(inner, order))
  if (typeof value !== 'object' || value === null) return value
  const object = value as { readonly [key: string]: Json }
  return Object.fromEntries(
    order(Object.keys(object)).map((key) => [key, rebuilt(object[key] ?? null, order)]),
  )
}

function nested(levels: number): Json {
  let value: Json = 0
  for (let level = 0; level < levels; level++) value = [value]
  return value
}
