import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gentle, inOutage, remembering } from '../../src/app/directories.ts'
import { identify } from '../../src/app/identify.ts'
import type { Directory, MemberAnswer } from '../../src/app/ports.ts'
import { DirectoryUnavailable } from '../../src/app/ports.ts'
import type { Store } from '../../src/app/store.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import type { NotAMember } from '../../src/domain/refusal.ts'
import { aCatalogue } from '../support/build.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/log.ts'

const ANN = 'U0ANN' as SlackUserId
const BOB = 'U0BOB' as SlackUserId
const SRE = 'S0SRE' as SlackGroupId
const HOUR = 3_600

const isMember = (userId: SlackUserId, email: string): MemberAnswer => ({
  ok: true,
  member: { teamId: 'T0TEAM' as SlackTeamId, userId, email, isGuest: false },
})
const isNone = (why: NotAMember): MemberAnswer => ({ ok: false, why })
const ann = isMember(ANN, 'ann@example.com')

/** A workspace of ann, who is in a group; it can be made to fail. */
function aWorkspace() {
  const people = new Map<SlackUserId, MemberAnswer>([[ANN, ann]])
  const groups = new Map([[SRE, new Set([ANN])]])
  const asked: string[] = []
  let failure: Error | undefined
  let gate: Promise<void> | undefined
  const ask = async <T>(subject: string, answer: () => T): Promise<T> => {
    asked.push(subject)
    const failsWith = failure
    const answered = answer()
    await gate
    if (failsWith !== undefined) throw failsWith
    return answered
  }
  const directory: Directory = {
    member: (userId) => ask(userId, () => people.get(userId) ?? isNone('unknown')),
    memberByEmail: (email) =>
      ask(
        email,
        () =>
          [...people.values()].find((one) => one.ok && one.member.email === email.toLowerCase()) ??
          isNone('unknown'),
      ),
    groupMembers: (groupId) => ask(groupId, () => groups.get(groupId) ?? new Set()),
  }
  return {
    directory,
    people,
    groups,
    asked,
    fail: (error?: Error) => (failure = error),
    /** Answers are held back from now on, until it is called; what they say is what was so when they were asked for. */
    hold(): () => void {
      const held = Promise.withResolvers<void>()
      gate = held.promise
      return () => {
        gate = undefined
        held.resolve()
      }
    },
  }
}

const outage = () => new DirectoryUnavailable('users.info: no answer', { isOutage: true })

async function aMemory() {
  const database = await createTestDatabase(3)
  const clock = { ms: 0 }
  const steady = () => clock.ms
  const warned: object[] = []
  const log = { ...silentLog, warn: (fields: object) => void warned.push(fields) }
  const writes: string[] = []
  /** Each statement is counted, and fails while `isDown`. */
  const state = { isDown: false, isWanted: true }
  const store: Store = {
    ...database.store,
    statement(work) {
      writes.push('statement')
      if (state.isDown) return Promise.reject(new Error('no database'))
      return database.store.statement(work)
    },
  }
  const workspace = aWorkspace()
  const directory = remembering(workspace.directory, {
    store,
    steady,
    log,
    isWanted: () => state.isWanted,
  })
  const recall = (userId: SlackUserId) =>
    database.store.statement((db) => db.directory.member(userId, HOUR))
  return {
    ...workspace,
    plain: workspace.directory,
    directory,
    database,
    store,
    steady,
    clock,
    state,
    warned,
    writes,
    recall,
    recallGroup: () => database.store.statement((db) => db.directory.groupMembers(SRE, HOUR)),
    untilRemembered: (userId: SlackUserId, isOk: boolean) =>
      eventually('it is remembered', async () => (await recall(userId))?.ok === isOk),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

describe('remembering', () => {
  it('passes every answer through, and remembers it', async () => {
    await using at = await aMemory()
    assert.deepEqual(await at.directory.member(ANN), ann)
    await at.untilRemembered(ANN, true)
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    const group = await eventually('the group is remembered', () => at.recallGroup())
    assert.deepEqual(group, Object.assign(new Set([ANN]), { asOf: group.asOf }))
    at.people.set(BOB, isMember(BOB, 'bob@example.com'))
    assert.equal((await at.directory.memberByEmail('bob@example.com')).ok, true)
    await at.untilRemembered(BOB, true)
  })

  it('passes a failure through, and remembers nothing of it', async () => {
    await using at = await aMemory()
    const error = outage()
    at.fail(error)
    for (const ask of [
      () => at.directory.member(ANN),
      () => at.directory.memberByEmail('ann@example.com'),
      () => at.directory.groupMembers(SRE),
    ])
      await assert.rejects(ask(), error)
    assert.deepEqual(at.writes, [])
  })

  it('remembers that somebody was deactivated', async () => {
    await using at = await aMemory()
    await at.directory.member(ANN)
    await at.untilRemembered(ANN, true)
    at.people.set(ANN, isNone('deactivated'))
    assert.deepEqual(await at.directory.member(ANN), isNone('deactivated'))
    await at.untilRemembered(ANN, false)
  })

  it('forgets who was known by an address that nobody has any more', async () => {
    await using at = await aMemory()
    await at.directory.member(ANN)
    await at.untilRemembered(ANN, true)
    at.people.delete(ANN)
    assert.deepEqual(await at.directory.memberByEmail('Ann@Example.com'), isNone('unknown'))
    await eventually('she is forgotten', async () => (await at.recall(ANN)) === undefined)
  })

  it('writes the same answer once a minute, and another one at once', async () => {
    await using at = await aMemory()
    const ask = async () => {
      await at.directory.member(ANN)
      await at.directory.groupMembers(SRE)
    }
    const untilWrites = (count: number) =>
      eventually(`${count} writes`, () => at.writes.length === count)
    await ask()
    await untilWrites(2)
    at.clock.ms = 59_999
    await ask()
    at.groups.set(SRE, new Set([ANN, BOB]))
    await ask()
    await untilWrites(3)
    await eventually('bob is in', async () => (await at.recallGroup())?.has(BOB))
    at.clock.ms = 60_000
    await at.directory.member(ANN)
    await untilWrites(4)
  })

  it('lets no earlier answer take the place of a later one', async () => {
    await using at = await aMemory()
    const second = Promise.withResolvers<MemberAnswer>()
    const first = Promise.withResolvers<MemberAnswer>()
    const answers = [first.promise, second.promise]
    const slow = remembering(
      { ...at.plain, member: () => answers.shift() ?? Promise.resolve(isNone('unknown')) },
      { store: at.store, steady: at.steady, log: silentLog, isWanted: () => true },
    )
    const asked = [slow.member(BOB), slow.member(BOB)]
    second.resolve(isNone('deactivated'))
    await asked[1]
    await at.untilRemembered(BOB, false)
    const written = at.writes.length
    first.resolve(isMember(BOB, 'bob@example.com'))
    await asked[0]
    await at.directory.groupMembers(SRE)
    await eventually('the group is remembered', () => at.recallGroup())
    assert.equal((await at.recall(BOB))?.ok, false)
    assert.equal(at.writes.length, written + 1)
  })

  it('answers although nothing can be written, tells the log once a minute, and writes it next time', async () => {
    await using at = await aMemory()
    at.state.isDown = true
    assert.deepEqual(await at.directory.member(ANN), ann)
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    await eventually('both were tried', () => at.writes.length === 2)
    await eventually('the log was told', () => at.warned.length > 0)
    assert.equal(at.warned.length, 1)
    at.state.isDown = false
    await at.directory.member(ANN)
    await at.untilRemembered(ANN, true)
    at.state.isDown = true
    at.clock.ms = 60_000
    await at.directory.member(ANN)
    await eventually('the log was told again', () => at.warned.length === 2)
  })

  it('holds no answer up for the writing', async () => {
    await using at = await aMemory()
    const never = remembering(at.plain, {
      store: { ...at.store, statement: () => new Promise(() => {}) },
      steady: at.steady,
      log: silentLog,
      isWanted: () => true,
    })
    for (let time = 0; time < 3; time += 1) assert.deepEqual(await never.member(ANN), ann)
  })

  it('writes nothing where nothing is to be remembered', async () => {
    await using at = await aMemory()
    at.state.isWanted = false
    await at.directory.member(ANN)
    await at.directory.memberByEmail('nobody@example.com')
    await at.directory.groupMembers(SRE)
    assert.deepEqual(at.writes, [])
  })
})

describe('remembering: changes', () => {
  it('has nobody go by what is remembered of somebody, or a group, until they are asked for again', async () => {
    await using at = await aMemory()
    const ask = async () => {
      await at.directory.member(ANN)
      await at.directory.groupMembers(SRE)
    }
    const untilThere = (isThere: boolean) =>
      eventually(`remembered: ${isThere}`, async () => {
        const [person, group] = await Promise.all([at.recall(ANN), at.recallGroup()])
        return (person !== undefined) === isThere && (group !== undefined) === isThere
      })
    await ask()
    await untilThere(true)
    at.directory.personChanged(ANN)
    at.directory.groupChanged(SRE)
    await untilThere(false)
    await ask()
    await untilThere(true)
  })

  it('remembers no answer to a question from before the change', async () => {
    await using at = await aMemory()
    const release = at.hold()
    const asked = at.directory.member(ANN)
    at.directory.personChanged(ANN)
    release()
    await asked
    await at.directory.groupMembers(SRE)
    await eventually('the group is remembered', () => at.recallGroup())
    assert.equal(await at.recall(ANN), undefined)
  })
})

describe('inOutage', () => {
  const over = (at: Awaited<ReturnType<typeof aMemory>>, maxAgeSeconds = HOUR) =>
    inOutage(at.directory, {
      store: at.database.store,
      maxAgeSeconds: () => maxAgeSeconds,
      steady: at.steady,
    })

  /** Everything about ann has been asked for and is remembered, and Slack fails from now on. */
  async function remembered(failure: Error = outage()) {
    const at = await aMemory()
    await at.directory.member(ANN)
    await at.untilRemembered(ANN, true)
    await at.directory.groupMembers(SRE)
    await eventually('the group is remembered', () => at.recallGroup())
    at.fail(failure)
    return at
  }

  it('answers as Slack does while it does', async () => {
    await using at = await aMemory()
    const directory = over(at)
    assert.deepEqual(await directory.member(ANN), ann)
    assert.deepEqual(await directory.memberByEmail('ann@example.com'), ann)
    assert.deepEqual(await directory.groupMembers(SRE), new Set([ANN]))
  })

  it('answers with what is remembered, and since when, during an outage', async () => {
    await using at = await remembered()
    const directory = over(at)
    const known = await at.recall(ANN)
    assert.deepEqual(await directory.member(ANN), known)
    assert.ok(known?.ok === true && known.asOf instanceof Date)
    assert.deepEqual(await directory.memberByEmail('ANN@example.com'), known)
    assert.deepEqual(await directory.groupMembers(SRE), await at.recallGroup())
  })

  it('remembers that somebody is none too', async () => {
    await using at = await aMemory()
    at.people.set(ANN, isNone('deactivated'))
    await at.directory.member(ANN)
    await at.untilRemembered(ANN, false)
    at.fail(outage())
    assert.deepEqual(await over(at).member(ANN), isNone('deactivated'))
    await assert.rejects(over(at).memberByEmail('ann@example.com'), DirectoryUnavailable)
  })

  it('throws what Slack failed with where nothing is remembered', async () => {
    const error = outage()
    await using at = await remembered(error)
    await assert.rejects(over(at).member(BOB), error)
    await assert.rejects(over(at).memberByEmail('bob@example.com'), error)
    await assert.rejects(over(at).groupMembers('S0OTHER' as SlackGroupId), error)
  })

  it('goes by nothing older than allowed, and by nothing where that is nothing', async () => {
    const error = outage()
    await using at = await remembered(error)
    await assert.rejects(over(at, 0).member(ANN), error)
    await at.database.clock.advance(HOUR + 1)
    const directory = over(at)
    for (const ask of [
      () => directory.member(ANN),
      () => directory.memberByEmail('ann@example.com'),
      () => directory.groupMembers(SRE),
    ])
      await assert.rejects(ask(), error)
  })

  for (const error of [
    new DirectoryUnavailable('users.info: rate limited for 7000 ms'),
    new DirectoryUnavailable('users.info: invalid_auth'),
    new TypeError('a mistake of ours'),
  ])
    it(`goes by nothing after "${error.message}", which is no outage`, async () => {
      await using at = await remembered(error)
      const directory = over(at)
      await assert.rejects(directory.member(ANN), error)
      await assert.rejects(directory.memberByEmail('ann@example.com'), error)
      await assert.rejects(directory.groupMembers(SRE), error)
    })

  it('has somebody identified as of the oldest answer, though only a group is remembered', async () => {
    await using at = await remembered()
    at.fail()
    const directory = over({
      ...at,
      directory: { ...at.directory, groupMembers: () => Promise.reject(outage()) },
    })
    const deps = { directory, store: at.database.store, catalogue: () => aCatalogue() }
    const found = await identify(deps, ANN, new Set([SRE]))
    assert.ok(found.ok && found.asOf instanceof Date)
    assert.deepEqual([...found.person.groups], [SRE])
    assert.deepEqual(found.asOf, (await at.recallGroup())?.asOf)
  })

  it('lets Slack rest for five seconds, but asks for what is not remembered', async () => {
    await using at = await remembered()
    const directory = over(at)
    await directory.member(ANN)
    at.fail()
    at.asked.length = 0
    at.people.set(BOB, isMember(BOB, 'bob@example.com'))
    assert.deepEqual(await directory.member(ANN), await at.recall(ANN))
    assert.deepEqual(await directory.groupMembers(SRE), await at.recallGroup())
    assert.equal((await directory.member(BOB)).ok, true)
    assert.deepEqual(at.asked, [BOB])
    at.clock.ms = 5_000
    assert.deepEqual(await directory.member(ANN), ann)
  })
})

describe('gentle', () => {
  function aGentle() {
    const workspace = aWorkspace()
    const clock = { ms: 0 }
    const directory = gentle(workspace.directory, { steady: () => clock.ms })
    return { ...workspace, clock, directory }
  }

  it('asks once in half a minute for a person, whatever the answer is', async () => {
    const at = aGentle()
    for (const ms of [0, 29_999, 30_000]) {
      at.clock.ms = ms
      assert.deepEqual(await at.directory.member(ANN), ann)
      assert.deepEqual(await at.directory.member(BOB), isNone('unknown'))
    }
    assert.deepEqual(at.asked, [ANN, BOB, ANN, BOB])
  })

  it('asks once in half a minute for an address, in any case, and knows the person then', async () => {
    const at = aGentle()
    assert.deepEqual(await at.directory.memberByEmail('ann@example.com'), ann)
    assert.deepEqual(await at.directory.memberByEmail('ANN@example.com'), ann)
    assert.deepEqual(await at.directory.member(ANN), ann)
    assert.deepEqual(at.asked, ['ann@example.com'])
  })

  it('shares one call among those who ask at the same moment', async () => {
    const at = aGentle()
    const release = at.hold()
    const asked = [at.directory.member(ANN), at.directory.member(ANN)]
    release()
    assert.deepEqual(await Promise.all(asked), [ann, ann])
    assert.deepEqual(at.asked, [ANN])
  })

  it('keeps no failure', async () => {
    const at = aGentle()
    const error = outage()
    at.fail(error)
    await assert.rejects(at.directory.member(ANN), error)
    at.fail()
    assert.deepEqual(await at.directory.member(ANN), ann)
  })

  it('keeps five thousand people, and asks for the one who had to go', async () => {
    const at = aGentle()
    const ids = Array.from({ length: 5_001 }, (_, index) => `U${index}` as SlackUserId)
    for (const id of ids) await at.directory.member(id)
    at.asked.length = 0
    await at.directory.member('U1' as SlackUserId)
    await at.directory.member('U5000' as SlackUserId)
    assert.deepEqual(at.asked, [])
    await at.directory.member('U0' as SlackUserId)
    assert.deepEqual(at.asked, ['U0'])
  })

  it('asks for groups each time: they are kept where they come from', async () => {
    const at = aGentle()
    await at.directory.groupMembers(SRE)
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    assert.deepEqual(at.asked, [SRE, SRE])
  })
})
