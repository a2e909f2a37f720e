const KEPT_MS = 10 * 60_000
const MAX_COUNT = 10_000
const MAX_BYTES = 16 * 1024 * 1024

/** An answer that can be given again. */
export interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Kept {
  readonly answer: Answer
  readonly bytes: number
  readonly until: number
}

export interface Once {
  /**
   * The answer of `act`, which runs once for a key: who comes while it runs or within ten minutes gets the same
   * answer. When there is no answer to give again (`undefined`, or thrown) the next one acts.
   */
  do(key: string, act: () => Promise<Answer | undefined>): Promise<Answer | undefined>
}

/**
 * Remembers what was answered in bounded memory: at most 10,000 answers and 16 MiB, the oldest go first. `steady` is in
 * milliseconds.
 */
export function createOnce(steady: () => number): Once {
  const running = new Map<string, Promise<Answer | undefined>>()
  const kept = new Map<string, Kept>()
  let bytes = 0
  const forget = (key: string, { bytes: less }: Kept) => {
    kept.delete(key)
    bytes -= less
  }
  const remember = (key: string, answer: Answer) => {
    const size = sizeOf(answer)
    kept.set(key, { answer, bytes: size, until: steady() + KEPT_MS })
    bytes += size
    // In the order in which they were kept, which is also that of their ends.
    for (const [key, oldest] of kept) {
      const isTooMuch = kept.size > MAX_COUNT || bytes > MAX_BYTES
      if (!isTooMuch && oldest.until > steady()) break
      forget(key, oldest)
    }
  }
  return {
    async do(key, act) {
      for (let before = running.get(key); before !== undefined; before = running.get(key)) {
        // Whoever acts hears of the failure.
        const answer = await before.catch(() => undefined)
        if (answer !== undefined) return answer
      }
      const known = kept.get(key)
      if (known !== undefined && known.until > steady()) return known.answer
      if (known !== undefined) forget(key, known)
      const acting = act()
      running.set(key, acting)
      try {
        const answer = await acting
        if (answer !== undefined) remember(key, answer)
        return answer
      } finally {
        running.delete(key)
      }
    },
  }
}

function sizeOf({ headers, body }: Answer): number {
  // UTF-16 at worst, and about what an entry itself takes.
  return 2 * (body.length + headers.join().length) + 512
}
