import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { SlackChannelId, SlackGroupId } from '../domain/ids.ts'
import type { Catalogue } from '../domain/resource.ts'
import { groupsOf } from '../domain/rules.ts'
import { failureText, isPassingCode, slackFailure } from './failure.ts'

/**
 * What of the catalogue does not fit the workspace, each with its remedy: channels the bot cannot or must not post to,
 * groups that do not exist. Look-ups that fail for reasons that pass are logged and stop nothing.
 */
export async function workspaceProblems(
  client: WebClient,
  catalogue: Catalogue,
  log: Log,
): Promise<readonly string[]> {
  const channels = new Set([...catalogue.resources.values()].map((resource) => resource.channel))
  if (catalogue.auditChannel !== undefined) channels.add(catalogue.auditChannel)
  const problems: (string | undefined)[] = []
  // One after the other: Slack allows about twenty look-ups of groups a minute.
  for (const id of channels) problems.push(await channelProblem(client, id, log))
  for (const id of groupsOf(catalogue)) problems.push(await groupProblem(client, id, log))
  return problems.filter((problem) => problem !== undefined)
}

async function channelProblem(
  client: WebClient,
  id: SlackChannelId,
  log: Log,
): Promise<string | undefined> {
  try {
    const { channel } = await client.conversations.info({ channel: id })
    if (channel?.is_archived === true) return `channel ${id} is archived; name another one`
    if (channel?.is_ext_shared === true)
      return `channel ${id} is shared with another organisation by Slack Connect; name a channel of your own`
    if (channel?.is_member !== true)
      return `the bot is not in channel ${id}; type "/invite @jit" there`
    return undefined
  } catch (error) {
    const code = definiteCode(error, `channel ${id}`, log)
    if (code === undefined) return undefined
    return `channel ${id} cannot be looked up (${code}); check the id, and invite the bot if the channel is private`
  }
}

async function groupProblem(
  client: WebClient,
  id: SlackGroupId,
  log: Log,
): Promise<string | undefined> {
  try {
    await client.usergroups.users.list({ usergroup: id })
    return undefined
  } catch (error) {
    const code = definiteCode(error, `user group ${id}`, log)
    if (code === undefined) return undefined
    return `user group ${id} cannot be looked up (${code}); check the id in the catalogue`
  }
}

/** Slack's code when it gave a definite answer. */
function definiteCode(error: unknown, what: string, log: Log): string | undefined {
  const failure = slackFailure(error)
  if (failure.kind === 'platform' && !isPassingCode(failure.code)) return failure.code
  log.warn({ what, failure: failureText(failure) }, 'not checked at start')
  return undefined
}
