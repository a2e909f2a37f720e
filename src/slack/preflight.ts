import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { SlackChannelId, SlackGroupId } from '../domain/ids.ts'
import type { Catalogue } from '../domain/resource.ts'
import { askable } from '../domain/resource.ts'
import { groupsOf } from '../domain/rules.ts'
import { failureText, isPassingCode, slackFailure } from './failure.ts'
import { listUserGroups } from './user-groups.ts'

/** What of the catalogue does not fit the workspace. */
export interface Misfit {
  /** Of the channel or the user group; absent when it is about all of them. */
  readonly id?: string
  /** Ends with the remedy. */
  readonly problem: string
}

/**
 * What of the catalogue does not fit the workspace, each with its remedy: channels the bot cannot or must not post to,
 * groups that do not exist. Look-ups that fail for reasons that pass are logged and stop nothing.
 */
export async function workspaceProblems(
  client: WebClient,
  catalogue: Catalogue,
  log: Log,
): Promise<readonly string[]> {
  const unlessItPasses = async (what: string, look: () => Promise<readonly Misfit[]>) =>
    look().catch((error: unknown) => {
      log.warn({ what, failure: failureText(slackFailure(error)) }, 'not checked at start')
      return []
    })
  const misfits: Misfit[] = []
  for (const id of channelsOf(catalogue))
    misfits.push(...(await unlessItPasses(`channel ${id}`, () => channelMisfits(client, id))))
  const groups = groupsOf(catalogue)
  misfits.push(...(await unlessItPasses('user groups', () => groupMisfits(client, groups))))
  return misfits.map(({ problem }) => problem)
}

/** Every channel that the catalogue names. */
export function channelsOf(catalogue: Catalogue): ReadonlySet<SlackChannelId> {
  const { auditChannel, fallbackChannel } = catalogue
  const named = [...askable(catalogue).map(({ channel }) => channel), auditChannel, fallbackChannel]
  return new Set(named.filter((channel) => channel !== undefined))
}

/** Why the bot cannot or must not post to a channel. Throws what the client throws for what passes by itself. */
export async function channelMisfits(
  client: WebClient,
  id: SlackChannelId,
): Promise<readonly Misfit[]> {
  const misfit = (problem: string) => [{ id, problem }]
  try {
    const { channel } = await client.conversations.info({ channel: id })
    if (channel?.is_archived === true) return misfit(`channel ${id} is archived; name another one`)
    if (channel?.is_ext_shared === true)
      return misfit(
        `channel ${id} is shared with another organisation by Slack Connect; name a channel of your own`,
      )
    if (channel?.is_member !== true)
      return misfit(`the bot is not in channel ${id}; type "/invite @jit" there`)
    return []
  } catch (error) {
    const code = definiteCode(error)
    return misfit(
      `channel ${id} cannot be looked up (${code}); check the id, and invite the bot if the channel is private`,
    )
  }
}

/** Which user groups nobody can belong to. Throws what the client throws for what passes by itself. */
export async function groupMisfits(
  client: WebClient,
  named: ReadonlySet<SlackGroupId>,
): Promise<readonly Misfit[]> {
  if (named.size === 0) return []
  try {
    const known = await listUserGroups(client)
    return [...named]
      .filter((id) => !known.has(id))
      .map((id) => ({
        id,
        problem: `user group ${id} does not exist or is disabled; check the id in the catalogue, or enable it in Slack`,
      }))
  } catch (error) {
    const code = definiteCode(error)
    return [
      {
        problem: `user groups cannot be looked up (${code}); reinstall the app with its manifest`,
      },
    ]
  }
}

/** Slack's code when it gave a definite answer. Throws the error otherwise. */
function definiteCode(error: unknown): string {
  const failure = slackFailure(error)
  if (failure.kind === 'platform' && !isPassingCode(failure.code)) return failure.code
  throw error
}
