import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SlackChannelId, SlackGroupId } from '../../src/domain/ids.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import { workspaceProblems } from '../../src/slack/preflight.ts'
import { createWebClient } from '../../src/slack/web-client.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import {
  aCatalogue,
  aLevel,
  aResource,
  aResourceWithLevels,
  aStage,
  people,
} from '../support/build.ts'
import { silentLog } from '../support/log.ts'
import { quietLogger } from './stage.ts'

const CHANNELS = ['C0APPROVALS', 'C0ADMIN', 'C0AUDIT', 'C0FALLBACK'] as const

async function workspace() {
  const slack = await startSlack()
  for (const id of CHANNELS) slack.addChannel({ id, name: id.toLowerCase().slice(2) })
  slack.setGroup('S0ENGINEERS', 'engineers', [])
  slack.setGroup('S0RELIABILITY', 'reliability', [])
  const { apiUrl, botToken } = slack
  const client = createWebClient({ apiUrl, botToken, logger: quietLogger() })
  return {
    slack,
    problems: (catalogue: Catalogue) => workspaceProblems(client, catalogue, silentLog),
    lookedUp: () =>
      slack.calls
        .filter(({ method }) => method === 'conversations.info')
        .map(({ args }) => args['channel']),
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}

const levels = aResourceWithLevels(
  aLevel('read'),
  aLevel('admin', { channel: 'C0ADMIN' as SlackChannelId }),
)
const catalogue = aCatalogue(
  {
    auditChannel: 'C0AUDIT' as SlackChannelId,
    fallbackChannel: 'C0FALLBACK' as SlackChannelId,
  },
  levels,
)

describe('workspaceProblems', () => {
  it('finds none where the bot can post everywhere, and looks at each channel once', async () => {
    await using at = await workspace()
    assert.deepEqual(await at.problems(catalogue), [])
    assert.deepEqual(at.lookedUp(), CHANNELS)
  })

  it('names each channel that the bot cannot or must not post to, with the remedy', async () => {
    await using at = await workspace()
    at.slack.updateChannel('C0APPROVALS', { isExtShared: true })
    at.slack.updateChannel('C0ADMIN', { members: new Set() })
    at.slack.updateChannel('C0AUDIT', { isPrivate: true, members: new Set() })
    at.slack.updateChannel('C0FALLBACK', { isArchived: true })
    assert.deepEqual(await at.problems(catalogue), [
      'channel C0APPROVALS is shared with another organisation by Slack Connect; name a channel of your own',
      'the bot is not in channel C0ADMIN; type "/invite @jit" there',
      'channel C0AUDIT cannot be looked up (channel_not_found); check the id, and invite the bot if the channel is private',
      'channel C0FALLBACK is archived; name another one',
    ])
  })

  it('names groups that do not exist, wherever the catalogue names them', async () => {
    await using at = await workspace()
    const group = (id: string) => people({ groups: [id as SlackGroupId] })
    const resource = aResource({
      requesters: { ...group('S0ENGINEERS'), deny: group('S0DENIED') },
      stages: [aStage({ silent: group('S0SILENT') })],
      escalation: { afterSeconds: 60, to: group('S0LEADS') },
    })
    const problems = await at.problems(aCatalogue({}, resource))
    assert.deepEqual(
      problems.map(
        (problem) => /^user group (\w+) does not exist or is disabled;/.exec(problem)?.[1],
      ),
      ['S0DENIED', 'S0SILENT', 'S0LEADS'],
    )
  })

  it('looks all groups up in one call, and names those that are disabled', async () => {
    await using at = await workspace()
    const groups = Array.from({ length: 30 }, (_, index) => `S0GROUP${index}` as SlackGroupId)
    for (const id of groups) at.slack.setGroup(id, id.toLowerCase(), [])
    const wide = aCatalogue({}, aResource({ requesters: people({ groups }) }))
    assert.deepEqual(await at.problems(wide), [])
    at.slack.disableGroup('S0GROUP7')
    assert.deepEqual(await at.problems(wide), [
      'user group S0GROUP7 does not exist or is disabled; check the id in the catalogue, or enable it in Slack',
    ])
    const calls = at.slack.calls.filter(({ method }) => method.startsWith('usergroups.'))
    assert.equal(calls.length, 2)
  })

  it('says once that groups cannot be looked up at all', async () => {
    await using at = await workspace()
    at.slack.fail('usergroups.list', { kind: 'error', error: 'missing_scope' })
    assert.deepEqual(await at.problems(catalogue), [
      'user groups cannot be looked up (missing_scope); reinstall the app with its manifest',
    ])
  })

  it('stops nothing for a look-up that fails for the moment', async () => {
    await using at = await workspace()
    at.slack.fail('conversations.info', { kind: 'http', status: 503 })
    at.slack.fail('usergroups.list', { kind: 'rate-limited', retryAfterSeconds: 1 }, 1)
    assert.deepEqual(await at.problems(catalogue), [])
  })
})
