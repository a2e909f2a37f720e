import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWebClient, slackIdentity } from '../../src/slack/web-client.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import { startApi } from './api.ts'
import { quietLogger } from './stage.ts'

const logger = quietLogger()
const clientOf = (apiUrl: string) => createWebClient({ apiUrl, botToken: 'xoxb-test', logger })

describe('slackIdentity', () => {
  it('says who the bot is', async () => {
    await using slack = await startSlack()
    const client = createWebClient({ apiUrl: slack.apiUrl, botToken: slack.botToken, logger })
    assert.deepEqual(await slackIdentity(client), {
      teamId: slack.teamId,
      appId: slack.appId,
      botUserId: slack.botUserId,
      botId: 'B0JITBOT',
    })
  })

  it('takes the organisation, and the id of the app from the profile of its bot', async () => {
    await using api = await startApi(({ path }) =>
      path === '/users.info'
        ? { ok: true, user: { profile: { api_app_id: 'A0JIT' } } }
        : { ok: true, team_id: 'T0', user_id: 'U0', bot_id: 'B0', enterprise_id: 'E0' },
    )
    assert.deepEqual(await slackIdentity(clientOf(api.url)), {
      teamId: 'T0',
      enterpriseId: 'E0',
      appId: 'A0JIT',
      botUserId: 'U0',
      botId: 'B0',
    })
  })

  it('does without the id of the app', async () => {
    await using api = await startApi(({ path }) =>
      path === '/users.info'
        ? { ok: false, error: 'missing_scope' }
        : { ok: true, team_id: 'T0', user_id: 'U0', bot_id: 'B0' },
    )
    const identity = await slackIdentity(clientOf(api.url))
    assert.deepEqual(identity, { teamId: 'T0', botUserId: 'U0', botId: 'B0' })
  })

  for (const [answer, message] of [
    [{ ok: false, error: 'invalid_auth' }, /^auth\.test: invalid_auth; reinstall the app/],
    [{ ok: false, error: 'account_inactive' }, /^auth\.test: account_inactive; reinstall/],
    [{ ok: false, error: 'not_allowed_token_type' }, /SLACK_BOT_TOKEN must be the Bot User/],
    [{ ok: false, error: 'internal_error' }, /internal_error; check that Slack can be reached/],
    [{ ok: true, team_id: 'T0', user_id: 'U0' }, /no bot in the answer; SLACK_BOT_TOKEN must/],
  ] as const)
    it(`names the remedy for ${JSON.stringify(answer)}`, async () => {
      await using api = await startApi(() => answer)
      await assert.rejects(slackIdentity(clientOf(api.url)), {
        name: 'SlackIdentityError',
        message,
      })
    })

  it('follows no redirect with the token', async () => {
    await using elsewhere = await startApi(() => ({ ok: true }))
    await using api = await startApi((_, response) => {
      response.writeHead(302, { location: elsewhere.url }).end()
      return undefined
    })
    await assert.rejects(slackIdentity(clientOf(api.url)), { name: 'SlackIdentityError' })
    assert.deepEqual(elsewhere.received, [])
  })
})
