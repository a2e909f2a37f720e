import { LIMITS } from './block-kit-limits.ts'
import { openDm, visibleChannel, writableChannel } from './channels.ts'
import { textOf, type Json } from './json.ts'
import { addMessage, draftFrom, editMessage, messageObject } from './messages.ts'
import { required, type Method } from './method.ts'
import { Refusal } from './refusal.ts'
import { showEphemeral, type Channel, type Message, type Workspace } from './workspace.ts'

const writing = { token: 'bot', scopes: ['chat:write'] } as const

/** The chat methods. Source: https://docs.slack.dev/reference/methods */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': {
    ...writing,
    call({ workspace }, args) {
      const channel = destination(workspace, required(args, 'channel'))
      const draft = draftFrom(workspace, args)
      const message = addMessage(
        workspace,
        channel,
        workspace.botUserId,
        draft,
        textOf(args['thread_ts']),
      )
      return { channel: channel.id, ts: message.ts, message: messageObject(workspace, message) }
    },
  },
  'chat.postEphemeral': {
    ...writing,
    call({ workspace }, args) {
      const channel = writableChannel(workspace, required(args, 'channel'))
      const to = required(args, 'user')
      if (!channel.members.has(to)) throw new Refusal('user_not_in_channel')
      const ts = workspace.newTs()
      const threadTs = textOf(args['thread_ts'])
      showEphemeral(workspace, {
        ...draftFrom(workspace, args),
        to,
        channel: channel.id,
        ts,
        user: workspace.botUserId,
        edited: false,
        history: [],
        ...(threadTs === undefined ? {} : { threadTs }),
      })
      return { message_ts: ts }
    },
  },
  'chat.update': {
    ...writing,
    call({ workspace }, args) {
      const { channel, message } = ownMessage(workspace, args, 'cant_update_message')
      if (channel.isArchived) throw new Refusal('is_inactive')
      const text = textOf(args['text'])
      if ((text?.length ?? 0) > LIMITS.updateText) throw new Refusal('msg_too_long')
      const keeps = text === undefined && args['blocks'] === undefined
      const draft = keeps
        ? { text: message.text, blocks: message.blocks }
        : draftFrom(workspace, text === undefined ? { ...args, text: message.text } : args)
      const next = editMessage(workspace, channel, message, draft)
      return {
        channel: channel.id,
        ts: next.ts,
        text: next.text,
        message: messageObject(workspace, next),
      }
    },
  },
  'chat.delete': {
    ...writing,
    call({ workspace }, args) {
      const { channel, message } = ownMessage(workspace, args, 'cant_delete_message')
      channel.messages.delete(message.ts)
      workspace.changed()
      return { channel: channel.id, ts: message.ts }
    },
  },
  'chat.getPermalink': {
    token: 'bot',
    scopes: [],
    call({ workspace }, args) {
      const channel = visibleChannel(workspace, required(args, 'channel'))
      const message = channel.messages.get(required(args, 'message_ts'))
      if (!message) throw new Refusal('message_not_found')
      const base = `https://${workspace.teamDomain}.slack.com/archives/${channel.id}`
      const thread =
        message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`
      return {
        channel: channel.id,
        permalink: `${base}/p${message.ts.replace('.', '')}${thread}`,
      }
    },
  },
}

function destination(workspace: Workspace, id: string): Channel {
  if (!/^[UW]/.test(id)) return writableChannel(workspace, id)
  try {
    return openDm(workspace, id)
  } catch (error) {
    const unknown = error instanceof Refusal && error.code === 'user_not_found'
    throw unknown ? new Refusal('channel_not_found') : error
  }
}

function ownMessage(
  workspace: Workspace,
  args: Json,
  otherwise: string,
): { channel: Channel; message: Message } {
  const channel = visibleChannel(workspace, required(args, 'channel'))
  const message = channel.messages.get(required(args, 'ts'))
  if (!message) throw new Refusal('message_not_found')
  if (message.user !== workspace.botUserId) throw new Refusal(otherwise)
  return { channel, message }
}
