import type { Head } from '../domain/chained-event.ts'
import { formatHead } from '../domain/chained-event.ts'
import type { Deps } from './deps.ts'
import { BY_BOT } from './record.ts'

const DAY_SECONDS = 86_400
/** How often the whole trail is walked; in between, what was added since. */
const WHOLE_MS = DAY_SECONDS * 1_000

/** What one look at the trail came to. */
export interface TrailChecked {
  readonly events: number
  readonly head: Head
  /** The first event that is not as it was recorded; absent when all are. */
  readonly finding?: { readonly seq: number; readonly problem: string }
  /** What else is wrong, such as guards that are off; the first thing first. */
  readonly problems: readonly string[]
}

/** Looks at trails in the database. */
export interface TrailVerifier {
  /** Looks at the trail from an event on, or at all of it, and compares it with heads that are known from elsewhere. */
  check(asked: {
    readonly from?: number
    readonly heads: readonly Head[]
    readonly signal: AbortSignal
  }): Promise<TrailChecked>
}

/** Heads kept outside the database. */
export interface HeadsKept {
  /** All of them; throws when they cannot be read. */
  read(): Promise<readonly Head[]>
  keep(head: Head, at: Date): Promise<void>
}

/** When this process last looked at the trail, and what it found. */
export interface TrailWatched {
  readonly at: Date
  /** The last event up to which this process found everything as recorded; absent when it never did. */
  readonly verified?: Head
  /** What is not as it was recorded, the first thing first; empty when all is. */
  readonly problems: readonly string[]
}

export interface WatchDeps extends Pick<Deps, 'store' | 'log' | 'steady'> {
  readonly verifier: TrailVerifier
  readonly headsKept?: HeadsKept
  /** Told of every look. */
  readonly onLook?: (watched: TrailWatched) => void
}

/** Looks at the trail again and again, and remembers how far it was as recorded. */
export class TrailWatch {
  #last: TrailWatched | undefined
  #wholeAt: number | undefined
  /** Stays when the trail is broken, so that what was written anew does not pass for the trail at the next look. */
  #verified: Head | undefined
  #looking: Promise<unknown> = Promise.resolve()
  readonly #deps: WatchDeps

  constructor(deps: WatchDeps) {
    this.#deps = deps
  }

  /** What the last look came to; absent before the first. */
  get last(): TrailWatched | undefined {
    return this.#last
  }

  /**
   * Looks at all that is new since the last look, and at everything when a day is over or something was wrong; tells
   * operators of what is wrong. One look waits for the other. Resolves to whether all is as recorded.
   */
  look(signal: AbortSignal): Promise<boolean> {
    const looking = this.#looking.then(() => this.#look(signal))
    this.#looking = looking.catch(() => {})
    return looking
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    const { verifier, store, log, steady, onLook } = this.#deps
    const known = this.#verified
    const wasWrong = this.#last !== undefined && this.#last.problems.length > 0
    const startedAt = steady()
    const isDue = this.#wholeAt === undefined || startedAt - this.#wholeAt >= WHOLE_MS
    const isWhole = known === undefined || wasWrong || isDue
    const kept = await this.#kept()
    const { events, head, finding, problems } = await verifier.check({
      ...(isWhole ? {} : { from: Math.max(1, known.seq) }),
      heads: known === undefined ? kept : [...kept, known],
      signal,
    })
    const at = await store.transaction(async ({ now }) => now)
    const first = finding === undefined ? [] : [`event ${finding.seq}: ${finding.problem}`]
    const wrong = [...first, ...problems]
    if (isWhole) this.#wholeAt = startedAt
    if (finding === undefined && head.seq > 0) this.#verified = head
    this.#last = { at, problems: wrong, ...(this.#verified && { verified: this.#verified }) }
    onLook?.(this.#last)
    if (wrong.length > 0) {
      log.error({ problems: wrong }, 'the audit trail is not as it was recorded')
      await this.#tell(finding, problems)
      return false
    }
    const ms = Math.round(steady() - startedAt)
    log.info({ head: formatHead(head), events, isWhole, ms }, 'audit trail verified')
    if (head.seq > 0 && kept.at(-1)?.seq !== head.seq) await this.#keep(head, at)
    return true
  }

  async #tell(finding: TrailChecked['finding'], problems: readonly string[]): Promise<void> {
    const action = 'audit.chain_broken'
    await this.#deps.store.transaction(async (tx) => {
      await tx.audit.lockAlerts(action)
      const from = new Date(tx.now.getTime() - DAY_SECONDS * 1_000)
      const told = await tx.audit.newest({ action, from }, Number.MAX_SAFE_INTEGER, 10)
      // An event is named by where the trail ends, which moves: so each kind once a day, and not each wording.
      const tell = (why: 'events' | 'guards', details: { seq?: number; problem: string }) => {
        if (told.some((event) => event.alert && event.details['why'] === why)) return
        tx.audit.append({ ...BY_BOT, action, alert: true, details: { why, ...details } })
      }
      if (finding !== undefined) tell('events', finding)
      if (problems.length > 0) tell('guards', { problem: problems.slice(0, 5).join('; ') })
    })
  }

  async #kept(): Promise<readonly Head[]> {
    try {
      return (await this.#deps.headsKept?.read()) ?? []
    } catch (error) {
      await this.#notKept(error)
      return []
    }
  }

  async #keep(head: Head, at: Date): Promise<void> {
    try {
      await this.#deps.headsKept?.keep(head, at)
    } catch (error) {
      await this.#notKept(error)
    }
  }

  async #notKept(error: unknown): Promise<void> {
    const { store, log } = this.#deps
    log.error({ err: error }, 'heads of the audit trail cannot be kept')
    const action = 'audit.heads_not_kept'
    await store.transaction(async (tx) => {
      await tx.audit.lockAlerts(action)
      if (await tx.audit.alertedWithin(action, DAY_SECONDS)) return
      const details = { error: error instanceof Error ? error.message : String(error) }
      tx.audit.append({ ...BY_BOT, action, alert: true, details })
    })
  }
}
