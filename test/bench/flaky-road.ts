import { createServer, request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

/** The road to a service: what comes back is late by chance, and some of it does not come back at all. */
export interface FlakyRoad extends AsyncDisposable {
  /** The service's address by this road. */
  readonly url: string
  /** How many exchanges went wrong. */
  readonly broken: number
  readonly exchanges: number
  /** Nothing passes while it is closed. */
  setClosed(isClosed: boolean): void
}

/**
 * Leads to a service on loopback. Each exchange takes up to `jitterMs` longer; a share of `failures` breaks, by turns before
 * the service hears of it, after it did, and with a 503.
 */
export async function openFlakyRoad(
  service: string,
  { failures, jitterMs }: { readonly failures: number; readonly jitterMs: number },
): Promise<FlakyRoad> {
  const { hostname, port, pathname } = new URL(service)
  let isClosed = false
  let exchanges = 0
  let broken = 0

  async function lead(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isClosed) {
      incoming.socket.destroy()
      return
    }
    exchanges += 1
    const fails = Math.random() < failures
    const how = fails ? broken++ % 3 : undefined
    const body = await buffer(incoming)
    await sleep(Math.random() * jitterMs)
    if (how === 0) {
      incoming.socket.destroy()
      return
    }
    if (how === 1) {
      response.writeHead(503).end()
      return
    }
    const headers = { ...incoming.headers, host: `${hostname}:${port}` }
    const outgoing = request(
      { hostname, port, path: incoming.url, method: incoming.method, headers },
      (answer) => {
        if (how === 2 || isClosed) incoming.socket.destroy()
        else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers))
      },
    )
    outgoing.on('error', () => incoming.socket.destroy())
    outgoing.end(body)
  }

  const server = createServer((incoming, response) => {
    lead(incoming, response).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${own}${pathname}`,
    get broken() {
      return broken
    },
    get exchanges() {
      return exchanges
    },
    setClosed(closed) {
      isClosed = closed
      if (closed) server.closeAllConnections()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
