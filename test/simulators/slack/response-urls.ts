import { channelOf } from './channels.ts'
import { textOf, type Json } from './json.ts'
import { addMessage, draftFrom, editMessage, nextVersion, type Draft } from './messages.ts'
import { Refusal } from './refusal.ts'
import { showEphemeral, type Ephemeral, type Workspace } from './workspace.ts'

const LIFETIME_MS = 30 * 60_000
const USES = 5
const KEPT = 10_000

export interface ResponseOrigin {
  readonly personId: string
  readonly channelId: string
  /** The message that was clicked; `isEphemeral` when only the person sees it. */
  readonly source?: { readonly ts: string; readonly isEphemeral: boolean }
  readonly threadTs?: string
}

export interface ResponseUrls {
  /** A path that takes five answers within 30 minutes. */
  issue(kind: 'commands' | 'actions', origin: ResponseOrigin): string
  /** Does what was posted there. Throws `used_url`, `expired_url` or what a bad message gets. */
  post(path: string, body: Json): void
}

type Source = ResponseOrigin['source']

/**
 * The response URLs of a workspace; it remembers the newest 10,000.
 * Source: https://docs.slack.dev/interactivity/handling-user-interaction
 */
export function createResponseUrls(workspace: Workspace): ResponseUrls {
  const issued = new Map<
    string,
    { origin: ResponseOrigin; at: number; uses: number; source: Source }
  >()
  return {
    issue(kind, origin) {
      const path = `/${kind}/${workspace.teamId}/${workspace.newId('1')}/${workspace.newId('r')}`
      issued.set(path, { origin, at: workspace.now(), uses: 0, source: origin.source })
      const oldest = issued.keys().next().value
      if (issued.size > KEPT && oldest) issued.delete(oldest)
      return path
    },
    post(path, body) {
      const url = issued.get(path)
      if (!url) throw new Refusal('no_service')
      if (workspace.now() - url.at > LIFETIME_MS) throw new Refusal('expired_url')
      if (url.uses >= USES) throw new Refusal('used_url')
      url.source = respond(workspace, url.origin, url.source, body)
      url.uses += 1
    },
  }
}

/** What an answer to a command or click does; gives the message that a later replacement replaces. */
export function respond(
  workspace: Workspace,
  origin: ResponseOrigin,
  source: Source,
  body: Json,
): Source {
  if (body['delete_original'] === true) {
    remove(workspace, origin, source)
    return undefined
  }
  const draft = draftFrom(workspace, body)
  const replaces = body['replace_original'] === true || body['replace_original'] === 'true'
  if (replaces && source && replace(workspace, origin, source, draft)) return source
  const threadTs = textOf(body['thread_ts']) ?? origin.threadTs
  if (body['response_type'] === 'in_channel') {
    const channel = channelOf(workspace, origin.channelId)
    const { ts } = addMessage(workspace, channel, workspace.botUserId, draft, threadTs)
    return { ts, isEphemeral: false }
  }
  const ts = workspace.newTs()
  showEphemeral(workspace, {
    ...draft,
    to: origin.personId,
    channel: origin.channelId,
    ts,
    user: workspace.botUserId,
    edited: false,
    history: [],
    ...(threadTs === undefined ? {} : { threadTs }),
  })
  return { ts, isEphemeral: true }
}

function replace(
  workspace: Workspace,
  origin: ResponseOrigin,
  source: { readonly ts: string; readonly isEphemeral: boolean },
  draft: Draft,
): boolean {
  if (source.isEphemeral) {
    return editEphemerals(workspace, origin.personId, (each) =>
      each.ts === source.ts ? nextVersion(each, draft) : each,
    )
  }
  const channel = channelOf(workspace, origin.channelId)
  const message = channel.messages.get(source.ts)
  if (message) editMessage(workspace, channel, message, draft)
  return message !== undefined
}

function remove(workspace: Workspace, origin: ResponseOrigin, source: Source): void {
  if (!source) return
  if (source.isEphemeral) {
    editEphemerals(workspace, origin.personId, (each) => (each.ts === source.ts ? [] : each))
    return
  }
  channelOf(workspace, origin.channelId).messages.delete(source.ts)
  workspace.changed()
}

function editEphemerals(
  workspace: Workspace,
  personId: string,
  edit: (message: Ephemeral) => Ephemeral | [],
): boolean {
  const shown = workspace.ephemerals.get(personId) ?? []
  const edited = shown.flatMap(edit)
  workspace.ephemerals.set(personId, edited)
  workspace.changed()
  return edited.some((message, index) => message !== shown[index])
}
