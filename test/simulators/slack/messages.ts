import { blockProblems, blockTextLength, elementsOf } from './block-kit.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson, objectsOf, textOf, type Json } from './json.ts'
import { Refusal, refuseWith } from './refusal.ts'
import type { Channel, Message, Workspace } from './workspace.ts'

const MESSAGES_KEPT = 20_000
const VERSIONS_KEPT = 100

export interface Draft {
  readonly text: string
  readonly blocks: readonly Json[]
  readonly metadata?: Json
}

/**
 * What the bot wants to say, checked. Throws what Slack answers: `no_text`, `invalid_blocks_format`,
 * `invalid_blocks`, `msg_blocks_too_long`.
 */
export function draftFrom(workspace: Workspace, args: Json): Draft {
  const { blocks, metadata } = args
  if (blocks !== undefined && !Array.isArray(blocks)) throw new Refusal('invalid_blocks_format')
  const text = textOf(args['text']) ?? ''
  if (text === '' && objectsOf(blocks).length === 0) throw new Refusal('no_text')
  if (blockTextLength(blocks) > LIMITS.blockTextTotal) throw new Refusal('msg_blocks_too_long')
  const problems = blockProblems('message', { blocks: blocks ?? [] })
  if (problems.length > 0) throw refuseWith('invalid_blocks', problems)
  return {
    text: text.slice(0, LIMITS.messageText),
    blocks: withIds(workspace, objectsOf(blocks)),
    ...(isJson(metadata) ? { metadata } : {}),
  }
}

/** The blocks with every missing block_id and action_id filled in, as Slack does. */
export function withIds(workspace: Workspace, blocks: readonly Json[]): readonly Json[] {
  return blocks.map((block) => {
    const elements = new Set(elementsOf(block))
    const named = (value: unknown): unknown => {
      if (!isJson(value) || !elements.has(value) || value['action_id']) return value
      return { ...value, action_id: workspace.newId('a') }
    }
    return {
      ...block,
      block_id: textOf(block['block_id']) || workspace.newId('b'),
      ...(Array.isArray(block['elements']) ? { elements: block['elements'].map(named) } : {}),
      ...(block['accessory'] === undefined ? {} : { accessory: named(block['accessory']) }),
      ...(block['element'] === undefined ? {} : { element: named(block['element']) }),
    }
  })
}

/** Puts a message into a channel, which keeps its newest 20,000. */
export function addMessage(
  workspace: Workspace,
  channel: Channel,
  user: string,
  draft: Draft,
  threadTs?: string,
): Message {
  const message: Message = {
    ...draft,
    channel: channel.id,
    ts: workspace.newTs(),
    user,
    edited: false,
    history: [],
    ...(threadTs === undefined ? {} : { threadTs }),
  }
  channel.messages.set(message.ts, message)
  const oldest = channel.messages.keys().next().value
  if (channel.messages.size > MESSAGES_KEPT && oldest) channel.messages.delete(oldest)
  workspace.changed()
  return message
}

/** The next version of a message, the old one kept in its history (the newest 100). */
export function nextVersion<T extends Message>(message: T, draft: Draft): T {
  const { history, ...old } = message
  return {
    ...message,
    ...draft,
    // https://docs.slack.dev/reference/methods/chat.update: no flag when blocks are used
    edited: message.edited || draft.blocks.length === 0,
    history: [...history, { ...old, history: [] }].slice(-VERSIONS_KEPT),
  }
}

/** Replaces a message by its next version. */
export function editMessage(
  workspace: Workspace,
  channel: Channel,
  message: Message,
  draft: Draft,
): Message {
  const next = nextVersion(message, draft)
  channel.messages.set(next.ts, next)
  workspace.changed()
  return next
}

/** The message object of API answers and payloads. */
export function messageObject(workspace: Workspace, message: Message): Json {
  const isBot = message.user === workspace.botUserId
  return {
    user: message.user,
    type: 'message',
    ts: message.ts,
    ...(isBot ? { bot_id: workspace.botId, app_id: workspace.appId } : {}),
    text: message.text,
    team: workspace.teamId,
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.edited ? { edited: { user: message.user, ts: message.ts } } : {}),
    ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
  }
}
