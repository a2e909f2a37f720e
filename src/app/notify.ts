import { formatHead } from '../domain/chained-event.ts'
import { isNotice } from '../domain/event.ts'
import type { RequestId, SlackChannelId } from '../domain/ids.ts'
import type { Breaker } from './breaker.ts'
import { viewIn } from './deps.ts'
import { guarded } from './guarded.ts'
import type { Lease } from './lease.ts'
import type { MessagePlace, RecordedEvent, RequestView } from './ports.ts'
import { MessengerError } from './ports.ts'
import type { RerouteDeps } from './reroute-card.ts'
import { mayPass, rerouteAlert, rerouteCard, viewAt } from './reroute-card.ts'
import type { ShownMessage } from './store.ts'
import type { WorkHandler } from './worker.ts'

export type NotifyDeps = RerouteDeps & { readonly breaker: Breaker }

const TRAIL_LINES_MAX = 5
/** How long to leave to a replica with another catalogue what this one does not know. */
const OTHER_REPLICA_MS = 5_000

/**
 * The worker's hand for messages: makes every message of a request show its current state, posts those that are
 * missing, and adds to each thread the lines of what changed. One message that cannot be shown holds up no other.
 */
export function messagesWork(deps: NotifyDeps): WorkHandler {
  return (claim, lease) =>
    guarded(deps, claim, async () => {
      const id = claim.subject as RequestId
      // The messages first: what is found of the request after that is at least as new as what they show.
      const messages = await deps.store.statement((db) => db.messages.of(id))
      const view = await deps.store.statement(async (db) => {
        const request = await db.requests.find(id)
        return request && viewIn(db, deps.catalogue(), request, deps.pages)
      })
      if (view === undefined) return []
      const changes = await changesOwed(deps, view, messages)
      const troubles: MessengerError[] = []
      const attempt = async (step: () => Promise<void>): Promise<void> => {
        try {
          await step()
        } catch (error) {
          if (!(error instanceof MessengerError)) throw error
          troubles.push(error)
        }
      }
      await Promise.all([
        attempt(() => postDirect(deps, view, messages, lease)),
        attempt(() => provideCard(deps, view, messages, lease)),
        ...messages.map((message) =>
          attempt(() => bringUpToDate(deps, view, message, changes, lease)),
        ),
      ])
      const isCardOwed =
        view.resource === undefined &&
        view.request.status === 'pending' &&
        messages.every(({ kind }) => kind !== 'card')
      if (troubles.length === 0 && !isCardOwed)
        deps.log.debug({ requestId: id, version: view.request.version }, 'shown in Slack')
      // A replica with a newer catalogue may know where the card goes.
      if (troubles.length === 0 && isCardOwed) return { type: 'again', afterMs: OTHER_REPLICA_MS }
      return troubles
    })
}

async function postDirect(
  deps: NotifyDeps,
  view: RequestView,
  messages: readonly ShownMessage[],
  lease: Lease,
): Promise<void> {
  if (messages.some(({ kind }) => kind === 'direct')) return
  await lease.hold()
  const place = await deps.messenger.postDirect(view.request.requester.userId, view)
  await remember(deps, view, 'direct', place)
}

async function provideCard(
  deps: NotifyDeps,
  view: RequestView,
  messages: readonly ShownMessage[],
  lease: Lease,
): Promise<void> {
  const { resource } = view
  if (resource === undefined || messages.some(({ kind }) => kind === 'card')) return
  await lease.hold()
  try {
    const place = await deps.messenger.postCard(resource.channel, view)
    await remember(deps, view, 'card', place)
  } catch (error) {
    if (!(error instanceof MessengerError) || mayPass(error)) throw error
    await rerouteCard(deps, { ...view, resource }, error, lease)
  }
}

async function remember(
  deps: NotifyDeps,
  { request }: RequestView,
  kind: ShownMessage['kind'],
  place: MessagePlace,
): Promise<void> {
  const versions = { shown: request.version, trail: request.version }
  await deps.store.statement((db) => db.messages.posted(request.id, kind, place, versions))
}

async function bringUpToDate(
  deps: NotifyDeps,
  view: RequestView,
  message: ShownMessage,
  changes: readonly RecordedEvent[],
  lease: Lease,
): Promise<void> {
  const { request } = view
  const { messenger, store } = deps
  const isOwed = ({ requestVersion = 0 }: RecordedEvent) => requestVersion > message.trailVersion
  const owed = changes.filter(isOwed).slice(0, TRAIL_LINES_MAX)
  const lines = message.kind === 'direct' ? owed.filter(isForRequester) : owed
  let { shownVersion: shown, trailVersion: trail } = message
  try {
    if (shown < request.version) {
      if (message.kind === 'card')
        await messenger.updateCard(message.place, viewAt(deps, view, message.place))
      else await messenger.updateDirect(message.place, view)
      shown = request.version
    }
    if (lines.length > 0) {
      // A line cannot be taken back: whoever slept past the lease must not add what another one has added.
      await lease.hold()
      await messenger.postTrail(message.place, lines, view)
    }
    trail = owed.at(-1)?.requestVersion ?? trail
  } catch (error) {
    if (!(error instanceof MessengerError && error.code === 'gone')) throw error
    // Somebody deleted the message: it can never lie again, and a new one is posted if none is left.
    await store.transaction(async (tx) => {
      await tx.messages.gone(message.id)
      await tx.work.mark('messages', request.id)
    })
  } finally {
    if (shown > message.shownVersion || trail > message.trailVersion)
      await store.statement((db) => db.messages.shows(message.id, { shown, trail }))
  }
  if (trail < request.version && owed.length === TRAIL_LINES_MAX)
    await store.statement((db) => db.work.mark('messages', request.id))
}

/** Approvers are reminded, the requester is not. */
function isForRequester({ action }: RecordedEvent): boolean {
  return action !== 'request.reminded' && action !== 'grant.review_reminded'
}

/** State changes that the thread of some message lacks. */
async function changesOwed(
  deps: NotifyDeps,
  { request }: RequestView,
  messages: readonly ShownMessage[],
): Promise<readonly RecordedEvent[]> {
  const since = Math.min(...messages.map(({ trailVersion }) => trailVersion))
  if (since >= request.version) return []
  return deps.store.statement((db) => db.audit.changesAfter(request.id, since))
}

/**
 * The worker's hand for alerts: posts an audit event to the audit channel, once, or where that does not take it to the
 * fallback channel.
 */
export function alertWork(deps: NotifyDeps): WorkHandler {
  return (claim, lease) =>
    guarded(deps, claim, async () => {
      const channel = deps.catalogue().auditChannel
      const seq = Number(claim.subject)
      const event = await deps.store.statement(async (db) =>
        (await db.messages.isAlertPosted(seq)) ? undefined : db.audit.find(seq),
      )
      if (event === undefined) return []
      const { action, requestId, resourceId: resource } = event
      const head = formatHead(event)
      if (isNotice(action)) deps.log.info({ action, head }, 'audit head')
      else deps.log.error({ action, requestId, resource, seq, head }, 'alert')
      if (channel === undefined) return []
      try {
        await postAlert(deps, channel, event, lease)
        return []
      } catch (error) {
        if (error instanceof MessengerError) return [error]
        throw error
      }
    })
}

async function postAlert(
  deps: NotifyDeps,
  channel: SlackChannelId,
  event: RecordedEvent,
  lease: Lease,
): Promise<void> {
  await lease.hold()
  try {
    const place = await deps.messenger.postAlert(channel, event)
    await deps.store.statement((db) => db.messages.alertPosted(event.seq, place))
  } catch (error) {
    if (!(error instanceof MessengerError) || mayPass(error)) throw error
    await rerouteAlert(deps, event, { from: channel, refused: error }, lease)
  }
}
