import type { Json } from '../domain/ppl.ts'

/** A policy as Pomerium stores it. */
export interface LivePolicy {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly explanation: string
  readonly remediation: string
  readonly enforced: boolean
  readonly namespaceId: string
  /** The tool that says it owns the policy. */
  readonly originatorId?: string
  /** As it came over the wire; parse before use. */
  readonly ppl: Json
  /** Names of the routes that the policy is attached to; absent when Pomerium does not say. */
  readonly routes?: readonly string[]
}

/** What the bot decides about a policy; everything else is carried over unchanged. */
export interface PolicyText {
  readonly name: string
  readonly description: string
  readonly explanation: string
  readonly remediation: string
  readonly ppl: Json
}

/** Whether what Pomerium stores is also what its cluster enforces. */
export type Publication =
  | { readonly state: 'in-force' }
  /** A change set is still on its way; ask again. */
  | { readonly state: 'applying' }
  /** Auto-apply is off and the change set holds other people's edits too: an administrator must apply it. */
  | { readonly state: 'needs-administrator'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string }

/** Who changed a policy, as Pomerium's activity log has it. */
export interface PolicyActivity {
  readonly id: string
  readonly policyId: string
  readonly change: string
  /** E-mail address, name or id, whichever there is first. */
  readonly who: string
  readonly at: Date
  /** Whether it was done with the bot's own API user. */
  readonly isOwn: boolean
}

/** The policies of one Pomerium cluster. Every method throws {@link PolicyApiError} and nothing else. */
export interface PolicyApi {
  readonly clusterId: string
  /** The policy as it is stored now; `undefined` when it is gone. */
  read(policyId: string): Promise<LivePolicy | undefined>
  /** The policy of that exact name in the cluster's namespace. */
  findByName(name: string): Promise<LivePolicy | undefined>
  /** Makes a policy that carries the bot's mark and is enforced on no route by itself. */
  create(text: PolicyText): Promise<LivePolicy>
  /** Replaces the rules of `current`, and its texts when some are given, and keeps everything else; returns what Pomerium says it stored. */
  replaceRules(
    current: LivePolicy,
    ppl: Json,
    text?: Omit<PolicyText, 'name' | 'ppl'>,
  ): Promise<LivePolicy>
  /** What became of the writes to this policy; applies a change set that holds nothing but our own edits. */
  publish(policyId: string): Promise<Publication>
  /**
   * Changes of some policies at or after an instant, the oldest first; `undefined` while it cannot be told which of them
   * are the bot's own.
   */
  activity(
    policyIds: ReadonlySet<string>,
    since: Date,
  ): Promise<readonly PolicyActivity[] | undefined>
  /** Whether the bot's mark is on the policy. */
  isOurs(policy: LivePolicy): boolean
}

export type PolicyApiErrorCode =
  | 'unauthorized'
  | 'forbidden'
  | 'conflict'
  | 'rejected'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'invalid-answer'

/** A call to Pomerium that did not succeed. The message says what was attempted, on what, and what came back. */
export class PolicyApiError extends Error {
  override readonly name = 'PolicyApiError'
  readonly code: PolicyApiErrorCode
  /** Whether the same call may succeed later without anybody's help. */
  readonly retryable: boolean
  /** Whether a write may have happened, or may still happen, all the same. */
  readonly ambiguous: boolean
  /** Milliseconds that the server asked to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    facts: {
      code: PolicyApiErrorCode
      retryable: boolean
      ambiguous: boolean
      retryAfterMs?: number | undefined
      cause?: unknown
    },
  ) {
    super(message, { cause: facts.cause })
    this.code = facts.code
    this.retryable = facts.retryable
    this.ambiguous = facts.ambiguous
    this.retryAfterMs = facts.retryAfterMs
  }
}
