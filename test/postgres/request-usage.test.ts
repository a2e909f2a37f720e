import assert from 'node:assert/strict'
import { after as afterAll, before, describe, it } from 'node:test'
import type { ResourceId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { TestDatabase } from '../support/database.ts'
import { REVISION, aLevel, aResource, after, anEngineer, kim, people } from '../support/build.ts'
import { aDatabase, anExtendable, ask, askExtension, change, grant, breakGlass } from './support.ts'

let database: TestDatabase
before(async () => {
  database = await aDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const at = (id: string) => aResource({ id: id as ResourceId })
const usage = (by: Person) => database.store.statement((db) => db.requests.usage(by.userId))

describe('requests.usage', () => {
  it('counts what waits, what is granted and not over, and what was asked within the hour', async () => {
    const { store, clock } = database
    const by = anEngineer('user')
    const none = { openRequests: 0, accessRequests: 0, grants: 0, requestsLastHour: 0 }
    assert.deepEqual(await usage(by), none)
    const now = await clock.now()
    const ago = (seconds: number) => after(-seconds, now)
    await ask(store, { by, resource: at('u1'), at: ago(3_700) })
    const recent = await ask(store, { by, resource: at('u2'), at: ago(3_500) })
    const resource = anExtendable({ id: 'u3' as ResourceId })
    const live = await grant(store, { by, resource, at: ago(600) }, ago(500))
    await askExtension(store, live, { by, resource, at: now })
    const planned = { by, resource: at('u4'), at: ago(300), startsAt: after(7_200, now) }
    const scheduled = await grant(store, planned, now)
    await change(store, scheduled.id, { type: 'confirm-active', at: now })
    const over = await grant(store, { by, resource: at('u5') })
    await change(store, over.id, { type: 'tick', at: over.grant.endsAt })
    await ask(store, { by: anEngineer('somebody-else'), resource: at('u1'), at: now })
    assert.deepEqual(await usage(by), {
      openRequests: 3,
      accessRequests: 2,
      grants: 2,
      requestsLastHour: 4,
    })
    await change(store, recent.id, { type: 'cancel', at: now, by })
    assert.deepEqual(await usage(by), {
      openRequests: 2,
      accessRequests: 1,
      grants: 2,
      requestsLastHour: 4,
    })
  })

  it('counts no emergencies', async () => {
    const { store, clock } = database
    const by = anEngineer('emergency')
    await breakGlass(store, by, await clock.now())
    assert.deepEqual(await usage(by), {
      openRequests: 0,
      accessRequests: 0,
      grants: 0,
      requestsLastHour: 0,
    })
  })
})

describe('requests.lockUsage', () => {
  it('lets one transaction of a person count at a time, and sees what that one made', async () => {
    const { store } = database
    const by = anEngineer('counted')
    const most = 3
    const tries = Array.from({ length: 8 }, (_, index) =>
      store.transaction(async (tx) => {
        await tx.requests.lockUsage(by.userId)
        const { openRequests } = await tx.requests.usage(by.userId)
        if (openRequests >= most) return 'refused'
        await ask(
          { ...store, transaction: (work) => work(tx) },
          { by, resource: at(`counted-${index}`) },
        )
        return 'asked'
      }),
    )
    const outcomes = await Promise.all(tries)
    assert.equal(outcomes.filter((outcome) => outcome === 'asked').length, most)
    assert.equal((await usage(by)).openRequests, most)
  })

  it('keeps nobody else waiting', async () => {
    const { store } = database
    await store.transaction(async (tx) => {
      await tx.requests.lockUsage(anEngineer('one').userId)
      await store.transaction((other) => other.requests.lockUsage(anEngineer('two').userId))
    })
  })
})

describe('requests.automaticApprovals', () => {
  const rule = { name: 'self_activation', maxSeconds: 7_200 }
  const byRule = (by: Person, resource = aResource(), name = rule.name) => ({
    type: 'auto-approve' as const,
    rule: { ...rule, name },
    requester: by,
    resource,
    isSteppedUp: false,
    catalogueRevision: REVISION,
  })

  it('counts what a rule approved for a person on a resource, at any level, since an instant', async () => {
    const { store } = database
    const by = anEngineer('auto')
    const resource = anExtendable({ automatic: [rule] })
    const first = await ask(store, { by, resource })
    const opened = await change(store, first.id, { ...byRule(by, resource), at: after(10) })
    const wish = await askExtension(store, opened, { by, resource, at: after(20) })
    const longer = { ...byRule(by, resource), at: after(30), extended: opened }
    await change(store, wish.id, longer)
    const level = aLevel('read', { automatic: [rule] })
    const third = await ask(store, { by, resource: level, at: after(40) })
    await change(store, third.id, { ...byRule(by, level), at: after(50) })
    const vault = at('vault')
    for (const [who, of, name] of [
      [by, vault, rule.name],
      [anEngineer('auto-2'), resource, rule.name],
      [by, aLevel('admin'), 'auto_approve[0]'],
    ] as const) {
      const { id } = await ask(store, { by: who, resource: of, at: after(60) })
      await change(store, id, { ...byRule(who, of, name), at: after(60) })
    }
    const count = (since: Date) =>
      store.statement((db) =>
        db.requests.automaticApprovals({
          requester: by.userId,
          resourceId: resource.id,
          rule: rule.name,
          since,
        }),
      )
    const counts: number[] = []
    for (const seconds of [0, 10, 11, 30, 31, 50, 51, 100_000])
      counts.push(await count(after(seconds)))
    assert.deepEqual(counts, [3, 3, 2, 2, 1, 1, 0, 0])
  })
})

describe('requests.takenAwaySince', () => {
  const isTaken = (by: Person, since: Date, resource = aResource()) =>
    database.store.statement((db) =>
      db.requests.takenAwaySince({ requester: by.userId, resourceId: resource.id, since }),
    )

  it('knows what was denied to a person, at any level, since an instant', async () => {
    const { store } = database
    const by = anEngineer('denied')
    const level = aLevel('read')
    const { id } = await ask(store, { by, resource: level })
    assert.equal(await isTaken(by, after(0)), false)
    const no = { by: kim, resource: level, reason: 'not today' }
    await change(store, id, { type: 'deny', at: after(60), ...no })
    assert.deepEqual([await isTaken(by, after(60)), await isTaken(by, after(61))], [true, false])
    assert.equal(await isTaken(by, after(0), at('vault')), false)
    assert.equal(await isTaken(anEngineer('denied-2'), after(0)), false)
  })

  it('knows access that was revoked, from the first moment on, and none that was given back', async () => {
    const { store } = database
    for (const [name, who, expected] of [
      ['revoked', kim, true],
      ['returned', undefined, false],
    ] as const) {
      const by = anEngineer(name)
      const { id } = await grant(store, { by })
      const admins = people()
      const end = { at: after(90), by: who ?? by, resource: aResource(), admins }
      await change(store, id, { type: 'end', ...end })
      assert.equal(await isTaken(by, after(80)), expected, `${name}, as it ends`)
      await change(store, id, { type: 'confirm-ended', at: after(100) })
      assert.equal(await isTaken(by, after(100)), expected, name)
      assert.equal(await isTaken(by, after(101)), false, name)
    }
  })
})
