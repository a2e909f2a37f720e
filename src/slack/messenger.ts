import type { WebClient } from '@slack/web-api'
import type { MessagePlace, Messenger } from '../app/ports.ts'
import { MessengerError } from '../app/ports.ts'
import type { SlackChannelId } from '../domain/ids.ts'
import { alertMessage } from './alert.ts'
import { card } from './card.ts'
import { direct } from './direct.ts'
import type { SlackFailure } from './failure.ts'
import { failureText, isPassingCode, slackFailure } from './failure.ts'
import { post } from './post.ts'
import { trailMessage } from './trail.ts'
import type { Message } from './wording-blocks.ts'

const GONE = new Set([
  'message_not_found',
  'channel_not_found',
  'thread_not_found',
  'is_archived',
  'is_inactive',
  'not_in_channel',
  'cant_update_message',
  'edit_window_closed',
  'user_not_found',
  'user_disabled',
])

/** Shows requests in Slack, one Web API call a method. */
export function createMessenger({ client }: { readonly client: WebClient }): Messenger {
  async function place(to: Parameters<typeof post>[1], message: Message): Promise<MessagePlace> {
    const what = `chat.postMessage to ${to.channel}`
    const { channel, ts } = await attempt(what, () => post(client, to, message))
    if (channel === undefined || ts === undefined)
      throw new MessengerError(`${what}: no channel or ts in the answer`, { code: 'unavailable' })
    return { channel: channel as SlackChannelId, ts }
  }

  async function update({ channel, ts }: MessagePlace, message: Message): Promise<void> {
    await attempt(`chat.update of ${ts} in ${channel}`, () =>
      client.chat.update({ channel, ts, ...message }),
    )
  }

  return {
    postCard: (channel, view) => place({ channel }, card(view)),
    updateCard: (place, view) => update(place, card(view)),
    postDirect: (userId, view) => place({ channel: userId }, direct(view)),
    updateDirect: (place, view) => update(place, direct(view)),
    async postTrail({ channel, ts }, events, view) {
      await place({ channel, threadTs: ts }, trailMessage(events, view))
    },
    postAlert: (channel, event) => place({ channel }, alertMessage(event)),
  }
}

async function attempt<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const failure = slackFailure(error)
    throw new MessengerError(`${what}: ${failureText(failure)}`, {
      ...meaningOf(failure),
      cause: error,
    })
  }
}

function meaningOf(failure: SlackFailure): {
  code: MessengerError['code']
  retryAfterMs?: number
} {
  switch (failure.kind) {
    case 'rate-limited':
      return { code: 'rate-limited', retryAfterMs: failure.retryAfterMs }
    case 'platform':
      if (GONE.has(failure.code)) return { code: 'gone' }
      return { code: isPassingCode(failure.code) ? 'unavailable' : 'refused' }
    case 'http':
    case 'no-answer':
      return { code: 'unavailable' }
    default:
      return failure satisfies never
  }
}
