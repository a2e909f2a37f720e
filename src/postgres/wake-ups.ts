import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../app/ports.ts'
import type { WakeUps } from '../app/work-list.ts'
import { WORK_CHANNEL } from './work.ts'

const RECONNECT_MS = 1_000

/**
 * Wake-ups by LISTEN on a connection of its own, made anew whenever it is lost. Notifications are hints:
 * what was missed while the connection was away is found by the wake-up that each new connection gives.
 */
export function createWakeUps(url: string, log: Log): WakeUps {
  return async (wake, signal) => {
    while (!signal.aborted) {
      try {
        await listen(url, wake, signal)
        if (!signal.aborted) log.warn({}, 'wake-up connection lost')
      } catch (error) {
        log.warn({ err: error }, 'wake-up connection failed')
      }
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => {
        // Aborted: the loop ends.
      })
    }
  }
}

/** Listens until the connection is lost or the signal aborts. */
async function listen(url: string, wake: () => void, signal: AbortSignal): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'jit-listen',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  const { promise: over, resolve: giveUp } = Promise.withResolvers<void>()
  const onAbort = () => giveUp()
  signal.addEventListener('abort', onAbort, { once: true })
  client.on('error', () => giveUp())
  client.on('end', () => giveUp())
  client.on('notification', wake)
  try {
    await client.connect()
    await client.query(`listen ${WORK_CHANNEL}`)
    wake()
    if (!signal.aborted) await over
  } finally {
    signal.removeEventListener('abort', onAbort)
    await client.end().catch(() => {
      // It is being thrown away; that it was broken already is why.
    })
  }
}
