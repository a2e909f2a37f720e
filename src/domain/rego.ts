import { canonicalJson } from './canonical.ts'
import type { SlackGroupId } from './ids.ts'
import type { Criterion, Json } from './ppl.ts'

/** Of the input document and of the decision document. */
export const REGO_VERSION = 1

/** What the Rego policy takes away from what the catalogue allows. */
export interface Narrowing {
  readonly maxSeconds?: number
  /** At least so many distinct people must approve. */
  readonly approvals?: number
  /** Approvers must also be in one of these groups. */
  readonly groups?: readonly SlackGroupId[]
  /** Criteria joined with AND to the rule. */
  readonly constraints: readonly Criterion[]
}

/** What the Rego policy says. */
export interface RegoDecision {
  readonly effect: 'deny' | 'needs_approval' | 'allow'
  readonly reasons: readonly { readonly code: string; readonly text: string }[]
  readonly narrowing: Narrowing
}

/** When the policy is asked. */
export type RegoStage = 'request' | 'approve' | 'activate' | 'extend' | 'breakglass'

const SEVERITY = { allow: 0, needs_approval: 1, deny: 2 } as const

/**
 * What several decisions come to together: the strictest of each part; `undefined` of none. What more than one of them
 * says is said once.
 */
export function strictest(decisions: readonly RegoDecision[]): RegoDecision | undefined {
  const [first, ...rest] = decisions
  if (first === undefined) return undefined
  return rest.reduce<RegoDecision>(
    (a, b) => ({
      effect: SEVERITY[b.effect] > SEVERITY[a.effect] ? b.effect : a.effect,
      reasons: distinct([...a.reasons, ...b.reasons]),
      narrowing: narrower(a.narrowing, b.narrowing),
    }),
    first,
  )
}

function narrower(a: Narrowing, b: Narrowing): Narrowing {
  const maxSeconds = Math.min(a.maxSeconds ?? Infinity, b.maxSeconds ?? Infinity)
  const approvals = Math.max(a.approvals ?? 0, b.approvals ?? 0)
  const groups =
    a.groups === undefined || b.groups === undefined
      ? (a.groups ?? b.groups)
      : a.groups.filter((group) => b.groups?.includes(group))
  return {
    ...(maxSeconds === Infinity ? {} : { maxSeconds }),
    ...(approvals === 0 ? {} : { approvals }),
    ...(groups === undefined ? {} : { groups }),
    constraints: distinct([...a.constraints, ...b.constraints]),
  }
}

function distinct<T extends { readonly [key: string]: Json }>(values: readonly T[]): readonly T[] {
  const byText = new Map<string, T>()
  for (const value of values) {
    const text = canonicalJson(value)
    if (!byText.has(text)) byText.set(text, value)
  }
  return [...byText.values()]
}
