import { blockProblems } from './block-kit.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson, objectsOf, textOf, type Json } from './json.ts'
import { withIds } from './messages.ts'
import { Refusal, refuseWith } from './refusal.ts'
import { stateOf } from './view-state.ts'
import type { View, Workspace } from './workspace.ts'

/** The view, checked. Throws `invalid_arguments` (with messages) or `view_too_large`. */
export function checkedView(surface: 'modal' | 'home', view: unknown): Json {
  if (!isJson(view)) throw refuseWith('invalid_arguments', ['missing required field: view'])
  const bytes = new TextEncoder().encode(JSON.stringify(view)).length
  if (bytes > LIMITS.viewBytes) throw new Refusal('view_too_large')
  const problems = blockProblems(surface, view)
  if (problems.length > 0) throw refuseWith('invalid_arguments', problems)
  return view
}

/** Opens a modal as the only one of a person. */
export function openView(workspace: Workspace, personId: string, content: Json): View {
  refuseTakenExternalId(workspace, content)
  const view = newView(workspace, personId, 'modal', content, undefined)
  return show(workspace, personId, [view], view)
}

/** Puts a modal on top of a person's stack. Throws `not_found` without one, `push_limit_reached`. */
export function pushView(workspace: Workspace, personId: string, content: Json): View {
  const stack = workspace.views.get(personId) ?? []
  const top = stack.at(-1)
  if (!top) throw new Refusal('not_found')
  if (stack.length >= LIMITS.viewDepth) throw new Refusal('push_limit_reached')
  refuseTakenExternalId(workspace, content)
  const view = newView(workspace, personId, 'modal', content, top)
  return show(workspace, personId, [...stack, view], view)
}

/**
 * Replaces the content of an open modal and keeps what was typed in blocks with the same ids. Throws
 * `not_found` when it is closed, `hash_conflict` when the hash is not the current one.
 */
export function updateView(workspace: Workspace, id: string, content: Json, hash?: string): View {
  const old = findView(workspace, (view) => view.id === id)
  if (!old) throw new Refusal('not_found')
  if (hash !== undefined && hash !== '' && hash !== old.hash) throw new Refusal('hash_conflict')
  refuseTakenExternalId(workspace, content, id)
  const blocks = withIds(workspace, objectsOf(content['blocks']))
  const next: View = {
    ...old,
    content: { ...content, blocks },
    blocks,
    hash: newHash(workspace),
    values: stateOf(blocks, old.values),
    errors: {},
  }
  replaceView(workspace, next)
  return next
}

/** Publishes a person's Home. Throws `hash_conflict`. */
export function publishHome(
  workspace: Workspace,
  personId: string,
  content: Json,
  hash?: string,
): View {
  const old = workspace.homes.get(personId)
  if (hash !== undefined && hash !== '' && hash !== old?.hash) throw new Refusal('hash_conflict')
  const view = newView(workspace, personId, 'home', content, undefined)
  const home = old ? { ...view, id: old.id, rootViewId: old.id } : view
  workspace.homes.set(personId, home)
  workspace.changed()
  return home
}

/** Takes a modal off the screen, with everything above it. */
export function closeView(workspace: Workspace, view: View): void {
  const stack = workspace.views.get(view.personId) ?? []
  const index = stack.findIndex((each) => each.id === view.id)
  if (index >= 0) workspace.views.set(view.personId, stack.slice(0, index))
  workspace.changed()
}

/** Puts a changed view in the place of the one with its id. */
export function replaceView(workspace: Workspace, next: View): void {
  const stack = workspace.views.get(next.personId) ?? []
  workspace.views.set(
    next.personId,
    stack.map((view) => (view.id === next.id ? next : view)),
  )
  workspace.changed()
}

/** The first open modal that satisfies the test. */
export function findView(workspace: Workspace, test: (view: View) => boolean): View | undefined {
  return [...workspace.views.values()].flat().find(test)
}

/** The view object of API answers and payloads. Source: `ViewOutput` of Bolt. */
export function viewObject(workspace: Workspace, view: View): Json {
  const { content } = view
  return {
    id: view.id,
    team_id: workspace.teamId,
    type: view.type,
    blocks: view.blocks,
    private_metadata: textOf(content['private_metadata']) ?? '',
    callback_id: textOf(content['callback_id']) ?? '',
    state: { values: view.values },
    hash: view.hash,
    title: content['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    clear_on_close: content['clear_on_close'] === true,
    notify_on_close: content['notify_on_close'] === true,
    close: content['close'] ?? null,
    submit: content['submit'] ?? null,
    previous_view_id: view.previousViewId,
    root_view_id: view.rootViewId,
    app_id: workspace.appId,
    external_id: textOf(content['external_id']) ?? '',
    app_installed_team_id: workspace.teamId,
    bot_id: workspace.botId,
  }
}

function newView(
  workspace: Workspace,
  personId: string,
  type: View['type'],
  content: Json,
  below: View | undefined,
): View {
  const id = workspace.newId('V')
  const blocks = withIds(workspace, objectsOf(content['blocks']))
  return {
    id,
    personId,
    type,
    content: { ...content, blocks },
    blocks,
    hash: newHash(workspace),
    rootViewId: below?.rootViewId ?? id,
    previousViewId: below?.id ?? null,
    values: stateOf(blocks),
    errors: {},
  }
}

function show(workspace: Workspace, personId: string, stack: View[], view: View): View {
  workspace.views.set(personId, stack)
  workspace.changed()
  return view
}

function newHash(workspace: Workspace): string {
  return `${Math.floor(workspace.now() / 1000)}.${workspace.newId('h')}`
}

function refuseTakenExternalId(workspace: Workspace, content: Json, ownId?: string): void {
  const external = textOf(content['external_id']) ?? ''
  if (external === '') return
  const taken = findView(
    workspace,
    (view) => view.content['external_id'] === external && view.id !== ownId,
  )
  if (taken) throw new Refusal('duplicate_external_id')
}
