import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decide } from '../../src/domain/decide.ts'
import type { Click } from './oracle-cases.ts'
import { clicks, wishes } from './oracle-cases.ts'
import type { Verdict } from './oracle.ts'
import { kindOfWish, verdictOn } from './oracle.ts'

/** What the product makes of an approval, in the words of the oracle. */
function verdictOf({ request, command }: Click): Verdict {
  const decision = decide(request, command)
  if (!decision.ok || decision.next.status !== 'approved')
    return { opens: false, isRecorded: decision.ok }
  const { startsAt, endsAt } = decision.next.grant
  return { opens: true, startsAt: startsAt.getTime(), endsAt: endsAt.getTime() }
}

describe('decide, against the oracle', () => {
  it('lets the same people ask, in the same way', () => {
    fc.assert(
      fc.property(wishes, (command) => {
        const decision = decide(undefined, command)
        assert.equal(decision.ok ? decision.next.kind : undefined, kindOfWish(command))
      }),
      { numRuns: 4_000 },
    )
  })

  it('counts the same approvals, and opens the same window', () => {
    fc.assert(
      fc.property(clicks, (click) => {
        assert.deepEqual(verdictOf(click), verdictOn(click.request, click.command))
      }),
      { numRuns: 8_000 },
    )
  })

  it('is asked about everything that can happen, and often', () => {
    const kinds = fc.sample(wishes, { numRuns: 4_000, seed: 11 }).map(kindOfWish)
    const seen = fc.sample(clicks, { numRuns: 4_000, seed: 11 }).map(({ request, command }) => {
      const verdict = verdictOn(request, command)
      if (!verdict.opens) return verdict.isRecorded ? 'recorded' : 'refused'
      if (request.kind === 'sponsored') return 'opened for a vendor'
      if (request.needsStepUp === true || command.resource.needsStepUp) return 'opened with step-up'
      return request.approvals.length > 0 ? 'opened after others' : 'opened at once'
    })
    const counts = Map.groupBy([...kinds, ...seen], (each) => String(each))
    for (const [what, times] of counts) assert.ok(times.length >= 30, `${what}: ${times.length}`)
    assert.deepEqual([...counts.keys()].sort(), [
      'break-glass',
      'opened after others',
      'opened at once',
      'opened for a vendor',
      'opened with step-up',
      'recorded',
      'refused',
      'sponsored',
      'standard',
      'undefined',
    ])
  })
})
