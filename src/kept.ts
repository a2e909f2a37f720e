import { within } from './timing.ts'

/**
 * Asks, and answers everybody from that for `ms` after the answer: however many ask, one question is under way at a time.
 * What was rejected is remembered too. `steady` gives milliseconds of a clock that never goes back.
 */
export function kept<T>(
  ask: () => Promise<T>,
  { ms, steady }: { readonly ms: number; readonly steady: () => number },
): () => Promise<T> {
  let known: { readonly answer: Promise<T>; until: number } | undefined
  return () => {
    if (known !== undefined && steady() < known.until) return known.answer
    const asked = { answer: ask(), until: Infinity }
    void asked.answer
      .catch(() => {})
      .finally(() => {
        asked.until = steady() + ms
      })
    known = asked
    return asked.answer
  }
}

/** The answer, if there is one within the time; `undefined` when there is none, or it was rejected. */
export async function inTime<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  const quiet = answer.catch(() => undefined)
  return (await within(ms, quiet)) ? quiet : undefined
}
