import type { LevelId, RequestId, ResourceId } from './ids.ts'
import type { Identity } from './person.ts'
import type { Criterion } from './ppl.ts'
import type { NotAMember } from './refusal.ts'

/**
 * `standard`: by somebody eligible, for themselves; `sponsored`: for a guest or a person of another organisation, who
 * asked with a sponsor's word to come, or whom their sponsor asks for; `break-glass`: in an emergency.
 */
export type RequestKind = 'standard' | 'sponsored' | 'break-glass'

/** What was asked; it never changes. */
export interface Asked {
  readonly id: RequestId
  /** Moves by one with each state change; the audit event of that change carries the same number. */
  readonly version: number
  readonly kind: RequestKind
  /** Who asked: the holder to be, or the sponsor of the beneficiary. */
  readonly requester: Identity
  /** The address of the holder to be when that is not the requester but somebody who is not in Slack. */
  readonly beneficiary?: string
  readonly resourceId: ResourceId
  readonly level?: LevelId
  /** The request whose grant is to last longer by `durationSeconds`; absent: access is asked for. */
  readonly extends?: RequestId
  readonly durationSeconds: number
  /** When access is to start; absent: at once. */
  readonly startsAt?: Date
  readonly reason: string
  readonly requestedAt: Date
  /** An unanswered request lapses at this instant. */
  readonly lapsesAt: Date
  /** Distinct people who must approve, as was decided when last looked at. */
  readonly approvalsNeeded: number
  /** How many of the approvals counted when last looked at: those by people who still had the right. */
  readonly approvalsCounted: number
  /** Whether it is approved on the page behind Pomerium only, by linked identities, whatever the catalogue says later. */
  readonly needsStepUp?: true
  /** Revision of the catalogue under which the request was made. */
  readonly catalogueRevision: string
  readonly approvals: readonly Approval[]
}

export interface Approval {
  readonly by: Identity
  readonly at: Date
  /** Index of the stage for which it counted. */
  readonly stage: number
  readonly note?: string
  /** Whether it was given on the page behind Pomerium, freshly verified as the approver's linked identity. */
  readonly isSteppedUp?: true
  /** The longest time that this approver allowed, when it is shorter than what was asked. */
  readonly durationSeconds?: number
}

/** What an approval opened: who may pass, under which conditions, in [startsAt, endsAt). */
export interface GrantTerms {
  /** The address in the rule, spelled as the directory had it at approval, or as the sponsor gave it. */
  readonly email: string
  readonly constraints: readonly Criterion[]
  readonly startsAt: Date
  /** Whether the rule itself starts at `startsAt`; otherwise access began with the approval. */
  readonly isScheduled: boolean
  /** Whole seconds; the rule ends here by itself. */
  readonly endsAt: Date
  /** The resource's maximum at approval; endsAt is never later than startsAt plus this. */
  readonly maxSeconds: number
  /** How often the end was moved. */
  readonly extensions: number
  /** What the rule said before its end was moved, oldest first: a write that lands late may bring such a rule back. */
  readonly earlier?: readonly Pick<GrantTerms, 'endsAt' | 'constraints'>[]
}

/**
 * Why access ended: its time was over, the holder gave it back, somebody entitled took it away, or its holder is not
 * eligible any more.
 */
export type EndCause = 'expired' | 'returned' | 'revoked' | 'ineligible'

/** Why a holder or requester may not have what they have or asked for any more. */
export type Ineligibility =
  | NotAMember
  | 'email-domain'
  | 'email-changed'
  | 'not-a-requester'
  | 'not-a-sponsor'
  | 'not-a-vendor'
  /** Of a wish to extend: the access that was to last longer is over. */
  | 'grant-over'
  /** The database was restored from a back-up, which does not know whether the access was taken away since. */
  | 'restored'

/** An end that somebody brought about, or that the loss of eligibility did. */
export type EarlyEnd =
  | {
      readonly cause: 'returned' | 'revoked'
      readonly endedBy: Identity
      readonly endReason?: string
    }
  | { readonly cause: 'ineligible'; readonly why: Ineligibility }

export type Grant = GrantTerms &
  /** Decided, and not confirmed by Pomerium. Until `inForceUntil` an earlier, shorter rule lets the holder in. */
  (
    | { readonly state: 'granting'; readonly inForceUntil?: Date }
    /** Pomerium has the rule, and it starts at `startsAt`. */
    | { readonly state: 'scheduled'; readonly confirmedAt: Date }
    | { readonly state: 'active'; readonly activeAt: Date }
    | ({ readonly state: 'ending' } & EarlyEnd)
    | ({ readonly state: 'ended'; readonly endedAt: Date } & (
        EarlyEnd | { readonly cause: 'expired' }
      ))
    /** The end came before Pomerium had confirmed the rule. */
    | { readonly state: 'never-active'; readonly endedAt: Date }
  )

/** What approvers say of break-glass access afterwards. */
export type Verdict = 'justified' | 'not-justified'

export type Review =
  | {
      readonly state: 'due'
      readonly dueAt: Date
      /** When approvers are asked again. */
      readonly remindAt: Date
      readonly isOverdue: boolean
    }
  | {
      readonly state: 'done'
      readonly dueAt: Date
      readonly verdict: Verdict
      readonly by: Identity
      readonly at: Date
      readonly note?: string
    }

/** How a waiting request asks for attention. */
export interface Attention {
  /** Reminders sent so far. */
  readonly reminders: number
  /** Time to the first reminder. */
  readonly remindSeconds?: number
  readonly remindAt?: Date
  /** When further approvers are asked; absent once they were. */
  readonly escalatesAt?: Date
  readonly escalatedAt?: Date
}

export type Pending = Asked & Attention & { readonly status: 'pending' }
export type Approved = Asked & {
  readonly status: 'approved'
  readonly grant: Grant
  /** The rule that approved instead of people. */
  readonly automatic?: string
  /** Of break-glass access. */
  readonly review?: Review
}

/** The life of one request, from the question to the end of the access that came of it. */
export type AccessRequest =
  | Pending
  | (Asked & {
      readonly status: 'denied'
      readonly deniedBy: Identity
      readonly deniedAt: Date
      readonly denyReason: string
    })
  | (Asked & {
      readonly status: 'cancelled'
      readonly cancelledAt: Date
      /** Why it was cancelled when not by its requester. */
      readonly why?: Ineligibility
    })
  | (Asked & { readonly status: 'lapsed'; readonly lapsedAt: Date })
  /** The grant that it was about ends later now. */
  | (Asked & {
      readonly status: 'extended'
      readonly extendedAt: Date
      readonly automatic?: string
    })
  | Approved

/** What was asked and approved, without what only a waiting request has. */
export function settled(pending: Pending): Asked {
  const {
    status: _status,
    reminders: _reminders,
    remindSeconds: _remindSeconds,
    remindAt: _remindAt,
    escalatesAt: _escalatesAt,
    escalatedAt: _escalatedAt,
    ...asked
  } = pending
  return asked
}

/** The shortest time that anybody who approved allows, or what was asked, in seconds. */
export function allowedSeconds({
  durationSeconds,
  approvals,
}: Pick<Asked, 'durationSeconds' | 'approvals'>): number {
  return Math.min(durationSeconds, ...approvals.map((each) => each.durationSeconds ?? Infinity))
}

/** How long access would last if a request were granted, with what it extends; `undefined` when that is not known. */
export function totalSeconds(
  request: Asked,
  extended: AccessRequest | undefined,
): number | undefined {
  if (request.extends === undefined) return request.durationSeconds
  if (extended?.status !== 'approved') return undefined
  const { startsAt, endsAt } = extended.grant
  return Math.ceil((endsAt.getTime() - startsAt.getTime()) / 1_000) + request.durationSeconds
}

/** Whether it is opened on the page behind Pomerium only: by what was said when it was asked, or by the catalogue now. */
export function needsStepUp(
  request: Pick<Asked, 'needsStepUp'>,
  resource: { readonly needsStepUp: boolean } | undefined,
): boolean {
  return request.needsStepUp === true || resource?.needsStepUp === true
}

/** Whether the grant's rule must stand in Pomerium's policy. */
export function isRuleDue(grant: Grant): boolean {
  return grant.state === 'granting' || grant.state === 'scheduled' || grant.state === 'active'
}

/** The next instant at which time alone changes the request; `undefined` in an end state. */
export function nextMoment(request: AccessRequest): Date | undefined {
  switch (request.status) {
    case 'pending':
      return earliest(request.lapsesAt, request.remindAt, request.escalatesAt)
    case 'denied':
    case 'cancelled':
    case 'lapsed':
    case 'extended':
      return undefined
    case 'approved':
      return earliest(
        momentOf(request.grant),
        request.review?.state === 'due' ? request.review.remindAt : undefined,
      )
    default:
      return request satisfies never
  }
}

function momentOf(grant: Grant): Date | undefined {
  if (isOver(grant)) return undefined
  return grant.state === 'scheduled' ? grant.startsAt : grant.endsAt
}

function earliest(...instants: readonly (Date | undefined)[]): Date | undefined {
  return instants
    .filter((instant) => instant !== undefined)
    .reduce<Date | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
}

/** Whether the grant has reached an end state. */
export function isOver(grant: Grant): boolean {
  return grant.state === 'ended' || grant.state === 'never-active'
}
