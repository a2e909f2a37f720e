import { channelObject, openDm, visibleChannel } from './channels.ts'
import { activeMembers, groupObject } from './groups.ts'
import { textOf, type Json } from './json.ts'
import { required, requireScopes, type Method } from './method.ts'
import { userObject } from './people.ts'
import { Refusal } from './refusal.ts'
import type { Channel, Workspace } from './workspace.ts'

const free = { token: 'bot', scopes: [] } as const
const groups = { token: 'bot', scopes: ['usergroups:read'], perMinute: 20 } as const
const PAGE = 100

/** The methods about people, groups and conversations. Source: https://docs.slack.dev/reference/methods */
export const directoryMethods: Readonly<Record<string, Method>> = {
  'auth.test': {
    ...free,
    call: ({ workspace }) => ({
      url: `https://${workspace.teamDomain}.slack.com/`,
      team: workspace.teamDomain,
      user: 'jit',
      team_id: workspace.teamId,
      user_id: workspace.botUserId,
      bot_id: workspace.botId,
      is_enterprise_install: false,
    }),
  },
  'users.info': {
    token: 'bot',
    scopes: ['users:read'],
    call({ workspace }, args) {
      const person = workspace.people.get(required(args, 'user'))
      if (!person) throw new Refusal('user_not_found')
      return { user: userObject(workspace, person) }
    },
  },
  'users.lookupByEmail': {
    token: 'bot',
    scopes: ['users:read.email'],
    perMinute: 50,
    call({ workspace }, args) {
      const email = required(args, 'email').toLowerCase()
      const person = [...workspace.people.values()].find(
        (each) => each.email?.toLowerCase() === email && each.kind !== 'deactivated',
      )
      if (!person) throw new Refusal('users_not_found')
      return { user: userObject(workspace, person) }
    },
  },
  'usergroups.list': {
    ...groups,
    call: ({ workspace }, args) => ({
      usergroups: [...workspace.groups.values()]
        .filter(({ isDisabled }) => isDisabled !== true || args['include_disabled'] === true)
        .map((group) => groupObject(workspace, group, args['include_users'] === true)),
    }),
  },
  'usergroups.users.list': {
    ...groups,
    call({ workspace }, args) {
      const group = workspace.groups.get(required(args, 'usergroup'))
      if (!group || group.isDisabled === true) throw new Refusal('no_such_subteam')
      return { users: activeMembers(workspace, group) }
    },
  },
  'conversations.open': {
    token: 'bot',
    scopes: ['im:write'],
    call({ workspace }, args) {
      const users = required(args, 'users').split(',')
      const [first] = users
      if (first === undefined || users.length > 1) {
        requireScopes(workspace, ['mpim:write'])
        throw new Refusal('method_not_supported_for_channel_type')
      }
      const alreadyOpen = [...workspace.channels.values()].some((each) => each.dmWith === first)
      const channel = openDm(workspace, first)
      return {
        ...(alreadyOpen ? { no_op: true, already_open: true } : {}),
        channel:
          args['return_im'] === true ? channelObject(workspace, channel) : { id: channel.id },
      }
    },
  },
  'conversations.info': {
    ...free,
    call({ workspace }, args) {
      const channel = readable(workspace, args)
      const count =
        args['include_num_members'] === true ? { num_members: channel.members.size } : {}
      return { channel: { ...channelObject(workspace, channel), ...count } }
    },
  },
  'conversations.members': {
    ...free,
    call({ workspace }, args) {
      const members = [...readable(workspace, args).members]
      const start = Number(textOf(args['cursor']) || 0)
      const limit = Number(args['limit'] ?? PAGE)
      if (!Number.isInteger(start)) throw new Refusal('invalid_cursor')
      if (!(limit >= 1 && limit <= 1000)) throw new Refusal('invalid_limit')
      const end = start + limit
      return {
        members: members.slice(start, end),
        response_metadata: { next_cursor: end < members.length ? String(end) : '' },
      }
    },
  },
}

const READS = ['channels:read', 'groups:read', 'mpim:read', 'im:read']

function readable(workspace: Workspace, args: Json): Channel {
  if (!READS.some((scope) => workspace.scopes.has(scope))) requireScopes(workspace, READS)
  const channel = visibleChannel(workspace, required(args, 'channel'))
  if (channel.dmWith !== undefined) requireScopes(workspace, ['im:read'])
  else requireScopes(workspace, [channel.isPrivate ? 'groups:read' : 'channels:read'])
  return channel
}
