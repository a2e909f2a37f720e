import type { Logger, Receiver } from '@slack/bolt'
import { HTTPReceiver, SocketModeReceiver } from '@slack/bolt'
import type { IncomingMessage } from 'node:http'
import type { Log } from '../app/ports.ts'
import type { Route } from './http-door.ts'
import { answerPlainly, createHttpDoor } from './http-door.ts'
import { webClientOptions, withoutDebug } from './web-client.ts'

const ENDPOINT = '/slack/events'
const BODY_MAX_BYTES = 256 * 1024
const CLOCK_TOLERANCE_SECONDS = 300

/** Where Slack's payloads come in. */
export interface SlackReceiver {
  /** To be given to the app before the start. */
  readonly receiver: Receiver
  /** Lets payloads in and answers `routes` on `port`; returns the port. */
  start(port: number): Promise<number>
  /** Lets nothing new in; returns when all answers are out, or after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
  isConnected(): boolean
}

export interface ReceiverOptions {
  readonly logger: Logger
  readonly log: Log
  readonly routes: readonly Route[]
}

/** Takes signed payloads at `POST /slack/events`. */
export function createHttpReceiver(
  options: ReceiverOptions & {
    readonly signingSecret: string
    /** Milliseconds. */
    readonly now: () => number
  },
): SlackReceiver {
  const { signingSecret, now, logger, log, routes } = options
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [ENDPOINT],
    bodyLimit: BODY_MAX_BYTES,
    logger: withoutDebug(logger),
    dispatchErrorHandler: ({ error, response }) => {
      log.error({ err: error }, 'a payload could not be taken')
      answerPlainly(response, 500)
    },
    processEventErrorHandler: async ({ error, response }) => {
      log.error({ err: error }, 'a payload could not be handled')
      answerPlainly(response, 500)
      return true
    },
    unhandledRequestHandler: ({ response }) => {
      log.error({}, 'a payload was acknowledged by nobody')
      answerPlainly(response, 404)
    },
  })
  const door = createHttpDoor({
    routes,
    log,
    others(path, request, response) {
      if (path !== ENDPOINT) return answerPlainly(response, 404)
      if (request.method !== 'POST') return answerPlainly(response, 405)
      const objection = headerObjection(request, now())
      if (objection === undefined) return receiver.requestListener(request, response)
      log.warn({ objection }, 'a payload was refused')
      return answerPlainly(response, 401)
    },
  })
  return {
    receiver,
    start: (port) => door.start(port),
    stop: (deadlineMs) => door.stop(deadlineMs),
    isConnected: () => door.isOpen(),
  }
}

/**
 * What is wrong with the headers, beyond what Bolt checks: it takes any time in the future, so that
 * a captured payload would live on, and says nothing about headers sent twice. A payload without a
 * timestamp is left to Bolt, which refuses it unless it is Slack's empty check of the certificate.
 */
function headerObjection(request: IncomingMessage, nowMs: number): string | undefined {
  for (const name of ['x-slack-request-timestamp', 'x-slack-signature', 'content-type'])
    if ((request.headersDistinct[name]?.length ?? 0) > 1) return `${name} was sent more than once`
  const timestamp = request.headers['x-slack-request-timestamp']
  if (timestamp === undefined) return undefined
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp))
    return 'x-slack-request-timestamp is not a time'
  const isNear = Math.abs(Math.floor(nowMs / 1_000) - Number(timestamp)) <= CLOCK_TOLERANCE_SECONDS
  return isNear ? undefined : 'x-slack-request-timestamp is more than five minutes away'
}

/** Takes payloads over a connection that the bot opens to Slack; the port serves `routes` only. */
export function createSocketReceiver(
  options: ReceiverOptions & { readonly appToken: string; readonly apiUrl: string },
): SlackReceiver {
  const { appToken, apiUrl, logger, log, routes } = options
  const receiver = new SocketModeReceiver({
    appToken,
    logger: withoutDebug(logger),
    installerOptions: {
      clientOptions: {
        ...webClientOptions({ apiUrl, logger }),
        // The client gives up for good, and takes the process along, when this call has run out of attempts.
        retryConfig: { forever: true, factor: 1.3, maxTimeout: 30_000, unref: true },
      },
    },
    processEventErrorHandler: async ({ error }) => {
      log.error({ err: error }, 'a payload could not be handled')
      return false
    },
  })
  // Bolt's own server for Socket Mode lets a malformed address end the process.
  const door = createHttpDoor({ routes, log })
  let isConnected = false
  receiver.client.on('connected', () => (isConnected = true))
  for (const event of ['reconnecting', 'disconnecting', 'disconnected', 'close'])
    receiver.client.on(event, () => (isConnected = false))
  return {
    receiver,
    async start(port) {
      const opened = await door.start(port)
      await receiver.start()
      return opened
    },
    async stop(deadlineMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, deadlineMs)
      await Promise.all([door.stop(deadlineMs), Promise.race([receiver.client.disconnect(), late])])
      clearTimeout(timer)
    },
    isConnected: () => isConnected,
  }
}
