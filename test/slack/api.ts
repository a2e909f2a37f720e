import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  /** Path and query. */
  readonly path: string
  readonly body: string
}

export interface Api extends AsyncDisposable {
  /** With a slash at the end. */
  readonly url: string
  readonly received: readonly Received[]
}

/** A loopback server that answers with the JSON, or in the way, that `answer` says. */
export async function startApi(
  answer: (received: Received, response: ServerResponse) => object | undefined,
): Promise<Api> {
  const received: Received[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const one = { path: request.url ?? '', body: Buffer.concat(chunks).toString() }
    received.push(one)
    const body = answer(one, response)
    if (body === undefined) return
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
