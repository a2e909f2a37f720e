import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import type { Foundation } from './foundation.ts'
import { healthRoutes } from './http/health.ts'
import { answerPlainly, createHttpDoor } from './http/door.ts'
import type { ReadinessCheck } from './readiness.ts'
import { createReadiness } from './readiness.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import { SLACK_PATH } from './slack/receiver.ts'
import { watchStalls } from './stalls.ts'
import { StartError } from './start-error.ts'

/** The one port for everything. */
export interface Entrance {
  readonly readiness: ReadinessCheck
  /** Answers `/livez` and `/readyz` from now on, and tells everybody else to come back. Returns the port; throws StartError. */
  start(port: number): Promise<number>
  /** `isAway` tells whether calls to Slack fail. */
  admitSlack(receiver: SlackReceiver, isAway: () => boolean): void
  admitPages(pages: RequestListener): void
  /** Takes nothing new in, lets answers finish, and cuts what is left after the deadline. */
  stop(deadlineMs: number): Promise<void>
}

/** An entrance to a bot on this foundation. */
export function createEntrance(log: Logger, foundation: Foundation): Entrance {
  let slack: { readonly receiver: SlackReceiver; readonly isAway: () => boolean } | undefined
  let pages: RequestListener | undefined
  const stalls = watchStalls()
  const readiness = createReadiness(foundation, {
    slack() {
      if (slack === undefined) return 'awaited'
      return slack.receiver.isConnected() && !slack.isAway() ? 'there' : 'away'
    },
    stalls,
    log,
  })
  const door = createHttpDoor({
    routes: healthRoutes(readiness.check),
    log,
    others(path, request, response) {
      const listener = path === SLACK_PATH ? slack?.receiver.listener : pages
      if (listener !== undefined) return listener(request, response)
      // Who is not there yet may come back; who never comes is not found.
      return answerPlainly(response, slack === undefined ? 503 : 404)
    },
  })
  return {
    readiness,
    start: (port) =>
      door.start(port).catch((error: unknown) => {
        throw portError('PORT', port, error)
      }),
    admitSlack(receiver, isAway) {
      slack = { receiver, isAway }
    },
    admitPages(listener) {
      pages = listener
    },
    stop(deadlineMs) {
      stalls[Symbol.dispose]()
      return door.stop(deadlineMs)
    },
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
