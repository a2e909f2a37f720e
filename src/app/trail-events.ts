import type { Head } from '../domain/chained-event.ts'

/** Looks single events of the trail up. */
export interface TrailEvents {
  /** Which of some heads are of this trail; those of events that are in archives count as such. */
  heldOf(heads: readonly Head[]): Promise<readonly Head[]>
  /** The number of the last event; 0 when there is none. */
  last(): Promise<number>
}
