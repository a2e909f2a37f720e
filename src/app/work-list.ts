export const WORK_KINDS = [
  /** A resource's policy. */
  'policy',
  /** Those of a request. */
  'messages',
  /** A request that time changes. */
  'moment',
  /** An audit event. */
  'alert',
  /** A person whose requests and grants are looked at again. */
  'eligibility',
  /** A destination of the trail. */
  'stream',
  /** What Pomerium's log says of a cluster's policies. */
  'activity',
] as const

export type WorkKind = (typeof WORK_KINDS)[number]

/** Something that is out of date. */
export interface Mark {
  readonly kind: WorkKind
  readonly subject: string
  /** Whether access is to be taken away: goes before everything else of its kind, and is tried again soonest. */
  readonly isUrgent?: boolean
}

export interface Work {
  /** Puts back on the list what should be on it, and gives some messages that could not be shown another chance, each time after longer. */
  repair(): Promise<void>
  /** Marks something as out of date now; one that is waiting to be tried again keeps its time, unless it gets urgent. */
  mark(kind: WorkKind, subject: string): Promise<void>
  /** Marks several different things, in this order. */
  markAll(things: readonly Mark[]): Promise<void>
  /** Sets the one moment at which a subject is due, or takes it off the list. */
  schedule(kind: WorkKind, subject: string, at: Date | undefined): Promise<void>
}

/** One claimed piece of work. */
export interface Claim {
  readonly kind: WorkKind
  readonly subject: string
  readonly generation: string
  readonly leaseEpoch: string
  /** Failures in a row before this try. */
  readonly attempts: number
  readonly isUrgent: boolean
}

/** Nothing is owed; to be looked at once more after a time all the same, when one is given. */
export interface Done {
  readonly type: 'done'
  readonly lookAfterMs?: number
}

/** What a line of the log says of a piece of work: the request that it is about, where it is about one. */
export function workFacts({ kind, subject }: Pick<Claim, 'kind' | 'subject'>): object {
  const isOfRequest = kind === 'messages' || kind === 'moment'
  return { kind, subject, ...(isOfRequest ? { requestId: subject } : {}) }
}

/** How a try ended: `done` clears the key unless it moved meanwhile. */
export type WorkResult =
  | Done
  /** Tried, and to be tried again; counts as a failure when `error` is given. */
  | { readonly type: 'again'; readonly afterMs: number; readonly error?: string }
  /** Retrying cannot mend it; waits until the key moves. */
  | { readonly type: 'blocked'; readonly error: string }

/** The list of what is out of date, shared by every worker of every replica. */
export interface WorkList {
  /** Leases up to `limit` due keys, urgent ones or those alone, then the longest due first. */
  claim(
    kinds: readonly WorkKind[],
    limit: number,
    leaseMs: number,
    only?: 'urgent',
  ): Promise<readonly Claim[]>
  /** Extends the lease; false when it was lost. */
  renew(claim: Claim, leaseMs: number): Promise<boolean>
  /** Reports a try; without effect when the lease was lost. */
  settle(claim: Claim, result: WorkResult): Promise<void>
  /** Milliseconds until something is due (0 when it is already), or `undefined` when nothing waits. */
  untilDue(kinds: readonly WorkKind[]): Promise<number | undefined>
}

/** Calls `wake` whenever something may have become due, until the signal aborts. */
export type WakeUps = (wake: () => void, signal: AbortSignal) => Promise<void>
