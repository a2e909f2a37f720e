import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import pino from 'pino'
import { openDatabase } from '../src/postgres/database.ts'
import type { Database } from '../src/postgres/database.ts'
import type { SlackState } from '../src/readiness.ts'
import { createReadiness } from '../src/readiness.ts'
import { watchStalls } from '../src/stalls.ts'
import type { TestDatabase } from './support/database.ts'
import { createTestDatabase } from './support/database.ts'
import { silentLog } from './support/log.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'

const log = pino({ level: 'silent' })

describe('createReadiness', () => {
  let database: TestDatabase
  before(async () => {
    database = await createTestDatabase(2)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  function readiness(
    facts: {
      readonly db?: Database
      readonly aheadMs?: number
      readonly slack?: SlackState
      readonly isPomeriumAway?: boolean
      readonly isStalled?: boolean
      readonly steady?: () => number
    } = {},
  ) {
    const { aheadMs = 0, slack = 'there', isPomeriumAway = false, isStalled = false } = facts
    return createReadiness(
      {
        db: facts.db ?? database.db,
        clock: {
          wall: () => Date.now() - aheadMs,
          steady: facts.steady ?? (() => performance.now()),
        },
        isPomeriumAway: () => isPomeriumAway,
      },
      {
        slack: () => slack,
        stalls: { isStalled: () => isStalled, [Symbol.dispose]: () => {} },
        log,
      },
    )
  }
  const ready = { ok: true, reasons: [], degraded: [] }

  it('is ready when all is well, and tells how far the clocks are apart', async () => {
    const { check, skewSeconds } = readiness()
    assert.deepEqual(await check(), ready)
    assert.ok(Math.abs((await skewSeconds()) ?? Number.NaN) < 5)
  })

  it('stays ready without Slack and Pomerium, which every replica lacks alike', async () => {
    assert.deepEqual(await readiness({ slack: 'away' }).check(), { ...ready, degraded: ['slack'] })
    assert.deepEqual(await readiness({ slack: 'away', isPomeriumAway: true }).check(), {
      ...ready,
      degraded: ['slack', 'pomerium'],
    })
  })

  for (const [what, facts, reason] of [
    ['before Slack was ever reached', { slack: 'awaited' }, 'slack'],
    ['when the database is 31 s ahead', { aheadMs: 31_000 }, 'clock-skew'],
    ['when the database is 31 s behind', { aheadMs: -31_000 }, 'clock-skew'],
    ['after it stood still', { isStalled: true }, 'event-loop'],
  ] as const)
    it(`is not ready ${what}`, async () => {
      assert.deepEqual(await readiness(facts).check(), {
        ok: false,
        reasons: [reason],
        degraded: [],
      })
    })

  it('is not ready while the database lacks a migration, as after a restored backup', async () => {
    await using older = await createTestDatabase(2)
    await older.pool.query('delete from migration where name = (select max(name) from migration)')
    assert.deepEqual(await readiness({ db: older.db }).check(), {
      ok: false,
      reasons: ['migrations'],
      degraded: [],
    })
  })

  it('is not ready, and says so in time, while the database hangs; it asks once at a time', async () => {
    const url = new URL(database.appUrl)
    await using proxy = await startTcpProxy(Number(url.port))
    url.port = String(proxy.port)
    const { db, pool } = openDatabase({ url: url.href, log: silentLog })
    let steady = 0
    const { check, skewSeconds } = readiness({ db, steady: () => steady })
    assert.deepEqual(await check(), ready)
    proxy.freeze()
    steady += 60_000
    const startedAt = performance.now()
    const hanging = { ok: false, reasons: ['database'], degraded: [] }
    assert.deepEqual(await Promise.all([check(), check()]), [hanging, hanging])
    assert.ok(performance.now() - startedAt < 2_000)
    assert.equal(await skewSeconds(), undefined)
    assert.ok(pool.totalCount <= 2, `${pool.totalCount} connections`)
    proxy.cut()
    await db.destroy()
  })
})

describe('watchStalls', () => {
  it('tells for half a minute that the process stood still for five seconds', () => {
    let now = 0
    using stalls = watchStalls(() => now)
    const after = (ms: number) => {
      now += ms
      return stalls.isStalled()
    }
    assert.deepEqual(
      [after(0), after(4_999), after(5_000), after(4_000), after(4_000)],
      [false, false, true, true, true],
    )
    for (let seconds = 8; seconds < 28; seconds += 4) assert.ok(after(4_000), `${seconds} s`)
    assert.equal(after(4_000), false)
  })

  it('sees a stall of this process', () => {
    using stalls = watchStalls(
      (
        (startedAt) => () =>
          (performance.now() - startedAt) * 100
      )(performance.now()),
    )
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
    assert.equal(stalls.isStalled(), true)
  })
})
