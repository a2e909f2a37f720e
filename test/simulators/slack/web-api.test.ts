import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { call, error } from './call-api.ts'
import { isJson, type Json } from './json.ts'
import { startSlack } from './start-slack.ts'

const view = { type: 'modal', title: { type: 'plain_text', text: 'Ask' }, blocks: [] }

describe('the Web API', () => {
  it('tells who the app is', async () => {
    await using slack = await startSlack()
    const { body, headers } = await call(slack, 'auth.test', {})
    assert.deepEqual(body, {
      ok: true,
      url: 'https://example.slack.com/',
      team: 'example',
      user: 'jit',
      team_id: slack.teamId,
      user_id: slack.botUserId,
      bot_id: 'B0JITBOT',
      is_enterprise_install: false,
    })
    assert.match(headers.get('x-oauth-scopes') ?? '', /chat:write/)
  })

  it('refuses unknown methods and wrong tokens with 200', async () => {
    await using slack = await startSlack()
    assert.equal(await error(slack, 'chat.shout', {}), 'unknown_method')
    assert.equal(await error(slack, 'toString', {}), 'unknown_method')
    assert.equal(await error(slack, 'auth.test', {}, ''), 'not_authed')
    assert.equal(await error(slack, 'auth.test', {}, 'xoxb-other'), 'invalid_auth')
    assert.equal(await error(slack, 'auth.test', {}, slack.appToken), 'not_allowed_token_type')
    assert.equal(await error(slack, 'apps.connections.open', {}), 'not_allowed_token_type')
  })

  it('takes arguments from the query, a form and JSON', async () => {
    await using slack = await startSlack()
    const { id } = slack.addPerson({ name: 'Ann' })
    const query = await fetch(`${slack.apiUrl}users.info?user=${id}`, {
      headers: { authorization: `Bearer ${slack.botToken}` },
    })
    const form = await fetch(`${slack.apiUrl}users.info`, {
      method: 'POST',
      body: new URLSearchParams({ user: id, token: slack.botToken }),
    })
    const json = await call(slack, 'users.info', { user: id })
    assert.deepEqual(await query.json(), json.body)
    assert.deepEqual(await form.json(), json.body)
    assert.equal(json.body['ok'], true)
    const text = await fetch(`${slack.apiUrl}users.info`, { method: 'POST', body: 'user' })
    assert.deepEqual(await text.json(), { ok: false, error: 'invalid_post_type' })
  })

  it('names the missing scope and what is provided', async () => {
    await using slack = await startSlack({ scopes: ['chat:write', 'channels:read'] })
    const { id } = slack.addChannel({ name: 'secret', isPrivate: true })
    const { body } = await call(slack, 'users.info', { user: 'U1' })
    assert.deepEqual(body, {
      ok: false,
      error: 'missing_scope',
      needed: 'users:read',
      provided: 'chat:write,channels:read',
    })
    assert.equal(await error(slack, 'conversations.info', { channel: id }), 'missing_scope')
  })

  it('publishes a Home and refuses a stale hash', async () => {
    await using slack = await startSlack()
    const ann = slack.addPerson({ name: 'Ann' }).id
    const home = { type: 'home', blocks: [{ type: 'divider' }] }
    const { body } = await call(slack, 'views.publish', { user_id: ann, view: home })
    assert.ok(isJson(body['view']))
    const hash = body['view']['hash']
    assert.equal(await error(slack, 'views.publish', { user_id: ann, view: home, hash }), 'none')
    assert.equal(
      await error(slack, 'views.publish', { user_id: ann, view: home, hash }),
      'hash_conflict',
    )
    assert.equal(
      await error(slack, 'views.publish', { user_id: 'U1', view: home }),
      'user_not_found',
    )
    assert.equal(slack.home(ann)?.blocks.length, 1)
  })

  it('checks views before it uses the trigger', async () => {
    await using slack = await startSlack()
    const wide = { ...view, title: { type: 'plain_text', text: 'x'.repeat(25) } }
    const heavy = { ...view, private_metadata: 'x'.repeat(250_001) }
    assert.equal(
      await error(slack, 'views.open', { trigger_id: '1.2.3', view }),
      'invalid_trigger_id',
    )
    assert.equal(
      await error(slack, 'views.open', { trigger_id: '1.2.3', view: wide }),
      'invalid_arguments',
    )
    assert.equal(
      await error(slack, 'views.open', { trigger_id: '1.2.3', view: heavy }),
      'view_too_large',
    )
    assert.equal(await error(slack, 'views.update', { view_id: 'V1', view }), 'not_found')
  })

  it('lists groups without deactivated members', async () => {
    await using slack = await startSlack()
    const ann = slack.addPerson({ name: 'Ann' }).id
    const bob = slack.addPerson({ name: 'Bob' }).id
    slack.setGroup('S0SRE', 'sre', [ann, bob])
    slack.update(bob, { kind: 'deactivated' })
    const { body } = await call(slack, 'usergroups.users.list', { usergroup: 'S0SRE' })
    assert.deepEqual(body, { ok: true, users: [ann] })
    assert.equal(
      await error(slack, 'usergroups.users.list', { usergroup: 'S1' }),
      'no_such_subteam',
    )
    const all = await call(slack, 'usergroups.list', { include_users: true })
    assert.ok(Array.isArray(all.body['usergroups']))
    const [group] = all.body['usergroups'] as Json[]
    assert.deepEqual([group?.['id'], group?.['handle'], group?.['users']], ['S0SRE', 'sre', [ann]])
  })

  it('lists members of groups only when asked, and disabled groups only when asked', async () => {
    await using slack = await startSlack()
    slack.setGroup('S0SRE', 'sre', [])
    const listed = async (args: Json = {}) =>
      (await call(slack, 'usergroups.list', args)).body['usergroups'] as Json[]
    assert.equal('users' in ((await listed())[0] ?? {}), false)
    slack.disableGroup('S0SRE')
    assert.deepEqual(await listed(), [])
    assert.equal((await listed({ include_disabled: true }))[0]?.['id'], 'S0SRE')
  })

  it('takes twenty look-ups of groups a minute, and says when it takes the next', async () => {
    let now = 1_000_000
    await using slack = await startSlack({ now: () => now })
    for (let count = 0; count < 20; count += 1) {
      assert.equal((await call(slack, 'usergroups.list', {})).body['ok'], true)
      now += 1_000
    }
    const { status, body } = await call(slack, 'usergroups.list', {})
    assert.deepEqual([status, body], [429, { ok: false, error: 'ratelimited' }])
    now += 40_000
    assert.equal((await call(slack, 'usergroups.list', {})).body['ok'], true)
  })

  it('pages through the members of a conversation', async () => {
    await using slack = await startSlack()
    const ann = slack.addPerson({ name: 'Ann' }).id
    const channel = slack.addChannel({ name: 'approvals', members: [ann], isExtShared: true }).id
    const first = await call(slack, 'conversations.members', { channel, limit: 1 })
    assert.deepEqual(first.body, {
      ok: true,
      members: [ann],
      response_metadata: { next_cursor: '1' },
    })
    const second = await call(slack, 'conversations.members', { channel, limit: 1, cursor: '1' })
    assert.deepEqual(second.body, {
      ok: true,
      members: [slack.botUserId],
      response_metadata: { next_cursor: '' },
    })
    const { body } = await call(slack, 'conversations.info', { channel })
    assert.ok(isJson(body['channel']))
    const { is_ext_shared, is_private, is_archived, is_member } = body['channel']
    assert.deepEqual(
      { is_ext_shared, is_private, is_archived, is_member },
      {
        is_ext_shared: true,
        is_private: false,
        is_archived: false,
        is_member: true,
      },
    )
  })
})
