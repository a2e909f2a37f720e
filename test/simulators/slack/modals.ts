import type { Ack } from './delivery.ts'
import { actionObject, find, settled, type ClickOptions, type Stage } from './interactions.ts'
import { isJson, objectsOf, parseJson, textOf, type Json } from './json.ts'
import { forge, interaction, type Overrides } from './payloads.ts'
import { obeyAnswer } from './view-answer.ts'
import { choose, enter, formProblems, type Entries, type Entry } from './view-state.ts'
import { closeView, replaceView, viewObject } from './views.ts'
import type { View } from './workspace.ts'

export interface SubmitOptions extends Overrides {
  /** Sends even what Slack's client would hold back: empty required inputs, texts of wrong length. */
  readonly unchecked?: boolean
}

/** Types into a modal without sending it. */
export function fillIn(stage: Stage, personId: string, viewId: string, entries: Entries): View {
  const view = openModal(stage, personId, viewId)
  const next = { ...view, values: enter(view.blocks, view.values, entries) }
  replaceView(stage.workspace, next)
  return next
}

/** Fills a modal in and presses its submit button, then does what the bot answers. */
export async function submit(
  stage: Stage,
  personId: string,
  viewId: string,
  entries: Entries,
  options: SubmitOptions,
): Promise<Ack> {
  const { workspace } = stage
  const view = fillIn(stage, personId, viewId, entries)
  if (view.content['submit'] === undefined) throw new Error(`submit ${viewId}: no submit button`)
  const problems = options.unchecked === true ? [] : formProblems(view)
  if (problems.length > 0) throw new Error(`submit ${viewId}: ${problems.join('; ')}`)
  const payload = {
    ...interaction(workspace, personId, 'view_submission'),
    trigger_id: stage.triggers.issue({ personId, viewId }),
    view: viewObject(workspace, view),
    response_urls: [],
  }
  const ack = await stage.delivery.deliver({
    type: 'interactive',
    payload: forge(payload, options),
    acceptsResponse: true,
  })
  const problem = ack.problem ?? obeyAnswer(workspace, viewId, ack.body)
  const about = textOf(view.content['callback_id']) ?? 'view_submission'
  return settled(stage, personId, about, problem === undefined ? ack : { ...ack, problem })
}

/**
 * Closes a modal (with `all`, every modal, as the cross does); the bot hears of it when the view has
 * `notify_on_close`.
 */
export async function close(
  stage: Stage,
  personId: string,
  viewId: string,
  options: Overrides & { readonly all?: boolean },
): Promise<Ack | undefined> {
  const { workspace } = stage
  const view = openModal(stage, personId, viewId)
  const all = options.all === true || view.content['clear_on_close'] === true
  if (all) workspace.views.set(personId, [])
  closeView(workspace, view)
  if (view.content['notify_on_close'] !== true) return undefined
  const payload = {
    ...interaction(workspace, personId, 'view_closed'),
    view: viewObject(workspace, view),
    is_cleared: all,
  }
  return stage.delivery.deliver({
    type: 'interactive',
    payload: forge(payload, options),
    acceptsResponse: false,
  })
}

/** Clicks or chooses something in an open modal or in the person's Home. */
export async function clickInView(
  stage: Stage,
  personId: string,
  viewId: string,
  actionId: string,
  value: Entry | undefined,
  options: Omit<ClickOptions, 'value'>,
): Promise<Ack> {
  const { workspace } = stage
  const home = workspace.homes.get(personId)
  const view = home?.id === viewId ? home : openModal(stage, personId, viewId)
  const block = find(view.blocks, actionId, options.blockId)?.block
  if (block?.['type'] === 'input' && block['dispatch_action'] !== true)
    throw new Error(`click in ${viewId}: the block of "${actionId}" lacks dispatch_action`)
  const action = actionObject(workspace, view.blocks, actionId, {
    ...options,
    ...(value === undefined ? {} : { value }),
  })
  const next = withChoice(view, String(action['block_id']), actionId, value)
  if (next.type === 'modal') replaceView(workspace, next)
  else workspace.homes.set(personId, next)
  const payload = {
    ...interaction(workspace, personId, 'block_actions'),
    container: { type: 'view', view_id: viewId },
    trigger_id: stage.triggers.issue({ personId, viewId }),
    view: viewObject(workspace, next),
    actions: [action],
  }
  const ack = await stage.delivery.deliver({
    type: 'interactive',
    payload: forge(payload, options),
    acceptsResponse: false,
  })
  return settled(stage, personId, actionId, ack)
}

/** Types into an external select; gives the options that the bot suggests. */
export async function suggest(
  stage: Stage,
  personId: string,
  viewId: string,
  actionId: string,
  query: string,
): Promise<{ readonly ack: Ack; readonly options: readonly Json[] }> {
  const { workspace } = stage
  const view = openModal(stage, personId, viewId)
  const found = find(view.blocks, actionId)
  if (!found) throw new Error(`suggest in ${viewId}: no action "${actionId}"`)
  const payload = {
    ...interaction(workspace, personId, 'block_suggestion'),
    container: { type: 'view', view_id: viewId },
    action_id: actionId,
    block_id: found.block['block_id'],
    value: query,
    view: viewObject(workspace, view),
  }
  const ack = await stage.delivery.deliver({
    type: 'interactive',
    payload,
    acceptsResponse: true,
  })
  const answer = parseJson(ack.body)
  if (ack.problem !== undefined || !isJson(answer)) return { ack, options: [] }
  const grouped = objectsOf(answer['option_groups']).flatMap((group) => objectsOf(group['options']))
  return { ack, options: [...objectsOf(answer['options']), ...grouped] }
}

function openModal(stage: Stage, personId: string, viewId: string): View {
  const stack = stage.workspace.views.get(personId) ?? []
  const view = stack.at(-1)
  if (view?.id === viewId) return view
  const top = view?.id ?? 'none'
  throw new Error(`${personId} does not have ${viewId} in front of them; the top view is ${top}`)
}

function withChoice(view: View, blockId: string, actionId: string, value: Entry | undefined): View {
  const element = find(view.blocks, actionId, blockId)?.element
  if (value === undefined || !element || view.values[blockId]?.[actionId] === undefined) return view
  const block = { ...view.values[blockId], [actionId]: choose(element, value) }
  return { ...view, values: { ...view.values, [blockId]: block } }
}
