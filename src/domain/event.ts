import type { RequestId, ResourceId } from './ids.ts'
import type { Identity } from './person.ts'
import type { Json } from './ppl.ts'

/** State changes of a request; each belongs to exactly one version of it. */
export type ChangeAction =
  | 'request.created'
  | 'request.approval_recorded'
  | 'request.approved'
  | 'request.denied'
  | 'request.cancelled'
  | 'request.lapsed'
  | 'grant.activated'
  | 'grant.ending'
  | 'grant.ended'
  | 'grant.never_active'

/** Attempts that were refused; they change nothing. */
export type RefusedAction =
  | 'request.create_refused'
  | 'request.approve_refused'
  | 'request.deny_refused'
  | 'request.cancel_refused'
  | 'grant.end_refused'

/** What happened beside the life of a request. */
export type OtherAction =
  | 'identity.pinned'
  | 'identity.email_changed'
  | 'identity.forgotten'
  | 'policy.created'
  | 'policy.written'
  | 'policy.blocked'
  | 'policy.unblocked'
  | 'policy.failing'
  | 'policy.adopted'
  | 'policy.forgotten'
  | 'policy.drift_repaired'
  | 'policy.foreign_rules'
  | 'catalogue.accepted'

export type AuditAction = ChangeAction | RefusedAction | OtherAction

/** Where an act came from. */
export type Via = 'command' | 'button' | 'modal' | 'bot' | 'cli'

export type Actor =
  { readonly kind: 'person'; readonly identity: Identity } | { readonly kind: 'bot' }

/** What happened, never edited. */
export interface AuditEvent {
  readonly action: AuditAction
  readonly actor: Actor
  readonly via: Via
  readonly requestId?: RequestId
  /** Present on state changes only: the version that the change made. */
  readonly requestVersion?: number
  readonly resourceId?: ResourceId
  /** Somebody has to look: posted to the audit channel. */
  readonly alert: boolean
  readonly details: { readonly [key: string]: Json }
}
