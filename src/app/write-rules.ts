import { eitherOf } from '../domain/policy-plan.ts'
import { describeDiff } from '../domain/ppl-diff.ts'
import type { Merge } from '../domain/ppl-merge.ts'
import { parsePpl } from '../domain/ppl-parse.ts'
import type { Ppl, Rule } from '../domain/ppl.ts'
import type { Lease } from './lease.ts'
import type { PolicyDeps } from './locate-policy.ts'
import type { LivePolicy, PolicyText, Publication } from './policy-api.ts'
import { PolicyApiError } from './policy-api.ts'
import { policyFacts, recordPolicyEvent, shownRules } from './policy-trouble.ts'
import type { PolicyState } from './store.ts'

/** How long a write may still land after it was begun, if nobody heard of its end: three exchanges of ten seconds. */
export const QUIET_MS = 30_000

/** Rules that should not have been in a policy. */
export interface PolicyFinding {
  readonly action: 'policy.rule_returned' | 'policy.foreign_removed'
  readonly rules: readonly Rule[]
}

/**
 * Writes a policy and reads it back. From before the write until its answer the policy is marked as one that nobody else
 * may write, so that a write that was cut off, or whose answer was lost, has landed or died before the next one.
 */
export async function writeRules(
  deps: PolicyDeps,
  plan: {
    readonly state: PolicyState
    readonly live: LivePolicy
    /** The rules of `live`. */
    readonly before: Ppl
    readonly merge: Merge
    readonly desired: readonly Rule[]
    /** What it is to say on the 403 page, when that changes. */
    readonly text?: PolicyText | undefined
    /** What the write sets right, to be on record with it. */
    readonly found: readonly PolicyFinding[]
    readonly lease: Lease
  },
): Promise<{
  readonly state: PolicyState
  readonly readBack: LivePolicy | undefined
  readonly publication: Publication
}> {
  const { live, before, merge, desired, text, found, lease } = plan
  // One document that does not compile can stop the configuration of a whole cluster.
  const checked = parsePpl(desired)
  if (!checked.ok)
    throw new TypeError(`rules for ${live.name} do not compile: ${checked.problems[0]?.sentence}`)
  const { quietUntil: _before, ...rest } = plan.state
  await lease.hold()
  const written = await deps.store.transaction(async (tx) => {
    const state = { ...rest, written: eitherOf(rest.written, desired), writtenAt: tx.now }
    await tx.policies.save({ ...state, quietUntil: new Date(tx.now.getTime() + QUIET_MS) })
    return state
  })
  try {
    await deps.policyApi.replaceRules(live, merge.next, text)
  } catch (error) {
    if (error instanceof PolicyApiError && !error.ambiguous)
      await deps.store.statement((db) => db.policies.save(written))
    throw error
  }
  const change = describeDiff(before, merge.next)
  const [, readBack, publication] = await Promise.all([
    deps.store.transaction(async (tx) => {
      await tx.policies.save(written)
      const facts = policyFacts(deps, live.id, merge.next)
      const details = { policy: live.name, ...facts, change }
      await recordPolicyEvent(tx, 'policy.written', written.resourceId, details)
      for (const { action, rules } of found) {
        if (rules.length === 0) continue
        await recordPolicyEvent(tx, action, written.resourceId, shownRules(live.name, rules), true)
        await tx.work.mark('activity', deps.policyApi.clusterId)
      }
    }),
    deps.policyApi.read(live.id),
    deps.policyApi.publish(live.id),
  ])
  return { state: written, readBack, publication }
}
