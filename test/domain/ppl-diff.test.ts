import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { describeDiff, describeRule } from '../../src/domain/ppl-diff.ts'
import { grantRule } from '../../src/domain/ppl-rule.ts'
import type { Criterion, Json, Rule } from '../../src/domain/ppl.ts'
import { anyRules } from './ppl-arbitraries.ts'

function grant(email: string, constraints: readonly Criterion[] = [], notBefore?: Date): Rule {
  return grantRule({ email, endsAt: new Date('2026-11-20T11:00:00Z'), constraints, notBefore })
}

describe('describeDiff', () => {
  it('tells what goes, then what comes', () => {
    const before = [grant('sam@example.com'), { allow: { or: [{ domain: 'example.com' }] } }]
    const after = [
      grant('alex@example.com', [{ source_ip: '203.0.113.0/24' }]),
      grant('kim@example.com', [], new Date('2026-11-20T10:00:30Z')),
    ]
    assert.equal(
      describeDiff(before, after),
      [
        '- sam@example.com until 2026-11-20 11:00 UTC',
        '- {"allow":{"or":[{"domain":"example.com"}]}}',
        '+ alex@example.com until 2026-11-20 11:00 UTC (source_ip 203.0.113.0/24)',
        '+ kim@example.com from 2026-11-20 10:00:30 UTC until 2026-11-20 11:00 UTC',
      ].join('\n'),
    )
  })

  it('counts equal rules', () => {
    const alex = grant('alex@example.com')
    assert.equal(
      describeDiff([alex, alex], [alex]),
      '- alex@example.com until 2026-11-20 11:00 UTC',
    )
    assert.equal(describeDiff([alex], [alex]), '')
  })

  it('stops after twenty lines', () => {
    const after = Array.from({ length: 5_000 }, (_, index) => grant(`p${index}@example.com`))
    const lines = describeDiff([], after).split('\n')
    assert.equal(lines.length, 21)
    assert.equal(lines[19], '+ p19@example.com until 2026-11-20 11:00 UTC')
    assert.equal(lines[20], 'and 4980 more')
  })

  it('is empty exactly for equal multisets, and never longer than its bounds', () => {
    fc.assert(
      fc.property(anyRules, anyRules, (before, after) => {
        assert.equal(describeDiff(before, before.toReversed()), '')
        const lines = describeDiff(before, after).split('\n')
        assert.ok(lines.length <= 21 && lines.every((line) => line.length <= 202))
      }),
    )
  })
})

describe('describeRule', () => {
  for (const [constraint, text] of [
    [{ source_ip: ['203.0.113.0/24', '::1'] }, 'source_ip 203.0.113.0/24, ::1'],
    [{ http_method: { in: ['GET', 'HEAD'] } }, 'http_method in GET, HEAD'],
    [{ 'claim/groups': { has: 'sre' } }, 'claim/groups sre'],
    [{ ssh_username_matches_email: true }, 'ssh_username_matches_email'],
    [
      { time_of_day: { timezone: 'UTC', after: '08:30', before: '17:30' } },
      'time_of_day timezone UTC after 08:30 before 17:30',
    ],
    [{ 'claim/team': 'site reliability' }, 'claim/team "site reliability"'],
    [{ device: { approved: true, type: 'any' } }, 'device {"approved":true,"type":"any"}'],
  ] as readonly [Criterion, string][]) {
    it(`names the constraint ${JSON.stringify(constraint)}`, () => {
      const rule = grant('alex@example.com', [constraint])
      assert.equal(describeRule(rule), `alex@example.com until 2026-11-20 11:00 UTC (${text})`)
    })
  }

  const before = { date: { before: '2026-11-20T11:00:00Z' } }
  for (const rule of [
    { allow: { and: [{ email: 'a@example.com\n+ eve@example.com until 2099' }, before] } },
    { allow: { and: [{ email: { in: ['a@example.com'] } }, before] } },
    { allow: { and: [{ email: { is: 'a@example.com', not: 'b' } }, before] } },
    { allow: { and: [{ email: 'a@example.com' }, { date: { before: '2026-11-20' } }] } },
    { allow: { and: [{ email: 'a@example.com' }] } },
    { allow: { and: [{ email: 'a@example.com' }, before], not: [{ source_ip: '::1' }] } },
    { allow: { and: [{ email: 'a@example.com' }, before] }, deny: {} },
    { deny: { and: [{ email: 'a@example.com' }, before] } },
    { allow: { or: [{ email: 'a@example.com' }, before] } },
    {},
  ] as readonly Rule[]) {
    it(`shows ${JSON.stringify(rule)} as JSON`, () => {
      const text = describeRule(rule)
      assert.ok(text.startsWith('{'), text)
      assert.deepEqual(JSON.parse(text), rule)
    })
  }

  it('hides nothing and stays on one line of 200 characters', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        fc.pre(a.isWellFormed() && b.isWellFormed())
        const data: Json = { is: b }
        for (const criteria of [
          [{ email: a }, before],
          [{ email: 'a@example.com' }, before, { 'claim/x': data }, { [`claim/${b}`]: a }],
        ]) {
          const text = describeRule({ allow: { and: criteria } })
          assert.ok(text.length <= 200 && text.isWellFormed())
          assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
        }
      }),
    )
  })
})
