import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { SlackGroupId } from '../../src/domain/ids.ts'
import type { Criterion } from '../../src/domain/ppl.ts'
import type { RegoDecision } from '../../src/domain/rego.ts'
import { strictest } from '../../src/domain/rego.ts'

const SEVERITY = ['allow', 'needs_approval', 'deny']
const GROUPS = ['S01', 'S02', 'S03'] as SlackGroupId[]
const CRITERIA: Criterion[] = [{ http_method: 'GET' }, { source_ip: ['203.0.113.0/24'] }]

const decisions: fc.Arbitrary<RegoDecision> = fc.record({
  effect: fc.constantFrom('allow', 'needs_approval', 'deny'),
  reasons: fc.array(
    fc.record({ code: fc.constantFrom('a', 'b'), text: fc.constantFrom('one', 'two') }),
    { maxLength: 3 },
  ),
  narrowing: fc
    .record(
      {
        maxSeconds: fc.integer({ min: 1, max: 9 }),
        approvals: fc.integer({ min: 0, max: 3 }),
        groups: fc.subarray(GROUPS),
      },
      { requiredKeys: [] },
    )
    .chain((narrowing) =>
      fc.subarray(CRITERIA).map((constraints) => ({ ...narrowing, constraints })),
    ),
})
const some = fc.array(decisions, { minLength: 1, maxLength: 4 })

function strictestOf(all: readonly RegoDecision[]): RegoDecision {
  const one = strictest(all)
  assert.ok(one !== undefined)
  return one
}

/** A decision with everything in one order, and zero approvals as none. */
function sorted({ effect, reasons, narrowing }: RegoDecision): unknown {
  const { approvals = 0, groups, constraints, ...rest } = narrowing
  const inOrder = (values: readonly unknown[]) =>
    values.map((value) => canonicalJson(value as Criterion)).sort()
  return {
    effect,
    approvals,
    ...rest,
    groups: groups && inOrder(groups),
    reasons: [...new Set(inOrder(reasons))],
    constraints: [...new Set(inOrder(constraints))],
  }
}

describe('strictest', () => {
  it('is nothing of nothing', () => {
    assert.equal(strictest([]), undefined)
  })

  it('takes the strictest of each part, and says once what is said twice', () => {
    const reason = { code: 'a', text: 'one' }
    const a: RegoDecision = {
      effect: 'allow',
      reasons: [reason],
      narrowing: {
        maxSeconds: 600,
        groups: ['S01', 'S02'] as SlackGroupId[],
        constraints: [{ x: 1 }],
      },
    }
    const b: RegoDecision = {
      effect: 'needs_approval',
      reasons: [{ ...reason }, { code: 'b', text: 'two' }],
      narrowing: {
        maxSeconds: 900,
        approvals: 2,
        groups: ['S02', 'S03'] as SlackGroupId[],
        constraints: [{ x: 1 }, { y: 2 }],
      },
    }
    assert.deepEqual(strictest([a, b]), {
      effect: 'needs_approval',
      reasons: [reason, { code: 'b', text: 'two' }],
      narrowing: {
        maxSeconds: 600,
        approvals: 2,
        groups: ['S02'],
        constraints: [{ x: 1 }, { y: 2 }],
      },
    })
  })

  it('is never less strict than any of the decisions', () => {
    fc.assert(
      fc.property(some, (all) => {
        const { effect, narrowing } = strictestOf(all)
        for (const each of all) {
          assert.ok(SEVERITY.indexOf(effect) >= SEVERITY.indexOf(each.effect))
          assert.ok((narrowing.maxSeconds ?? Infinity) <= (each.narrowing.maxSeconds ?? Infinity))
          assert.ok((narrowing.approvals ?? 0) >= (each.narrowing.approvals ?? 0))
          const { groups } = each.narrowing
          assert.ok(groups === undefined || narrowing.groups?.every((g) => groups.includes(g)))
          for (const criterion of each.narrowing.constraints)
            assert.ok(narrowing.constraints.includes(criterion))
        }
      }),
    )
  })

  it('does not depend on the order, and changes nothing of one decision', () => {
    fc.assert(
      fc.property(some, (all) => {
        const forwards = strictestOf(all)
        assert.deepEqual(sorted(forwards), sorted(strictestOf(all.toReversed())))
        assert.deepEqual(sorted(forwards), sorted(strictestOf([forwards, ...all])))
        const [first] = all
        assert.ok(first !== undefined)
        assert.equal(strictest([first]), first)
      }),
    )
  })
})
