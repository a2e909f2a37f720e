import type { RequestId } from '../domain/ids.ts'
import { backoffMs } from './backoff.ts'
import type { Breaker } from './breaker.ts'
import type { Deps } from './deps.ts'
import { viewOf } from './deps.ts'
import type { Lease } from './lease.ts'
import type { Messenger, RecordedEvent, RequestView } from './ports.ts'
import { MessengerError } from './ports.ts'
import type { ShownMessage, WorkResult } from './store.ts'
import type { WorkHandler } from './worker.ts'

export type NotifyDeps = Pick<Deps, 'store' | 'catalogue' | 'log'> & {
  readonly messenger: Messenger
  readonly breaker: Breaker
  readonly random: () => number
}

/**
 * The worker's hand for messages: makes every message of a request show its current state, posts those that are
 * missing, and adds to each thread the lines of what changed. One message that cannot be shown holds up no other.
 */
export function messagesWork(deps: NotifyDeps): WorkHandler {
  return ({ subject, attempts }, lease) =>
    guarded(deps, attempts, subject, async () => {
      const id = subject as RequestId
      const { request, messages } = await deps.store.transaction(async (tx) => ({
        request: await tx.requests.find(id),
        messages: await tx.messages.of(id),
      }))
      if (request === undefined) return []
      const view = viewOf(deps.catalogue(), request)
      const troubles: MessengerError[] = []
      const attempt = async (step: () => Promise<void>): Promise<void> => {
        try {
          await step()
        } catch (error) {
          if (!(error instanceof MessengerError)) throw error
          troubles.push(error)
        }
      }
      await attempt(() => postMissing(deps, view, messages, lease))
      for (const message of messages) await attempt(() => bringUpToDate(deps, view, message, lease))
      return troubles
    })
}

async function postMissing(
  deps: NotifyDeps,
  view: RequestView,
  messages: readonly ShownMessage[],
  lease: Lease,
): Promise<void> {
  const { request, resource } = view
  const isMissing = (kind: ShownMessage['kind']) =>
    messages.every((message) => message.kind !== kind)
  const versions = { shown: request.version, trail: request.version }
  if (isMissing('direct')) {
    await lease.hold()
    const place = await deps.messenger.postDirect(request.requester.userId, view)
    await deps.store.transaction((tx) => tx.messages.posted(request.id, 'direct', place, versions))
  }
  if (isMissing('card') && resource !== undefined) {
    await lease.hold()
    const place = await deps.messenger.postCard(resource.channel, view)
    await deps.store.transaction((tx) => tx.messages.posted(request.id, 'card', place, versions))
  }
}

async function bringUpToDate(
  deps: NotifyDeps,
  view: RequestView,
  message: ShownMessage,
  lease: Lease,
): Promise<void> {
  const { request } = view
  const { messenger, store } = deps
  try {
    if (message.shownVersion < request.version) {
      await lease.hold()
      if (message.kind === 'card') await messenger.updateCard(message.place, view)
      else await messenger.updateDirect(message.place, view)
      await store.transaction((tx) => tx.messages.shown(message.id, request.version))
    }
    if (message.trailVersion >= request.version) return
    for (const event of await changesAfter(deps, request.id, message.trailVersion)) {
      await lease.hold()
      await messenger.postTrail(message.place, event, view)
      const version = event.requestVersion ?? message.trailVersion
      await store.transaction((tx) => tx.messages.trailed(message.id, version))
    }
  } catch (error) {
    if (!(error instanceof MessengerError && error.code === 'gone')) throw error
    // Somebody deleted the message: it can never lie again, and a new one is posted if none is left.
    await store.transaction(async (tx) => {
      await tx.messages.gone(message.id)
      await tx.work.mark('messages', request.id)
    })
  }
}

function changesAfter(
  deps: NotifyDeps,
  id: RequestId,
  version: number,
): Promise<readonly RecordedEvent[]> {
  return deps.store.transaction((tx) => tx.audit.changesAfter(id, version))
}

/** The worker's hand for alerts: posts an audit event to the audit channel, once. */
export function alertWork(deps: NotifyDeps): WorkHandler {
  return ({ subject, attempts }, lease) =>
    guarded(deps, attempts, subject, async () => {
      const channel = deps.catalogue().auditChannel
      const seq = Number(subject)
      const event = await deps.store.transaction(async (tx) =>
        (await tx.messages.isAlertPosted(seq)) ? undefined : tx.audit.find(seq),
      )
      if (event === undefined) return []
      deps.log.error({ action: event.action, resource: event.resourceId, seq }, 'alert')
      if (channel === undefined) return []
      await lease.hold()
      try {
        const place = await deps.messenger.postAlert(channel, event)
        await deps.store.transaction((tx) => tx.messages.alertPosted(seq, place))
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
  step: () => Promise<readonly MessengerError[]>,
): Promise<WorkResult> {
  const { breaker, log } = deps
  const awayMs = breaker.enter()
  if (awayMs > 0) return { type: 'again', afterMs: awayMs }
  let troubles: readonly MessengerError[]
  try {
    troubles = await step()
  } catch (error) {
    breaker.left()
    throw error
  }
  const later = troubles.find(({ code }) => code === 'unavailable' || code === 'rate-limited')
  if (later === undefined) breaker.succeeded()
  else breaker.failed(later.retryAfterMs)
  if (later !== undefined) {
    log.warn({ err: later, subject, attempt: attempts + 1 }, 'message not shown yet')
    const afterMs = backoffMs(attempts, deps.random, later.retryAfterMs)
    return { type: 'again', afterMs, error: later.message }
  }
  const [trouble] = troubles
  if (trouble === undefined) return { type: 'done' }
  log.error({ err: trouble, subject }, 'message cannot be shown')
  return { type: 'blocked', error: trouble.message }
}
