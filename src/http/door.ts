import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '../app/ports.ts'

const PATIENCE_MS = 10_000
const STALLED_MS = 60_000

/** A path that is answered without a signature. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Matched exactly. */
  readonly path: string
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
}

export interface HttpDoor {
  /** Listens on all interfaces; 0 lets the system choose. Returns the port, rejects when it is taken. */
  start(port: number): Promise<number>
  /** Takes no new connection, lets answers finish, and cuts what is left after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
  isOpen(): boolean
}

/** An HTTP server that answers `routes` itself, hands other paths to `others`, and outlasts slow or half-sent requests. */
export function createHttpDoor(options: {
  readonly routes: readonly Route[]
  readonly log: Log
  /** Answers paths that are no route; without it they are not found. */
  readonly others?: (path: string, request: IncomingMessage, response: ServerResponse) => void
  /** How long a request may take to arrive, 10 s unless told. */
  readonly patienceMs?: number
  /** After how long without a byte either way a connection is cut, 60 s unless told. */
  readonly stalledMs?: number
}): HttpDoor {
  const { routes, log, others, patienceMs = PATIENCE_MS, stalledMs = STALLED_MS } = options
  const listener: RequestListener = (request, response) => {
    response.once('close', () => {
      // A kept-alive connection would hold the stop until its deadline.
      if (!server.listening) server.closeIdleConnections()
    })
    const path = URL.parse(request.url ?? '', 'http://localhost')?.pathname
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.find((route) => route.path === path && route.method === method)
    if (path === undefined) return answerPlainly(response, 400)
    if (route === undefined)
      return others === undefined ? answerPlainly(response, 404) : others(path, request, response)
    route.handle(request, response).catch((error: unknown) => {
      log.error({ err: error, path }, 'a page could not be answered')
      answerPlainly(response, 500)
    })
  }
  const server = createServer(
    {
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      connectionsCheckingInterval: patienceMs / 5,
      // Longer than the minute after which load balancers close idle connections themselves.
      keepAliveTimeout: 65_000,
      // Room for the assertion of somebody who is in many groups.
      maxHeaderSize: 32 * 1024,
    },
    listener,
  )
  // Who asks for much and takes nothing of it would hold it in memory.
  server.setTimeout(stalledMs)
  return {
    start: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, () => {
          server.off('error', reject)
          server.on('error', (error) => log.error({ err: error }, 'the HTTP server failed'))
          resolve((server.address() as AddressInfo).port)
        })
      }),
    stop: (deadlineMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), deadlineMs)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
    isOpen: () => server.listening,
  }
}

/** A bare status, unless an answer has begun already. */
export function answerPlainly(response: ServerResponse, status: number): void {
  if (response.headersSent) return
  response.writeHead(status)
  response.end()
}
