import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../app/ports.ts'
import type { WakeUps } from '../app/store.ts'
import { WORK_CHANNEL } from './work.ts'

const RECONNECT_MS = 1_000

/**
 * Wake-ups by LISTEN on a connection of its own, made anew whenever it is lost. Notifications are hints:
 * what was missed while the connection was away is found by the wake-up that each new connection gives.
 */
export function createWakeUps(url: string, log: Log): WakeUps {
  return async (wake, signal) => {
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'jit-listen',
        connectionTimeoutMillis: 5_000,
        keepAlive: true,
      })
      const over = new Promise<void>((resolve) => {
        client.on('error', () => resolve())
        client.on('end', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      try {
        client.on('notification', wake)
        await client.connect()
        await client.query(`listen ${WORK_CHANNEL}`)
        wake()
        await over
        if (!signal.aborted) log.warn({}, 'wake-up connection lost')
      } catch (error) {
        log.warn({ err: error }, 'wake-up connection failed')
      }
      await client.end().catch(() => {
        // It is being thrown away; that it was broken already is why.
      })
      if (!signal.aborted) await delay(RECONNECT_MS, undefined, { signal }).catch(() => {})
    }
  }
}
