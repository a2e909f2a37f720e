import { activeMembers } from './groups.ts'
import { isJson, objectsOf, type Json } from './json.ts'
import type { Message, Workspace } from './workspace.ts'

/**
 * Who was notified of a message because it names them or a group of theirs: those of its channel. An edit notifies
 * nobody, so that only the first version counts.
 */
export function notified(workspace: Workspace, message: Message): readonly string[] {
  const first = message.history[0] ?? message
  const members = workspace.channels.get(message.channel)?.members
  const named = mentionsIn(first.blocks.length > 0 ? first.blocks : mrkdwn(first.text))
  const people = named.flatMap((id) => {
    const group = workspace.groups.get(id)
    return group === undefined ? [id] : activeMembers(workspace, group)
  })
  return [...new Set(people)].filter((id) => members?.has(id) === true)
}

/** Ids of the people and user groups that a text object, or what holds some, mentions. */
function mentionsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(mentionsIn)
  if (!isJson(value)) return []
  const { type, text } = value
  if (type === 'user') return [String(value['user_id'])]
  if (type === 'usergroup') return [String(value['usergroup_id'])]
  if (type === 'mrkdwn' && typeof text === 'string')
    return [...text.matchAll(/<(?:@|!subteam\^)([A-Z0-9]+)[|>]/g)].map(([, id = '']) => id)
  return Object.values(value).flatMap(mentionsIn)
}

const mrkdwn = (text: string): readonly Json[] => objectsOf([{ type: 'mrkdwn', text }])
