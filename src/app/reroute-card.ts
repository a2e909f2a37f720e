import type { AuditEvent } from '../domain/event.ts'
import type { SlackChannelId } from '../domain/ids.ts'
import { nextMoment } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import type { Deps } from './deps.ts'
import type { Lease } from './lease.ts'
import type {
  MessagePlace,
  Messenger,
  MessengerError,
  RecordedEvent,
  RequestView,
} from './ports.ts'
import { BY_BOT } from './record.ts'
import type { Transaction } from './store.ts'

export type RerouteDeps = Pick<Deps, 'store' | 'catalogue' | 'pages' | 'log'> & {
  readonly messenger: Messenger
}

/** Operators are told of messages that went elsewhere once in so many seconds. */
const QUIET_SECONDS = 15 * 60

/**
 * Posts a card that its channel does not take into the fallback channel, for as long as somebody may have to act on
 * it; throws `refused` when there is nowhere to post it.
 */
export async function rerouteCard(
  deps: RerouteDeps,
  view: RequestView & { readonly resource: Resource },
  refused: MessengerError,
  lease: Lease,
): Promise<void> {
  const { request, resource } = view
  const channel = fallbackOf(deps)
  if (channel === undefined || channel === resource.channel) throw refused
  if (nextMoment(request) === undefined) throw refused
  await lease.hold()
  const rerouted = { ...view, reroutedFrom: resource.channel }
  const place = await deps.messenger.postCard(channel, rerouted)
  await deps.store.transaction(async (tx) => {
    const versions = { shown: request.version, trail: request.version }
    await tx.messages.posted(request.id, 'card', place, versions)
    const about = { requestId: request.id, resourceId: resource.id }
    await recordReroute(tx, about, { from: resource.channel, to: channel, refused })
  })
  deps.log.error({ err: refused, requestId: request.id, channel }, 'card posted elsewhere')
}

/**
 * Posts an alert that the audit channel does not take into the fallback channel; throws `refused` when the catalogue
 * has no other.
 */
export async function rerouteAlert(
  deps: RerouteDeps,
  event: RecordedEvent,
  { from, refused }: { readonly from: SlackChannelId; readonly refused: MessengerError },
  lease: Lease,
): Promise<void> {
  const to = deps.catalogue().fallbackChannel
  if (to === undefined || to === from) throw refused
  await lease.hold()
  const place = await deps.messenger.postAlert(to, event)
  await deps.store.transaction(async (tx) => {
    await tx.messages.alertPosted(event.seq, place)
    await recordReroute(tx, aboutOf(event), { from, to, refused })
  })
  const { requestId, seq } = event
  deps.log.error({ err: refused, requestId, seq, channel: to }, 'alert posted elsewhere')
}

type About = Pick<AuditEvent, 'requestId' | 'resourceId'>

function aboutOf({ requestId, resourceId }: AuditEvent): About {
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(resourceId === undefined ? {} : { resourceId }),
  }
}

async function recordReroute(
  tx: Transaction,
  about: About,
  way: {
    readonly from: SlackChannelId
    readonly to: SlackChannelId
    readonly refused: MessengerError
  },
): Promise<void> {
  const { from, to, refused } = way
  // The alert of an alert that was rerouted comes within the quiet time, so there is no third.
  const alert = !(await tx.audit.alertedWithin('message.rerouted', QUIET_SECONDS))
  const details = { from, to, error: refused.message }
  tx.audit.append({ ...BY_BOT, ...about, action: 'message.rerouted', alert, details })
}

/** The view for a card that stands in a channel, which may be there instead of in its own. */
export function viewAt(
  deps: Pick<Deps, 'catalogue'>,
  view: RequestView,
  { channel }: MessagePlace,
): RequestView {
  const own = view.resource?.channel
  if (own === undefined || own === channel || channel !== fallbackOf(deps)) return view
  return { ...view, reroutedFrom: own }
}

/** Whether the same call may succeed later. */
export function mayPass({ code }: MessengerError): boolean {
  return code === 'unavailable' || code === 'rate-limited'
}

function fallbackOf({ catalogue }: Pick<Deps, 'catalogue'>): SlackChannelId | undefined {
  const { fallbackChannel, auditChannel } = catalogue()
  return fallbackChannel ?? auditChannel
}
