import { setTimeout as wait } from 'node:timers/promises'

/** Clocks in milliseconds. */
export interface Clock {
  /** Since the epoch. */
  readonly wall: () => number
  /** Since whenever; it never goes back. */
  readonly steady: () => number
}

export const SYSTEM_CLOCK: Clock = { wall: Date.now, steady: () => performance.now() }

/** Resolves after a time, or at once when the signal aborts; never rejects. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {
    // Woken early: that is what the signal is for.
  })
}

/** Whether `work` was over within the time. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), wait(ms, false, { ref: false })])
}
