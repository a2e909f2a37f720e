import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** A place on loopback that publishes a key set, or something else. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string
  /** How many requests have come. */
  readonly fetches: number
  /** What is answered from now on. */
  answer: RequestListener
}

/** Starts with an answer; see {@link sends}. */
export async function startKeyServer(answer: RequestListener): Promise<KeyServer> {
  let fetches = 0
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    fetches += 1
    keyServer.answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${port}/.well-known/pomerium/jwks.json`,
    get fetches() {
      return fetches
    },
    answer,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return keyServer
}

/** Answers with what there is when somebody asks: an object as JSON, a text as it is. */
export function sends(
  body: () => object | string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): RequestListener {
  return (_request, response) => {
    const content = body()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof content === 'string' ? content : JSON.stringify(content))
  }
}
