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
  | { readonly code: 'reason-too-short'; readonly minLength: number; readonly hint?: string }
  | { readonly code: 'reason-too-long'; readonly maxLength: number }
  | { readonly code: 'reason-mismatch'; readonly hint?: string }
  | { readonly code: 'already-pending' }
  /** Unknown, and not for the asker's eyes, read the same. */
  | { readonly code: 'no-such-request' }
  | { readonly code: 'resource-gone' }
  | { readonly code: 'own-request' }
  | { readonly code: 'not-an-approver' }
  | { readonly code: 'approved-by-you-already' }
  | { readonly code: 'requester-not-eligible' }
  | { readonly code: 'already-decided'; readonly request: AccessRequest }
  | { readonly code: 'request-lapsed' }
  | { readonly code: 'not-your-request' }
  | { readonly code: 'not-yours-to-end' }
  | { readonly code: 'not-started' }
  | { readonly code: 'already-over'; readonly grant: Grant }
  | { readonly code: 'already-ending'; readonly endedBy: Identity }
  | { readonly code: 'nothing-due' }
