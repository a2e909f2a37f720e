import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Breaker } from '../../src/app/breaker.ts'

/** A breaker on a clock that stands until it is set forward. */
function aBreaker() {
  let nowMs = 1_000_000
  const breaker = new Breaker(() => nowMs)
  return {
    breaker,
    advance: (ms: number) => {
      nowMs += ms
    },
    fail: (times: number) => {
      for (let i = 0; i < times; i++) {
        breaker.enter()
        breaker.failed()
      }
    },
  }
}

describe('Breaker', () => {
  const rows: readonly (readonly [string, (b: ReturnType<typeof aBreaker>) => void, number])[] = [
    ['lets calls through at first', () => {}, 0],
    ['lets calls through after four failures', (b) => b.fail(4), 0],
    ['keeps away for 30 s after the fifth failure in a row', (b) => b.fail(5), 30_000],
    [
      'starts to count anew after a success',
      (b) => {
        b.fail(4)
        b.breaker.succeeded()
        b.fail(4)
      },
      0,
    ],
    [
      'tells what is left of the time',
      (b) => {
        b.fail(5)
        b.advance(29_999)
      },
      1,
    ],
    [
      'lets one call through when the time is over',
      (b) => {
        b.fail(5)
        b.advance(30_000)
      },
      0,
    ],
    [
      'keeps everybody else away while one call probes',
      (b) => {
        b.fail(5)
        b.advance(30_000)
        b.breaker.enter()
      },
      3_000,
    ],
    [
      'keeps away again when the probe fails',
      (b) => {
        b.fail(5)
        b.advance(30_000)
        b.fail(1)
      },
      30_000,
    ],
    [
      'lets the next one probe when the probe told nothing',
      (b) => {
        b.fail(5)
        b.advance(30_000)
        b.breaker.enter()
        b.breaker.left()
      },
      0,
    ],
    ['keeps away as long as the host asks for', (b) => b.breaker.failed(7_000), 7_000],
    [
      'keeps away longer than 30 s when the host asks for it',
      (b) => {
        b.fail(4)
        b.breaker.failed(90_000)
      },
      90_000,
    ],
    [
      'is not talked into coming back sooner by the answer to an earlier call',
      (b) => {
        b.breaker.failed(90_000)
        b.breaker.failed(1_000)
        b.fail(3)
      },
      90_000,
    ],
  ]
  for (const [name, prepare, waitMs] of rows)
    it(name, () => {
      const clocked = aBreaker()
      prepare(clocked)
      assert.equal(clocked.breaker.enter(), waitMs)
    })

  it('lets everybody through after a probe that succeeds', () => {
    const { breaker, advance, fail } = aBreaker()
    fail(5)
    advance(30_000)
    assert.equal(breaker.enter(), 0)
    breaker.succeeded()
    assert.deepEqual([breaker.enter(), breaker.enter(), breaker.enter()], [0, 0, 0])
  })

  it('lets what is urgent probe every five seconds, but not before the host asked for', () => {
    const clocked = aBreaker()
    const { breaker } = clocked
    clocked.fail(5)
    assert.deepEqual([breaker.enter(), breaker.enter(true)], [30_000, 5_000])
    clocked.advance(5_000)
    assert.deepEqual([breaker.enter(true), breaker.enter(true)], [0, 3_000], 'one at a time')
    breaker.failed()
    assert.deepEqual([breaker.enter(), breaker.enter(true)], [30_000, 5_000])
    clocked.advance(5_000)
    assert.equal(breaker.enter(true), 0)
    breaker.failed(60_000)
    assert.deepEqual([breaker.enter(), breaker.enter(true)], [60_000, 60_000])
  })
})
