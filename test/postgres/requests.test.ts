import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { Command } from '../../src/domain/decide.ts'
import { RequestExists } from '../../src/app/store.ts'
import type { ResourceId } from '../../src/domain/ids.ts'
import { identityOf } from '../../src/domain/person.ts'

import type { TestDatabase } from '../support/database.ts'
import {
  aPendingRequest,
  aResource,
  aStage,
  after,
  alex,
  anApprover,
  anEngineer,
  kim,
  people,
  sam,
} from '../support/build.ts'
import { aDatabase, approval, ask, change, grant, nextId } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const find = (id: ReturnType<typeof nextId>) =>
  database.store.transaction((tx) => tx.requests.find(id))

describe('requests.save', () => {
  const end: Command = {
    type: 'end',
    at: after(300),
    by: anApprover('kim', { subject: 'sub-kim' }),
    admins: people(),
    resource: aResource(),
    reason: 'incident over',
  }
  const noted = approval({ note: 'be careful', by: anApprover('kim', { subject: 'sub-kim' }) })
  const confirmed: Command = { type: 'confirm-active', at: after(61) }
  const constrained = aResource({ constraints: [{ source_ip: ['203.0.113.0/24'] }] })
  const two = aResource({ stages: [aStage({ approvals: 2 })] })
  const stories: readonly (readonly [string, readonly Command[]])[] = [
    ['denied', [{ type: 'deny', at: after(9.001), by: kim, resource: aResource(), reason: 'no' }]],
    ['cancelled', [{ type: 'cancel', at: after(9), by: alex }]],
    ['lapsed', [{ type: 'tick', at: after(28_800) }]],
    ['approved once of twice', [approval({ resource: two })]],
    [
      'approved twice, the second time by a clock that went back',
      [
        approval({ resource: two }),
        approval({ resource: two, by: sam, colleagues: [kim], at: after(30) }),
      ],
    ],
    [
      'approved once, then denied',
      [
        approval({ resource: two }),
        { type: 'deny', at: after(90), by: sam, resource: two, reason: 'no' },
      ],
    ],
    ['granting with a note', [noted]],
    ['granting with constraints', [approval({ resource: constrained })]],
    ['active', [approval(), confirmed]],
    ['ending with a reason', [approval(), confirmed, end]],
    ['ended by somebody', [approval(), end, { type: 'confirm-ended', at: after(301) }]],
    ['ended by time', [approval(), confirmed, { type: 'tick', at: after(4_000) }]],
    ['ended by time while ending', [approval(), end, { type: 'tick', at: after(4_000) }]],
    ['never active', [approval(), { type: 'tick', at: after(4_000) }]],
  ]
  for (const [index, [name, commands]] of stories.entries())
    it(`gives back what was saved of a request that is ${name}`, async () => {
      const by = anEngineer(`alex${index}`, index % 2 === 0 ? { subject: `sub-${index}` } : {})
      const asked = await ask(database.store, { by, reason: 'INC-42 ümläut 🔥 "quoted" \\ \n <b>' })
      assert.deepEqual(await find(asked.id), asked)
      for (const wish of commands) {
        const wished = wish.type === 'approve' ? { ...wish, requester: by } : wish
        const own = wished.type === 'cancel' ? { ...wished, by } : wished
        const next = await change(database.store, asked.id, own)
        assert.deepEqual(await find(asked.id), next)
      }
    })

  it('refuses to save what somebody else has changed since', async () => {
    const asked = await ask(database.store, { by: anEngineer('stale') })
    await change(database.store, asked.id, {
      type: 'cancel',
      at: after(9),
      by: anEngineer('stale'),
    })
    const lapsed = { ...asked, version: 2, status: 'lapsed', lapsedAt: after(9) } as const
    await assert.rejects(
      database.store.transaction((tx) => tx.requests.save(asked, lapsed)),
      { message: `request ${asked.id} is not at version 1 any more` },
    )
  })
})

describe('requests.insert', () => {
  it('finds a request by the key of the delivery that made it', async () => {
    const by = anEngineer('ivy')
    const asked = await ask(database.store, { by }, 'Ev-1')
    const found = await database.store.transaction((tx) => tx.requests.findByIdempotencyKey('Ev-1'))
    assert.deepEqual(found, asked)
    const none = await database.store.transaction((tx) => tx.requests.findByIdempotencyKey('Ev-2'))
    assert.equal(none, undefined)
  })

  it('makes one request of the same delivery that comes ten times at once', async () => {
    const tries = Array.from({ length: 10 }, (_, index) =>
      ask(database.store, { by: anEngineer(`twin${index}`) }, 'Ev-again'),
    )
    const outcomes = await Promise.allSettled(tries)
    const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    assert.equal(errors.length, 9)
    for (const error of errors) assert.ok(error instanceof RequestExists)
  })

  it('makes one pending request of one person for one resource', async () => {
    const by = anEngineer('dup')
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => ask(database.store, { by })))
    const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    assert.deepEqual(
      errors.map((error: Error) => error.name),
      ['RequestExists', 'RequestExists'],
    )
    const other = aResource({ id: 'wiki' as ResourceId })
    assert.equal((await ask(database.store, { by, resource: other })).resourceId, 'wiki')
  })

  it('lets the same person ask again once the first request is answered', async () => {
    const by = anEngineer('again')
    const first = await ask(database.store, { by })
    const pending = () =>
      database.store.transaction((tx) =>
        tx.requests.findPending({ requester: by.userId, resourceId: first.resourceId }),
      )
    assert.deepEqual(await pending(), first)
    await change(database.store, first.id, { type: 'cancel', at: after(9), by })
    assert.equal(await pending(), undefined)
    const second = await ask(database.store, { by })
    assert.deepEqual(await pending(), second)
  })

  it('throws what is no such clash as it came', async () => {
    const request = aPendingRequest({ id: nextId(), durationSeconds: 0 })
    await assert.rejects(
      database.store.transaction((tx) => tx.requests.insert(request, request.id)),
      { code: '23514', constraint: 'request_duration_positive' },
    )
  })
})

describe('requests.lock', () => {
  it('lets exactly one of many transactions decide', async () => {
    const { id } = await ask(database.store, { by: anEngineer('race') })
    const requester = anEngineer('race')
    const clicks = Array.from({ length: 8 }, (_, index) =>
      change(
        database.store,
        id,
        index % 2 === 0
          ? approval({ requester, by: anApprover(`a${index}`) })
          : { type: 'deny', at: after(60), by: kim, resource: aResource(), reason: 'no' },
      ),
    )
    const outcomes = await Promise.allSettled(clicks)
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const one of outcomes)
      if (one.status === 'rejected')
        assert.equal((one.reason as Error).message, 'refused: already-decided')
    assert.equal((await find(id))?.version, 2)
  })

  it('waits for the transaction that holds it, and then sees what that has made', async () => {
    const by = anEngineer('wait')
    const { id } = await ask(database.store, { by })
    const { store, pool } = database
    const holding = Promise.withResolvers<void>()
    const letGo = Promise.withResolvers<void>()
    const first = store.transaction(async (tx) => {
      const request = await tx.requests.lock(id)
      holding.resolve()
      await letGo.promise
      return request?.version
    })
    await holding.promise
    const second = change(store, id, { type: 'cancel', at: after(9), by })
    const isWaiting = `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%for update'`
    while ((await pool.query(isWaiting)).rowCount === 0) assert.equal((await find(id))?.version, 1)
    letGo.resolve()
    assert.equal(await first, 1)
    assert.equal((await second).version, 2)
  })

  it('finds nothing under an id that nobody has', async () => {
    const request = await database.store.transaction((tx) => tx.requests.lock(nextId()))
    assert.equal(request, undefined)
  })
})

describe('requests.lockAll', () => {
  it('gives those that there are, in the order of their ids, each as it is', async () => {
    const { store } = database
    const first = await ask(store, { by: anEngineer('all-1') })
    const second = await grant(store, { by: anEngineer('all-2') })
    const lock = (...ids: (typeof first.id)[]) =>
      store.transaction((tx) => tx.requests.lockAll(ids))
    assert.deepEqual(await lock(second.id, nextId(), first.id), [first, second])
    assert.deepEqual(await lock(), [])
  })

  it('never waits crosswise', async () => {
    const { store } = database
    const ids = [
      (await ask(store, { by: anEngineer('cross-1') })).id,
      (await ask(store, { by: anEngineer('cross-2') })).id,
    ]
    let tries = 0
    const locks = Array.from({ length: 8 }, (_, index) =>
      store.transaction(async (tx) => {
        tries += 1
        return tx.requests.lockAll(index % 2 === 0 ? ids : ids.toReversed())
      }),
    )
    await Promise.all(locks)
    assert.equal(tries, 8)
  })
})

describe('requests in lists', () => {
  const vault = aResource({ id: 'vault' as ResourceId })
  const safe = aResource({ id: 'safe' as ResourceId })

  it('gives the requests of one person, the newest first, as many as asked for', async () => {
    const by = anEngineer('lister')
    const made = []
    for (const seconds of [0, 20, 10]) {
      const at = after(seconds)
      const { id } = await ask(database.store, { by, at, resource: vault })
      made.push(await change(database.store, id, { type: 'cancel', at, by }))
    }
    const [oldest, newest, middle] = made
    const of = (limit: number) =>
      database.store.transaction((tx) => tx.requests.ofRequester(by.userId, limit))
    assert.deepEqual(await of(20), [newest, middle, oldest])
    assert.deepEqual(await of(2), [newest, middle])
  })

  it('gives the unanswered requests of some resources, the oldest first', async () => {
    const at = (name: string, seconds: number, resource = safe) =>
      ask(database.store, { by: anEngineer(name), at: after(seconds), resource })
    const [second, first, third] = [await at('p1', 20), await at('p2', 10), await at('p3', 30)]
    const answered = await at('p4', 5)
    await change(database.store, answered.id, approval({ requester: anEngineer('p4') }))
    const other = await at('p5', 1, vault)
    const pending = (ids: readonly string[], limit = 10, approver = kim) =>
      database.store.transaction((tx) => tx.requests.pending(ids, approver, limit))
    assert.deepEqual(await pending(['safe']), [first, second, third])
    assert.deepEqual(await pending(['safe', 'vault'], 3), [other, first, second])
    assert.deepEqual(await pending([]), [])
    const alias = anEngineer('alias', { email: 'P1@Example.com' })
    for (const own of [anEngineer('p1'), alias])
      assert.deepEqual(await pending(['safe'], 2, own), [first, third], 'not their own request')
  })

  it('leaves out what somebody has approved before it counts how many to give', async () => {
    const duo = aResource({ id: 'duo' as ResourceId, stages: [aStage({ approvals: 2 })] })
    const asked = []
    for (const [n, name] of ['d1', 'd2'].entries())
      asked.push(await ask(database.store, { by: anEngineer(name), at: after(n), resource: duo }))
    const [done, waiting] = asked
    assert.ok(done !== undefined)
    const half = approval({ requester: anEngineer('d1'), resource: duo })
    await change(database.store, done.id, half)
    const list = await database.store.statement((s) => s.requests.pending([duo.id], kim, 1))
    assert.deepEqual(list, [waiting])
  })

  it('gives what is open or live before newer requests that are over', async () => {
    const by = anEngineer('holder')
    const live = await grant(database.store, { by, resource: vault })
    const { id } = await ask(database.store, { by, at: after(3_600), resource: vault })
    const over = await change(database.store, id, { type: 'cancel', at: after(3_700), by })
    const list = await database.store.statement((s) => s.requests.ofRequester(by.userId, 20))
    assert.deepEqual(list, [live, over])
  })

  it('gives the grants of a resource whose rule may stand, by id, and no other', async () => {
    const resource = aResource({ id: 'live' as ResourceId })
    const make = (name: string, approvedAt?: Date) =>
      grant(database.store, { by: anEngineer(name), resource }, approvedAt)
    const granting = await make('g1')
    const confirmed: Command = { type: 'confirm-active', at: after(61) }
    const active = await change(database.store, (await make('g2')).id, confirmed)
    const end: Command = { type: 'end', at: after(70), by: kim, admins: people(), resource }
    const ending = await change(database.store, (await make('g3')).id, end)
    const over = await make('g4')
    await change(database.store, over.id, { type: 'tick', at: over.grant.endsAt })
    const now = await database.clock.now()
    const asked = { by: anEngineer('g5'), resource, at: now }
    const recent = await grant(database.store, asked, now)
    const endNow: Command = { type: 'end', at: now, by: kim, admins: people(), resource }
    await change(database.store, recent.id, endNow)
    const revoked = await change(database.store, recent.id, { type: 'confirm-ended', at: now })
    await ask(database.store, { by: anEngineer('g6'), resource })
    const standing = await database.store.transaction((tx) => tx.requests.standing(resource.id))
    assert.deepEqual(standing, [granting, active, ending, revoked])
    assert.deepEqual(
      ending.status === 'approved' && 'endedBy' in ending.grant && ending.grant.endedBy,
      identityOf(kim),
    )
  })
})
