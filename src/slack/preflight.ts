import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { SlackChannelId, SlackGroupId } from '../domain/ids.ts'
import type { Catalogue } from '../domain/resource.ts'
import { askable } from '../domain/resource.ts'
import { groupsOf } from '../domain/rules.ts'
import { failureText, isPassingCode, slackFailure } from './failure.ts'
import { listUserGroups } from './user-groups.ts'

/**
 * What of the catalogue does not fit the workspace, each with its remedy: channels the bot cannot or must not post to,
 * groups that do not exist. Look-ups that fail for reasons that pass are logged and stop nothing.
 */
export async function workspaceProblems(
  client: WebClient,
  catalogue: Catalogue,
  log: Log,
): Promise<readonly string[]> {
  const { auditChannel, fallbackChannel } = catalogue
  const named = [...askable(catalogue).map(({ channel }) => channel), auditChannel, fallbackChannel]
  const channels = new Set(named.filter((channel) => channel !== undefined))
  const problems: (string | undefined)[] = []
  for (const id of channels) problems.push(await channelProblem(client, id, log))
  problems.push(...(await groupProblems(client, groupsOf(catalogue), log)))
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

async function groupProblems(
  client: WebClient,
  named: ReadonlySet<SlackGroupId>,
  log: Log,
): Promise<readonly string[]> {
  if (named.size === 0) return []
  try {
    const known = await listUserGroups(client)
    return [...named]
      .filter((id) => !known.has(id))
      .map(
        (id) =>
          `user group ${id} does not exist or is disabled; check the id in the catalogue, or enable it in Slack`,
      )
  } catch (error) {
    const code = definiteCode(error, 'user groups', log)
    if (code === undefined) return []
    return [`user groups cannot be looked up (${code}); reinstall the app with its manifest`]
  }
}

/** Slack's code when it gave a definite answer. */
function definiteCode(error: unknown, what: string, log: Log): string | undefined {
  const failure = slackFailure(error)
  if (failure.kind === 'platform' && !isPassingCode(failure.code)) return failure.code
  log.warn({ what, failure: failureText(failure) }, 'not checked at start')
  return undefined
}
