import { setTimeout as pause } from 'node:timers/promises'

const LOOK_AGAIN_MS = 15

/** The first truthy answer of `look`, asked at short intervals; rejects after `timeoutMs` with what was waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T> | T,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > until) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await pause(LOOK_AGAIN_MS)
  }
}
