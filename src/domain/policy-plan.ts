import { ruleKey } from './ppl-key.ts'
import { ruleCounts } from './ppl-merge.ts'
import { grantRule } from './ppl-rule.ts'
import type { Ppl, Rule } from './ppl.ts'
import type { Approved, GrantTerms } from './request.ts'
import { isRuleDue } from './request.ts'

/** The rules that a policy should hold at an instant: one for each grant that is granting, scheduled or active. */
export function desiredRules(requests: readonly Approved[], at: Date): readonly Rule[] {
  return requests
    .filter(({ grant }) => isRuleDue(grant) && at < grant.endsAt)
    .flatMap(({ grant }) => ruleOf(grant) ?? [])
}

/** The rules of grants, whatever became of them, with those that they had before they were extended. */
export function rulesOf(requests: readonly Approved[]): readonly Rule[] {
  return requests
    .flatMap(({ grant }) => [ruleOf(grant), ...earlierRules(grant)])
    .filter((rule) => rule !== undefined)
}

function earlierRules({ earlier = [], ...grant }: GrantTerms): readonly Rule[] {
  return earlier.flatMap((terms) => ruleOf({ ...grant, ...terms }) ?? [])
}

/** The rule that lets the holder of a grant in; `undefined` when no safe rule can be written for them. */
export function ruleOf(grant: GrantTerms): Rule | undefined {
  const { email, isScheduled, startsAt, endsAt, constraints } = grant
  try {
    return grantRule({
      email,
      endsAt,
      constraints,
      ...(isScheduled ? { notBefore: startsAt } : {}),
    })
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
  const inState = (state: Approved['grant']['state']) =>
    requests.filter(({ grant }) => grant.state === state)
  const isThere = (rule: Rule) => {
    const key = ruleKey(rule)
    return (counts.get(key) ?? 0) >= (wanted.get(key) ?? 1)
  }
  const isGone = (rule: Rule) => {
    const key = ruleKey(rule)
    return (counts.get(key) ?? 0) <= (wanted.get(key) ?? 0)
  }
  return {
    active: inState('granting').filter(({ grant }) => {
      const rule = ruleOf(grant)
      return rule !== undefined && isThere(rule)
    }),
    ended: inState('ending').filter(({ grant }) => {
      const rule = ruleOf(grant)
      return rule !== undefined && [rule, ...earlierRules(grant)].every(isGone)
    }),
  }
}
