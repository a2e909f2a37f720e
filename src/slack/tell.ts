import type { WebClient } from '@slack/web-api'
import type { Log } from '../app/ports.ts'
import type { SlackChannelId, SlackUserId } from '../domain/ids.ts'
import { failureText, slackFailure } from './failure.ts'
import { post } from './post.ts'
import type { Message } from './wording-blocks.ts'

/**
 * Tells somebody something that only they see, without a `response_url`: in the channel they acted
 * in, else, unless it must leave nothing, in their direct conversation. A failure is logged and never
 * thrown.
 */
export async function tell(
  { client, log }: { readonly client: WebClient; readonly log: Log },
  to: {
    readonly actor: SlackUserId
    readonly channel?: SlackChannelId
    readonly leavesNothing?: boolean
  },
  message: Message,
): Promise<void> {
  const { actor, channel, leavesNothing = false } = to
  if (channel !== undefined) {
    try {
      await client.chat.postEphemeral({ channel, user: actor, ...message })
      return
    } catch (error) {
      log.debug({ reason: failureText(slackFailure(error)) }, 'chat.postEphemeral failed')
    }
  }
  if (leavesNothing) return log.warn({ actor }, 'somebody could not be told in passing')
  try {
    await post(client, { channel: actor }, message)
  } catch (error) {
    // A lost sentence must not undo what was done.
    log.warn({ actor, reason: failureText(slackFailure(error)) }, 'somebody could not be told')
  }
}
