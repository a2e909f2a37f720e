/** A loader whose last success is kept for `ttlMs`; callers at the same time share one load, and failures are never kept. */
export function cached<T>(
  load: () => Promise<T>,
  options: { readonly now: () => number; readonly ttlMs: number },
): () => Promise<T> {
  let kept: { readonly value: T; readonly until: number } | undefined
  let inFlight: Promise<T> | undefined

  async function reload(): Promise<T> {
    const until = options.now() + options.ttlMs
    const value = await load()
    kept = { value, until }
    return value
  }

  return () => {
    if (kept !== undefined && options.now() < kept.until) return Promise.resolve(kept.value)
    inFlight ??= reload().finally(() => {
      inFlight = undefined
    })
    return inFlight
  }
}
