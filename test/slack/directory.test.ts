import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DirectoryUnavailable } from '../../src/app/ports.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { createDirectory } from '../../src/slack/directory.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { SlackOptions } from '../simulators/slack/simulator.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { silentLog } from '../support/log.ts'
import { startApi } from './api.ts'
import { quietLogger } from './stage.ts'

const ANN = 'U0ANN' as SlackUserId
const SRE = 'S0SRE' as SlackGroupId
const logger = quietLogger()

async function simulated(options: SlackOptions = {}) {
  const slack = await startSlack(options)
  const clock = { ms: 1_000_000 }
  const client = createWebClient({ apiUrl: slack.apiUrl, botToken: slack.botToken, logger })
  const identity = { teamId: slack.teamId as SlackTeamId }
  const warned: object[] = []
  const log = { ...silentLog, warn: (fields: object) => void warned.push(fields) }
  const directory = createDirectory({ client, identity, now: () => clock.ms, log })
  slack.addPerson({ id: ANN, name: 'Ann', email: 'Ann@example.com', tz: 'America/New_York' })
  return {
    slack,
    clock,
    warned,
    directory,
    callsOf: (method: string) => slack.calls.filter((call) => call.method === method).length,
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}

const user = { id: ANN, team_id: 'T0OTHER', profile: { email: 'ann@example.com' } }

/** A directory that is answered `user` whoever it asks for. */
async function answered(user: object, enterpriseId?: string) {
  const api = await startApi(() => ({ ok: true, user }))
  const client = createWebClient({ apiUrl: api.url, botToken: 'xoxb-test', logger })
  const identity = {
    teamId: 'T0TEAM' as SlackTeamId,
    ...(enterpriseId === undefined ? {} : { enterpriseId }),
  }
  const directory = createDirectory({ client, identity, now: () => 0, log: silentLog })
  return { directory, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

describe('createDirectory: member', () => {
  it('gives a full member with the address as Slack spells it', async () => {
    await using at = await simulated()
    assert.deepEqual(await at.directory.member(ANN), {
      ok: true,
      member: {
        teamId: 'T0TEAM',
        userId: ANN,
        email: 'Ann@example.com',
        isGuest: false,
        timeZone: 'America/New_York',
      },
    })
  })

  for (const kind of ['guest', 'single-channel-guest'] as const)
    it(`gives an account that is ${kind}, marked as a guest's`, async () => {
      await using at = await simulated()
      const vic = at.slack.addPerson({ name: 'Vic', email: 'vic@partner.example', kind }).id
      const found = await at.directory.member(vic as SlackUserId)
      assert.deepEqual(found.ok && [found.member.email, found.member.isGuest], [
        'vic@partner.example',
        true,
      ])
    })

  it('leaves out a time zone that no clock can be set by', async () => {
    for (const tz of [undefined, '', 'Mars/Olympus', 'Europe/Brussels; drop']) {
      await using at = await answered({ ...user, team_id: 'T0TEAM', tz })
      assert.deepEqual(await at.directory.member(ANN), {
        ok: true,
        member: { teamId: 'T0TEAM', userId: ANN, email: 'ann@example.com', isGuest: false },
      })
    }
  })

  for (const [kind, why] of [
    ['external', 'external'],
    ['deactivated', 'deactivated'],
    ['bot', 'bot'],
    ['invited', 'invited'],
  ] as const)
    it(`refuses an account that is ${kind}`, async () => {
      await using at = await simulated()
      at.slack.addPerson({ id: 'U0X', name: 'X', email: 'x@example.com', kind })
      assert.deepEqual(await at.directory.member('U0X' as SlackUserId), { ok: false, why })
    })

  it('refuses Slackbot, which says that it is no bot', async () => {
    await using at = await simulated()
    assert.deepEqual(await at.directory.member('USLACKBOT' as SlackUserId), {
      ok: false,
      why: 'bot',
    })
  })

  it('refuses a partner in a shared channel, whom Slack does not call a stranger', async () => {
    await using at = await simulated()
    at.slack.addPerson({ id: 'W0EVE', name: 'Eve', email: 'eve@example.com', kind: 'external' })
    at.slack.addChannel({ name: 'shared', members: ['W0EVE'], isExtShared: true })
    assert.deepEqual(await at.directory.member('W0EVE' as SlackUserId), {
      ok: false,
      why: 'external',
    })
  })

  it('refuses somebody whom Slack does not know', async () => {
    await using at = await simulated()
    assert.deepEqual(await at.directory.member('U0NOBODY' as SlackUserId), {
      ok: false,
      why: 'unknown',
    })
  })

  it('refuses a profile without an address', async () => {
    await using at = await simulated({ scopes: ['users:read'] })
    assert.deepEqual(await at.directory.member(ANN), { ok: false, why: 'no-email' })
  })

  const ours = { ...user, enterprise_user: { id: 'W0ANN', enterprise_id: 'E0ORG' } }

  it('takes a member of another workspace of our own organisation', async () => {
    await using at = await answered(ours, 'E0ORG')
    assert.deepEqual(await at.directory.member(ANN), {
      ok: true,
      member: { teamId: 'T0OTHER', userId: ANN, email: 'ann@example.com', isGuest: false },
    })
  })

  it('refuses a member of another organisation, and any organisation when we have none', async () => {
    const external = { ok: false, why: 'external' }
    await using other = await answered(ours, 'E0ELSE')
    assert.deepEqual(await other.directory.member(ANN), external)
    await using none = await answered(ours)
    assert.deepEqual(await none.directory.member(ANN), external)
  })

  it('refuses a user without a workspace', async () => {
    await using at = await answered({ id: ANN, profile: { email: 'ann@example.com' } })
    assert.deepEqual(await at.directory.member(ANN), { ok: false, why: 'external' })
  })

  it('trusts no answer that is about somebody else', async () => {
    await using at = await answered({ ...user, id: 'U0BOSS', team_id: 'T0TEAM' })
    await assert.rejects(at.directory.member(ANN), {
      name: 'DirectoryUnavailable',
      message: 'users.info of U0ANN: the answer is not about that person',
    })
  })

  for (const [fault, said] of [
    [{ kind: 'error', error: 'internal_error' }, /: internal_error$/],
    [{ kind: 'error', error: 'missing_scope' }, /: missing_scope$/],
    [{ kind: 'http', status: 503 }, /: HTTP 503$/],
    [{ kind: 'rate-limited', retryAfterSeconds: 7 }, /: rate limited for 7000 ms$/],
    [{ kind: 'reset' }, /: no answer \([A-Z_]+\)$/],
  ] as const)
    it(`has no answer after ${JSON.stringify(fault)}`, async () => {
      await using at = await simulated()
      at.slack.fail('users.info', fault)
      await assert.rejects(at.directory.member(ANN), (error) => {
        assert.ok(error instanceof DirectoryUnavailable)
        assert.match(error.message, /^users\.info of U0ANN: /)
        assert.match(error.message, said)
        return true
      })
    })

  it('looks people up anew each time, and once for those who ask at the same moment', async () => {
    await using at = await simulated()
    await Promise.all([at.directory.member(ANN), at.directory.member(ANN)])
    assert.equal(at.callsOf('users.info'), 1)
    at.slack.update(ANN, { kind: 'deactivated' })
    assert.deepEqual(await at.directory.member(ANN), { ok: false, why: 'deactivated' })
  })

  it('answers nobody who asks after a change with what was asked before it', async () => {
    await using at = await simulated()
    const held = at.slack.hold('users.info')
    const before = at.directory.member(ANN)
    await held.reached
    at.directory.forgetPeople()
    assert.equal((await at.directory.member(ANN)).ok, true)
    assert.equal(at.callsOf('users.info'), 1, 'the held call is not done yet')
    held.release()
    assert.equal((await before).ok, true)
  })

  it('refuses an invited guest as invited', async () => {
    await using at = await answered({
      ...user,
      team_id: 'T0TEAM',
      is_restricted: true,
      is_invited_user: true,
    })
    assert.deepEqual(await at.directory.member(ANN), { ok: false, why: 'invited' })
  })
})

describe('createDirectory: memberByEmail', () => {
  it('gives whoever has the address, in any case, as they are found by their id', async () => {
    await using at = await simulated()
    const byId = await at.directory.member(ANN)
    assert.deepEqual(await at.directory.memberByEmail('aNN@EXAMPLE.com'), byId)
    assert.deepEqual(at.slack.calls.at(-1)?.args, { email: 'aNN@EXAMPLE.com' })
  })

  for (const [kind, why] of [
    ['external', 'external'],
    ['bot', 'bot'],
    ['invited', 'invited'],
    ['deactivated', 'unknown'],
  ] as const)
    it(`refuses the address of an account that is ${kind}`, async () => {
      await using at = await simulated()
      at.slack.addPerson({ id: 'U0X', name: 'X', email: 'x@example.com', kind })
      assert.deepEqual(await at.directory.memberByEmail('x@example.com'), { ok: false, why })
    })

  it('gives a guest, marked as one', async () => {
    await using at = await simulated()
    at.slack.addPerson({ id: 'U0VIC', name: 'Vic', email: 'vic@partner.example', kind: 'guest' })
    const found = await at.directory.memberByEmail('vic@partner.example')
    assert.deepEqual(found.ok && [found.member.userId, found.member.isGuest], ['U0VIC', true])
  })

  it('finds nobody by an address that no profile shows', async () => {
    await using at = await simulated()
    const nobody = { ok: false, why: 'unknown' }
    assert.deepEqual(await at.directory.memberByEmail('bob@example.com'), nobody)
    at.slack.update(ANN, { email: 'ann.lee@example.com' })
    assert.deepEqual(await at.directory.memberByEmail('ann@example.com'), nobody)
  })

  for (const profile of [{ email: 'ann.boss@example.com' }, { email: '' }, {}])
    it(`trusts nobody whose profile says ${JSON.stringify(profile)}, whatever Slack found`, async () => {
      await using at = await answered({ ...user, team_id: 'T0TEAM', profile })
      assert.deepEqual(await at.directory.memberByEmail('ann@example.com'), {
        ok: false,
        why: 'unknown',
      })
    })

  for (const [fault, said, isOutage] of [
    [{ kind: 'error', error: 'internal_error' }, 'internal_error', true],
    [{ kind: 'error', error: 'service_unavailable' }, 'service_unavailable', true],
    [{ kind: 'http', status: 503 }, 'HTTP 503', true],
    [{ kind: 'reset' }, String.raw`no answer \([A-Z_]+\)`, true],
    [{ kind: 'http', status: 403 }, 'HTTP 403', false],
    [{ kind: 'rate-limited', retryAfterSeconds: 7 }, 'rate limited for 7000 ms', false],
    [{ kind: 'error', error: 'missing_scope' }, 'missing_scope', false],
    [{ kind: 'error', error: 'token_revoked' }, 'token_revoked', false],
  ] as const)
    it(`has no answer after ${JSON.stringify(fault)}, ${isOutage ? 'an outage' : 'no outage'}`, async () => {
      await using at = await simulated()
      const looks = [
        ['users.lookupByEmail', '', () => at.directory.memberByEmail('ann@example.com')],
        ['users.info', ` of ${ANN}`, () => at.directory.member(ANN)],
        ['usergroups.list', '', () => at.directory.groupMembers(SRE)],
      ] as const
      for (const [method, of, look] of looks) {
        at.slack.fail(method, fault)
        await assert.rejects(look(), {
          name: 'DirectoryUnavailable',
          message: new RegExp(`^${method}${of}: ${said}$`),
          isOutage,
        })
      }
    })

  it('has no answer where Slack tells nobody', async () => {
    const api = await startApi(() => ({ ok: true }))
    const client = createWebClient({ apiUrl: api.url, botToken: 'xoxb-test', logger })
    const identity = { teamId: 'T0TEAM' as SlackTeamId }
    const directory = createDirectory({ client, identity, now: () => 0, log: silentLog })
    await assert.rejects(directory.memberByEmail('ann@example.com'), {
      name: 'DirectoryUnavailable',
      message: 'users.lookupByEmail: nobody in the answer',
      isOutage: false,
    })
    await api[Symbol.asyncDispose]()
  })

  it('asks anew each time, and once for those who ask at the same moment', async () => {
    await using at = await simulated()
    const ask = () => at.directory.memberByEmail('ann@example.com')
    await Promise.all([ask(), ask()])
    assert.equal(at.callsOf('users.lookupByEmail'), 1)
    const held = at.slack.hold('users.lookupByEmail')
    const before = ask()
    await held.reached
    at.directory.forgetPeople()
    assert.equal((await ask()).ok, true)
    held.release()
    assert.equal((await before).ok, true)
    assert.equal(at.callsOf('users.lookupByEmail'), 3)
  })
})

describe('createDirectory: groupMembers', () => {
  it('gives the members, and the same ones for a minute', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    at.slack.setGroup(SRE, 'sre', [])
    at.clock.ms += 59_999
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    at.clock.ms += 1
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set())
  })

  it('asks once for those who ask at the same moment', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    await Promise.all([at.directory.groupMembers(SRE), at.directory.groupMembers(SRE)])
    assert.equal(at.callsOf('usergroups.list'), 1)
  })

  it('looks them up anew when told to forget, also those that are being looked up', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    at.slack.setGroup(SRE, 'sre', [])
    at.directory.forgetGroups()
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set())

    at.directory.forgetGroups()
    const held = at.slack.hold('usergroups.list')
    const before = at.directory.groupMembers(SRE)
    await held.reached
    at.directory.forgetGroups()
    const after = await at.directory.groupMembers(SRE)
    at.slack.setGroup(SRE, 'sre', [ANN])
    held.release()
    assert.deepEqual([await before, after], [new Set([ANN]), new Set()])
    assert.deepEqual(
      await at.directory.groupMembers(SRE),
      new Set(),
      'the older answer is not kept',
    )
  })

  it('keeps no failure', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    at.slack.fail('usergroups.list', { kind: 'http', status: 500 })
    await assert.rejects(at.directory.groupMembers(SRE), {
      name: 'DirectoryUnavailable',
      message: 'usergroups.list: HTTP 500',
    })
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
  })

  it('looks all groups up in one call, so that many of them stay within what Slack allows', async () => {
    await using at = await simulated()
    const groups = Array.from({ length: 30 }, (_, index) => `S0GROUP${index}` as SlackGroupId)
    for (const id of groups) at.slack.setGroup(id, id.toLowerCase(), [ANN])
    const found = await Promise.all(groups.map((id) => at.directory.groupMembers(id)))
    assert.deepEqual(
      found,
      groups.map(() => new Set([ANN])),
    )
    assert.equal(at.callsOf('usergroups.list'), 1)
    assert.equal(at.callsOf('usergroups.users.list'), 0)
  })

  it('finds nobody in a group that is disabled or does not exist, and tells the log once', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    at.slack.disableGroup(SRE)
    at.directory.forgetGroups()
    const none = 'S0NONE' as SlackGroupId
    for (const id of [SRE, SRE, none, none])
      assert.deepEqual(await at.directory.groupMembers(id), new Set())
    assert.deepEqual(at.warned, [{ group: SRE }, { group: none }])
  })

  /** A directory that is given these pages of groups, each but the last with a cursor. */
  async function paged(...pages: readonly unknown[]) {
    const asked: string[] = []
    const api = await startApi((call) => {
      const page = asked.push(JSON.stringify(call))
      const last = page >= pages.length
      const next = last ? {} : { response_metadata: { next_cursor: `page-${page}` } }
      return { ok: true, usergroups: pages[Math.min(page, pages.length) - 1], ...next }
    })
    const client = createWebClient({ apiUrl: api.url, botToken: 'xoxb-test', logger })
    const identity = { teamId: 'T0TEAM' as SlackTeamId }
    const directory = createDirectory({ client, identity, now: () => 0, log: silentLog })
    return { asked, directory, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
  }

  it('follows a cursor', async () => {
    await using at = await paged([{ id: SRE, users: [ANN] }], [{ id: 'S0TWO', users: [ANN] }])
    assert.deepEqual(await at.directory.groupMembers('S0TWO' as SlackGroupId), new Set([ANN]))
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
    assert.equal(at.asked.length, 2)
    assert.match(at.asked[1] ?? '', /page-1/)
  })

  it('has no answer where Slack tells no groups or no members, rather than an empty one', async () => {
    await using nothing = await paged(undefined)
    await assert.rejects(nothing.directory.groupMembers(SRE), {
      name: 'DirectoryUnavailable',
      message: 'usergroups.list: no groups in the answer',
    })
    await using group = await paged([{ id: SRE }])
    await assert.rejects(group.directory.groupMembers(SRE), {
      name: 'DirectoryUnavailable',
      message: 'usergroups.list: no members of S0SRE in the answer',
    })
  })

  it('takes a group that Slack lists as disabled for one without members', async () => {
    await using at = await paged([{ id: SRE, users: [ANN], date_delete: 1_700_000_000 }])
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set())
  })
})
