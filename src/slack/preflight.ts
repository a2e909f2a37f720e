import type { WebClient } from '@slack/web-api'
import type { SlackChannelId, SlackGroupId } from '../domain/ids.ts'
import type { Catalogue } from '../domain/resource.ts'
import { groupsOf } from '../domain/rules.ts'
import { failureText, slackFailure } from './failure.ts'

/** What of the catalogue does not fit the workspace, each with its remedy: channels the bot cannot or must not post to, groups that do not exist. */
export async function workspaceProblems(
  client: WebClient,
  catalogue: Catalogue,
): Promise<readonly string[]> {
  const channels = new Set([...catalogue.resources.values()].map((resource) => resource.channel))
  if (catalogue.auditChannel !== undefined) channels.add(catalogue.auditChannel)
  const problems = await Promise.all([
    ...[...channels].map((id) => channelProblem(client, id)),
    ...[...groupsOf(catalogue)].map((id) => groupProblem(client, id)),
  ])
  return problems.filter((problem) => problem !== undefined)
}

async function channelProblem(client: WebClient, id: SlackChannelId): Promise<string | undefined> {
  try {
    const { channel } = await client.conversations.info({ channel: id })
    if (channel?.is_archived === true) return `channel ${id} is archived; name another one`
    if (channel?.is_ext_shared === true)
      return `channel ${id} is shared with another organisation by Slack Connect; name a channel of your own`
    if (channel?.is_member !== true)
      return `the bot is not in channel ${id}; type "/invite @jit" there`
    return undefined
  } catch (error) {
    return `channel ${id} cannot be looked up (${failureText(slackFailure(error))}); check the id, and invite the bot if the channel is private`
  }
}

async function groupProblem(client: WebClient, id: SlackGroupId): Promise<string | undefined> {
  try {
    await client.usergroups.users.list({ usergroup: id })
    return undefined
  } catch (error) {
    return `user group ${id} cannot be looked up (${failureText(slackFailure(error))}); check the id in the catalogue`
  }
}
