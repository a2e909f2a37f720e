import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { remembering } from '../../src/app/directories.ts'
import { refreshDirectory } from '../../src/app/refresh-directory.ts'
import type { Directory } from '../../src/app/ports.ts'
import { DirectoryUnavailable } from '../../src/app/ports.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { ENGINEERS, RELIABILITY, aCatalogue } from '../support/build.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const HOUR = 3_600
const ALEX = 'U0ALEX' as SlackUserId
const KIM = 'U0KIM' as SlackUserId

async function aHouse(outageSeconds: number) {
  const database = await createTestDatabase(3)
  const groups = new Map([
    [ENGINEERS, [ALEX]],
    [RELIABILITY, [KIM]],
  ])
  const asked: string[] = []
  const failures = new Map<string, DirectoryUnavailable>()
  const ask = async <T>(subject: string, answer: T): Promise<T> => {
    asked.push(subject)
    const failure = failures.get(subject)
    if (failure !== undefined) throw failure
    return answer
  }
  const slack: Directory = {
    member: (userId) =>
      ask(userId, {
        ok: true,
        member: {
          teamId: 'T0TEAM' as SlackTeamId,
          userId,
          email: `${userId}@x.example`,
          isGuest: false,
        },
      }),
    memberByEmail: () => Promise.reject(new Error('nobody asks for addresses')),
    groupMembers: (group: SlackGroupId) => ask(group, new Set(groups.get(group))),
  }
  const { store } = database
  let ms = 0
  const steady = () => ms
  const directory = remembering(slack, { store, steady, log: silentLog, isWanted: () => true })
  const catalogue = aCatalogue({ outageSeconds })
  const ids = async () => {
    const { rows } = await database.pool.query<{ id: string }>(
      'select group_id as id from directory_group union all select user_id from directory_member order by id',
    )
    return rows.map(({ id }) => id)
  }
  return {
    asked,
    groups,
    failures,
    ids,
    refresh: () =>
      refreshDirectory({ store, directory, catalogue: () => catalogue, log: silentLog }),
    remember: (group: SlackGroupId, members: readonly SlackUserId[]) =>
      store.statement((db) => db.directory.rememberGroup(group, new Set(members))),
    untilRemembered: (...expected: string[]) =>
      eventually(
        `${expected.join()} are remembered`,
        async () => (await ids()).join() === expected.join(),
      ),
    async advance(seconds: number) {
      ms += seconds * 1_000
      await database.clock.advance(seconds)
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const outage = new DirectoryUnavailable('no answer', { isOutage: true })

describe('refreshDirectory', () => {
  it("asks for the catalogue's groups and for their members, and again at half the age", async () => {
    await using at = await aHouse(4 * HOUR)
    await at.remember(ENGINEERS, [ALEX])
    await at.remember(RELIABILITY, [KIM])
    await at.refresh()
    assert.deepEqual(at.asked, [ENGINEERS, RELIABILITY, ALEX, KIM])
    await at.untilRemembered(ENGINEERS, RELIABILITY, ALEX, KIM)
    at.asked.length = 0
    await at.refresh()
    assert.deepEqual(at.asked, [ENGINEERS, RELIABILITY])
    await at.advance(2 * HOUR + 1)
    await at.refresh()
    assert.deepEqual(at.asked.slice(2), [ENGINEERS, RELIABILITY, ALEX, KIM])
  })

  it('gets to know everybody from nothing', async () => {
    await using at = await aHouse(4 * HOUR)
    await at.refresh()
    await eventually('the groups are remembered', async () => (await at.ids()).length >= 2)
    await at.refresh()
    await at.untilRemembered(ENGINEERS, RELIABILITY, ALEX, KIM)
  })

  it('asks for thirty people at a time', async () => {
    await using at = await aHouse(4 * HOUR)
    const people = Array.from({ length: 40 }, (_, index) => `U${index}` as SlackUserId)
    at.groups.set(ENGINEERS, people)
    await at.remember(ENGINEERS, people)
    await at.refresh()
    assert.equal(at.asked.length, 2 + 30)
  })

  it('stops at an outage, and goes on after any other failure', async () => {
    await using at = await aHouse(4 * HOUR)
    at.groups.clear()
    await at.remember(ENGINEERS, [ALEX, KIM])
    at.failures.set(ENGINEERS, new DirectoryUnavailable('no members in the answer'))
    at.failures.set(ALEX, new DirectoryUnavailable('the answer is not about that person'))
    await at.refresh()
    assert.deepEqual(at.asked, [ENGINEERS, RELIABILITY, ALEX, KIM])
    at.asked.length = 0
    at.failures.set(ALEX, outage)
    await at.refresh()
    assert.deepEqual(at.asked, [ENGINEERS, RELIABILITY, ALEX])
    at.failures.set(ENGINEERS, outage)
    await at.refresh()
    assert.deepEqual(at.asked.slice(3), [ENGINEERS])
  })

  it('asks for nothing where nobody goes by the past, and forgets it', async () => {
    await using at = await aHouse(0)
    await at.remember(ENGINEERS, [ALEX])
    await at.advance(1)
    await at.refresh()
    assert.deepEqual([at.asked, await at.ids()], [[], []])
  })

  it('forgets what is too old to go by', async () => {
    await using at = await aHouse(4 * HOUR)
    at.failures.set(ENGINEERS, outage)
    await at.remember(ENGINEERS, [ALEX])
    await at.advance(4 * HOUR + 1)
    await at.remember(RELIABILITY, [KIM])
    await at.refresh()
    assert.deepEqual(await at.ids(), [RELIABILITY])
  })
})
