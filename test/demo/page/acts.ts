import { z } from 'zod'
import type { Ack } from '../../simulators/slack/delivery.ts'
import type { Message } from '../../simulators/slack/workspace.ts'
import type { House } from '../../support/house.ts'
import { ACCOUNTS, CAST, DOORS, METHODS, NETWORKS, VISITORS } from './cast.ts'
import { labelOf, viewerOf } from './room.ts'
import type { Memory } from './state.ts'

const text = z.string().max(4_000)
const as = z.enum(CAST.map(({ key }) => key))
const id = z.string().max(300)
const entry = z.union([text, z.array(id).max(100), z.null()])
const entries = z.record(id, z.record(id, entry))
const value = entry.optional()

const act = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('write'), as, room: id, text }),
  z.strictObject({
    act: z.literal('click'),
    as,
    channel: id,
    ts: id,
    action: id,
    block: id,
    value,
  }),
  z.strictObject({
    act: z.literal('click-in-view'),
    as,
    view: id,
    action: id,
    block: id,
    value,
    /** What stands in the form meanwhile. */
    entries: entries.optional(),
  }),
  z.strictObject({ act: z.literal('submit'), as, view: id, entries }),
  z.strictObject({ act: z.literal('close'), as, view: id, all: z.boolean() }),
  z.strictObject({
    act: z.literal('visit'),
    visitor: z.enum([...VISITORS.keys()]),
    host: z.enum(DOORS.map(({ host }) => host)),
    network: z.enum(Object.keys(NETWORKS) as (keyof typeof NETWORKS)[]),
    method: z.enum(METHODS),
  }),
  z.strictObject({ act: z.literal('account'), as, kind: z.enum(ACCOUNTS) }),
  z.strictObject({ act: z.literal('group'), as, group: id, belongs: z.boolean() }),
  z.strictObject({ act: z.literal('advance'), seconds: z.int().min(1).max(86_400) }),
])

/** What somebody does on the page. */
export type PageAct = z.infer<typeof act>

export interface ActOutcome {
  readonly ok: boolean
  /** A sentence for the person, when there is something to say. */
  readonly text?: string
}

/** What the house needs besides itself to be acted on. */
export interface Stage {
  readonly house: House
  readonly memory: Memory
}

/** The act that a JSON body describes, or what is wrong with it. */
export function parseAct(body: unknown): PageAct | { readonly problem: string } {
  const parsed = act.safeParse(body)
  return parsed.success ? parsed.data : { problem: z.prettifyError(parsed.error) }
}

/** Does it as the person would. Throws when it cannot be done. */
export async function perform(stage: Stage, doing: PageAct): Promise<ActOutcome> {
  const { slack, people } = stage.house
  switch (doing.act) {
    case 'write':
      return write(stage.house, doing)
    case 'click':
      return settled(await click(stage.house, doing))
    case 'click-in-view': {
      const { view, action, block, value } = doing
      if (doing.entries !== undefined) slack.fill(people[doing.as], view, doing.entries)
      return settled(
        await slack.clickInView(people[doing.as], view, action, value, { blockId: block }),
      )
    }
    case 'submit':
      return settled(await slack.submit(people[doing.as], doing.view, doing.entries))
    case 'close':
      return settled(await slack.close(people[doing.as], doing.view, { all: doing.all }))
    case 'visit': {
      const { visitor, host } = doing
      const { status } = await stage.memory.visits.knock(visitor, host, doing)
      const verb = status === 200 ? 'is let in to' : 'is kept out of'
      return { ok: true, text: `${status}: ${labelOf(stage.house, visitor)} ${verb} ${host}` }
    }
    case 'account':
      slack.update(people[doing.as], { kind: doing.kind })
      return { ok: true }
    case 'group':
      return changeGroup(stage.house, doing)
    case 'advance':
      await stage.house.advance(doing.seconds)
      return { ok: true }
    default:
      return doing satisfies never
  }
}

async function write(
  house: House,
  { as, room, text }: Extract<PageAct, { act: 'write' }>,
): Promise<ActOutcome> {
  const { slack, people } = house
  const viewer = viewerOf(house, as, room)
  if (viewer === undefined) return { ok: false, text: `There is no conversation #${room} here.` }
  const channel = room === 'dm' ? slack.dmChannel(people[as]) : channelNamed(house, room)
  const words = escapeForSlack(text.trim())
  if (words === '') return { ok: true }
  if (!words.startsWith('/')) {
    slack.say(people[as], channel, words)
    return { ok: true }
  }
  const [command = ''] = words.split(/\s/, 1)
  if (command !== '/jit') return { ok: false, text: `${command} is not a command here; /jit is.` }
  return settled(
    await slack.command(people[as], channel, command, words.slice(command.length).trim()),
  )
}

/** Clicks as the button was drawn, also when the message has changed meanwhile. */
function click(
  { slack, people }: House,
  { as, channel, ts, action, block, value }: Extract<PageAct, { act: 'click' }>,
): Promise<Ack> {
  const chosen = value === undefined ? {} : { value }
  const place = { channel, ts }
  const message = [...slack.messages(channel), ...slack.ephemerals(people[as])].find(
    (each: Message) => each.ts === ts,
  )
  const isThere = message?.blocks.some((each) => each['block_id'] === block) ?? false
  return isThere
    ? slack.click(people[as], place, action, { blockId: block, ...chosen })
    : slack.clickStale(people[as], place, action, chosen)
}

function changeGroup(
  { slack, people }: House,
  { as, group: id, belongs }: Extract<PageAct, { act: 'group' }>,
): ActOutcome {
  const group = slack.groups().find((each) => each.id === id)
  if (group === undefined) return { ok: false, text: `There is no user group ${id}.` }
  const others = group.members.filter((member) => member !== people[as])
  slack.setGroup(id, group.handle, belongs ? [...others, people[as]] : others)
  return { ok: true }
}

function settled(ack: Ack | undefined): ActOutcome {
  return ack?.problem === undefined
    ? { ok: true }
    : { ok: false, text: `The bot did not answer as Slack wants it to: ${ack.problem}` }
}

function channelNamed({ slack }: House, name: string): string {
  return slack.channels().find((channel) => channel.name === name)?.id ?? ''
}

/** What Slack does to typed text. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeForSlack(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/(?<!\S)[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?!\S)/g, '<mailto:$&|$&>')
}
