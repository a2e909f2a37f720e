import type { Logger } from 'pino'
import { portError } from './entrance.ts'
import type { Metrics } from './metrics.ts'

/** Metrics on a port, when one is given. What counts is loaded here, so that others do without its memory. Throws StartError. */
export async function openMetrics(
  port: number | undefined,
  log: Logger,
): Promise<Metrics | undefined> {
  if (port === undefined) return undefined
  const { createMetrics } = await import('./metrics.ts')
  const metrics = createMetrics(log)
  const listening = await metrics.start(port).catch((error: unknown) => {
    throw portError('METRICS_PORT', port, error)
  })
  log.info({ port: listening }, 'metrics')
  return metrics
}
