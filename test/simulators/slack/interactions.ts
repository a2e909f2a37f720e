import { elementsOf } from './block-kit.ts'
import { channelOf, dmWith, payloadName } from './channels.ts'
import type { Ack, Delivery } from './delivery.ts'
import { isJson, parseJson, type Json } from './json.ts'
import { messageObject } from './messages.ts'
import { commandPayload, eventPayload, forge, interaction, type Overrides } from './payloads.ts'
import { Refusal } from './refusal.ts'
import { respond, type ResponseOrigin, type ResponseUrls } from './response-urls.ts'
import type { Triggers } from './triggers.ts'
import { choose, stateOf, type Entry } from './view-state.ts'
import { viewObject } from './views.ts'
import { tell, type Message, type Workspace } from './workspace.ts'

/** What people's acts need. */
export interface Stage {
  readonly workspace: Workspace
  readonly delivery: Delivery
  readonly triggers: Triggers
  readonly responseUrls: ResponseUrls
  /** Makes an address of a path. */
  readonly address: (path: string) => string
}

export interface Place {
  readonly channel: string
  readonly ts: string
}

export interface ClickOptions extends Overrides {
  /** Needed when two blocks have the action. */
  readonly blockId?: string
  /** The option chosen; on a button, a forged value. */
  readonly value?: Entry
}

/** Types a slash command; the text is what reaches the bot, mentions as `<@U…|name>`. */
export async function command(
  stage: Stage,
  personId: string,
  channelId: string,
  name: string,
  text: string,
  overrides: Overrides,
): Promise<Ack> {
  const { workspace } = stage
  const origin: ResponseOrigin = { personId, channelId }
  const payload = commandPayload(workspace, personId, channelId, {
    command: name,
    text,
    response_url: stage.address(stage.responseUrls.issue('commands', origin)),
    trigger_id: stage.triggers.issue({ personId }),
  })
  const ack = await stage.delivery.deliver({
    type: 'slash_commands',
    payload: forge(payload, overrides),
    acceptsResponse: true,
  })
  if (ack.problem !== undefined || ack.body === '') return settled(stage, personId, name, ack)
  const parsed = parseJson(ack.body)
  const answer = isJson(parsed) ? parsed : { text: ack.body }
  try {
    respond(workspace, origin, undefined, answer)
    return ack
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return settled(stage, personId, name, { ...ack, problem: error.code })
  }
}

/** Clicks or chooses something in a message as it is now, or in the given version of it. */
export async function click(
  stage: Stage,
  personId: string,
  place: Place,
  actionId: string,
  options: ClickOptions,
  version?: Message,
): Promise<Ack> {
  const { workspace } = stage
  const channel = channelOf(workspace, place.channel)
  if (channel.isPrivate && !channel.members.has(personId)) {
    throw new Error(`click as ${personId} in ${channel.id}: not a member of this private channel`)
  }
  const shown = workspace.ephemerals.get(personId) ?? []
  const ephemeral = shown.find((each) => each.ts === place.ts)
  const message = version ?? channel.messages.get(place.ts) ?? ephemeral
  if (!message) throw new Error(`click in ${place.channel}: no message ${place.ts} for ${personId}`)
  const isEphemeral = message === ephemeral
  const thread = message.threadTs === undefined ? {} : { thread_ts: message.threadTs }
  const origin: ResponseOrigin = {
    personId,
    channelId: channel.id,
    source: { ts: place.ts, isEphemeral },
    ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
  }
  const payload = {
    ...interaction(workspace, personId, 'block_actions'),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...thread,
    },
    trigger_id: stage.triggers.issue({ personId }),
    channel: { id: channel.id, name: payloadName(channel) },
    ...(isEphemeral ? {} : { message: messageObject(workspace, message) }),
    state: { values: stateOf(message.blocks) },
    response_url: stage.address(stage.responseUrls.issue('actions', origin)),
    actions: [actionObject(workspace, message.blocks, actionId, options)],
  }
  const ack = await stage.delivery.deliver({
    type: 'interactive',
    payload: forge(payload, options),
    acceptsResponse: false,
  })
  return settled(stage, personId, actionId, ack)
}

/** Clicks in the newest earlier version of the message that still has the action. */
export function clickStale(
  stage: Stage,
  personId: string,
  place: Place,
  actionId: string,
  options: ClickOptions,
): Promise<Ack> {
  const message = channelOf(stage.workspace, place.channel).messages.get(place.ts)
  const version = message?.history.findLast((each) => find(each.blocks, actionId) !== undefined)
  if (!version) throw new Error(`click in ${place.ts}: no earlier version has action "${actionId}"`)
  return click(stage, personId, place, actionId, options, version)
}

/** Opens the app's Home tab. */
export function openHome(stage: Stage, personId: string, overrides: Overrides): Promise<Ack> {
  const { workspace } = stage
  const home = workspace.homes.get(personId)
  const event = {
    type: 'app_home_opened',
    user: personId,
    channel: dmWith(workspace, personId).id,
    tab: 'home',
    event_ts: workspace.newTs(),
    ...(home ? { view: viewObject(workspace, home) } : {}),
  }
  return sendEvent(stage, event, overrides)
}

/** Sends an event of the Events API. */
export function sendEvent(stage: Stage, event: Json, overrides: Overrides): Promise<Ack> {
  const payload = forge(eventPayload(stage.workspace, event), overrides)
  return stage.delivery.deliver({ type: 'events_api', payload, acceptsResponse: false })
}

/** The `actions` entry for something clicked or chosen. Throws with what there is to click. */
export function actionObject(
  workspace: Workspace,
  blocks: readonly Json[],
  actionId: string,
  { blockId, value }: ClickOptions,
): Json {
  const found = find(blocks, actionId, blockId)
  if (!found) {
    const offered = blocks.flatMap(elementsOf).map((element) => String(element['action_id']))
    throw new Error(`no action "${actionId}"; there are ${offered.join(', ') || 'none'}`)
  }
  const { block, element } = found
  const place = {
    action_id: actionId,
    block_id: block['block_id'],
    action_ts: workspace.newTs(),
  }
  if (element['type'] !== 'button') return { ...choose(element, value ?? null), ...place }
  const { confirm: _, accessibility_label: __, ...button } = element
  return { ...button, ...place, ...(value === undefined ? {} : { value }) }
}

/** Shows the person what Slack shows when the bot failed them. */
export function settled(stage: Stage, personId: string, about: string, ack: Ack): Ack {
  if (ack.problem !== undefined) tell(stage.workspace, personId, about, ack.problem)
  return ack
}

/** The element with the action, and its block. */
export function find(
  blocks: readonly Json[],
  actionId: string,
  blockId?: string,
): { readonly block: Json; readonly element: Json } | undefined {
  for (const block of blocks) {
    if (blockId !== undefined && block['block_id'] !== blockId) continue
    const element = elementsOf(block).find((each) => each['action_id'] === actionId)
    if (element) return { block, element }
  }
  return undefined
}
