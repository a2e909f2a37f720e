import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, it } from 'node:test'
import { createWakeUps } from '../../src/postgres/wake-ups.ts'
import { createTestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'

/** Counts wake-ups, and waits for one that has not come yet. */
function aSleeper() {
  const bell = new EventEmitter()
  const sleeper = {
    woken: 0,
    wake: () => {
      sleeper.woken += 1
      bell.emit('wake')
    },
    until: async (count: number) => {
      while (sleeper.woken < count) await once(bell, 'wake')
    },
  }
  return sleeper
}

describe('createWakeUps', () => {
  it('wakes once it listens, and at each mark that commits', { timeout: 20_000 }, async () => {
    await using database = await createTestDatabase(2)
    const stop = new AbortController()
    const sleeper = aSleeper()
    const listening = createWakeUps(database.url, silentLog)(sleeper.wake, stop.signal)
    await sleeper.until(1)
    await database.store.transaction((tx) => tx.work.mark('policy', 'a'))
    await sleeper.until(2)
    await database.store.transaction((tx) => tx.work.schedule('moment', 'r', new Date()))
    await sleeper.until(3)
    stop.abort()
    await listening
    assert.equal(sleeper.woken, 3)
  })

  it(
    'listens again after its connection was cut, and wakes for what was missed',
    { timeout: 20_000 },
    async () => {
      await using database = await createTestDatabase(2)
      const stop = new AbortController()
      const sleeper = aSleeper()
      const warnings: string[] = []
      const log = {
        ...silentLog,
        warn: (_: object, message: string) => void warnings.push(message),
      }
      const listening = createWakeUps(database.url, log)(sleeper.wake, stop.signal)
      await sleeper.until(1)
      const { rowCount } = await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'jit-listen' and datname = current_database()`,
      )
      assert.equal(rowCount, 1)
      await sleeper.until(2)
      await database.store.transaction((tx) => tx.work.mark('policy', 'a'))
      await sleeper.until(3)
      stop.abort()
      await listening
      assert.deepEqual(warnings, ['wake-up connection lost'])
    },
  )

  it(
    'keeps trying while the database is away, until it is told to stop',
    { timeout: 20_000 },
    async () => {
      const stop = new AbortController()
      const failed = Promise.withResolvers<void>()
      const log = { ...silentLog, warn: () => failed.resolve() }
      const sleeper = aSleeper()
      const url = 'postgres://nobody:wrong@127.0.0.1:1/none'
      const listening = createWakeUps(url, log)(sleeper.wake, stop.signal)
      await failed.promise
      stop.abort()
      await listening
      assert.equal(sleeper.woken, 0)
    },
  )

  it('does not begin when it is told to stop before', async () => {
    const sleeper = aSleeper()
    await createWakeUps('postgres://127.0.0.1:1/none', silentLog)(sleeper.wake, AbortSignal.abort())
    assert.equal(sleeper.woken, 0)
  })
})
