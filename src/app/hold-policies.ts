import type { Head } from '../domain/chained-event.ts'
import type { Deps } from './deps.ts'
import { BY_BOT } from './record.ts'
import type { TrailEvents } from './trail-events.ts'
import type { HeadsKept } from './watch-trail.ts'
import type { WorkHandler } from './worker.ts'

/** How often to look whether somebody has said what to go by. */
const HELD_MS = 5_000
/** Heads are kept once an hour; many policies are looked at in a second. */
const HEADS_READ_MS = 1_000
const TOLD_AGAIN_SECONDS = 86_400

type HoldDeps = Pick<Deps, 'store' | 'log' | 'steady'> & {
  readonly headsKept: HeadsKept
  readonly trailEvents: TrailEvents
}

/**
 * The same hand for policies, but idle while the trail lacks the last head that is kept outside: the database is older
 * than what it has done, and would give access back that was taken away since. Operators are told once a day.
 */
export function holdingBack(deps: HoldDeps, handler: WorkHandler): WorkHandler {
  const lacking = lackedHead(deps)
  return async (claim, lease) => {
    const head = await lacking()
    if (head === undefined) return handler(claim, lease)
    await tell(deps, head)
    return { type: 'again', afterMs: HELD_MS }
  }
}

/** The last head that is kept outside, when the trail does not have it. */
function lackedHead({ headsKept, trailEvents, steady, log }: HoldDeps) {
  // Of the reading that is under way, so that whoever asks meanwhile does not go by less.
  let last: Promise<Head | undefined> = Promise.resolve(undefined)
  let readAt = -Infinity
  const read = async (before: Promise<Head | undefined>) => {
    try {
      return (await headsKept.read()).reduce<Head | undefined>(later, undefined)
    } catch (error) {
      // Operators are told by whoever looks at the trail; until then the head that was read last is as good.
      log.warn({ err: error }, 'heads of the audit trail cannot be read')
      return before
    }
  }
  return async (): Promise<Head | undefined> => {
    if (steady() - readAt >= HEADS_READ_MS) {
      readAt = steady()
      last = read(last)
    }
    const head = await last
    if (head === undefined) return undefined
    const [held] = await trailEvents.heldOf([head])
    return held === undefined ? head : undefined
  }
}

function later(one: Head | undefined, other: Head): Head {
  return one === undefined || other.seq >= one.seq ? other : one
}

async function tell({ store, log, trailEvents }: HoldDeps, head: Head): Promise<void> {
  const action = 'audit.trail_behind'
  const last = await trailEvents.last()
  const isTold = await store.transaction(async (tx) => {
    await tx.audit.lockAlerts(action)
    if (await tx.audit.alertedWithin(action, TOLD_AGAIN_SECONDS)) return true
    tx.audit.append({ ...BY_BOT, action, alert: true, details: { kept: head.seq, last } })
    return false
  })
  if (!isTold)
    log.error(
      { kept: head.seq, last },
      'the database is older than what it has done: nothing is written to Pomerium until "jit audit adopt --after-restore"',
    )
}
