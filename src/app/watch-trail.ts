import type { Deps } from './deps.ts'
import { BY_BOT } from './record.ts'

const DAY_SECONDS = 86_400
/** How often the whole trail is walked; in between, what was added since. */
const WHOLE_MS = DAY_SECONDS * 1_000
/** Somebody who starts again and again is not told each time. */
const START_QUIET_SECONDS = 3_600
/** A little less than a day, so that the day's head is not put off to the next look. */
const DAILY_QUIET_SECONDS = DAY_SECONDS - 1_800

/** How often the trail is looked at. */
export const WATCH_TRAIL_MS = 3_600_000

/** An event of the trail by its number and its hash, which vouches for all before it. */
export interface TrailHead {
  readonly seq: number
  /** SHA-256 in hex. */
  readonly hash: string
}

/** What one look at the trail came to. */
export interface TrailChecked {
  readonly events: number
  readonly head: TrailHead
  /** What is not as it was recorded, the first thing first; empty when all is. */
  readonly problems: readonly string[]
}

/** Looks at the trail from an event on, or at all of it, and compares it with heads that are known from elsewhere. */
export type CheckTrail = (asked: {
  readonly from?: number
  readonly heads: readonly TrailHead[]
}) => Promise<TrailChecked>

/** Heads kept outside the database. */
export interface HeadsKept {
  /** All of them; throws when they cannot be read. */
  read(): Promise<readonly TrailHead[]>
  keep(head: TrailHead, at: Date): Promise<void>
}

/** When this process last looked at the trail, and what it found. */
export interface TrailWatched extends TrailChecked {
  readonly at: Date
}

export type WatchDeps = Pick<Deps, 'store' | 'log' | 'steady'> & {
  readonly checkTrail: CheckTrail
  readonly headsKept?: HeadsKept
}

/** Looks at the trail again and again, and remembers how far it was as recorded. */
export class TrailWatch {
  #last: TrailWatched | undefined
  #wholeAt: number | undefined
  readonly #deps: WatchDeps

  constructor(deps: WatchDeps) {
    this.#deps = deps
  }

  /** What the last look came to; absent before the first. */
  get last(): TrailWatched | undefined {
    return this.#last
  }

  /** Looks at all that is new since the last look, and once a day at everything; tells operators of what is wrong. */
  async look(): Promise<void> {
    const { checkTrail, headsKept, store, log, steady } = this.#deps
    const known = this.#last?.problems.length === 0 ? this.#last.head : undefined
    const isWhole =
      known === undefined || this.#wholeAt === undefined || steady() - this.#wholeAt >= WHOLE_MS
    const kept = (await headsKept?.read()) ?? []
    const startedAt = steady()
    const checked = await checkTrail({
      ...(isWhole ? {} : { from: Math.max(1, known.seq) }),
      heads: known === undefined || known.seq === 0 ? kept : [...kept, known],
    })
    if (isWhole) this.#wholeAt = startedAt
    const at = await store.transaction(async ({ now }) => now)
    this.#last = { ...checked, at }
    const { events, head, problems } = checked
    if (problems.length > 0) {
      log.error({ problems }, 'the audit trail is not as it was recorded')
      await this.#tell(problems)
      return
    }
    log.info({ head: `${head.seq}:${head.hash}`, events, isWhole }, 'audit trail verified')
    if (head.seq > 0 && kept.at(-1)?.seq !== head.seq) await headsKept?.keep(head, at)
  }

  async #tell(problems: readonly string[]): Promise<void> {
    const action = 'audit.chain_broken'
    await this.#deps.store.transaction(async (tx) => {
      await tx.audit.lockAlerts(action)
      if (await tx.audit.alertedWithin(action, DAY_SECONDS)) return
      const details = { count: problems.length, problems: problems.slice(0, 5) }
      tx.audit.append({ ...BY_BOT, action, alert: true, details })
    })
  }
}

/**
 * Has the head of the trail posted to the audit channel: once a day over all replicas, and at a start when the last one
 * was not just now. What is posted names this very event by its hash, and so vouches for all before it.
 */
export async function publishHead(
  { store }: Pick<Deps, 'store'>,
  when: 'start' | 'daily',
): Promise<void> {
  const action = 'audit.head_published'
  const quiet = when === 'start' ? START_QUIET_SECONDS : DAILY_QUIET_SECONDS
  await store.transaction(async (tx) => {
    await tx.audit.lockAlerts(action)
    if (await tx.audit.alertedWithin(action, quiet)) return
    tx.audit.append({ ...BY_BOT, action, alert: true, details: {} })
  })
}
