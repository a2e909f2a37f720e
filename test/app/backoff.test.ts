import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { backoffMs } from '../../src/app/backoff.ts'

describe('backoffMs', () => {
  it('doubles its ceiling from a second to a minute', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempts) => backoffMs(attempts, () => 1))
    assert.deepEqual(ceilings, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('spreads from nothing to the ceiling', () => {
    assert.equal(
      backoffMs(3, () => 0),
      0,
    )
    assert.equal(
      backoffMs(3, () => 0.5),
      4_000,
    )
  })

  it('stays in bounds, in whole milliseconds, and never comes before the server asked', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const retryAfter = fc.integer({ min: 0, max: 3_600_000 })
    fc.assert(
      fc.property(fc.nat(1_000_000), random, retryAfter, (attempts, value, retryAfterMs) => {
        const ms = backoffMs(attempts, () => value, { retryAfterMs })
        assert.ok(Number.isInteger(ms))
        assert.ok(ms >= retryAfterMs && ms <= Math.max(60_000, retryAfterMs))
      }),
    )
  })
})
