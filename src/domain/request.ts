import type { RequestId, ResourceId } from './ids.ts'
import type { Identity } from './person.ts'
import type { Criterion } from './ppl.ts'

/** What was asked; it never changes. */
export interface Asked {
  readonly id: RequestId
  /** Moves by one with each state change; the audit event of that change carries the same number. */
  readonly version: number
  readonly requester: Identity
  readonly resourceId: ResourceId
  readonly durationSeconds: number
  readonly reason: string
  readonly requestedAt: Date
  /** An unanswered request lapses at this instant. */
  readonly lapsesAt: Date
  /** Distinct people who must approve, as the catalogue had it when last looked at. */
  readonly approvalsNeeded: number
  /** Revision of the catalogue under which the request was made. */
  readonly catalogueRevision: string
}

export interface Approval {
  readonly by: Identity
  readonly at: Date
  readonly note?: string
}

/** What an approval opened: who may pass, under which conditions, in [startsAt, endsAt). */
export interface GrantTerms {
  /** The address in the rule, spelled as the directory had it at approval. */
  readonly email: string
  readonly constraints: readonly Criterion[]
  readonly startsAt: Date
  /** Whole seconds; the rule ends here by itself. */
  readonly endsAt: Date
  /** The resource's maximum at approval; endsAt is never later than startsAt plus this. */
  readonly maxSeconds: number
}

/** Why access ended: its time was over, the holder gave it back, or somebody entitled took it away. */
export type EndCause = 'expired' | 'returned' | 'revoked'

export type Grant = GrantTerms &
  (
    | { readonly state: 'granting' }
    | { readonly state: 'active'; readonly activeAt: Date }
    | {
        readonly state: 'ending'
        readonly cause: Exclude<EndCause, 'expired'>
        readonly endedBy: Identity
        readonly endReason?: string
      }
    | {
        readonly state: 'ended'
        readonly cause: EndCause
        readonly endedAt: Date
        readonly endedBy?: Identity
        readonly endReason?: string
      }
    /** The end came before Pomerium had confirmed the rule. */
    | { readonly state: 'never-active'; readonly endedAt: Date }
  )

export type Pending = Asked & {
  readonly status: 'pending'
  readonly approvals: readonly Approval[]
}
export type Approved = Asked & {
  readonly status: 'approved'
  readonly approvals: readonly Approval[]
  readonly grant: Grant
}

/** The life of one request, from the question to the end of the access that came of it. */
export type AccessRequest =
  | Pending
  | (Asked & {
      readonly status: 'denied'
      readonly approvals: readonly Approval[]
      readonly deniedBy: Identity
      readonly deniedAt: Date
      readonly denyReason: string
    })
  | (Asked & {
      readonly status: 'cancelled'
      readonly approvals: readonly Approval[]
      readonly cancelledAt: Date
    })
  | (Asked & {
      readonly status: 'lapsed'
      readonly approvals: readonly Approval[]
      readonly lapsedAt: Date
    })
  | Approved

/** Whether the grant's rule must stand in Pomerium's policy. */
export function isRuleDue(grant: Grant): boolean {
  return grant.state === 'granting' || grant.state === 'active'
}

/** The next instant at which time alone changes the request; `undefined` in an end state. */
export function nextMoment(request: AccessRequest): Date | undefined {
  switch (request.status) {
    case 'pending':
      return request.lapsesAt
    case 'denied':
    case 'cancelled':
    case 'lapsed':
      return undefined
    case 'approved':
      return isOver(request.grant) ? undefined : request.grant.endsAt
    default:
      return request satisfies never
  }
}

/** Whether the grant has reached an end state. */
export function isOver(grant: Grant): boolean {
  return grant.state === 'ended' || grant.state === 'never-active'
}
