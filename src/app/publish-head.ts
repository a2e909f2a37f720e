import type { Deps } from './deps.ts'
import { BY_BOT } from './record.ts'
import type { TrailWatch } from './watch-trail.ts'

/** Somebody who starts again and again is not told each time. */
const START_QUIET_SECONDS = 3_600
/** A little less than a day, so that the day's head is not put off to the next look. */
const DAILY_QUIET_SECONDS = 86_400 - 1_800

/**
 * Has the head of the trail posted to the audit channel: once a day over all replicas, and at a start when the last one
 * was not just now. What is posted names this very event by its hash, and so vouches for all before it. Nothing is
 * posted while the trail is not as it was recorded: nobody is to vouch for that.
 */
export async function publishHead(
  { store, watch }: Pick<Deps, 'store'> & { readonly watch: TrailWatch },
  when: 'start' | 'daily',
  signal: AbortSignal,
): Promise<void> {
  if (!(await watch.look(signal))) return
  const verified = watch.last?.verified
  const action = 'audit.head_published'
  const quiet = when === 'start' ? START_QUIET_SECONDS : DAILY_QUIET_SECONDS
  const isPublished = await store.transaction(async (tx) => {
    await tx.audit.lockAlerts(action)
    if (await tx.audit.alertedWithin(action, quiet)) return false
    const details = { ...(verified === undefined ? {} : verified) }
    tx.audit.append({ ...BY_BOT, action, alert: true, details })
    return true
  })
  // So that the file of heads has what was posted too.
  if (isPublished) await watch.look(signal)
}
