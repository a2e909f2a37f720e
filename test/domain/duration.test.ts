import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../src/domain/duration.ts'

describe('parseDuration', () => {
  const seconds: readonly (readonly [string, number])[] = [
    ['1m', 60],
    ['90m', 5_400],
    ['1h30m', 5_400],
    ['2H', 7_200],
    [' 1d2h3m ', 93_780],
    ['0d1h', 3_600],
    ['30d', 2_592_000],
    ['720h', 2_592_000],
  ]
  for (const [typed, expected] of seconds)
    it(`reads ${JSON.stringify(typed)} as ${expected} seconds`, () => {
      assert.deepEqual(parseDuration(typed), { ok: true, seconds: expected })
    })

  const problems: readonly (readonly [string, string])[] = [
    ['', 'malformed'],
    ['1', 'malformed'],
    ['1s', 'malformed'],
    ['1.5h', 'malformed'],
    ['-1h', 'malformed'],
    ['1e3m', 'malformed'],
    ['1h 30m', 'malformed'],
    ['30m1h', 'malformed'],
    ['1h1h', 'malformed'],
    ['1000000m1', 'malformed'],
    ['9999999m', 'malformed'],
    ['\u0661h', 'malformed'],
    ['0m', 'zero'],
    ['0d0h0m', 'zero'],
    ['30d1m', 'too-long'],
    ['999999d', 'too-long'],
  ]
  for (const [typed, problem] of problems)
    it(`refuses ${JSON.stringify(typed)} as ${problem}`, () => {
      assert.deepEqual(parseDuration(typed), { ok: false, problem })
    })

  it('never throws, and gives whole minutes up to 30 days (F39)', () => {
    const typed = fc.oneof(fc.string(), fc.stringMatching(/^(\d{1,7}[dhm]){0,4}$/))
    fc.assert(
      fc.property(typed, (text) => {
        const parsed = parseDuration(text)
        if (!parsed.ok) return
        assert.ok(parsed.seconds >= 60 && parsed.seconds <= 2_592_000)
        assert.equal(parsed.seconds % 60, 0)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('formatDuration', () => {
  const rows: readonly (readonly [number, string])[] = [
    [5_400, '1h30m'],
    [86_400, '1d'],
    [93_780, '1d2h3m'],
    [119, '1m'],
    [59, '0m'],
    [0, '0m'],
    [-60, '0m'],
  ]
  for (const [seconds, text] of rows)
    it(`writes ${seconds} seconds as ${text}`, () => {
      assert.equal(formatDuration(seconds), text)
    })

  it('writes what reads back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 43_200 }), (minutes) => {
        const text = formatDuration(minutes * 60)
        assert.deepEqual(parseDuration(text), { ok: true, seconds: minutes * 60 })
      }),
    )
  })
})
