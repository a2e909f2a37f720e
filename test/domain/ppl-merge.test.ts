import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ruleKey } from '../../src/domain/ppl-key.ts'
import { mergeRules } from '../../src/domain/ppl-merge.ts'
import { grantRule } from '../../src/domain/ppl-rule.ts'
import type { Json, Rule } from '../../src/domain/ppl.ts'
import { anyRules } from './ppl-arbitraries.ts'

const alex = grant('alex@example.com')
const sam = grant('sam@example.com')
const foreign: Rule = { allow: { or: [{ domain: 'example.com' }] } }
const opaque: Rule = {
  allow: { and: [...(alex.allow?.and ?? [])], not: [{ source_ip: '203.0.113.0/24' }] },
  deny: { or: [{ email: 'kim@example.com' }] },
}

describe('mergeRules', () => {
  it('adds a new grant after the foreign rules', () => {
    assert.deepEqual(mergeRules({ live: [opaque, foreign], lastWritten: [], desired: [alex] }), {
      next: [opaque, foreign, alex],
      changed: true,
      foreign: [opaque, foreign],
      vanished: [],
    })
  })

  it('writes nothing when the policy is as it should be, in whatever order and spelling', () => {
    const respelled: Rule = {
      allow: { and: [{ email: 'alex@example.com' }, { date: { before: END } }] },
    }
    const merge = mergeRules({
      live: [respelled, foreign, sam],
      lastWritten: [sam, alex],
      desired: [alex, sam],
    })
    assert.deepEqual(merge, {
      next: [foreign, alex, sam],
      changed: false,
      foreign: [foreign],
      vanished: [],
    })
  })

  it('removes a grant that ended and nothing else', () => {
    assert.deepEqual(
      mergeRules({ live: [foreign, alex, sam], lastWritten: [alex, sam], desired: [sam] }),
      {
        next: [foreign, sam],
        changed: true,
        foreign: [foreign],
        vanished: [],
      },
    )
  })

  it('keeps the second of two equal grants when the first ends', () => {
    const merge = mergeRules({ live: [alex, alex], lastWritten: [alex, alex], desired: [alex] })
    assert.deepEqual(merge, { next: [alex], changed: true, foreign: [], vanished: [] })
  })

  it('keeps a copy that somebody made by hand when the grant ends', () => {
    assert.deepEqual(mergeRules({ live: [alex, alex], lastWritten: [alex], desired: [alex] }), {
      next: [alex, alex],
      changed: false,
      foreign: [alex],
      vanished: [],
    })
    assert.deepEqual(mergeRules({ live: [alex, alex], lastWritten: [alex], desired: [] }), {
      next: [alex],
      changed: true,
      foreign: [alex],
      vanished: [],
    })
  })

  it('keeps the hand-made copy in its own spelling, wherever it stands', () => {
    const copy: Rule = {
      allow: { and: [{ email: 'alex@example.com' }, { date: { before: END } }] },
    }
    for (const live of [
      [copy, alex],
      [alex, copy],
    ]) {
      assert.deepEqual(mergeRules({ live, lastWritten: [alex], desired: [] }).next, [copy])
    }
  })

  it('keeps foreign what no list expects in that spelling', () => {
    const alexFrom = (source_ip: Json): Rule => ({
      allow: { and: [{ email: 'alex@example.com' }, { source_ip }] },
    })
    const [bare, long] = [alexFrom('203.0.113.7'), alexFrom(['203.0.113.7'])]
    const merge = mergeRules({ live: [bare, long, bare], lastWritten: [], desired: [bare, long] })
    assert.deepEqual(merge.foreign, [bare])
    assert.equal(merge.changed, false)
  })

  it('recognises a rule whose write was not answered', () => {
    assert.deepEqual(mergeRules({ live: [foreign, alex], lastWritten: [], desired: [alex] }), {
      next: [foreign, alex],
      changed: false,
      foreign: [foreign],
      vanished: [],
    })
  })

  it('puts back and reports what somebody took out', () => {
    assert.deepEqual(
      mergeRules({ live: [alex], lastWritten: [alex, sam, sam], desired: [alex, sam, sam] }),
      {
        next: [alex, sam, sam],
        changed: true,
        foreign: [],
        vanished: [sam, sam],
      },
    )
  })

  it('does not miss what is gone and no longer desired', () => {
    assert.deepEqual(mergeRules({ live: [], lastWritten: [alex], desired: [] }), {
      next: [],
      changed: false,
      foreign: [],
      vanished: [],
    })
  })

  it('treats our rule with a further operator as foreign', () => {
    const merge = mergeRules({ live: [opaque], lastWritten: [alex], desired: [alex] })
    assert.deepEqual(merge, {
      next: [opaque, alex],
      changed: true,
      foreign: [opaque],
      vanished: [alex],
    })
  })

  it('never loses, changes or reorders a foreign rule', () => {
    fc.assert(
      fc.property(policy, ({ live, lastWritten, desired }) => {
        const merge = mergeRules({ live, lastWritten, desired })
        assert.deepEqual(count(merge.foreign), surplus(live, lastWritten, desired))
        assert.deepEqual(merge.next.slice(0, merge.foreign.length), merge.foreign)
        const places = merge.foreign.map((rule) => live.indexOf(rule))
        assert.ok(!places.includes(-1), 'a foreign rule is the live one, untouched')
        assert.deepEqual(
          places,
          [...new Set(places)].sort((a, b) => a - b),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('never keeps a rule of ours that is not desired, nor more of it than desired', () => {
    fc.assert(
      fc.property(policy, ({ live, lastWritten, desired }) => {
        const merge = mergeRules({ live, lastWritten, desired })
        const ours = merge.next.slice(merge.foreign.length)
        assert.deepEqual(count(ours), count(desired))
        assert.ok(ours.every((rule) => desired.includes(rule)))
        assert.deepEqual(ours.map(ruleKey), ours.map(ruleKey).sort())
      }),
    )
  })

  it('says changed exactly when another multiset of rules has to be written', () => {
    fc.assert(
      fc.property(policy, (policy) => {
        const merge = mergeRules(policy)
        const same =
          JSON.stringify([...count(merge.next)]) === JSON.stringify([...count(policy.live)])
        assert.equal(merge.changed, !same)
      }),
    )
  })

  it('reports as vanished what was written, is desired and is not live', () => {
    fc.assert(
      fc.property(policy, ({ live, lastWritten, desired }) => {
        const [here, written, wanted] = [count(live), count(lastWritten), count(desired)]
        const expected = [...written]
          .map(
            ([key, n]) => [key, Math.min(n, wanted.get(key) ?? 0) - (here.get(key) ?? 0)] as const,
          )
          .filter(([, n]) => n > 0)
        const { vanished } = mergeRules({ live, lastWritten, desired })
        assert.deepEqual(count(vanished), new Map(expected))
        assert.ok(vanished.every((rule) => lastWritten.includes(rule)))
      }),
    )
  })

  it('has nothing to do on its own result', () => {
    fc.assert(
      fc.property(policy, ({ live, lastWritten, desired }) => {
        const first = mergeRules({ live, lastWritten, desired })
        const again = mergeRules({ live: first.next, lastWritten: desired, desired })
        assert.deepEqual(again, {
          next: first.next,
          changed: false,
          foreign: again.foreign,
          vanished: [],
        })
        assert.deepEqual(count(again.foreign), count(first.foreign))
      }),
    )
  })

  it('does not depend on the order of anything', () => {
    fc.assert(
      fc.property(
        policy.chain((one) => fc.tuple(fc.constant(one), shuffled(one))),
        ([one, other]) => {
          const [a, b] = [mergeRules(one), mergeRules(other)]
          assert.deepEqual(texts(b.next), texts(a.next))
          assert.deepEqual(texts(b.foreign), texts(a.foreign))
          assert.deepEqual(count(b.vanished), count(a.vanished))
          assert.equal(b.changed, a.changed)
        },
      ),
    )
  })

  it('leaves its arguments alone', () => {
    fc.assert(
      fc.property(policy, (policy) => {
        const before = structuredClone(policy)
        mergeRules(policy)
        assert.deepEqual(policy, before)
      }),
    )
  })
})

const END = '2026-11-20T11:00:00Z'

function grant(email: string): Rule {
  return grantRule({ email, endsAt: new Date('2026-11-20T11:00:00Z'), constraints: [] })
}

const policy = fc.record(
  { live: anyRules, lastWritten: anyRules, desired: anyRules },
  { noNullPrototype: true },
)

function shuffled(one: { live: Rule[]; lastWritten: Rule[]; desired: Rule[] }) {
  const mix = (rules: Rule[]) => fc.shuffledSubarray(rules, { minLength: rules.length })
  return fc.record({
    live: mix(one.live),
    lastWritten: mix(one.lastWritten),
    desired: mix(one.desired),
  })
}

/** Keys and how often, in the order of keys. */
function count(rules: readonly Rule[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of rules.map(ruleKey).sort()) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Live rules that no written and no lost write explains, each kind by itself. */
function surplus(
  live: readonly Rule[],
  written: readonly Rule[],
  desired: readonly Rule[],
): Map<string, number> {
  const [ours, lost] = [count(written), count(desired)]
  const left = new Map<string, number>()
  for (const [key, n] of count(live)) {
    const matched = Math.min(n, ours.get(key) ?? 0)
    const unanswered = Math.max(0, (lost.get(key) ?? 0) - (ours.get(key) ?? 0))
    const rest = n - matched - Math.min(n - matched, unanswered)
    if (rest > 0) left.set(key, rest)
  }
  return left
}

function texts(rules: readonly Rule[]): string[] {
  return rules.map((rule) => JSON.stringify(rule)).sort()
}
