import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ruleKey } from '../../src/domain/ppl-key.ts'
import { mergeRules } from '../../src/domain/ppl-merge.ts'
import { liveRules, parsePpl } from '../../src/domain/ppl-parse.ts'
import { grantRule } from '../../src/domain/ppl-rule.ts'
import type { Ppl } from '../../src/domain/ppl.ts'

const OURS = grantRule({
  email: 'alex@example.com',
  endsAt: new Date('2030-01-01T00:00:00Z'),
  constraints: [],
})
/** A rule of tomorrow's Pomerium, which today's parser refuses. */
const UNKNOWN = { allow: { and: [{ quantum_badge: { level: 3 } }] }, audit: 'always' }

function live(value: unknown): Ppl {
  const read = liveRules(value)
  assert.ok(read.ok)
  return read.ppl
}

describe('liveRules', () => {
  it('carries rules that the strict parser refuses, as they came', () => {
    assert.equal(parsePpl([UNKNOWN]).ok, false)
    assert.deepEqual(live([UNKNOWN, OURS]), [UNKNOWN, OURS])
  })

  it('takes one rule object for a list of one', () => {
    assert.deepEqual(live(UNKNOWN), [UNKNOWN])
  })

  for (const [name, value] of [
    ['a text', 'allow'],
    ['a list of texts', ['allow']],
    ['a list in a list', [[OURS]]],
    [
      'an integer that would not survive being written back',
      [{ allow: { and: [{ n: 2 ** 60 }] } }],
    ],
  ] as const)
    it(`refuses ${name}`, () => {
      assert.equal(liveRules(value).ok, false)
    })
})

describe('rules that the parser does not know', () => {
  it('are told apart by their text, not by what the parser understands of them', () => {
    const [unknown] = live([UNKNOWN])
    const [other] = live([{ ...UNKNOWN, audit: 'never' }])
    assert.ok(unknown !== undefined && other !== undefined)
    assert.notEqual(ruleKey(unknown), ruleKey(other))
  })

  it('stay when ours are written and when ours are taken out', () => {
    const before = live([UNKNOWN, OURS])
    const { next, foreign } = mergeRules({ live: before, lastWritten: [OURS], desired: [] })
    assert.deepEqual(next, [UNKNOWN])
    assert.deepEqual(foreign, [UNKNOWN])
  })
})
