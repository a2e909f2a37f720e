import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WebClient } from '@slack/web-api'
import type { SlackSimulator } from './simulator.ts'
import { startSlack } from './start-slack.ts'
import type { PersonKind } from './workspace.ts'

const client = (slack: SlackSimulator): WebClient =>
  new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })

async function flagsOf(slack: SlackSimulator, id: string): Promise<object> {
  const { user } = await client(slack).users.info({ user: id })
  const { deleted, is_bot, is_admin, is_restricted, is_ultra_restricted } = user ?? {}
  const { is_stranger, is_invited_user, is_email_confirmed } = user ?? {}
  const all = {
    deleted,
    is_bot,
    is_admin,
    is_restricted,
    is_ultra_restricted,
    is_stranger,
    is_invited_user,
    is_email_confirmed,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

const nobody = {
  deleted: false,
  is_bot: false,
  is_admin: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_email_confirmed: true,
}

describe('users.info', () => {
  const kinds: readonly [PersonKind, object][] = [
    ['member', nobody],
    ['admin', { ...nobody, is_admin: true }],
    ['guest', { ...nobody, is_restricted: true }],
    ['single-channel-guest', { ...nobody, is_restricted: true, is_ultra_restricted: true }],
    ['external', { ...nobody, is_stranger: true }],
    ['bot', { ...nobody, is_bot: true }],
    ['invited', { ...nobody, is_invited_user: true, is_email_confirmed: false }],
    ['deactivated', { deleted: true, is_bot: false, is_email_confirmed: true }],
  ]
  for (const [kind, flags] of kinds) {
    it(`tells that somebody is ${kind}`, async () => {
      await using slack = await startSlack()
      assert.deepEqual(await flagsOf(slack, slack.addPerson({ name: 'Ann', kind }).id), flags)
    })
  }

  it('gives a partner in a shared channel no mark but the team', async () => {
    await using slack = await startSlack()
    const { id } = slack.addPerson({ name: 'Eve', kind: 'external', email: 'eve@partner.example' })
    slack.addChannel({ name: 'shared', isExtShared: true, members: [id] })
    assert.deepEqual(await flagsOf(slack, id), { ...nobody, is_stranger: false })
    const { user } = await client(slack).users.info({ user: id })
    assert.equal(user?.team_id, 'T0PARTNER')
  })

  it('gives names, time zone and address', async () => {
    await using slack = await startSlack({ now: () => Date.UTC(2026, 0, 15) })
    const { id } = slack.addPerson({
      name: 'Ann Lee',
      displayName: 'ann',
      email: 'ann@example.com',
      tz: 'America/New_York',
    })
    const { user } = await client(slack).users.info({ user: id })
    assert.deepEqual(
      [
        user?.name,
        user?.real_name,
        user?.profile?.display_name,
        user?.profile?.email,
        user?.tz,
        user?.tz_offset,
        user?.tz_label,
      ],
      [
        'ann.lee',
        'Ann Lee',
        'ann',
        'ann@example.com',
        'America/New_York',
        -18_000,
        'Eastern Standard Time',
      ],
    )
  })

  it('hides the address without the scope', async () => {
    await using slack = await startSlack({ scopes: ['users:read'] })
    const { id } = slack.addPerson({ name: 'Ann', email: 'ann@example.com' })
    const { user } = await client(slack).users.info({ user: id })
    assert.equal(user?.profile?.email, undefined)
    await assert.rejects(
      client(slack).users.lookupByEmail({ email: 'ann@example.com' }),
      /missing_scope/,
    )
  })

  it('shows Slackbot as no bot, as Slack does', async () => {
    await using slack = await startSlack()
    assert.deepEqual(await flagsOf(slack, 'USLACKBOT'), nobody)
    await assert.rejects(client(slack).users.info({ user: 'U404' }), /user_not_found/)
  })
})

describe('users.lookupByEmail', () => {
  it('finds nobody by the address of somebody who was deactivated', async () => {
    await using slack = await startSlack()
    const { id } = slack.addPerson({ name: 'Ann', email: 'ann@example.com' })
    const look = () => client(slack).users.lookupByEmail({ email: 'ann@example.com' })
    assert.equal((await look()).user?.id, id)
    slack.update(id, { kind: 'deactivated' })
    await assert.rejects(look(), /users_not_found/)
  })

  it('takes fifty calls a minute', async () => {
    await using slack = await startSlack()
    slack.addPerson({ name: 'Ann', email: 'ann@example.com' })
    const patient = new WebClient(slack.botToken, {
      slackApiUrl: slack.apiUrl,
      rejectRateLimitedCalls: true,
    })
    const look = () => patient.users.lookupByEmail({ email: 'ann@example.com' })
    await Promise.all(Array.from({ length: 50 }, look))
    await assert.rejects(look(), { name: 'WebAPIRateLimitedError' })
  })
})

describe('update', () => {
  it('changes an address, also for the look-up by it', async () => {
    await using slack = await startSlack()
    const { id } = slack.addPerson({ name: 'Ann', email: 'ann@example.com' })
    slack.update(id, { email: 'Ann.Lee@example.com' })
    const { user } = await client(slack).users.lookupByEmail({ email: 'ann.lee@EXAMPLE.com' })
    assert.deepEqual([user?.id, user?.profile?.email], [id, 'Ann.Lee@example.com'])
    await assert.rejects(
      client(slack).users.lookupByEmail({ email: 'ann@example.com' }),
      /users_not_found/,
    )
    slack.update(id, { email: null })
    await assert.rejects(
      client(slack).users.lookupByEmail({ email: 'ann.lee@example.com' }),
      /users_not_found/,
    )
  })
})

describe('addPerson', () => {
  it('makes readable, unique ids', async () => {
    await using slack = await startSlack()
    const ids = [
      slack.addPerson({ name: 'Ann' }).id,
      slack.addPerson({ name: 'Ann' }).id,
      slack.addPerson({ name: '李' }).id,
    ]
    assert.equal(ids[0], 'U0ANN')
    assert.equal(new Set(ids).size, 3)
    assert.ok(ids.every((id) => /^[UW][A-Z0-9]{4,}$/.test(id)))
    assert.throws(
      () => slack.addPerson({ name: 'Bob', id: 'U0ANN' }),
      /add person U0ANN: the id is taken/,
    )
  })
})
