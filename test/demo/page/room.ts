import type { Channel, Person } from '../../simulators/slack/workspace.ts'
import type { House } from '../../support/house.ts'
import type { People } from '../../support/world.ts'
import { CAST } from './cast.ts'
import type { Names } from './mrkdwn.ts'

/** The direct conversation with the bot, in the place of a channel's name. */
export const DIRECT = 'dm'

/** Who looks at the page, and at which conversation. */
export interface Viewer {
  readonly as: keyof People
  /** Name of a channel, or {@link DIRECT}. */
  readonly room: string
}

/** The viewer that two texts name; undefined when there is no such person or conversation for them. */
export function viewerOf(house: House, as: unknown, room: unknown): Viewer | undefined {
  const persona = CAST.find(({ key }) => key === as)
  if (persona === undefined || typeof room !== 'string') return undefined
  const viewer = { as: persona.key, room }
  const exists = roomsOf(house, viewer.as).some((each) => each.room === room)
  return exists ? viewer : undefined
}

/** The conversations that somebody can see, the one with the bot last. */
export function roomsOf(
  house: House,
  as: keyof People,
): readonly { readonly room: string; readonly channel: Channel }[] {
  const { slack, people } = house
  const direct = slack.dmChannel(people[as])
  const rooms = slack.channels().flatMap((channel) => {
    if (channel.dmWith !== undefined)
      return channel.id === direct ? [{ room: DIRECT, channel }] : []
    return channel.isPrivate && !channel.members.has(people[as])
      ? []
      : [{ room: channel.name, channel }]
  })
  return rooms.sort((one, other) => Number(one.room === DIRECT) - Number(other.room === DIRECT))
}

/** Id of the conversation that is looked at. */
export function channelIdOf(house: House, { as, room }: Viewer): string {
  const found = roomsOf(house, as).find((each) => each.room === room)
  if (found === undefined)
    throw new Error(`find #${room} for ${as}: they cannot see such a channel`)
  return found.channel.id
}

/** The person behind a persona. */
export function personOf({ slack, people }: House, key: keyof People): Person {
  const found = slack.people().find(({ id }) => id === people[key])
  if (found === undefined) throw new Error(`find ${key}: the workspace has nobody of that name`)
  return found
}

/** What to call somebody who knocks at a door: as Slack shows them, when they are there. */
export function labelOf(house: House, visitor: string): string {
  const persona = CAST.find(({ key }) => key === visitor)
  return persona === undefined ? visitor : personOf(house, persona.key).displayName
}

/** Names of the workspace's people, channels and user groups. */
export function namesOf({ slack }: House): Names {
  return {
    person: (id) => slack.people().find((person) => person.id === id)?.displayName,
    channel: (id) => slack.channels().find((channel) => channel.id === id)?.name,
    group: (id) => slack.groups().find((group) => group.id === id)?.handle,
  }
}
