import type { Via } from '../domain/event.ts'
import type { RequestId, SlackUserId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Resource } from '../domain/resource.ts'
import type { MessagePlace, RequestView } from './ports.ts'

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

/** Who acts, and from where. */
export interface Act {
  readonly actor: SlackUserId
  readonly via: Via
}

/** What people can do with the product; every surface calls these and nothing else. */
export interface UseCases {
  /** Asks for access. `idempotencyKey` is Slack's id of the delivery: the same key never makes two requests. */
  requestAccess(
    input: Act & {
      readonly resource: string
      readonly durationSeconds: number
      readonly reason: string
      readonly idempotencyKey: string
    },
  ): Promise<Outcome<RequestView>>
  /** `clicked` is the card that was used, so that a copy nobody knew of is kept up to date too. */
  approveRequest(
    input: Act & {
      readonly id: RequestId
      readonly note?: string
      readonly clicked?: MessagePlace
    },
  ): Promise<Outcome<RequestView>>
  denyRequest(
    input: Act & {
      readonly id: RequestId
      readonly reason: string
      readonly clicked?: MessagePlace
    },
  ): Promise<Outcome<RequestView>>
  cancelRequest(input: Act & { readonly id: RequestId }): Promise<Outcome<RequestView>>
  endGrant(
    input: Act & {
      readonly id: RequestId
      readonly reason?: string
      readonly clicked?: MessagePlace
    },
  ): Promise<Outcome<RequestView>>
  /** The resources that somebody may ask for. */
  resourcesFor(actor: SlackUserId): Promise<Outcome<readonly Resource[]>>
  /** Somebody's own requests, the newest first: open and live ones, then recent ones; at most 20. */
  requestsOf(actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
  /** Requests that wait for somebody's answer, the oldest first; at most 20. */
  requestsWaitingFor(actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
}
