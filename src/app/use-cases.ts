import type { Via } from '../domain/event.ts'
import type { RequestId, SlackUserId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { RequestKind, Verdict } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import type { Start } from '../domain/start-time.ts'
import type { Assertion } from './assertion.ts'
import type { AuditDigest, AuditSubject } from './audit-cases.ts'
import type { MessagePlace, RequestView } from './ports.ts'

export type { Start } from '../domain/start-time.ts'

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

/** Who acts, and from where. */
export interface Act {
  readonly actor: SlackUserId
  readonly via: Via
  /** Who Pomerium says it is; on the pages only. */
  readonly assertion?: Assertion
}

/** What somebody should know about what they did, beside its outcome. */
export type Notice =
  /** The Rego policy gave no answer: people decide, and operators were told. */
  | { readonly code: 'rego-silent' }
  /** It would have been approved by itself, had it not been so often already. */
  | { readonly code: 'automatic-limit-reached'; readonly count: number; readonly seconds: number }
  /** It would have been approved by itself, had access not been revoked or denied to them lately. */
  | { readonly code: 'taken-away-lately' }

/** Something that somebody may ask for, and how. */
export interface Offer {
  /** At its level. */
  readonly resource: Resource
  /** `standard` and `sponsored` (as a guest) for themselves, `break-glass` in an emergency. */
  readonly kinds: readonly RequestKind[]
  /** Whether they may ask for a vendor who is not in Slack. */
  readonly isSponsor: boolean
}

/** What people can do with the product; every surface calls these and nothing else. */
export interface UseCases {
  /**
   * Asks for access. `resource` is an id, with `:level` where the resource has levels. `idempotencyKey` is Slack's id
   * of the delivery: the same key never makes two requests.
   */
  requestAccess(
    input: Act & {
      readonly resource: string
      readonly durationSeconds: number
      readonly reason: string
      readonly idempotencyKey: string
      readonly start?: Start
      /** The address of somebody who is not in Slack, whom the actor sponsors. */
      readonly beneficiary?: string
      /** Access at once, reviewed afterwards. */
      readonly breakGlass?: boolean
    },
  ): Promise<Outcome<RequestView> & { readonly notice?: Notice }>
  /** Asks for a grant to last longer, under the same rules as for access. */
  extendGrant(
    input: Act & {
      readonly id: RequestId
      /** How much longer. */
      readonly durationSeconds: number
      readonly reason: string
      readonly idempotencyKey: string
    },
  ): Promise<Outcome<RequestView> & { readonly notice?: Notice }>
  /**
   * `durationSeconds` shortens what was asked. `clicked` is the card that was used, so that a copy nobody knew of is
   * kept up to date too.
   */
  approveRequest(
    input: Act & {
      readonly id: RequestId
      readonly note?: string
      readonly durationSeconds?: number
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
  /** Says whether break-glass access was justified; a note is needed when it was not. */
  reviewGrant(
    input: Act & {
      readonly id: RequestId
      readonly verdict: Verdict
      readonly note?: string
      readonly clicked?: MessagePlace
    },
  ): Promise<Outcome<RequestView>>
  /** A code that binds the actor's Slack account to the Pomerium identity that enters it on `page`, once and soon. */
  issueLinkCode(
    input: Act,
  ): Promise<Outcome<{ readonly code: string; readonly page: string; readonly expiresAt: Date }>>
  /** What somebody may ask for. */
  offersFor(actor: SlackUserId): Promise<Outcome<readonly Offer[]>>
  /** Somebody's own requests, the newest first: open and live ones, then recent ones; at most 20. */
  requestsOf(actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
  /** Requests that wait for somebody's answer, the oldest first; at most 20. */
  requestsWaitingFor(actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
  /** Break-glass access that waits for somebody's review, the first due first; at most 20. */
  reviewsWaitingFor(actor: SlackUserId): Promise<Outcome<readonly RequestView[]>>
  /**
   * The audit trail in short, for admins and auditors; that they read it, or were refused, is on record. It looks back so
   * many `seconds`; unless told, a day for everything, a week for a person or a resource, and to the beginning of a
   * request.
   */
  auditDigest(
    input: Act & { readonly about: AuditSubject; readonly seconds?: number },
  ): Promise<Outcome<AuditDigest>>
}
