import type { ResourceId } from '../domain/ids.ts'
import { applyPolicy } from './apply-policy.ts'
import type { Breaker } from './breaker.ts'
import type { PolicyDeps } from './locate-policy.ts'
import { PolicyApiError } from './policy-api.ts'
import { blockPolicy } from './policy-trouble.ts'
import type { Handled, WorkHandler } from './worker.ts'

/** After a write whose outcome is unknown, the policy is left alone this long, so that nothing old lands on something new. */
const QUIET_MS = 30_000

/** The worker's hand for policies: applies them, and sorts what went wrong into later, blocked and quiet. */
export function policyWork(deps: PolicyDeps & { readonly breaker: Breaker }): WorkHandler {
  const { breaker } = deps
  return async (claim, lease) => {
    const awayMs = breaker.enter()
    if (awayMs > 0) return { type: 'again', afterMs: awayMs }
    const resourceId = claim.subject as ResourceId
    try {
      const result = await applyPolicy(deps, resourceId, lease)
      breaker.succeeded()
      return result
    } catch (error) {
      if (!(error instanceof PolicyApiError)) {
        breaker.left()
        throw error
      }
      if (error.code === 'unavailable' || error.code === 'timeout') breaker.failed()
      else if (error.code === 'rate-limited') breaker.failed(error.retryAfterMs)
      else breaker.succeeded()
      if (error.ambiguous) await keepQuiet(deps, resourceId)
      return explain(deps, resourceId, error, claim.attempts)
    }
  }
}

async function explain(
  deps: PolicyDeps,
  resourceId: ResourceId,
  error: PolicyApiError,
  attempts: number,
): Promise<Handled> {
  if (!error.retryable) return blockPolicy(deps, resourceId, undefined, error.message)
  deps.log.warn(
    { err: error, resource: resourceId, attempt: attempts + 1 },
    'policy not applied yet',
  )
  return { type: 'failed', error: error.message, retryAfterMs: error.retryAfterMs }
}

async function keepQuiet(deps: PolicyDeps, resourceId: ResourceId): Promise<void> {
  await deps.store.transaction(async (tx) => {
    const state = await tx.policies.find(resourceId)
    if (state === undefined) return
    await tx.policies.save({ ...state, quietUntil: new Date(tx.now.getTime() + QUIET_MS) })
  })
}
