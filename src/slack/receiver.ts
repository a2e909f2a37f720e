import type { Logger, Receiver } from '@slack/bolt'
import { HTTPReceiver, SocketModeReceiver } from '@slack/bolt'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../app/ports.ts'
import { webClientOptions, withoutDebug } from './web-client.ts'

/** Where Slack posts its payloads to. */
export const SLACK_PATH = '/slack/events'
const BODY_MAX_BYTES = 256 * 1024
const CLOCK_TOLERANCE_SECONDS = 300

/** Where Slack's payloads come in. */
export interface SlackReceiver {
  /** To be given to the app before the start. */
  readonly receiver: Receiver
  /** Answers what is posted to {@link SLACK_PATH}; absent where the bot opens the connection. */
  readonly listener?: RequestListener
  /** Lets payloads in. */
  start(): Promise<void>
  /** Lets nothing new in; returns when the connection is closed, or after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
  isConnected(): boolean
}

export interface ReceiverOptions {
  readonly logger: Logger
  readonly log: Log
}

/** Takes signed payloads at `POST /slack/events`. */
export function createHttpReceiver(
  options: ReceiverOptions & {
    readonly signingSecret: string
    /** Milliseconds. */
    readonly now: () => number
  },
): SlackReceiver {
  const { signingSecret, now, logger, log } = options
  let state: 'new' | 'open' | 'stopped' = 'new'
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [SLACK_PATH],
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
  return {
    receiver,
    listener(request, response) {
      if (state === 'new') return answerPlainly(response, 503)
      if (request.method !== 'POST') return answerPlainly(response, 405)
      const objection = headerObjection(request, now())
      if (objection === undefined) return receiver.requestListener(request, response)
      log.warn({ objection }, 'a payload was refused')
      return answerPlainly(response, 401)
    },
    async start() {
      state = 'open'
    },
    async stop() {
      state = 'stopped'
    },
    isConnected: () => state === 'open',
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

function answerPlainly(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status).end()
}

/** Takes payloads over a connection that the bot opens to Slack. */
export function createSocketReceiver(
  options: ReceiverOptions & { readonly appToken: string; readonly apiUrl: string },
): SlackReceiver {
  const { appToken, apiUrl, logger, log } = options
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
  let isConnected = false
  receiver.client.on('connected', () => (isConnected = true))
  for (const event of ['reconnecting', 'disconnecting', 'disconnected', 'close'])
    receiver.client.on(event, () => (isConnected = false))
  return {
    receiver,
    async start() {
      await receiver.start()
    },
    async stop(deadlineMs) {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, deadlineMs)
      await Promise.race([receiver.client.disconnect(), late])
      clearTimeout(timer)
    },
    isConnected: () => isConnected,
  }
}
