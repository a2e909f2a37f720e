import type { RequestListener } from 'node:http'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import type { Foundation } from './foundation.ts'
import { healthRoutes } from './http/health.ts'
import { answerPlainly, createHttpDoor } from './http/door.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import { SLACK_PATH } from './slack/receiver.ts'
import { StartError } from './start-error.ts'

const READINESS_KEPT_MS = 1_000

/** The one port for everything. */
export interface Entrance {
  /** Answers `/livez` and `/readyz` from now on, and tells everybody else to come back. Returns the port; throws StartError. */
  start(port: number): Promise<number>
  admitSlack(receiver: SlackReceiver): void
  admitPages(pages: RequestListener): void
  /** Takes nothing new in, lets answers finish, and cuts what is left after the deadline. */
  stop(deadlineMs: number): Promise<void>
}

/** An entrance to a bot on this foundation. */
export function createEntrance(log: Logger, foundation: Foundation): Entrance {
  let slack: SlackReceiver | undefined
  let pages: RequestListener | undefined
  const isReachable = reachability(foundation)
  const routes = healthRoutes(async () => {
    const reasons: string[] = []
    if (slack?.isConnected() !== true) reasons.push('slack')
    if (!(await isReachable())) reasons.push('database')
    return { ok: reasons.length === 0, reasons }
  })
  const door = createHttpDoor({
    routes,
    log,
    others(path, request, response) {
      const listener = path === SLACK_PATH ? slack?.listener : pages
      if (listener !== undefined) return listener(request, response)
      // Who is not there yet may come back; who never comes is not found.
      return answerPlainly(response, slack === undefined ? 503 : 404)
    },
  })
  return {
    start: (port) =>
      door.start(port).catch((error: unknown) => {
        throw portError('PORT', port, error)
      }),
    admitSlack(receiver) {
      slack = receiver
    },
    admitPages(listener) {
      pages = listener
    },
    stop: (deadlineMs) => door.stop(deadlineMs),
  }
}

/** Anybody may ask, so that one look at the database answers everybody who asks within a second. */
function reachability({ db }: Foundation): () => Promise<boolean> {
  let looked = { at: -Infinity, isReachable: Promise.resolve(false) }
  return () => {
    if (performance.now() - looked.at > READINESS_KEPT_MS) {
      const look = sql`select 1`.execute(db).then(
        () => true,
        () => false,
      )
      looked = { at: performance.now(), isReachable: look }
    }
    return looked.isReachable
  }
}

/** What keeps the bot from listening, with the remedy when an operator has one. */
export function portError(variable: string, port: number, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  return new StartError(
    `port ${port} cannot be listened on (${code}); stop what uses it, or set ${variable} to another one`,
    { cause: error },
  )
}
