import type { WorkKind } from './work-list.ts'

/** What the database holds at a moment, in numbers. */
export interface Measured {
  /** Of each kind that there is any of. */
  readonly work: readonly WorkMeasured[]
  /** Policies that the bot manages; of them, those that it cannot write, and those that hold rules of somebody else's. */
  readonly policies: {
    readonly managed: number
    readonly blocked: number
    readonly withForeignRules: number
  }
  /** Requests that wait for an answer, and how long the first of them has. */
  readonly pending: { readonly count: number; readonly oldestSeconds: number }
  /** Grants that are not over, by their state; and how long after its start one has waited for Pomerium, at most. */
  readonly grants: {
    readonly granting: number
    readonly scheduled: number
    readonly active: number
    readonly ending: number
    readonly oldestGrantingSeconds: number
  }
  /** Access that was taken away before its time: not seen to be gone after a minute; and how long at most it has not been. */
  readonly revocations: { readonly unconfirmed: number; readonly oldestSeconds: number }
}

export interface WorkMeasured {
  readonly kind: WorkKind
  /** Due by now, what is in somebody's hands included. */
  readonly due: number
  /** How long the first of it has been due. */
  readonly oldestSeconds: number
  /** What failed at the last try, and is tried again. */
  readonly failing: number
  /** What was given up until its subject moves. */
  readonly blocked: number
}
