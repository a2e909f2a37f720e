import { ruleKey } from './ppl-key.ts'
import { ruleCounts } from './ppl-merge.ts'
import { grantRule } from './ppl-rule.ts'
import type { Ppl, Rule } from './ppl.ts'
import type { Approved } from './request.ts'
import { isRuleDue } from './request.ts'

/** The rules that a policy should hold at an instant: one for each grant that is granting or active. */
export function desiredRules(requests: readonly Approved[], at: Date): readonly Rule[] {
  return requests.filter(({ grant }) => isRuleDue(grant) && at < grant.endsAt).map(ruleOf)
}

/** The rule that lets the holder of a grant in. */
export function ruleOf({ grant }: Approved): Rule {
  return grantRule({ email: grant.email, endsAt: grant.endsAt, constraints: grant.constraints })
}

/** The rules that may be ours after a write whose answer never came: of each, as many as either list has. */
export function possiblyWritten(before: readonly Rule[], after: readonly Rule[]): readonly Rule[] {
  const left = new Map(ruleCounts(before))
  const added = after.filter((rule) => {
    const key = ruleKey(rule)
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return count <= 0
  })
  return [...before, ...added]
}

/**
 * What a policy that was read back proves: which grants have their rule in it, and which ending ones have it no
 * longer. Equal rules are counted, so that one of two equal grants is not proved by the rule of the other.
 */
export function proved(
  requests: readonly Approved[],
  readBack: Ppl,
  foreign: readonly Rule[],
  desired: readonly Rule[],
): { readonly active: readonly Approved[]; readonly ended: readonly Approved[] } {
  const counts = ruleCounts(readBack)
  const foreignCounts = ruleCounts(foreign)
  const wanted = ruleCounts(desired)
  const ours = (key: string): number => (counts.get(key) ?? 0) - (foreignCounts.get(key) ?? 0)
  const isHeld = (key: string): boolean => ours(key) >= (wanted.get(key) ?? 1)
  const isPruned = (key: string): boolean => ours(key) <= (wanted.get(key) ?? 0)
  return {
    active: requests.filter(
      (request) => request.grant.state === 'granting' && isHeld(ruleKey(ruleOf(request))),
    ),
    ended: requests.filter(
      (request) => request.grant.state === 'ending' && isPruned(ruleKey(ruleOf(request))),
    ),
  }
}
