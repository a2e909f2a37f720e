import type { Logger } from 'pino'
import type { Entrance } from './entrance.ts'
import { portError } from './entrance.ts'
import type { Foundation } from './foundation.ts'
import { kept } from './kept.ts'
import type { Metrics } from './metrics.ts'
import { measure } from './postgres/measure.ts'

/** One look at the database answers everybody who asks within that time. */
const MEASURED_MS = 5_000
const STATEMENT_MS = 2_000

/** Metrics, when there is a port for them. What counts is loaded here, so that others do without its memory. */
export async function loadMetrics(
  port: number | undefined,
  log: Logger,
): Promise<Metrics | undefined> {
  if (port === undefined) return undefined
  const { createMetrics } = await import('./metrics.ts')
  return createMetrics(log)
}

/** Serves metrics of the whole house on their port, where there are any. Throws StartError. */
export async function serveMetrics(
  metrics: Metrics | undefined,
  port: number | undefined,
  house: {
    readonly foundation: Foundation
    readonly entrance: Entrance
    readonly log: Logger
  },
): Promise<void> {
  if (metrics === undefined || port === undefined) return
  const { db, pool, clock } = house.foundation
  const { check, skewSeconds } = house.entrance.readiness
  metrics.tell({
    ready: check,
    skewSeconds,
    pool,
    measured: kept(() => measure(db, STATEMENT_MS), { ms: MEASURED_MS, steady: clock.steady }),
  })
  const listening = await metrics.start(port).catch((error: unknown) => {
    throw portError('METRICS_PORT', port, error)
  })
  house.log.info({ port: listening }, 'metrics')
}
