import type { Middleware, AnyMiddlewareArgs } from '@slack/bolt'

/** Work that was acknowledged and is not finished yet. */
export interface InFlight {
  /** First in the chain: a listener's work is over when `next` resolves. */
  readonly middleware: Middleware<AnyMiddlewareArgs>
  count(): number
  /** Whether all work was over within `deadlineMs`. */
  drained(deadlineMs: number): Promise<boolean>
}

/** Counts payloads whose listeners are at work, so that a stop can wait for them. */
export function createInFlight(): InFlight {
  let count = 0
  let waiting: (() => void)[] = []
  return {
    async middleware({ next }) {
      count += 1
      try {
        await next()
      } finally {
        count -= 1
        if (count === 0) {
          for (const wake of waiting) wake()
          waiting = []
        }
      }
    },
    count: () => count,
    drained(deadlineMs) {
      if (count === 0) return Promise.resolve(true)
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), deadlineMs)
        waiting.push(() => {
          clearTimeout(timer)
          resolve(true)
        })
      })
    },
  }
}
