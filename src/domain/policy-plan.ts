import { ruleKey } from './ppl-key.ts'
import { ruleCounts } from './ppl-merge.ts'
import { grantRule } from './ppl-rule.ts'
import type { Ppl, Rule } from './ppl.ts'
import type { Approved } from './request.ts'
import { isRuleDue } from './request.ts'

/** The rules that a policy should hold at an instant: one for each grant that is granting or active. */
export function desiredRules(requests: readonly Approved[], at: Date): readonly Rule[] {
  return rulesOf(requests.filter(({ grant }) => isRuleDue(grant) && at < grant.endsAt))
}

/** The rules of grants, whatever became of them. */
export function rulesOf(requests: readonly Approved[]): readonly Rule[] {
  return requests.map(ruleOf).filter((rule) => rule !== undefined)
}

/** The rule that lets the holder of a grant in; `undefined` when no safe rule can be written for them. */
function ruleOf({ grant }: Approved): Rule | undefined {
  try {
    return grantRule({ email: grant.email, endsAt: grant.endsAt, constraints: grant.constraints })
  } catch (error) {
    // One grant without a rule must not hold up the end of the others: it stays without access.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Of each rule, as many as either list has. */
export function eitherOf(before: readonly Rule[], after: readonly Rule[]): readonly Rule[] {
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
 * What a policy that was read back proves: which grants have their rule in it, and which ending ones have it no longer.
 * Equal rules are counted, whoever wrote them: of two equal grants one is not proved by the rule of the other, and
 * access that an equal foreign rule still gives is not called ended.
 */
export function proved(
  requests: readonly Approved[],
  readBack: Ppl,
  desired: readonly Rule[],
): { readonly active: readonly Approved[]; readonly ended: readonly Approved[] } {
  const counts = ruleCounts(readBack)
  const wanted = ruleCounts(desired)
  const inState = (state: Approved['grant']['state'], holds: (key: string) => boolean) =>
    requests.filter((request) => {
      if (request.grant.state !== state) return false
      const rule = ruleOf(request)
      return rule !== undefined && holds(ruleKey(rule))
    })
  return {
    active: inState('granting', (key) => (counts.get(key) ?? 0) >= (wanted.get(key) ?? 1)),
    ended: inState('ending', (key) => (counts.get(key) ?? 0) <= (wanted.get(key) ?? 0)),
  }
}
