import { backoffMs } from './backoff.ts'
import type { Lease } from './lease.ts'
import { LeaseLost } from './lease.ts'
import type { Log } from './ports.ts'
import type { Claim, Done, WakeUps, WorkKind, WorkList, WorkResult } from './work-list.ts'
import { workFacts } from './work-list.ts'

/** How a handler fared. */
export type Handled =
  | Done
  /** Nothing failed, but it is not done; to be looked at again after a time. */
  | { readonly type: 'again'; readonly afterMs: number }
  /** To be tried again, later with each failure; not before `retryAfterMs` when the other side asked for that. */
  | { readonly type: 'failed'; readonly error: string; readonly retryAfterMs?: number | undefined }
  /** Retrying cannot mend it; waits until the subject moves. */
  | { readonly type: 'blocked'; readonly error: string }

/** Makes the outside world equal to the state of one subject, read after the claim. */
export type WorkHandler = (claim: Claim, lease: Lease) => Promise<Handled>

/** Kinds of work that share hands: at most `hands` keys at a time, each leased for `leaseMs`. */
export interface Lane {
  readonly handlers: ReadonlyMap<WorkKind, WorkHandler>
  readonly hands: number
  /** How many of the hands take urgent work alone. */
  readonly urgentHands?: number
  readonly leaseMs: number
}

export interface WorkerDeps {
  readonly list: WorkList
  readonly wakeUps: WakeUps
  readonly lanes: readonly Lane[]
  /** Resolves after a time, or at once when the signal aborts; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
  readonly log: Log
}

/** Nothing waits longer than this for being looked at, even if every wake-up is lost. */
const POLL_MS = 30_000
const RETRY_MS = 1_000
/** What takes access away waits no longer than this between two tries, unless the other side asks for more. */
const URGENT_RETRY_MS = 5_000
/** What is due and cannot be claimed is in somebody's transaction. */
const BUSY_KEY_MS = 50

/**
 * Works off the list until the signal aborts, then finishes what is in its hands. A process that dies instead costs
 * its keys one lease.
 */
export async function runWorker(deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const bells = deps.lanes.map(() => new Bell())
  const ringAll = () => bells.forEach((bell) => bell.ring())
  signal.addEventListener('abort', ringAll, { once: true })
  await Promise.all([
    deps.wakeUps(ringAll, signal),
    ...deps.lanes.map((lane, index) => runLane(deps, lane, bells[index] ?? new Bell(), signal)),
  ])
}

async function runLane(
  deps: WorkerDeps,
  lane: Lane,
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  const kinds = [...lane.handlers.keys()]
  const { urgentHands = 0 } = lane
  const busy = new Set<Promise<void>>()
  while (!signal.aborted) {
    const rung = bell.next()
    let waitMs: number
    try {
      const free = lane.hands - busy.size
      const forAll = free - urgentHands
      const claims =
        forAll > 0
          ? await deps.list.claim(kinds, forAll, lane.leaseMs)
          : free > 0
            ? await deps.list.claim(kinds, free, lane.leaseMs, 'urgent')
            : []
      for (const claim of claims) {
        const task = work(deps, lane, claim).finally(() => {
          busy.delete(task)
          bell.ring()
        })
        busy.add(task)
      }
      if (claims.length > 0) continue
      const dueMs = forAll > 0 ? await deps.list.untilDue(kinds) : undefined
      const pollMs = forAll <= 0 && free > 0 ? URGENT_RETRY_MS : POLL_MS
      waitMs = Math.max(BUSY_KEY_MS, Math.min(pollMs, dueMs ?? pollMs))
    } catch (error) {
      deps.log.warn({ err: error }, 'work list not reachable')
      waitMs = RETRY_MS * (1 + deps.random())
    }
    const waiting = new AbortController()
    await Promise.race([rung, deps.sleep(waitMs, waiting.signal)])
    waiting.abort()
  }
  await Promise.all(busy)
}

async function work(deps: WorkerDeps, lane: Lane, claim: Claim): Promise<void> {
  const over = new AbortController()
  const lease = keepLease(deps, claim, lane.leaseMs, over.signal)
  let handled: Handled
  try {
    const handler = lane.handlers.get(claim.kind)
    if (handler === undefined) throw new TypeError(`no handler for ${claim.kind}`)
    handled = await handler(claim, lease)
  } catch (error) {
    if (!(error instanceof LeaseLost))
      deps.log.error({ err: error, ...workFacts(claim) }, 'work failed')
    handled = { type: 'failed', error: error instanceof Error ? error.message : String(error) }
  } finally {
    over.abort()
  }
  try {
    await deps.list.settle(claim, resultOf(handled, claim, deps.random))
  } catch (error) {
    // The lease runs out and somebody does it again: doing things twice is safe here.
    deps.log.warn({ err: error, ...workFacts(claim) }, 'work not settled')
  }
}

function resultOf(
  handled: Handled,
  { attempts, isUrgent }: Claim,
  random: () => number,
): WorkResult {
  if (handled.type !== 'failed') return handled
  const { error, retryAfterMs } = handled
  const capMs = isUrgent ? URGENT_RETRY_MS : undefined
  return { type: 'again', afterMs: backoffMs(attempts, random, { retryAfterMs, capMs }), error }
}

/** Renews the lease while the work goes on. */
function keepLease(deps: WorkerDeps, claim: Claim, leaseMs: number, over: AbortSignal): Lease {
  const lease: Lease = {
    async hold() {
      if (!(await deps.list.renew(claim, leaseMs)))
        throw new LeaseLost(`lost ${claim.kind}:${claim.subject}`)
    },
  }
  const renewing = async () => {
    while (!over.aborted) {
      await deps.sleep(leaseMs / 3, over)
      if (over.aborted) return
      try {
        await lease.hold()
      } catch (error) {
        deps.log.warn({ err: error, ...workFacts(claim) }, 'lease not renewed')
        if (error instanceof LeaseLost) return
      }
    }
  }
  void renewing()
  return lease
}

/** A bell that a loop waits for; a ring between two waits is not lost. */
class Bell {
  #ring: () => void = () => {}
  #rung: Promise<void> = this.#renew()

  ring(): void {
    this.#ring()
  }

  /** The next ring after this call. */
  next(): Promise<void> {
    this.#rung = this.#renew()
    return this.#rung
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => {
      this.#ring = resolve
    })
  }
}
