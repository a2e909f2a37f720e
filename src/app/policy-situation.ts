import type { ResourceId } from '../domain/ids.ts'
import type { Approved } from '../domain/request.ts'
import type { PolicyState, Store } from './store.ts'

/** One policy is written at most this often; what comes sooner goes into the next write. */
export const WRITE_INTERVAL_MS = 100

/** What is known of a policy before anybody is asked. */
export interface Situation {
  readonly resourceId: ResourceId
  readonly now: Date
  readonly known: PolicyState | undefined
  /** Requests whose rule may stand in the policy, wanted there or not. */
  readonly requests: readonly Approved[]
}

/** The situation, and how long to leave the policy alone in it: one write may still be under way, or was just made. */
export async function readSituation(
  deps: { readonly store: Store },
  resourceId: ResourceId,
): Promise<{ readonly situation: Situation; readonly waitMs: number }> {
  return deps.store.transaction(async (tx) => {
    const { now } = tx
    const known = await tx.policies.find(resourceId)
    const requests = await tx.requests.standing(resourceId)
    const until = (instant: Date | undefined, plusMs = 0) =>
      instant === undefined ? 0 : instant.getTime() + plusMs - now.getTime()
    const waitMs = Math.max(0, until(known?.quietUntil), until(known?.writtenAt, WRITE_INTERVAL_MS))
    return { situation: { resourceId, now, known, requests }, waitMs }
  })
}
