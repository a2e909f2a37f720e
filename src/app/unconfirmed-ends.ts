import type { Situation } from './policy-situation.ts'
import { BY_RECONCILER } from './record.ts'
import type { Deps } from './deps.ts'
import type { Handled } from './worker.ts'

/** Access that was taken away and is not confirmed as gone after so long is told to operators. */
const LOUD_AFTER_MS = 60_000
/** How often to look at it however the last look went: nothing may put it off until something else moves. */
const LOOK_MS = 30_000

/**
 * Sees to it that access which was taken away before its time is looked at until it is gone, and tells operators, once
 * for each, when that takes too long. What ends by its own rule needs nobody.
 */
export async function watchEnds(
  { store, log }: Pick<Deps, 'store' | 'log'>,
  { resourceId, now, requests }: Situation,
  handled: Handled,
): Promise<Handled> {
  if (!requests.some(({ grant }) => grant.state === 'ending' && now < grant.endsAt)) return handled
  const ends = await store.transaction(async (tx) => {
    const unconfirmed = await tx.requests.unconfirmedEnds(resourceId)
    const policyName = (await tx.policies.find(resourceId))?.policyName
    for (const { id, since, isTold } of unconfirmed) {
      const seconds = Math.floor((tx.now.getTime() - since.getTime()) / 1_000)
      if (isTold || seconds * 1_000 < LOUD_AFTER_MS) continue
      tx.audit.append({
        ...BY_RECONCILER,
        action: 'grant.end_unconfirmed',
        requestId: id,
        resourceId,
        alert: true,
        details: {
          seconds,
          ...(policyName === undefined ? {} : { policy: policyName }),
          ...('error' in handled ? { error: handled.error } : {}),
        },
      })
      log.error({ requestId: id, resource: resourceId, seconds }, 'end of access not confirmed')
    }
    return unconfirmed.length
  })
  if (ends === 0) return handled
  switch (handled.type) {
    case 'failed':
      return handled
    case 'again':
      return { type: 'again', afterMs: Math.min(handled.afterMs, LOOK_MS) }
    case 'done':
    case 'blocked':
      return { type: 'again', afterMs: LOOK_MS }
    default:
      return handled satisfies never
  }
}
