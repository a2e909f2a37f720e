import { randomBytes } from 'node:crypto'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse, startTown } from '../support/house.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS, AUDIT } from '../support/world.ts'

describe('I10: no secret leaves the process', () => {
  it('neither in logs, nor in Slack, nor in the database, whatever goes wrong', async () => {
    const password = 'canary-database-password'
    const role = `jit_canary_${randomBytes(4).toString('hex')}`
    const town = await startTown({
      slack: {
        botToken: 'xoxb-canary-bot-token',
        signingSecret: 'ca4a27ca4a27ca4a27ca4a27ca4a27ca',
      },
      pomerium: { apiUserToken: 'canary-api-user-token' },
    })
    await town.database.pool.query(
      `create role ${role} login password '${password}' in role jit_app`,
    )
    const url = new URL(town.database.url)
    url.username = role
    url.password = password
    await using house = await startHouse({
      town: { ...town, config: { ...town.config, database: { url: url.href } } },
    })
    const { slack, pomerium, database, people } = house
    const story = storyOf(house)

    for (const effect of [
      { kind: 'status', status: 503, message: 'bad token canary-api-user-token' },
      { kind: 'html' },
      { kind: 'truncated' },
      { kind: 'reset' },
    ] as const)
      pomerium.faults.add({ method: 'GET', path: '/policies/*', effect })
    pomerium.revokeIdTokens()
    for (const fault of [
      { kind: 'http', status: 500 },
      { kind: 'reset' },
      { kind: 'error', error: 'fatal_error' },
    ] as const)
      slack.fail('chat.update', fault)
    slack.fail('response_url', { kind: 'http', status: 500 }, 2)
    slack.fail('users.info', { kind: 'reset' })
    assert.match(
      await story.command('alex', 'request grafana-prod 1h INC-1 refused'),
      /^Slack did not/,
    )
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 with faults')
    await story.click('kim', id, 'approve')
    await story.minutesUntil(
      'the faults are over',
      async () => (await story.request(id)).state === 'active',
    )
    await slack.waitFor(() => story.card(id)?.text.startsWith('Active'))
    await house.startBot()
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await story.command('alex', `end ${id}`).catch(() => '')
    await slack.deliverRaw({
      headers: {
        'content-type': 'application/json',
        'x-slack-signature': 'v0=nonsense',
        'x-slack-request-timestamp': String(Math.floor(Date.now() / 1_000)),
      },
      body: '{"token":"xoxb-canary-bot-token"}',
    })

    const { rows } = await database.pool.query<{ everything: string }>(`
      select coalesce(string_agg(t::text, ' '), '') as everything from (
        select to_jsonb(a) from audit_event a union all select to_jsonb(w) from work w
        union all select to_jsonb(p) from policy_state p) as t`)
    const shown = [APPROVALS, AUDIT]
      .flatMap((channel) => slack.messages(channel))
      .concat(Object.values(people).flatMap((who) => [...slack.dm(who), ...slack.ephemerals(who)]))
    const places = {
      log: house.logged.join('\n'),
      slack: JSON.stringify(shown),
      database: rows[0]?.everything ?? '',
      pomerium: JSON.stringify(pomerium.history),
    }
    assert.ok(places.log.length > 2_000 && places.database.length > 1_000)
    const secrets = [
      house.config.slack.botToken,
      house.config.slack.signingSecret ?? 'none',
      'canary-api-user-token',
      password,
      '/commands/',
      '/actions/',
    ]
    await house.bot.stop(1_000)
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in ${place}`)
      // The simulator's ID tokens.
      assert.doesNotMatch(text, /(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{64}/, `a token is in ${place}`)
      assert.doesNotMatch(text, /Bearer (?!\[)/, `an authorization is in ${place}`)
    }
  })

  it('nor link codes, tokens of forms, or assertions', async () => {
    await using house = await startHouse({ pages: true })
    const { bot, front, pages, database } = house
    const story = storyOf(house)
    const code = /`([0-9A-Z]{4}-[0-9A-Z]{4})`/.exec(await story.command('alex', 'link'))?.[1] ?? ''
    const [alex, eve] = [pages.as('alex'), pages.as('eve')]
    const page = await alex.get('/link')
    const token = /name="_token" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    // Stolen, used up, and sent once more with a form that somebody else got.
    assert.equal((await eve.submit('/link', '/link', { code })).status, 403)
    assert.equal((await alex.send(page, '/link', { code })).status, 422)
    const { hostname } = new URL(front.origin)
    const assertion = front.signer.mint({ host: hostname, subject: 's', email: 'eve@example.com' })
    const visit = async (sent: string, more: RequestInit = {}) => {
      const headers = { 'x-pomerium-jwt-assertion': sent, origin: front.origin }
      const answer = await fetch(`http://127.0.0.1:${bot.port}/link`, { ...more, headers })
      return [answer.status, await answer.text()] as const
    }
    const body = new URLSearchParams({ _token: token, code })
    const answers = [
      await visit(assertion),
      await visit(`${assertion}x`),
      await visit(assertion, { method: 'POST', body }),
    ]
    assert.deepEqual(
      answers.map(([status]) => status),
      [200, 401, 403],
    )

    const { rows } = await database.pool.query<{ everything: string }>(`
      select string_agg(query_to_xml(format('select * from %I', tablename), true, false, '')::text, ' ') as everything
      from pg_tables where schemaname = current_schema()`)
    const places = { log: house.logged.join('\n'), database: rows[0]?.everything ?? '' }
    const [, , signature = ''] = assertion.split('.')
    for (const [place, text] of Object.entries(places)) {
      assert.ok(text.length > 1_000, `${place} was looked at`)
      for (const secret of [code, code.replace('-', ''), token, signature]) {
        assert.ok(secret.length >= 8)
        assert.ok(!text.includes(secret), `${secret} is in the ${place}`)
      }
    }
    for (const [, html] of answers.slice(0, 2)) assert.ok(!html.includes(signature))
  })
})
