import type { AuditAction, AuditEvent } from '../domain/event.ts'
import type { ResourceId } from '../domain/ids.ts'
import { canonicalJson } from '../domain/canonical.ts'
import { describeRule } from '../domain/ppl-diff.ts'
import type { Ppl, Rule } from '../domain/ppl.ts'
import type { PolicyDeps } from './locate-policy.ts'
import { BY_RECONCILER } from './record.ts'
import type { PolicyState, Transaction } from './store.ts'
import type { Handled } from './worker.ts'

const SHOWN_RULES = 10

/** Stops work on a policy that retrying cannot mend, and alerts once for each trouble, however many policies it hits. */
export async function blockPolicy(
  deps: PolicyDeps,
  resourceId: ResourceId,
  known: PolicyState | undefined,
  reason: string,
): Promise<Handled> {
  await deps.store.transaction(async (tx) => {
    const state = (await tx.policies.find(resourceId)) ?? known
    const policyName = state?.policyName ?? deps.catalogue().resources.get(resourceId)?.policy
    const isSame = ({ blockedReason = '' }: PolicyState) =>
      trouble(blockedReason) === trouble(reason)
    if (policyName === undefined || (state !== undefined && isSame(state))) return
    const isKnown = (await tx.policies.all()).some(isSame)
    await tx.policies.save({
      ...(state ?? { resourceId, policyName, written: [] }),
      blockedReason: reason,
    })
    const details = { policy: policyName, reason }
    await recordPolicyEvent(tx, 'policy.blocked', resourceId, details, !isKnown)
    deps.log.error({ resource: resourceId, reason }, 'policy blocked')
  })
  return { type: 'blocked', error: reason }
}

/** A reason without what differs from one time to the next: which change set, how many, how long. */
function trouble(reason: string): string {
  return reason.replace(/change set \S+/g, 'change set').replace(/\d+ (changes?|ms)/g, '')
}

/** Which policy held which rules, as events tell it: its id in Pomerium, and SHA-256 of its rules in canonical JSON. */
export function policyFacts(
  { sha256 }: Pick<PolicyDeps, 'sha256'>,
  policyId: string | undefined,
  rules: Ppl,
): { readonly policyId?: string; readonly policyDigest: string } {
  const policyDigest = sha256(canonicalJson(rules))
  return policyId === undefined ? { policyDigest } : { policyId, policyDigest }
}

/** Rules as events tell them: how many, and the first of them in words. */
export function shownRules(policy: string, rules: readonly Rule[]) {
  return { policy, count: rules.length, rules: rules.slice(0, SHOWN_RULES).map(describeRule) }
}

/** Records what happened to a policy; an alert also goes to the audit channel. */
export async function recordPolicyEvent(
  tx: Transaction,
  action: AuditAction,
  resourceId: ResourceId,
  details: AuditEvent['details'],
  alert = false,
): Promise<void> {
  tx.audit.append({ ...BY_RECONCILER, action, resourceId, alert, details })
}
