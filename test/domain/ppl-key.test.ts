import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ruleKey } from '../../src/domain/ppl-key.ts'
import type { Criterion, Rule } from '../../src/domain/ppl.ts'
import { goodConstraint, goodEmail, spellings } from './ppl-arbitraries.ts'

describe('ruleKey', () => {
  it('is one for all spellings of a rule, and differs between rules', () => {
    const keys = spellings.map((same) => new Set(same.map(ruleKey)))
    assert.deepEqual(
      keys.map((set) => set.size),
      spellings.map(() => 1),
    )
    assert.equal(new Set(keys.flatMap((set) => [...set])).size, spellings.length)
  })

  for (const [criterion, operator] of [
    ...['email', 'user', 'domain', 'http_method', 'http_path', 'ssh_username', 'mcp_tool'].map(
      (name) => [name, 'is'] as const,
    ),
    ...['groups', 'claim/x', 'claim/example.com/key', 'claim'].map(
      (name) => [name, 'has'] as const,
    ),
  ]) {
    it(`reads bare text under ${criterion} as ${operator}`, () => {
      const [bare, long] = [{ [criterion]: 'v' }, { [criterion]: { [operator]: 'v' } }]
      const other = { [criterion]: { [operator === 'is' ? 'has' : 'is']: 'v' } }
      assert.equal(ruleKey(allow(bare)), ruleKey(allow(long)))
      assert.notEqual(ruleKey(allow(bare)), ruleKey(allow(other)))
    })
  }

  for (const [what, a, b] of [
    ['the case of an address', { email: 'a@example.com' }, { email: 'A@example.com' }],
    ['text and number', { email: '7' }, { email: 7 }],
    ['a list under email', { email: 'a' }, { email: ['a'] }],
    ['two matchers', { email: { is: 'a' } }, { email: { is: 'a', ends_with: 'a' } }],
    ['is and not', { email: { is: 'a' } }, { email: { not: 'a' } }],
    ['two claims', { 'claim/a': 'v' }, { 'claim/b': 'v' }],
    [
      'before and after',
      { date: { before: '2030-05-01T09:00:00Z' } },
      { date: { after: '2030-05-01T09:00:00Z' } },
    ],
    [
      'two zones',
      { date: { before: '2030-05-01T09:00:00Z' } },
      { date: { before: '2030-05-01T09:00:00+01:00' } },
    ],
    [
      'a zone and none',
      { date: { before: '2030-05-01T09:00:00Z' } },
      { date: { before: '2030-05-01T09:00:00' } },
    ],
    [
      'a fraction',
      { date: { before: '2030-05-01T09:00:00Z' } },
      { date: { before: '2030-05-01T09:00:00.1Z' } },
    ],
    ['text with quotes', { email: 'a","b' }, { email: { in: ['a', 'b'] } }],
  ] as readonly [string, Criterion, Criterion][]) {
    it(`tells ${what} apart`, () => {
      assert.notEqual(ruleKey(allow(a)), ruleKey(allow(b)))
    })
  }

  it('tells actions, operators and their combinations apart', () => {
    const email = { email: 'a@example.com' }
    const [ip, method] = [{ source_ip: '::1' }, { http_method: 'GET' }]
    const rules: Rule[] = [
      {},
      { allow: {} },
      { deny: {} },
      ...(['and', 'or', 'not', 'nor'] as const).flatMap((operator) => [
        { allow: { [operator]: [email] } },
        { deny: { [operator]: [email] } },
        { allow: { [operator]: [email, email] } },
        { allow: { [operator]: [email, ip] } },
      ]),
      { allow: { and: [email], or: [ip] } },
      { allow: { and: [email], not: [ip] } },
      { allow: { and: [email, ip, method] } },
      { allow: { and: [email] }, deny: { and: [ip] } },
    ]
    assert.equal(new Set(rules.map(ruleKey)).size, rules.length)
  })

  it('tells a plain grant from the same grant with anything added', () => {
    const [email, date] = [{ email: { is: 'a@example.com' } }, { date: { before: END } }]
    const rules: Rule[] = [
      allow(email, date),
      allow(email, date, { source_ip: '::1' }),
      allow(email, date, date),
      { allow: { and: [email, date] }, deny: { and: [email] } },
      { allow: { and: [email, date], or: [email] } },
      { allow: { and: [email, date], not: [email] } },
      { allow: { and: [email, date], nor: [email] } },
      allow({ email: { is: 'a@example.com', ends_with: '@example.com' } }, date),
      allow(email, { date: { before: END, after: '2030-05-01T08:00:00Z' } }),
      allow({ ...email, user: 'u' }, date),
      allow(email, { ...date, user: 'u' }),
      allow({ email: { not: 'a@example.com' } }, date),
      allow({ user: { is: 'a@example.com' } }, date),
      allow(email, { date: { after: END } }),
      { deny: { and: [email, date] } },
      { allow: { or: [email, date] } },
    ]
    assert.equal(new Set(rules.map(ruleKey)).size, rules.length)
  })

  it('does not depend on spelling, and changes with person, end and constraints', () => {
    const end = fc
      .date({ noInvalidDate: true, min: new Date('2020-01-01'), max: new Date('2200-01-01') })
      .map((date) => `${date.toISOString().slice(0, 19)}Z`)
    const grant = fc.record({
      email: goodEmail,
      before: end,
      constraints: fc.uniqueArray(goodConstraint, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(grant, grant, ({ email, before, constraints }, other) => {
        const rule = allow({ email: { is: email } }, { date: { before } }, ...constraints)
        const bare = { email }
        const date = { date: { before: before.replace('Z', '+00:00') } }
        assert.equal(ruleKey(allow(bare, date, ...constraints)), ruleKey(rule))
        assert.equal(ruleKey(allow(...constraints.toReversed(), date, bare)), ruleKey(rule))
        assert.equal(ruleKey(JSON.parse(JSON.stringify(rule)) as Rule), ruleKey(rule))
        if (other.email !== email) {
          const theirs = allow({ email: { is: other.email } }, { date: { before } }, ...constraints)
          assert.notEqual(ruleKey(theirs), ruleKey(rule))
        }
        if (other.before !== before) {
          const later = allow(
            { email: { is: email } },
            { date: { before: other.before } },
            ...constraints,
          )
          assert.notEqual(ruleKey(later), ruleKey(rule))
        }
        const tighter = allow({ email: { is: email } }, { date: { before } }, ...constraints, {
          user: 'u',
        })
        assert.notEqual(ruleKey(tighter), ruleKey(rule))
      }),
    )
  })
})

const END = '2030-05-01T09:00:00Z'

function allow(...and: Criterion[]): Rule {
  return { allow: { and } }
}
