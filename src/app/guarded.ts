import type { Breaker } from './breaker.ts'
import type { Log, MessengerError } from './ports.ts'
import { mayPass } from './reroute-card.ts'
import type { Claim } from './work-list.ts'
import { workFacts } from './work-list.ts'
import type { Handled } from './worker.ts'

/** Runs a step behind Slack's breaker and turns what could not be shown into a result: later, or never. */
export async function guarded(
  deps: { readonly breaker: Breaker; readonly log: Log },
  claim: Claim,
  step: () => Promise<readonly MessengerError[] | Handled>,
): Promise<Handled> {
  const { breaker, log } = deps
  const awayMs = breaker.enter()
  if (awayMs > 0) return { type: 'again', afterMs: awayMs }
  let troubles: readonly MessengerError[] | Handled
  try {
    troubles = await step()
  } catch (error) {
    breaker.left()
    throw error
  }
  if ('type' in troubles) {
    breaker.succeeded()
    return troubles
  }
  const later = troubles.find(mayPass)
  if (later === undefined) breaker.succeeded()
  else breaker.failed(later.retryAfterMs)
  if (later !== undefined) {
    log.warn(
      { err: later, ...workFacts(claim), attempt: claim.attempts + 1 },
      'message not shown yet',
    )
    return { type: 'failed', error: later.message, retryAfterMs: later.retryAfterMs }
  }
  const [trouble] = troubles
  if (trouble === undefined) return { type: 'done' }
  log.error({ err: trouble, ...workFacts(claim) }, 'message cannot be shown')
  return { type: 'blocked', error: trouble.message }
}
