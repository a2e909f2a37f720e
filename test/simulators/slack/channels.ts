import type { Json } from './json.ts'
import { personOf } from './people.ts'
import { Refusal } from './refusal.ts'
import type { Channel, Workspace } from './workspace.ts'

export interface NewChannel {
  readonly name: string
  readonly id?: string
  /** People in it; the bot joins them unless `withBot` is false. */
  readonly members?: readonly string[]
  readonly withBot?: boolean
  readonly isPrivate?: boolean
  readonly isExtShared?: boolean
  readonly isArchived?: boolean
}

/** Adds a channel. Throws on a taken id. */
export function addChannel(workspace: Workspace, channel: NewChannel): Channel {
  const id = channel.id ?? workspace.newId('C')
  if (workspace.channels.has(id)) throw new Error(`add channel ${id}: the id is taken`)
  const members = new Set(channel.members)
  if (channel.withBot ?? true) members.add(workspace.botUserId)
  const added: Channel = {
    id,
    name: channel.name,
    members,
    isPrivate: channel.isPrivate ?? false,
    isExtShared: channel.isExtShared ?? false,
    isArchived: channel.isArchived ?? false,
    messages: new Map(),
  }
  workspace.channels.set(id, added)
  workspace.changed()
  return added
}

/** Changes a channel and keeps its messages. */
export function updateChannel(
  workspace: Workspace,
  id: string,
  changes: Partial<Pick<Channel, 'name' | 'members' | 'isPrivate' | 'isExtShared' | 'isArchived'>>,
): Channel {
  const updated: Channel = { ...channelOf(workspace, id), ...changes }
  workspace.channels.set(id, updated)
  workspace.changed()
  return updated
}

/** The channel with the id. Throws when there is none: the mistake is the test's. */
export function channelOf(workspace: Workspace, id: string): Channel {
  const channel = workspace.channels.get(id)
  if (!channel) throw new Error(`no channel ${id} in the simulated workspace`)
  return channel
}

/** The direct conversation between the bot and a person, opened when it is not there yet. */
export function dmWith(workspace: Workspace, personId: string): Channel {
  for (const channel of workspace.channels.values()) {
    if (channel.dmWith === personId) return channel
  }
  const dm: Channel = {
    id: workspace.newId('D'),
    name: 'directmessage',
    members: new Set([personId, workspace.botUserId]),
    isPrivate: true,
    isExtShared: personOf(workspace, personId).teamId !== workspace.teamId,
    isArchived: false,
    dmWith: personId,
    messages: new Map(),
  }
  workspace.channels.set(dm.id, dm)
  workspace.changed()
  return dm
}

/** Opens the direct conversation the bot asked for. Throws what `conversations.open` answers. */
export function openDm(workspace: Workspace, personId: string): Channel {
  const person = workspace.people.get(personId)
  if (!person) throw new Refusal('user_not_found')
  if (person.kind === 'deactivated') throw new Refusal('user_disabled')
  if (person.kind === 'bot') throw new Refusal('cannot_dm_bot')
  return dmWith(workspace, personId)
}

/** The channel the bot may see. Throws `channel_not_found`, also for a private one without the bot. */
export function visibleChannel(workspace: Workspace, id: unknown): Channel {
  const channel = typeof id === 'string' ? workspace.channels.get(id) : undefined
  if (!channel) throw new Refusal('channel_not_found')
  if (channel.isPrivate && !channel.members.has(workspace.botUserId)) {
    throw new Refusal('channel_not_found')
  }
  return channel
}

/** The channel the bot may write to. Throws `channel_not_found`, `is_archived` or `not_in_channel`. */
export function writableChannel(workspace: Workspace, id: unknown): Channel {
  const channel = visibleChannel(workspace, id)
  const mayWrite =
    channel.members.has(workspace.botUserId) || workspace.scopes.has('chat:write.public')
  if (channel.isArchived) throw new Refusal('is_archived')
  if (!mayWrite) throw new Refusal('not_in_channel')
  return channel
}

/** Slack's name of a channel in payloads, where private names stay private. */
export function payloadName(channel: Channel): string {
  if (channel.dmWith !== undefined) return 'directmessage'
  return channel.isPrivate ? 'privategroup' : channel.name
}

/** The channel object of `conversations.info`. */
export function channelObject(workspace: Workspace, channel: Channel): Json {
  const common = {
    id: channel.id,
    created: 1_700_000_000,
    creator: 'USLACKBOT',
    is_archived: channel.isArchived,
    is_channel: channel.dmWith === undefined,
    is_group: false,
    is_im: channel.dmWith !== undefined,
    is_mpim: false,
    is_private: channel.isPrivate,
    is_org_shared: false,
    context_team_id: workspace.teamId,
    updated: 1_700_000_000_000,
  }
  if (channel.dmWith !== undefined) {
    return { ...common, user: channel.dmWith, is_open: true, priority: 0 }
  }
  const text = { value: '', creator: '', last_set: 0 }
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_general: false,
    is_shared: channel.isExtShared,
    is_ext_shared: channel.isExtShared,
    is_pending_ext_shared: false,
    is_member: channel.members.has(workspace.botUserId),
    unlinked: 0,
    shared_team_ids: teamsIn(workspace, channel),
    topic: text,
    purpose: text,
  }
}

function teamsIn(workspace: Workspace, channel: Channel): readonly string[] {
  const teams = [...channel.members].map((id) => workspace.people.get(id)?.teamId)
  return [...new Set([workspace.teamId, ...teams.filter((team) => team !== undefined)])]
}
