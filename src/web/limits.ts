import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** What one identity may do how often. */
const ALLOWED = {
  look: { points: 300, duration: 60 },
  /** Each may look several people up, of whom Slack allows about a hundred a minute. */
  act: { points: 30, duration: 60 },
  /** Codes are short: whoever tries many is guessing. */
  link: { points: 10, duration: 600 },
} as const

export type Kind = keyof typeof ALLOWED

export interface Limits {
  /** Counts one more; the seconds to wait when that is too many. */
  take(kind: Kind, subject: string): Promise<number | undefined>
}

/** Limits of this process, which are forgotten with it; only identities that were verified take up memory. */
export function createLimits(): Limits {
  const limiters = {
    look: new RateLimiterMemory(ALLOWED.look),
    act: new RateLimiterMemory(ALLOWED.act),
    link: new RateLimiterMemory(ALLOWED.link),
  }
  return {
    async take(kind, subject) {
      try {
        await limiters[kind].consume(subject)
        return undefined
      } catch (exceeded) {
        if (!(exceeded instanceof RateLimiterRes)) throw exceeded
        return Math.max(1, Math.ceil(exceeded.msBeforeNext / 1_000))
      }
    },
  }
}
