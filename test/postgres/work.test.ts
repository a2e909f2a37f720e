import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Claim, WorkKind, WorkList } from '../../src/app/work-list.ts'
import { createWorkList } from '../../src/postgres/work.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'

const LEASE_MS = 10_000

interface Bench extends AsyncDisposable {
  readonly database: TestDatabase
  readonly list: WorkList
  mark(subject: string, kind?: WorkKind): Promise<void>
  schedule(subject: string, at: Date | undefined): Promise<void>
  /** Claims everything that is due. */
  claim(...kinds: WorkKind[]): Promise<readonly Claim[]>
  /** Claims the only thing that is due. */
  only(): Promise<Claim>
  /** What is on the list, without numbers that only fence. */
  rows(): Promise<readonly object[]>
  advance(seconds: number): Promise<void>
}

async function aWorkList(connections = 3): Promise<Bench> {
  const database = await createTestDatabase(connections)
  const list = createWorkList(database.db)
  const claim = (...kinds: WorkKind[]) =>
    list.claim(
      kinds.length === 0 ? ['policy', 'messages', 'moment', 'alert'] : kinds,
      100,
      LEASE_MS,
    )
  return {
    database,
    list,
    claim,
    mark: (subject, kind = 'policy') =>
      database.store.transaction((tx) => tx.work.mark(kind, subject)),
    schedule: (subject, at) =>
      database.store.transaction((tx) => tx.work.schedule('moment', subject, at)),
    async only() {
      const [first, ...more] = await claim()
      assert.ok(first !== undefined)
      assert.deepEqual(more, [])
      return first
    },
    async rows() {
      const { rows } = await database.pool.query<object>(
        `select key, attempts, blocked, last_error, lease_until is not null as leased, due_at <= jit_now() as due
         from work order by key`,
      )
      return rows
    },
    advance: (seconds) => database.clock.advance(seconds),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const FREE = { attempts: 0, blocked: false, last_error: null, leased: false, due: true }
const rank = (name: string) => (Number(name.slice(1)) * 7) % 30
const subjects = (claims: readonly Claim[]) => claims.map(({ subject }) => subject)

describe('claim', () => {
  it('gives what takes access away first, and that alone when asked, though it waits for another try', async () => {
    await using bench = await aWorkList()
    const { list, database } = bench
    const urgent = (subject: string) =>
      database.store.transaction((tx) =>
        tx.work.markAll([{ kind: 'policy', subject, isUrgent: true }]),
      )
    await bench.mark('grants')
    await bench.mark('ends')
    const [first, second] = await bench.claim()
    assert.ok(first && second)
    for (const claim of [first, second])
      await list.settle(claim, { type: 'again', afterMs: 60_000, error: 'Pomerium is away' })
    await urgent('ends')
    await bench.mark('more grants')
    await bench.mark('grants')
    assert.deepEqual(subjects(await list.claim(['policy'], 5, LEASE_MS, 'urgent')), ['ends'])
    assert.deepEqual(subjects(await list.claim(['policy'], 5, LEASE_MS, 'urgent')), [])
    await urgent('more ends')
    const rest = await list.claim(['policy'], 5, LEASE_MS)
    assert.deepEqual(
      rest.map(({ subject, isUrgent }) => [subject, isUrgent]),
      [
        ['more ends', true],
        ['more grants', false],
      ],
    )
  })

  it('gives what is due, the longest due first, of the kinds asked for, as many as asked for', async () => {
    await using bench = await aWorkList()
    for (const subject of ['c', 'a', 'b']) await bench.mark(subject)
    await bench.mark('card', 'messages')
    await bench.schedule('later', new Date((await bench.database.clock.now()).getTime() + 60_000))
    assert.deepEqual(subjects(await bench.list.claim(['policy'], 2, LEASE_MS)), ['c', 'a'])
    assert.deepEqual(subjects(await bench.claim('policy', 'moment')), ['b'])
    assert.deepEqual(subjects(await bench.claim('messages')), ['card'])
  })

  it('tells what it is about', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const { generation, leaseEpoch, ...rest } = await bench.only()
    assert.deepEqual(rest, { kind: 'policy', subject: 'a', attempts: 0, isUrgent: false })
    assert.match(`${generation} ${leaseEpoch}`, /^\d+ \d+$/)
  })

  it('knows every kind of work, and no other', async () => {
    await using bench = await aWorkList()
    const kinds: readonly WorkKind[] = ['policy', 'messages', 'moment', 'alert', 'eligibility']
    for (const kind of kinds) await bench.mark('a', kind)
    const claims = await bench.claim(...kinds)
    assert.deepEqual(claims.map(({ kind }) => kind).sort(), kinds.toSorted())
    await assert.rejects(bench.mark('a', 'chores' as WorkKind), { constraint: 'work_kind_known' })
  })

  it('marks several things at once, and none of what is rolled back', async () => {
    await using bench = await aWorkList()
    const { store } = bench.database
    const things = ['c', 'a', 'b'].map((subject) => ({ kind: 'policy' as const, subject }))
    const failed = store.transaction(async (tx) => {
      await tx.work.markAll(things)
      throw new Error('on purpose')
    })
    await assert.rejects(failed, { message: 'on purpose' })
    assert.deepEqual(await bench.rows(), [])
    await bench.mark('a')
    await store.transaction((tx) => tx.work.markAll(things))
    assert.deepEqual(subjects(await bench.claim()).sort(), ['a', 'b', 'c'])
    await store.transaction((tx) => tx.work.markAll([]))
  })

  it('coalesces marks of one subject', async () => {
    await using bench = await aWorkList()
    await Promise.all(Array.from({ length: 12 }, () => bench.mark('a')))
    assert.deepEqual(subjects(await bench.claim()), ['a'])
  })

  it('gives no key to two of twenty who claim at once', async () => {
    await using bench = await aWorkList(20)
    const keys = Array.from({ length: 50 }, (_, index) => `p${String(index).padStart(2, '0')}`)
    for (const key of keys) await bench.mark(key)
    const rounds = Array.from({ length: 20 }, async () => {
      const mine: string[] = []
      for (;;) {
        const claims = await bench.list.claim(['policy'], 3, LEASE_MS)
        if (claims.length === 0) return mine
        mine.push(...subjects(claims))
      }
    })
    const claimed = (await Promise.all(rounds)).flat()
    assert.deepEqual(claimed.sort(), keys)
  })

  it('never leases more than the limit, whatever the plan', async () => {
    await using bench = await aWorkList(1)
    for (let index = 0; index < 30; index++) await bench.mark(`p${index}`)
    // Leaves the plan that would run an inner query of the update once for each row of the table.
    await bench.database.pool.query(
      'set enable_hashjoin = off; set enable_mergejoin = off; set enable_hashagg = off; set enable_sort = off; set enable_material = off',
    )
    assert.equal((await bench.list.claim(['policy'], 1, LEASE_MS)).length, 1)
  })

  it('keeps the order, whatever the plan', async () => {
    await using bench = await aWorkList(1)
    const now = (await bench.database.clock.now()).getTime()
    const names = Array.from({ length: 30 }, (_, index) => `r${index}`)
    for (const name of names) await bench.schedule(name, new Date(now - rank(name) * 1_000))
    // Leaves the plan that goes through the table in its own order.
    await bench.database.pool.query('set enable_nestloop = off; set enable_mergejoin = off')
    const longestDueFirst = names.toSorted((a, b) => rank(b) - rank(a))
    assert.deepEqual(subjects(await bench.claim('moment')), longestDueFirst)
  })

  it('passes over a key that a transaction is marking', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.database.store.transaction(async (tx) => {
      await tx.work.mark('policy', 'a')
      assert.deepEqual(await bench.claim(), [])
    })
    assert.deepEqual(subjects(await bench.claim()), ['a'])
  })
})

describe('a lease', () => {
  it('keeps everybody else away until it runs out', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const first = await bench.only()
    assert.deepEqual(await bench.claim(), [])
    await bench.advance(9)
    assert.deepEqual(await bench.claim(), [])
    await bench.advance(1)
    const second = await bench.only()
    assert.notEqual(second.leaseEpoch, first.leaseEpoch)
  })

  it('lasts longer when it is renewed, unless it ran out already', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const claim = await bench.only()
    await bench.advance(9)
    assert.equal(await bench.list.renew(claim, LEASE_MS), true)
    await bench.advance(9)
    assert.deepEqual(await bench.claim(), [])
    await bench.advance(1)
    assert.equal(await bench.list.renew(claim, LEASE_MS), false)
    assert.deepEqual(subjects(await bench.claim()), ['a'])
  })

  const lateResults = [
    { type: 'done' },
    { type: 'again', afterMs: 60_000, error: 'late' },
    { type: 'blocked', error: 'late' },
  ] as const
  for (const result of lateResults)
    it(`that was lost makes "${result.type}" and renewal leave the new holder alone, and have somebody look again`, async () => {
      await using bench = await aWorkList()
      await bench.mark('a')
      const lost = await bench.only()
      await bench.advance(10)
      const held = await bench.only()
      const before = await bench.rows()
      await bench.list.settle(lost, result)
      assert.equal(await bench.list.renew(lost, 60_000), false)
      assert.deepEqual(await bench.rows(), before)
      assert.equal(await bench.list.renew(held, LEASE_MS), true)
      await bench.list.settle(held, { type: 'done' })
      const again = await bench.only()
      await bench.list.settle(again, { type: 'done' })
      assert.deepEqual(await bench.rows(), [])
    })

  for (const result of lateResults)
    it(`of a key that was cleared and came back makes a zombie’s "${result.type}" go without effect`, async () => {
      await using bench = await aWorkList()
      await bench.mark('a')
      const zombie = await bench.only()
      await bench.advance(10)
      await bench.list.settle(await bench.only(), { type: 'done' })
      await bench.mark('a')
      await bench.list.settle(zombie, result)
      const unclaimed = { ...FREE, key: 'policy:a' }
      assert.deepEqual(await bench.rows(), [unclaimed])
      // As often as it takes for a counter of the row's own to come to the zombie's number.
      for (let round = 0; round < 2; round++) {
        const held = await bench.only()
        await bench.list.settle(zombie, result)
        assert.equal(await bench.list.renew(zombie, 60_000), false)
        assert.deepEqual(await bench.rows(), [{ ...unclaimed, leased: true }])
        assert.equal(await bench.list.renew(held, LEASE_MS), true)
        await bench.advance(10)
      }
    })
})

describe('settle', () => {
  it('clears what is done', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.list.settle(await bench.only(), { type: 'done' })
    assert.deepEqual(await bench.rows(), [])
  })

  it('keeps due what is done but moved meanwhile, and forgets its failures', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.list.settle(await bench.only(), { type: 'again', afterMs: 0, error: 'no' })
    const claim = await bench.only()
    await bench.mark('a')
    await bench.list.settle(claim, { type: 'done' })
    assert.deepEqual(await bench.rows(), [{ ...FREE, key: 'policy:a' }])
    assert.equal((await bench.only()).attempts, 0)
  })

  it('puts a failure off, and counts it', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.list.settle(await bench.only(), { type: 'again', afterMs: 5_000, error: 'no' })
    const waiting = { ...FREE, key: 'policy:a', attempts: 1, last_error: 'no', due: false }
    assert.deepEqual(await bench.rows(), [waiting])
    await bench.advance(5)
    const claim = await bench.only()
    assert.equal(claim.attempts, 1)
    await bench.list.settle(claim, { type: 'again', afterMs: 5_000, error: 'still no' })
    assert.deepEqual(await bench.rows(), [{ ...waiting, attempts: 2, last_error: 'still no' }])
  })

  it('does not count a try that only has to wait', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.list.settle(await bench.only(), { type: 'again', afterMs: 5_000 })
    assert.deepEqual(await bench.rows(), [{ ...FREE, key: 'policy:a', due: false }])
  })

  it('does not put off what moved during a try that only had to wait', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const claim = await bench.only()
    await bench.mark('a')
    await bench.list.settle(claim, { type: 'again', afterMs: 5_000 })
    assert.deepEqual(await bench.rows(), [{ ...FREE, key: 'policy:a' }])
  })

  it('keeps the time of the next try when it moves after, or during, a failed one', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const claim = await bench.only()
    await bench.mark('a')
    await bench.list.settle(claim, { type: 'again', afterMs: 5_000, error: 'no' })
    const waiting = { ...FREE, key: 'policy:a', attempts: 1, last_error: 'no', due: false }
    assert.deepEqual(await bench.rows(), [waiting])
    await bench.mark('a')
    assert.deepEqual(await bench.rows(), [waiting])
  })

  it('blocks until the next mark, which forgets the failures', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    await bench.list.settle(await bench.only(), { type: 'blocked', error: 'never' })
    const blocked = { ...FREE, key: 'policy:a', attempts: 1, blocked: true, last_error: 'never' }
    assert.deepEqual(await bench.rows(), [blocked])
    await bench.advance(86_400)
    assert.deepEqual(await bench.claim(), [])
    await bench.mark('a')
    assert.equal((await bench.only()).attempts, 0)
  })

  it('does not block what moved meanwhile', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const claim = await bench.only()
    await bench.mark('a')
    await bench.list.settle(claim, { type: 'blocked', error: 'never' })
    assert.equal((await bench.only()).attempts, 0)
  })
})

describe('schedule', () => {
  it('makes a subject due at its moment, at another one when told anew, and never once taken off', async () => {
    await using bench = await aWorkList()
    const at = async (seconds: number) =>
      new Date((await bench.database.clock.now()).getTime() + seconds * 1_000)
    await bench.schedule('r', await at(60))
    await bench.schedule('r', await at(120))
    await bench.advance(60)
    assert.deepEqual(await bench.claim(), [])
    await bench.advance(60)
    assert.deepEqual(subjects(await bench.claim()), ['r'])
    await bench.schedule('r', await at(0))
    await bench.schedule('r', undefined)
    assert.deepEqual(await bench.rows(), [])
    await bench.schedule('r', undefined)
  })

  it('wins over a try that was under way', async () => {
    await using bench = await aWorkList()
    await bench.schedule('r', await bench.database.clock.now())
    const claim = await bench.only()
    const now = await bench.database.clock.now()
    await bench.schedule('r', new Date(now.getTime() + 3_600_000))
    await bench.list.settle(claim, { type: 'again', afterMs: 1 })
    assert.deepEqual(await bench.rows(), [{ ...FREE, key: 'moment:r', due: false }])
    await bench.advance(3_600)
    assert.deepEqual(subjects(await bench.claim()), ['r'])
  })

  it('makes nobody look before the commit, and nothing of what is rolled back', async () => {
    await using bench = await aWorkList()
    const failed = bench.database.store.transaction(async (tx) => {
      await tx.work.mark('policy', 'a')
      assert.deepEqual(await bench.claim(), [])
      throw new Error('on purpose')
    })
    await assert.rejects(failed, { message: 'on purpose' })
    assert.deepEqual(await bench.rows(), [])
  })
})

describe('untilDue', () => {
  it('tells how long to sleep: not at all, for a while, or until woken', async () => {
    await using bench = await aWorkList()
    const until = (...kinds: WorkKind[]) => bench.list.untilDue(kinds)
    assert.equal(await until('policy', 'moment'), undefined)
    const now = await bench.database.clock.now()
    await bench.schedule('r', new Date(now.getTime() + 60_000))
    const ms = await until('policy', 'moment')
    assert.ok(ms !== undefined && ms > 50_000 && ms <= 60_000)
    await bench.mark('a')
    assert.equal(await until('policy', 'moment'), 0)
    assert.equal(await until('alert'), undefined)
  })

  it('waits for the end of a lease, and not for what is blocked', async () => {
    await using bench = await aWorkList()
    await bench.mark('a')
    const claim = await bench.only()
    const ms = await bench.list.untilDue(['policy'])
    assert.ok(ms !== undefined && ms > 5_000 && ms <= LEASE_MS)
    await bench.list.settle(claim, { type: 'blocked', error: 'never' })
    assert.equal(await bench.list.untilDue(['policy']), undefined)
  })
})
