import type { AuditAction, AuditEvent } from '../domain/event.ts'
import type { ResourceId } from '../domain/ids.ts'
import type { PolicyDeps } from './locate-policy.ts'
import type { PolicyState, Transaction } from './store.ts'
import type { Handled } from './worker.ts'

/** Stops work on a policy that retrying cannot mend, and alerts once for each reason. */
export async function blockPolicy(
  deps: PolicyDeps,
  resourceId: ResourceId,
  known: PolicyState | undefined,
  reason: string,
): Promise<Handled> {
  await deps.store.transaction(async (tx) => {
    const state = (await tx.policies.find(resourceId)) ?? known
    const policyName = state?.policyName ?? deps.catalogue().resources.get(resourceId)?.policy
    if (policyName === undefined || state?.blockedReason === reason) return
    await tx.policies.save({
      ...(state ?? { resourceId, policyName, written: [] }),
      blockedReason: reason,
    })
    await recordPolicyEvent(tx, 'policy.blocked', resourceId, { policy: policyName, reason }, true)
    deps.log.error({ resource: resourceId, reason }, 'policy blocked')
  })
  return { type: 'blocked', error: reason }
}

/** Records what happened to a policy; an alert also goes to the audit channel. */
export async function recordPolicyEvent(
  tx: Transaction,
  action: AuditAction,
  resourceId: ResourceId,
  details: AuditEvent['details'],
  alert = false,
): Promise<void> {
  const actor = { kind: 'bot' } as const
  const event = await tx.audit.append({ action, actor, via: 'bot', resourceId, alert, details })
  if (alert) await tx.work.mark('alert', String(event.seq))
}
