/** Tells waiting tests that something changed; nothing polls. */
export interface Signal {
  emit: () => void
  /**
   * Resolves as soon as `predicate` holds: now, or after a later change.
   * Rejects with a message naming `timeoutMs` when it does not hold in time.
   */
  waitFor: (predicate: () => boolean, options?: { readonly timeoutMs?: number }) => Promise<void>
  /** Rejects everybody who still waits. */
  close: () => void
}

interface Waiter {
  check(): void
  reject(error: Error): void
}

/** A signal with nobody waiting. */
export function createSignal(): Signal {
  const waiters = new Set<Waiter>()

  return {
    emit() {
      for (const waiter of waiters) waiter.check()
    },
    waitFor(predicate, { timeoutMs = 15_000 } = {}) {
      return new Promise((resolve, reject) => {
        const settle = (end: () => void): void => {
          clearTimeout(timer)
          waiters.delete(waiter)
          end()
        }
        const waiter: Waiter = {
          check() {
            try {
              if (predicate()) settle(resolve)
            } catch (error) {
              settle(() => {
                reject(error)
              })
            }
          },
          reject(error) {
            settle(() => {
              reject(error)
            })
          },
        }
        const timer = setTimeout(() => {
          waiter.reject(new Error(`wait for the Pomerium simulator: not so after ${timeoutMs} ms`))
        }, timeoutMs)
        waiters.add(waiter)
        waiter.check()
      })
    },
    close() {
      for (const waiter of waiters) {
        waiter.reject(new Error('wait for the Pomerium simulator: it was stopped'))
      }
    },
  }
}
