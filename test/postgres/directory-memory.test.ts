import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MemberAnswer } from '../../src/app/ports.ts'
import type { DirectoryMemory } from '../../src/app/identity-store.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestDatabase } from '../support/database.ts'

const ANN = 'U0ANN' as SlackUserId
const BOB = 'U0BOB' as SlackUserId
const CAT = 'U0CAT' as SlackUserId
const SRE = 'S0SRE' as SlackGroupId
const HOUR = 3_600

const isMember = (userId: SlackUserId, email: string): MemberAnswer & { readonly ok: true } => ({
  ok: true,
  member: { teamId: 'T0TEAM' as SlackTeamId, userId, email, isGuest: false },
})

/** What is remembered, and what somebody who asks gets of it. */
function memoryOf({ store, pool }: TestDatabase) {
  const use = <T>(work: (memory: DirectoryMemory) => Promise<T>) =>
    store.statement((db) => work(db.directory))
  return {
    use,
    seenAt: async (table: string) => {
      const { rows } = await pool.query<{ seen_at: Date }>(`select seen_at from ${table}`)
      return rows[0]?.seen_at
    },
  }
}

describe('directory memory', () => {
  it('gives what was said of a member, whole, with when it was said', async () => {
    await using database = await createTestDatabase(2)
    const { use, seenAt } = memoryOf(database)
    const { member } = isMember(ANN, 'Ann@Example.com')
    const said = {
      ok: true,
      member: { ...member, isGuest: true, timeZone: 'Asia/Kolkata' },
    } as const
    await use((memory) => memory.rememberMember(ANN, said))
    const answer = { ...said, asOf: await seenAt('directory_member') }
    assert.deepEqual(await use((memory) => memory.member(ANN, 60)), answer)
    assert.deepEqual(await use((memory) => memory.memberByEmail('aNN@example.COM', 60)), answer)
    assert.equal(await use((memory) => memory.member(BOB, 60)), undefined)
    assert.equal(await use((memory) => memory.memberByEmail('bob@example.com', 60)), undefined)
  })

  it('gives the last answer: of somebody who was deactivated nothing but that', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    await use((memory) => memory.rememberMember(ANN, { ok: false, why: 'deactivated' }))
    assert.deepEqual(await use((memory) => memory.member(ANN, 60)), {
      ok: false,
      why: 'deactivated',
    })
    assert.equal(await use((memory) => memory.memberByEmail('ann@example.com', 60)), undefined)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    assert.equal((await use((memory) => memory.member(ANN, 60)))?.ok, true)
  })

  for (const why of ['unknown', 'guest', 'bot', 'external', 'invited', 'no-email'] as const)
    it(`keeps that somebody is ${why}`, async () => {
      await using database = await createTestDatabase(2)
      const { use } = memoryOf(database)
      await use((memory) => memory.rememberMember(ANN, { ok: false, why }))
      assert.deepEqual(await use((memory) => memory.member(ANN, 60)), { ok: false, why })
    })

  it('gives the members of a group, nobody being an answer too', async () => {
    await using database = await createTestDatabase(2)
    const { use, seenAt } = memoryOf(database)
    assert.equal(await use((memory) => memory.groupMembers(SRE, 60)), undefined)
    for (const members of [new Set([ANN, BOB]), new Set<SlackUserId>()]) {
      await use((memory) => memory.rememberGroup(SRE, members))
      const asOf = await seenAt('directory_group')
      assert.deepEqual(
        await use((memory) => memory.groupMembers(SRE, 60)),
        Object.assign(new Set(members), { asOf }),
      )
    }
  })

  it("gives nothing older than allowed, by the database's clock", async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    await use((memory) => memory.rememberGroup(SRE, new Set([ANN])))
    const isThere = () =>
      use(async (memory) => [
        (await memory.member(ANN, HOUR)) !== undefined,
        (await memory.memberByEmail('ann@example.com', HOUR)) !== undefined,
        (await memory.groupMembers(SRE, HOUR)) !== undefined,
      ])
    await database.clock.advance(HOUR - 60)
    assert.deepEqual(await isThere(), [true, true, true])
    await database.clock.advance(61)
    assert.deepEqual(await isThere(), [false, false, false])
  })

  it('knows an address as that of one person: who had it before is forgotten', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'on-call@example.com')))
    await use((memory) => memory.rememberMember(BOB, isMember(BOB, 'On-Call@example.com')))
    const found = await use((memory) => memory.memberByEmail('on-call@example.com', 60))
    assert.equal(found?.ok === true && found.member.userId, BOB)
    assert.equal(await use((memory) => memory.member(ANN, 60)), undefined)
  })

  it('forgets whoever was known by an address that nobody has', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    await use((memory) => memory.rememberMember(BOB, isMember(BOB, 'bob@example.com')))
    await use((memory) => memory.forgetAddress('ANN@example.com'))
    assert.equal(await use((memory) => memory.member(ANN, 60)), undefined)
    assert.notEqual(await use((memory) => memory.member(BOB, 60)), undefined)
  })

  it('gives nothing of what changed since, until it is remembered anew', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    const remember = () =>
      use(async (memory) => {
        await memory.rememberMember(ANN, isMember(ANN, 'ann@example.com'))
        await memory.rememberGroup(SRE, new Set([ANN]))
      })
    const isThere = () =>
      use(async (memory) => [
        (await memory.member(ANN, 60)) !== undefined,
        (await memory.memberByEmail('ann@example.com', 60)) !== undefined,
        (await memory.groupMembers(SRE, 60)) !== undefined,
      ])
    await remember()
    await use((memory) => memory.outdateMember(ANN))
    await use((memory) => memory.outdateGroup(SRE))
    assert.deepEqual(await isThere(), [false, false, false])
    await remember()
    assert.deepEqual(await isThere(), [true, true, true])
  })

  it('names whom to ask again: changed people, members never seen, then those seen long ago', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    const ask = (limit = 10) => use((memory) => memory.peopleToAsk(HOUR, limit))
    await use((memory) => memory.rememberMember(BOB, isMember(BOB, 'bob@example.com')))
    await use((memory) => memory.rememberMember(CAT, { ok: false, why: 'external' }))
    await database.clock.advance(HOUR + 1)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    assert.deepEqual(await ask(), [BOB], 'nobody asks about strangers')
    const newcomer = 'U0NEW' as SlackUserId
    await use((memory) => memory.rememberGroup(SRE, new Set([ANN, newcomer])))
    await use((memory) => memory.outdateMember(ANN))
    assert.deepEqual(await ask(), [ANN, newcomer, BOB])
    assert.deepEqual(await ask(1), [ANN])
  })

  it('forgets what is too old for anybody', async () => {
    await using database = await createTestDatabase(2)
    const { use } = memoryOf(database)
    await use((memory) => memory.rememberMember(ANN, isMember(ANN, 'ann@example.com')))
    await use((memory) => memory.rememberGroup(SRE, new Set([ANN])))
    await database.clock.advance(HOUR)
    await use((memory) => memory.rememberMember(BOB, isMember(BOB, 'bob@example.com')))
    await use((memory) => memory.forgetOlder(HOUR))
    const { rows } = await database.pool.query(
      'select user_id as id from directory_member union all select group_id from directory_group',
    )
    assert.deepEqual(rows, [{ id: BOB }])
  })

  it('looks people up by an index', async () => {
    await using database = await createTestDatabase(2)
    await database.pool.query(
      `insert into directory_member select 'U' || n, 'T', n || '@example.com', false, null, null, false, now()
       from generate_series(1, 2000) n`,
    )
    await database.pool.query('analyze directory_member')
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) select * from directory_member where fold_email(email) = fold_email('7@example.com')`,
    )
    assert.match(
      rows.map((row) => row['QUERY PLAN']).join('\n'),
      /Index.* directory_member_by_email/,
    )
  })
})
