import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DirectoryUnavailable } from '../../src/app/ports.ts'
import type { SlackGroupId, SlackTeamId, SlackUserId } from '../../src/domain/ids.ts'
import { createDirectory } from '../../src/slack/directory.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import type { SlackOptions } from '../simulators/slack/simulator.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
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
  const directory = createDirectory({ client, identity, now: () => clock.ms })
  slack.addPerson({ id: ANN, name: 'Ann', email: 'Ann@example.com' })
  return {
    slack,
    clock,
    directory,
    callsOf: (method: string) => slack.calls.filter((call) => call.method === method).length,
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}

/** A directory that is answered `user` whoever it asks for. */
async function answered(user: object, enterpriseId?: string) {
  const api = await startApi(() => ({ ok: true, user }))
  const client = createWebClient({ apiUrl: api.url, botToken: 'xoxb-test', logger })
  const identity = {
    teamId: 'T0TEAM' as SlackTeamId,
    ...(enterpriseId === undefined ? {} : { enterpriseId }),
  }
  const directory = createDirectory({ client, identity, now: () => 0 })
  return { directory, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

describe('createDirectory: member', () => {
  it('gives a full member with the address as Slack spells it', async () => {
    await using at = await simulated()
    assert.deepEqual(await at.directory.member(ANN), {
      ok: true,
      member: { teamId: 'T0TEAM', userId: ANN, email: 'Ann@example.com' },
    })
  })

  for (const [kind, why] of [
    ['guest', 'guest'],
    ['single-channel-guest', 'guest'],
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

  const user = { id: ANN, team_id: 'T0OTHER', profile: { email: 'ann@example.com' } }
  const ours = { ...user, enterprise_user: { id: 'W0ANN', enterprise_id: 'E0ORG' } }

  it('takes a member of another workspace of our own organisation', async () => {
    await using at = await answered(ours, 'E0ORG')
    assert.deepEqual(await at.directory.member(ANN), {
      ok: true,
      member: { teamId: 'T0OTHER', userId: ANN, email: 'ann@example.com' },
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
    assert.equal(at.callsOf('usergroups.users.list'), 1)
  })

  it('keeps no failure', async () => {
    await using at = await simulated()
    at.slack.setGroup(SRE, 'sre', [ANN])
    at.slack.fail('usergroups.users.list', { kind: 'http', status: 500 })
    await assert.rejects(at.directory.groupMembers(SRE), {
      name: 'DirectoryUnavailable',
      message: 'usergroups.users.list of S0SRE: HTTP 500',
    })
    assert.deepEqual(await at.directory.groupMembers(SRE), new Set([ANN]))
  })

  it('has no answer about a group that does not exist, rather than an empty one', async () => {
    await using at = await simulated()
    await assert.rejects(at.directory.groupMembers(SRE), {
      name: 'DirectoryUnavailable',
      message:
        'usergroups.users.list of S0SRE: no_such_subteam; the group does not exist, correct the catalogue',
    })
  })
})
