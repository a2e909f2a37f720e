import type { LevelId, ResourceId, SlackGroupId } from './ids.ts'
import type { Identity } from './person.ts'
import type { AccessRequest, Grant } from './request.ts'

/** Why Slack's account cannot be trusted with a wish. */
export type NotAMember =
  'unknown' | 'deactivated' | 'guest' | 'bot' | 'external' | 'invited' | 'no-email'

/** Why somebody's wish was not carried out: an answer that they read, never an error. */
export type Refusal =
  | { readonly code: 'not-a-member'; readonly why: NotAMember }
  | { readonly code: 'email-domain'; readonly domains: readonly string[] }
  | { readonly code: 'email-changed' }
  /** The look-up failed, so nothing was decided. */
  | { readonly code: 'directory-unavailable' }
  /** Unknown and not theirs read the same, so that nobody can probe for resources. */
  | { readonly code: 'no-such-resource'; readonly resource: string }
  | { readonly code: 'duration-too-long'; readonly maxSeconds: number }
  | { readonly code: 'duration-not-offered'; readonly choices: readonly number[] }
  /** An approver may shorten, and not lengthen. */
  | { readonly code: 'not-shorter'; readonly askedSeconds: number }
  | {
      readonly code: 'level-needed'
      readonly resource?: ResourceId
      readonly levels: readonly LevelId[]
    }
  | { readonly code: 'start-not-offered' }
  | { readonly code: 'start-in-past' }
  /** There is no such day or time. */
  | { readonly code: 'start-unreadable' }
  | { readonly code: 'start-too-far'; readonly maxSeconds: number }
  /** Slack does not tell the asker's time zone, so that `14:00` means nothing. */
  | { readonly code: 'time-zone-unknown' }
  /** A vendor is asked for by a sponsor only, with an address of the listed ones. */
  | { readonly code: 'beneficiary-not-listed'; readonly beneficiary: string }
  | { readonly code: 'no-break-glass' }
  /** So few people could approve that the request would never be answered. */
  | { readonly code: 'not-enough-approvers'; readonly needed: number; readonly available: number }
  | { readonly code: 'too-many-open-requests'; readonly most: number }
  | { readonly code: 'too-many-grants'; readonly most: number }
  | { readonly code: 'too-many-requests'; readonly most: number }
  /** The Rego policy said no. */
  | { readonly code: 'rego-denied'; readonly reasons: readonly string[] }
  /** The Rego policy gave no answer, so nothing was decided. */
  | { readonly code: 'rego-silent' }
  /** The request moved on each time while the Rego policy was asked. */
  | { readonly code: 'busy' }
  | { readonly code: 'reason-too-short'; readonly minLength: number; readonly hint?: string }
  | { readonly code: 'reason-too-long'; readonly maxLength: number }
  | { readonly code: 'reason-mismatch'; readonly hint?: string }
  | { readonly code: 'already-pending' }
  /** Unknown, and not for the asker's eyes, read the same. */
  | { readonly code: 'no-such-request' }
  | { readonly code: 'resource-gone' }
  | { readonly code: 'own-request' }
  | { readonly code: 'not-an-approver' }
  /** The Rego policy wants an approver from one of these groups; from nobody, where there are none. */
  | { readonly code: 'rego-other-approvers'; readonly groups: readonly SlackGroupId[] }
  | { readonly code: 'approved-by-you-already' }
  /** They approved before it had to be on the page: that does not count, and nobody approves twice. */
  | { readonly code: 'approved-without-step-up' }
  /** The stage that waits is another one than theirs. */
  | { readonly code: 'stage-not-open'; readonly stage: string }
  | { readonly code: 'requester-not-eligible' }
  | { readonly code: 'already-decided'; readonly request: AccessRequest }
  | { readonly code: 'request-lapsed' }
  | { readonly code: 'not-your-request' }
  | { readonly code: 'not-yours-to-end' }
  | { readonly code: 'not-started' }
  | { readonly code: 'already-over'; readonly grant: Grant }
  | { readonly code: 'already-ending'; readonly endedBy: Identity }
  | { readonly code: 'not-yours-to-extend' }
  | { readonly code: 'not-extendable' }
  | { readonly code: 'extended-too-often'; readonly times: number }
  | { readonly code: 'extension-too-long'; readonly maxSeconds: number }
  /** The grant would last longer than the resource allows; `leftSeconds` is what it may still gain. */
  | { readonly code: 'beyond-maximum'; readonly maxSeconds: number; readonly leftSeconds: number }
  | { readonly code: 'nothing-to-review' }
  | { readonly code: 'already-reviewed'; readonly by: Identity }
  | { readonly code: 'nothing-due' }
  /** Whoever is at the door, or asks, must bind their Slack account to their Pomerium identity first. */
  | { readonly code: 'link-needed' }
  /** Pomerium has another address for them than when they linked. */
  | { readonly code: 'link-outdated' }
  /** The Slack account with their address is linked to another Pomerium identity. */
  | { readonly code: 'linked-to-another' }
  /** Never issued, used already, or too old: they read the same. */
  | { readonly code: 'link-code-wrong' }
  /** Slack has another address for the account of the code than Pomerium has for who entered it. */
  | { readonly code: 'link-email-differs' }
  /** Their Pomerium identity is linked to another Slack account. */
  | { readonly code: 'link-subject-taken' }
  | { readonly code: 'not-linked' }
  /** There are no pages behind Pomerium. */
  | { readonly code: 'no-pages' }
  /** To be decided on the page behind Pomerium, by a linked identity. */
  | { readonly code: 'step-up-needed'; readonly page?: string }
  | { readonly code: 'not-an-auditor' }
