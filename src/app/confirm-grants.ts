import { canonicalJson } from '../domain/canonical.ts'
import { decide } from '../domain/decide.ts'
import type { ChangeAction } from '../domain/event.ts'
import { ruleOf } from '../domain/policy-plan.ts'
import type { Json, Ppl, Rule } from '../domain/ppl.ts'
import type { AccessRequest, Approved } from '../domain/request.ts'
import type { PolicyDeps } from './locate-policy.ts'
import { policyFacts, recordPolicyEvent, shownRules } from './policy-trouble.ts'
import { BY_RECONCILER, recordChange } from './record.ts'
import type { PolicyState, Transaction } from './store.ts'

interface Proof {
  readonly state: PolicyState
  readonly desired: readonly Rule[]
  /** All rules of the policy, as they were read back. */
  readonly readBack: Ppl
  readonly foreign: readonly Rule[]
  /** Rules of ours that somebody had taken out and that stand again. */
  readonly repaired: readonly Rule[]
  /** Why grants wait for another policy; it goes on being the policy's trouble. */
  readonly moving: string | undefined
  readonly active: readonly Approved[]
  readonly ended: readonly Approved[]
}

/** Records what a policy proves that was read back and is in force: its state, and which grants are active or ended. */
export async function settleGrants(deps: PolicyDeps, proof: Proof): Promise<void> {
  const { state, active, ended } = proof
  const activeUntil = new Map(active.map(({ id, grant }) => [id, grant.endsAt]))
  const policy = { policy: state.policyName, ...policyFacts(deps, state.policyId, proof.readBack) }
  const evidence = (request: AccessRequest, action: ChangeAction) => {
    const rule =
      request.status === 'approved' && action !== 'grant.ended' ? ruleOf(request.grant) : undefined
    return rule === undefined ? policy : { ...policy, ruleWritten: rule as Json }
  }
  const ids = [...activeUntil.keys(), ...ended.map(({ id }) => id)]
  await deps.store.transaction(async (tx) => {
    await saveState(deps, tx, proof)
    const requests = ids.length === 0 ? [] : await tx.requests.lockAll(ids)
    for (const request of requests) {
      const endsAt = activeUntil.get(request.id)
      const decision = decide(
        request,
        endsAt === undefined
          ? { type: 'confirm-ended', at: tx.now }
          : { type: 'confirm-active', at: tx.now, endsAt },
      )
      // The request moved on since it was read: a later look at the policy will speak of its new state.
      if (!decision.ok) continue
      const details = { ...decision.details, ...evidence(request, decision.action) }
      await recordChange(tx, request, { ...decision, details }, BY_RECONCILER)
    }
  })
}

async function saveState(deps: PolicyDeps, tx: Transaction, proof: Proof): Promise<void> {
  const { state, desired, foreign, repaired } = proof
  const { resourceId, policyName, blockedReason } = state
  const foreignDigest = foreign.length === 0 ? '' : deps.sha256(canonicalJson(foreign))
  if (foreignDigest !== (state.foreignDigest ?? '') && foreign.length > 0)
    await recordPolicyEvent(
      tx,
      'policy.foreign_rules',
      resourceId,
      shownRules(policyName, foreign),
      true,
    )
  if (repaired.length > 0)
    await recordPolicyEvent(
      tx,
      'policy.drift_repaired',
      resourceId,
      shownRules(policyName, repaired),
      true,
    )
  if (foreignDigest !== (state.foreignDigest ?? '') || repaired.length > 0)
    await tx.work.mark('activity', deps.policyApi.clusterId)
  const isMended = blockedReason !== undefined && blockedReason !== proof.moving
  if (isMended)
    await recordPolicyEvent(tx, 'policy.unblocked', resourceId, {
      policy: policyName,
      was: blockedReason,
    })
  const { blockedReason: _was, ...rest } = state
  const trouble = isMended || blockedReason === undefined ? {} : { blockedReason }
  await tx.policies.save({
    ...rest,
    ...trouble,
    written: desired,
    verifiedAt: tx.now,
    foreignDigest,
  })
}
