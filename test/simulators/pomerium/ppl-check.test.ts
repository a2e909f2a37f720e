import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Json } from './model.ts'
import { buildProblem, pplProblem } from './ppl-check.ts'
import { parseDays, parseInstant, parseTimeOfDay } from './ppl-time.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../contracts/ppl-vectors.json', import.meta.url), 'utf8'),
) as { name: string; ppl: Json; valid: boolean; why: string }[]

const withCriterion = (criterion: Json): Json => ({ allow: { and: [criterion] } })

describe('pplProblem', () => {
  for (const { name, ppl, valid, why } of vectors) {
    it(`${valid ? 'takes' : 'refuses'} ${name}: ${why}`, () => {
      const problem = pplProblem(ppl)
      assert.equal(problem === undefined, valid, problem)
    })
  }

  it('says what it refuses', () => {
    assert.deepEqual(
      [
        pplProblem(null),
        pplProblem({ permit: {} }),
        pplProblem({ allow: { xor: [] } }),
        pplProblem({ allow: { and: [{ email: 'a@x.y', user: 'u' }] } }),
        pplProblem(withCriterion({ email: { equals: 'a@x.y' } })),
        pplProblem(withCriterion({ date: { before: 'soon' } })),
        pplProblem(withCriterion({ constructor: true })),
        pplProblem(withCriterion({ date: { toString: 'x' } })),
        pplProblem(withCriterion({ pomerium_routes: true })),
      ],
      [
        'unsupported type for rule: null',
        'unsupported action: permit',
        'unsupported conditional: xor',
        'each criterion may only contain a single key and value',
        'error generating criterion rules: string matcher: unknown string matcher operator: equals',
        'invalid date: "soon"',
        'unknown policy criterion: constructor',
        'unexpected field in date criterion: toString',
        'unknown policy criterion: pomerium_routes',
      ],
    )
  })

  it('tolerates an action beside the operators, as the parser does', () => {
    assert.equal(pplProblem({ allow: { action: 'allow', and: [{ accept: true }] } }), undefined)
  })

  it('refuses time zones that are offsets', () => {
    const zone = (timezone: string) => pplProblem(withCriterion({ time_of_day: { timezone } }))
    assert.equal(zone('Europe/Brussels'), undefined)
    assert.equal(zone('+01:00'), 'invalid time zone: "+01:00"')
  })
})

describe('buildProblem', () => {
  it('finds matchers that compile and then fail the type check', () => {
    assert.equal(buildProblem(withCriterion({ email: { contains: 'x' } })), undefined)
    assert.equal(buildProblem(withCriterion({ email: 5 })), undefined)
    assert.equal(
      buildProblem([withCriterion({ http_path: { starts_with: ['/a'] } })]),
      'rego_type_error: starts_with: invalid argument(s)',
    )
  })
})

describe('parseInstant', () => {
  it('reads UTC, offsets, fractions, and forms without a zone as UTC', () => {
    const noon = Date.UTC(2030, 0, 2, 12)
    assert.deepEqual(
      [
        '2030-01-02T12:00:00Z',
        '2030-01-02T14:00:00+02:00',
        '2030-01-02T12:00:00',
        '2030-01-02T12:00Z',
        '2030-01-02T12:00:00.250Z',
        '2030-01-02',
        '2028-02-29',
      ].map(parseInstant),
      [noon, noon, noon, noon, noon + 250, noon - 43_200_000, Date.UTC(2028, 1, 29)],
    )
  })

  it('refuses what is no moment', () => {
    const texts = ['2030-02-29', '2030-01-02T24:00:00Z', '2030-01-02T12:00:60Z', '2030-13-01']
    const others = ['2030-1-2', '2030-01-02 12:00:00Z', '', '2030-01-02T12:00:00+24:00', 'now']
    assert.deepEqual([...texts, ...others].map(parseInstant), Array(9).fill(undefined))
  })
})

describe('parseTimeOfDay', () => {
  it('reads the documented forms', () => {
    assert.deepEqual(
      ['3:04 PM', '3:04PM', '3 PM', '12AM', '12 PM', '15:04:05.5', '15:04', '2:20:00'].map(
        parseTimeOfDay,
      ),
      [54_240, 54_240, 54_000, 0, 43_200, 54_245.5, 54_240, 8_400],
    )
    assert.deepEqual(
      ['24:00', '13 PM', '0 AM', '3', '3:04 pm', '15:60', '15:4'].map(parseTimeOfDay),
      Array(7).fill(undefined),
    )
  })
})

describe('parseDays', () => {
  it('reads all, lists and ranges, also across the end of the week', () => {
    const days = (text: string) => [...(parseDays(text) ?? ['none'])]
    assert.deepEqual(days('*'), [0, 1, 2, 3, 4, 5, 6])
    assert.deepEqual(days('mon,wed,friday'), [1, 3, 5])
    assert.deepEqual(days('fri-mon'), [5, 6, 0, 1])
    assert.deepEqual(days('tue-tue'), [2])
    for (const text of ['', 'someday', 'mon-', 'mon-tue-wed', 'mon,', 'mo', 'mon-wed,fri']) {
      assert.deepEqual(days(text), ['none'])
    }
  })
})
