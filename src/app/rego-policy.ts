import type { RegoDecision, RegoStage } from '../domain/rego.ts'
import type { Json } from '../domain/ppl.ts'

/** What the Rego policy is asked: a versioned JSON document, see the README. */
export interface RegoQuestion {
  readonly stage: RegoStage
  readonly input: { readonly [key: string]: Json }
}

/** How an answer came about, for the record. */
export interface RegoTrace {
  readonly engine: 'opa' | 'wasm'
  /** SHA-256 of the canonical input, in hex. */
  readonly inputHash: string
  readonly latencyMs: number
  readonly decisionId?: string
  /** As the decision document says. */
  readonly policyVersion?: string
  /** Of the bundle, from OPA's provenance or the compiled file. */
  readonly bundleRevision?: string
  /** SHA-256 of the compiled file that answered, in hex. */
  readonly bundleHash?: string
}

/** `no-decision` approves nothing and denies nothing. `detail` is for operators. */
export type RegoAnswer =
  | { readonly type: 'decision'; readonly decision: RegoDecision; readonly trace: RegoTrace }
  | {
      readonly type: 'no-decision'
      readonly cause: 'undefined' | 'invalid' | 'error' | 'unavailable'
      readonly detail: string
      readonly trace: RegoTrace
    }

/** The organisation's own policy, which decides beside the catalogue and can only narrow it. Never throws. */
export interface RegoPolicy {
  ask(question: RegoQuestion): Promise<RegoAnswer>
}
