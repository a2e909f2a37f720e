import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import { holdingBack } from '../../src/app/hold-policies.ts'
import type { HeadsKept } from '../../src/app/watch-trail.ts'
import type { Handled } from '../../src/app/worker.ts'
import type { Head } from '../../src/domain/chained-event.ts'
import { trailEventsIn } from '../../src/postgres/trail-events.ts'
import type { TestDatabase } from '../support/database.ts'
import { silentLog } from '../support/log.ts'
import { aDatabase } from '../postgres/support.ts'

const DAY_SECONDS = 86_400
const CLAIM = {
  kind: 'policy',
  subject: 'grafana-prod',
  generation: '1',
  leaseEpoch: '1',
  isUrgent: false,
  attempts: 0,
} as const
const LEASE = { hold: () => Promise.resolve() }
const HELD: Handled = { type: 'again', afterMs: 5_000 }
const DONE: Handled = { type: 'done' }

let database: TestDatabase
let heads: readonly Head[]
before(async () => {
  database = await aDatabase(3)
  for (let n = 0; n < 3; n += 1)
    await database.store.transaction(async (tx) => {
      tx.audit.append({
        action: 'policy.failing',
        actor: { kind: 'bot' },
        via: 'bot',
        alert: false,
        details: { error: 'no answer', failures: n },
      })
    })
  const { rows } = await database.pool.query<{ seq: string; hash: string }>(
    `select seq, encode(hash, 'hex') as hash from audit_event order by seq`,
  )
  heads = rows.map(({ seq, hash }) => ({ seq: Number(seq), hash }))
})
afterAll(() => database[Symbol.asyncDispose]())

/** A hand for policies in front of a file of heads, and how often it was let to work. */
function aHand(file: { read: () => Promise<readonly Head[]> }) {
  const seen = { ms: 0, done: 0 }
  const headsKept: HeadsKept = { read: () => file.read(), keep: () => Promise.resolve() }
  const hand = holdingBack(
    {
      store: database.store,
      log: silentLog,
      steady: () => seen.ms,
      headsKept,
      trailEvents: trailEventsIn(database.db),
    },
    async () => {
      seen.done += 1
      return DONE
    },
  )
  return { seen, work: () => hand(CLAIM, LEASE) }
}

async function told(): Promise<readonly unknown[]> {
  const { rows } = await database.pool.query<{ details: unknown }>(
    `select details from audit_event where action = 'audit.trail_behind' and alert order by seq`,
  )
  return rows.map(({ details }) => details)
}

const lost: Head = { seq: 1_000, hash: 'a'.repeat(64) }

describe('holdingBack', () => {
  it('lets work while the trail has the last head, or there is none', async () => {
    for (const kept of [[], heads]) {
      const { work } = aHand({ read: () => Promise.resolve(kept) })
      assert.deepEqual(await work(), DONE)
    }
    assert.deepEqual(await told(), [])
  })

  it('holds everybody back who asks while the file is being read', async () => {
    const reading = Promise.withResolvers<readonly Head[]>()
    const { work, seen } = aHand({ read: () => reading.promise })
    const both = Promise.all([work(), work()])
    reading.resolve([...heads, lost])
    assert.deepEqual(await both, [HELD, HELD])
    assert.equal(seen.done, 0)
  })

  it('goes by the last head wherever it stands, and by its hash: a trail that grew past it is another', async () => {
    const last = heads.at(-1)
    assert.ok(last)
    for (const kept of [
      [lost, ...heads],
      [...heads, { ...last, hash: 'b'.repeat(64) }],
    ]) {
      const { work } = aHand({ read: () => Promise.resolve(kept) })
      assert.deepEqual(await work(), HELD)
    }
  })

  it('tells operators once a day, over all processes', async () => {
    const before = (await told()).length
    assert.equal(before, 1)
    await database.clock.advance(DAY_SECONDS + 1)
    for (let n = 0; n < 2; n += 1) await aHand({ read: () => Promise.resolve([lost]) }).work()
    assert.equal((await told()).length, 2)
  })

  it('notices a restore under a bot that runs, and goes on when the head is given up', async () => {
    let kept: readonly Head[] = heads
    const { work, seen } = aHand({ read: () => Promise.resolve(kept) })
    assert.deepEqual(await work(), DONE)
    kept = [...heads, lost]
    seen.ms += 1_000
    assert.deepEqual(await work(), HELD)
    kept = heads
    seen.ms += 1_000
    assert.deepEqual(await work(), DONE)
  })

  it('goes by what it read last while the file cannot be read', async () => {
    let isThere = true
    const file = {
      read: () => (isThere ? Promise.resolve([lost]) : Promise.reject(new Error('EIO: i/o error'))),
    }
    const { work, seen } = aHand(file)
    assert.deepEqual(await work(), HELD)
    isThere = false
    seen.ms += 1_000
    assert.deepEqual(await work(), HELD)
  })
})
