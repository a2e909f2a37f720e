import type { ResourceId } from '../domain/ids.ts'
import { READS_DIFFERENTLY, applyPolicy } from './apply-policy.ts'
import type { Breaker } from './breaker.ts'
import type { Lease } from './lease.ts'
import { LeaseLost } from './lease.ts'
import type { PolicyDeps } from './locate-policy.ts'
import { PolicyApiError } from './policy-api.ts'
import type { Situation } from './policy-situation.ts'
import { readSituation } from './policy-situation.ts'
import { blockPolicy, recordPolicyEvent } from './policy-trouble.ts'
import { watchEnds } from './unconfirmed-ends.ts'
import type { Handled, WorkHandler } from './worker.ts'

/** So many failures in a row are reported to people. */
const FAILURES_TO_ALERT = 5
/** After so many tries a policy that never reads back as written is written once at each comparison only. */
const TRIES_TO_READ_BACK = 3

type Deps = PolicyDeps & { readonly breaker: Breaker }

/** The worker's hand for policies: applies them, and sorts what went wrong into later and never. */
export function policyWork(deps: Deps): WorkHandler {
  return async ({ subject, attempts, isUrgent }, lease) => {
    const resourceId = subject as ResourceId
    const { situation, waitMs } = await readSituation(deps, resourceId)
    const handled: Handled =
      waitMs > 0
        ? { type: 'again', afterMs: waitMs }
        : await tryPolicy(deps, situation, { lease, isUrgent })
    return watchEnds(deps, situation, await judged(deps, situation, handled, attempts))
  }
}

/** Tells operators of what keeps failing, and gives up what no further try can mend. */
async function judged(
  deps: Deps,
  { resourceId, known }: Situation,
  handled: Handled,
  attempts: number,
): Promise<Handled> {
  if (handled.type !== 'failed') return handled
  const failures = attempts + 1
  deps.log.warn({ resource: resourceId, error: handled.error, failures }, 'policy not applied yet')
  const isKnownToDiffer = known?.blockedReason === READS_DIFFERENTLY
  if (handled.error === READS_DIFFERENTLY && (isKnownToDiffer || failures >= TRIES_TO_READ_BACK))
    return blockPolicy(deps, resourceId, undefined, READS_DIFFERENTLY)
  if (failures === FAILURES_TO_ALERT) {
    const details = { error: handled.error, failures }
    await deps.store.transaction((tx) =>
      recordPolicyEvent(tx, 'policy.failing', resourceId, details, true),
    )
  }
  return handled
}

async function tryPolicy(
  deps: Deps,
  situation: Situation,
  { lease, isUrgent }: { readonly lease: Lease; readonly isUrgent: boolean },
): Promise<Handled> {
  const { breaker } = deps
  const { resourceId } = situation
  const awayMs = breaker.enter(isUrgent)
  if (awayMs > 0) return { type: 'again', afterMs: awayMs }
  try {
    const handled = await applyPolicy(deps, situation, lease)
    breaker.succeeded()
    return handled
  } catch (error) {
    if (!(error instanceof PolicyApiError)) {
      breaker.left()
      if (error instanceof LeaseLost) throw error
      deps.log.error({ err: error, resource: resourceId }, 'policy not applied')
      return { type: 'failed', error: error instanceof Error ? error.message : String(error) }
    }
    if (error.code === 'unavailable' || error.code === 'timeout') breaker.failed()
    else if (error.code === 'rate-limited') breaker.failed(error.retryAfterMs)
    else breaker.succeeded()
    if (!error.retryable) return blockPolicy(deps, resourceId, undefined, error.message)
    return { type: 'failed', error: error.message, retryAfterMs: error.retryAfterMs }
  }
}
