const BEAT_MS = 500
/** Whoever asks something in that time waits longer than anything here may take. */
const STALL_MS = 5_000
/** How long a stall is told. */
const TOLD_MS = 30_000

/** Notices when this process did nothing for five seconds, because something held its event loop up. */
export interface StallWatch extends Disposable {
  /** Whether there was a stall within the last half minute. */
  isStalled(): boolean
}

/** Watches from now on. `now` gives milliseconds of a clock that never goes back. */
export function watchStalls(now: () => number = () => performance.now()): StallWatch {
  let beatAt = now()
  let stalledAt = -Infinity
  const beat = () => {
    const at = now()
    if (at - beatAt >= STALL_MS) stalledAt = at
    beatAt = at
  }
  const timer = setInterval(beat, BEAT_MS).unref()
  return {
    isStalled() {
      beat()
      return beatAt - stalledAt < TOLD_MS
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
