import type { RequestId } from '../domain/ids.ts'
import type { Breaker } from './breaker.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import type { Lease } from './lease.ts'
import type { MessagePlace, Messenger, RecordedEvent, RequestView } from './ports.ts'
import { MessengerError } from './ports.ts'
import type { ShownMessage } from './store.ts'
import type { Handled, WorkHandler } from './worker.ts'

export type NotifyDeps = Pick<Deps, 'store' | 'catalogue' | 'log'> & {
  readonly messenger: Messenger
  readonly breaker: Breaker
}

const TRAIL_LINES_MAX = 5
/** How long to leave to a replica with another catalogue what this one does not know. */
const OTHER_REPLICA_MS = 5_000

/**
 * The worker's hand for messages: makes every message of a request show its current state, posts those that are
 * missing, and adds to each thread the lines of what changed. One message that cannot be shown holds up no other.
 */
export function messagesWork(deps: NotifyDeps): WorkHandler {
  return ({ subject, attempts }, lease) =>
    guarded(deps, attempts, subject, async () => {
      const id = subject as RequestId
      // The messages first: what is found of the request after that is at least as new as what they show.
      const messages = await deps.store.statement((db) => db.messages.of(id))
      const request = await deps.store.statement((db) => db.requests.find(id))
      if (request === undefined) return []
      const view = viewOf(deps.catalogue(), request)
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
        attempt(() => postCard(deps, view, messages, lease)),
        ...messages.map((message) => attempt(() => bringUpToDate(deps, view, message, changes))),
      ])
      const isCardOwed =
        view.resource === undefined &&
        request.status === 'pending' &&
        messages.every(({ kind }) => kind !== 'card')
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

async function postCard(
  deps: NotifyDeps,
  view: RequestView,
  messages: readonly ShownMessage[],
  lease: Lease,
): Promise<void> {
  const { resource } = view
  if (resource === undefined || messages.some(({ kind }) => kind === 'card')) return
  await lease.hold()
  const place = await deps.messenger.postCard(resource.channel, view)
  await remember(deps, view, 'card', place)
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
): Promise<void> {
  const { request } = view
  const { messenger, store } = deps
  const isOwed = ({ requestVersion = 0 }: RecordedEvent) => requestVersion > message.trailVersion
  const lines = changes.filter(isOwed).slice(0, TRAIL_LINES_MAX)
  let { shownVersion: shown, trailVersion: trail } = message
  try {
    if (shown < request.version) {
      if (message.kind === 'card') await messenger.updateCard(message.place, view)
      else await messenger.updateDirect(message.place, view)
      shown = request.version
    }
    if (lines.length > 0) {
      await messenger.postTrail(message.place, lines, view)
      trail = lines.at(-1)?.requestVersion ?? trail
    }
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
  if (trail < request.version && lines.length === TRAIL_LINES_MAX)
    await store.statement((db) => db.work.mark('messages', request.id))
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

/** The worker's hand for alerts: posts an audit event to the audit channel, once. */
export function alertWork(deps: NotifyDeps): WorkHandler {
  return ({ subject, attempts }, lease) =>
    guarded(deps, attempts, subject, async () => {
      const channel = deps.catalogue().auditChannel
      const seq = Number(subject)
      const event = await deps.store.statement(async (db) =>
        (await db.messages.isAlertPosted(seq)) ? undefined : db.audit.find(seq),
      )
      if (event === undefined) return []
      deps.log.error({ action: event.action, resource: event.resourceId, seq }, 'alert')
      if (channel === undefined) return []
      await lease.hold()
      try {
        const place = await deps.messenger.postAlert(channel, event)
        await deps.store.statement((db) => db.messages.alertPosted(seq, place))
        return []
      } catch (error) {
        if (error instanceof MessengerError) return [error]
        throw error
      }
    })
}

/** Runs a step behind Slack's breaker and turns what could not be shown into a result: later, or never. */
async function guarded(
  deps: NotifyDeps,
  attempts: number,
  subject: string,
  step: () => Promise<readonly MessengerError[] | Handled>,
): Promise<Handled> {
  const { breaker, log } = deps
  const awayMs = breaker.enter()
  if (awayMs > 0) return { type: 'again', afterMs: awayMs }
  let troubles: readonly MessengerError[] | Handled
  try {
    troubles = await step()
  } catch (error) {
    breaker.left()
    throw error
  }
  if ('type' in troubles) {
    breaker.succeeded()
    return troubles
  }
  const later = troubles.find(({ code }) => code === 'unavailable' || code === 'rate-limited')
  if (later === undefined) breaker.succeeded()
  else breaker.failed(later.retryAfterMs)
  if (later !== undefined) {
    log.warn({ err: later, subject, attempt: attempts + 1 }, 'message not shown yet')
    return { type: 'failed', error: later.message, retryAfterMs: later.retryAfterMs }
  }
  const [trouble] = troubles
  if (trouble === undefined) return { type: 'done' }
  log.error({ err: trouble, subject }, 'message cannot be shown')
  return { type: 'blocked', error: trouble.message }
}
