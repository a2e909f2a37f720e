import type { WebClient } from '@slack/web-api'
import type { SlackChannelId, SlackUserId } from '../domain/ids.ts'
import type { Message } from './wording-blocks.ts'

/** Posts into a channel, a thread, or somebody's direct conversation; links in it are not unfolded. */
export function post(
  client: WebClient,
  to: { readonly channel: SlackChannelId | SlackUserId; readonly threadTs?: string },
  message: Message,
) {
  const { channel, threadTs } = to
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs }
  const quiet = { unfurl_links: false, unfurl_media: false }
  return client.chat.postMessage({ channel, ...message, ...thread, ...quiet })
}
