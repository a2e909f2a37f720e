import { sql } from 'kysely'
import type { Logger } from 'pino'
import { pendingMigrations } from '../db/migrate.ts'
import type { Foundation } from './foundation.ts'
import type { Readiness } from './http/health.ts'
import { inTime, kept } from './kept.ts'
import type { StallWatch } from './stalls.ts'

/** Beyond this, times that are told here and in the database are not the same. */
const SKEW_MAX_SECONDS = 30
const LOOK_MS = 1_000
const MIGRATIONS_MS = 30_000
const PATIENCE_MS = 1_500

/** Why this process is not ready, in code words. */
export const REASONS = ['database', 'migrations', 'slack', 'clock-skew', 'event-loop'] as const
/** What is out of order without making it less ready than any other process. */
export const DEGRADED = ['slack', 'pomerium'] as const

export type Reason = (typeof REASONS)[number]
export type Degraded = (typeof DEGRADED)[number]

/** What Slack is to this process: not reached since the start, out of reach now, or there. */
export type SlackState = 'awaited' | 'away' | 'there'

export interface ReadinessCheck {
  readonly check: Readiness<Reason, Degraded>
  /** How far the database's clock is ahead of this machine's, by the last look; absent when it did not answer. */
  readonly skewSeconds: () => Promise<number | undefined>
}

/**
 * Whether people are served here. What every replica lacks alike is no reason: while Slack or Pomerium is away, people
 * decide on the pages, and the work waits in the database; a process that were called not ready would lose its pages.
 * A start that has not reached Slack yet is not done, so that a roll-out stops there.
 */
export function createReadiness(
  { db, clock, isPomeriumAway }: Pick<Foundation, 'db' | 'clock' | 'isPomeriumAway'>,
  deps: { readonly slack: () => SlackState; readonly stalls: StallWatch; readonly log: Logger },
): ReadinessCheck {
  const look = kept(
    async () => {
      const askedAt = clock.wall()
      const { rows } = await sql<{ now: Date }>`select jit_now() as now`.execute(db)
      const halfway = (askedAt + clock.wall()) / 2
      return ((rows[0]?.now.getTime() ?? Number.NaN) - halfway) / 1_000
    },
    { ms: LOOK_MS, steady: clock.steady },
  )
  const lacking = kept(() => pendingMigrations(db), { ms: MIGRATIONS_MS, steady: clock.steady })
  const skewSeconds = () => inTime(PATIENCE_MS, look())
  let told = ''
  return {
    skewSeconds,
    async check() {
      const [skew, pending] = await Promise.all([skewSeconds(), inTime(PATIENCE_MS, lacking())])
      const slack = deps.slack()
      const isWrong: Readonly<Record<Reason, boolean>> = {
        database: skew === undefined,
        migrations: pending !== undefined && pending.length > 0,
        slack: slack === 'awaited',
        'clock-skew': skew !== undefined && Math.abs(skew) > SKEW_MAX_SECONDS,
        'event-loop': deps.stalls.isStalled(),
      }
      const isAway: Readonly<Record<Degraded, boolean>> = {
        slack: slack === 'away',
        pomerium: isPomeriumAway(),
      }
      const reasons = REASONS.filter((reason) => isWrong[reason])
      const degraded = DEGRADED.filter((part) => isAway[part])
      const now = [...reasons, ...degraded].join()
      if (now !== told) {
        const level = now === '' ? 'info' : 'warn'
        deps.log[level]({ reasons, degraded }, 'readiness changed')
      }
      told = now
      return { ok: reasons.length === 0, reasons, degraded }
    },
  }
}
