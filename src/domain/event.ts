import type { RequestId, ResourceId } from './ids.ts'
import type { Identity } from './person.ts'
import type { Json } from './ppl.ts'

/** State changes of a request; each belongs to exactly one version of it. */
export type ChangeAction =
  | 'request.created'
  | 'request.approval_recorded'
  | 'request.approved'
  /** Approved by a rule; opens the grant, or extends the one that the request was about. */
  | 'request.auto_approved'
  /** Emergency access was opened by its requester. */
  | 'request.break_glass'
  /** The last approval of a wish to extend. */
  | 'request.extended'
  | 'request.denied'
  | 'request.cancelled'
  | 'request.lapsed'
  | 'request.reminded'
  | 'request.escalated'
  /** Approvals count, or count no more, by the rights that their givers have now. */
  | 'request.recounted'
  | 'grant.scheduled'
  | 'grant.activated'
  | 'grant.extended'
  | 'grant.ending'
  | 'grant.ended'
  | 'grant.never_active'
  | 'grant.review_reminded'
  | 'grant.review_overdue'
  | 'grant.reviewed'

/** Attempts that were refused; they change nothing. */
export type RefusedAction =
  | 'request.create_refused'
  | 'request.approve_refused'
  | 'request.deny_refused'
  | 'request.cancel_refused'
  | 'grant.extend_refused'
  | 'grant.end_refused'
  | 'grant.review_refused'

/** What happened beside the life of a request. */
export type OtherAction =
  /** Access that was taken away is not confirmed as gone. */
  | 'grant.end_unconfirmed'
  | 'identity.pinned'
  | 'identity.email_changed'
  | 'identity.forgotten'
  /** A Slack user and a Pomerium identity are one person from now on. */
  | 'identity.linked'
  /** Another Pomerium identity took the place of the one before. */
  | 'identity.relinked'
  | 'identity.unlinked'
  | 'identity.link_refused'
  /** An operator lets a Slack user link with an address that Slack does not have. */
  | 'identity.address_allowed'
  | 'policy.created'
  | 'policy.written'
  | 'policy.blocked'
  | 'policy.unblocked'
  | 'policy.failing'
  | 'policy.adopted'
  | 'policy.forgotten'
  | 'policy.drift_repaired'
  | 'policy.foreign_rules'
  /** Rules of others were taken out, as the catalogue says. */
  | 'policy.foreign_removed'
  /** A rule of access that is over came back, and was taken out again. */
  | 'policy.rule_returned'
  | 'policy.settings_changed'
  /** No route has it: it opens nothing. */
  | 'policy.detached'
  | 'policy.attached'
  /** Somebody else changed it, by Pomerium's activity log. */
  | 'policy.changed_outside'
  | 'catalogue.accepted'
  | 'catalogue.rejected'
  /** The Rego policy was asked and answered. */
  | 'rego.decided'
  /** The Rego policy was asked and gave no decision. */
  | 'rego.no_decision'
  /** A card or an alert went to the fallback channel. */
  | 'message.rerouted'
  /** Posted with its own number and hash, which vouch for all before it. */
  | 'audit.head_published'
  /** The trail is not as it was recorded. */
  | 'audit.chain_broken'
  /** The trail lacks an event that was seen outside: nothing is written to Pomerium. */
  | 'audit.trail_behind'
  /** An operator goes on with a database that was restored from a back-up. */
  | 'audit.restore_adopted'
  /** A file of heads cannot be read or added to. */
  | 'audit.heads_not_kept'
  /** What a month held, for whoever reviews access. */
  | 'audit.month_summed_up'
  /** The trail is streamed to another destination than before, or to one for the first time. */
  | 'audit.stream_begun'
  /** A destination does not take the trail. */
  | 'audit.stream_failing'
  /** A person was erased; the events of which something is gone are named. */
  | 'audit.erased'
  /** The oldest events are in a file, and not in the database any more. */
  | 'audit.archived'
  | 'audit.hold_placed'
  | 'audit.hold_released'
  | 'audit.read'
  | 'audit.exported'
  /** Somebody who may not read the audit trail tried to. */
  | 'audit.read_refused'

export type AuditAction = ChangeAction | RefusedAction | OtherAction

/**
 * Where an act came from. What the bot does by itself is by `reconciler` when it follows from comparing Pomerium's
 * policies with the grants, and by `bot` otherwise.
 */
export type Via = 'command' | 'button' | 'modal' | 'web' | 'bot' | 'reconciler' | 'cli'

export type Actor =
  { readonly kind: 'person'; readonly identity: Identity } | { readonly kind: 'bot' }

/** What happened, never edited. */
export interface AuditEvent {
  readonly action: AuditAction
  readonly actor: Actor
  readonly via: Via
  /** The network address that it came from, where one is known. */
  readonly source?: string
  readonly requestId?: RequestId
  /** Present on state changes only: the version that the change made. */
  readonly requestVersion?: number
  readonly resourceId?: ResourceId
  /** Somebody has to look: posted to the audit channel. */
  readonly alert: boolean
  readonly details: { readonly [key: string]: Json }
}

/** Whether an alert of this kind is for information: nothing is wrong. */
export function isNotice(action: AuditAction): boolean {
  return action === 'audit.head_published' || action === 'audit.month_summed_up'
}
