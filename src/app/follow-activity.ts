import type { PolicyDeps } from './locate-policy.ts'
import { PolicyApiError } from './policy-api.ts'
import { recordPolicyEvent } from './policy-trouble.ts'
import type { Handled, WorkHandler } from './worker.ts'

/** Entries may turn up so late in the log, or bear a time so far back. */
const LATE_MS = 10 * 60_000
/** What is older is not looked for, however long the log could not be read. */
const OLDEST_MS = 24 * 3_600_000
/** How soon to look again when the log does not tell who the bot is. */
const UNTOLD_MS = 5 * 60_000

/**
 * The worker's hand for Pomerium's activity log: puts on record, once each, who changed a policy of ours past the bot. Begins
 * with what happens from its first look on.
 */
export function activityWork(deps: PolicyDeps): WorkHandler {
  return async () => {
    try {
      return await follow(deps)
    } catch (error) {
      if (!(error instanceof PolicyApiError)) throw error
      deps.log.warn({ err: error }, 'activity log not read')
      return { type: 'failed', error: error.message, retryAfterMs: error.retryAfterMs }
    }
  }
}

async function follow({ store, policyApi, log }: PolicyDeps): Promise<Handled> {
  const { clusterId } = policyApi
  const { now, readTo, policies } = await store.transaction(async (tx) => ({
    now: tx.now,
    readTo: await tx.activities.readTo(clusterId),
    policies: await tx.policies.all(),
  }))
  const ours = new Map(
    policies.flatMap((state) =>
      state.policyId === undefined ? [] : [[state.policyId, state] as const],
    ),
  )
  if (readTo === undefined || ours.size === 0) {
    await store.transaction((tx) => tx.activities.readUpTo(clusterId, now))
    return { type: 'done' }
  }
  const since = new Date(Math.max(readTo.getTime() - LATE_MS, now.getTime() - OLDEST_MS - LATE_MS))
  const entries = await policyApi.activity(new Set(ours.keys()), since)
  if (entries === undefined) return { type: 'again', afterMs: UNTOLD_MS }
  await store.transaction(async (tx) => {
    for (const { id, policyId, change, who, at, isOwn } of entries) {
      const state = ours.get(policyId)
      if (isOwn || state === undefined || !(await tx.activities.isNews(id, at))) continue
      const { resourceId, policyName } = state
      const details = {
        policy: policyName,
        policyId,
        activity: change,
        activityId: id,
        who,
        changedAt: at.toISOString(),
      }
      await recordPolicyEvent(tx, 'policy.changed_outside', resourceId, details)
      await tx.work.mark('policy', resourceId)
      log.warn({ resource: resourceId, activity: change }, 'policy changed outside')
    }
    await tx.activities.forgetBefore(new Date(since.getTime() - LATE_MS))
    await tx.activities.readUpTo(clusterId, now)
  })
  return { type: 'done' }
}
