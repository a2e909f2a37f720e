import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault } from './faults.ts'
import { carryOut, isTaken } from './faults.ts'

/** A batch that came in whole, whatever became of it. */
export interface Delivery {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly batch: string
  readonly first: number
  readonly last: number
}

export interface SiemSimulator extends AsyncDisposable {
  readonly url: string
  /** Everything that came in, oldest first. */
  readonly deliveries: readonly Delivery[]
  /** What is kept: the lines of the batches that were taken, each batch once, in the order of their coming. */
  readonly lines: readonly string[]
  /** The most batches that were ever under way at the same time. */
  readonly mostAtOnce: number
  /** What happens to the next batches, one each. */
  next(...faults: readonly Fault[]): void
}

export interface SiemOptions {
  /** Needed by every batch. */
  readonly token?: string
}

/** A SIEM's webhook on loopback: takes JSON lines, keeps what it takes, and drops a batch that it has already by its id. */
export async function startSiem(options: SiemOptions = {}): Promise<SiemSimulator> {
  const deliveries: Delivery[] = []
  const faults: Fault[] = []
  const kept = new Set<string>()
  const lines: string[] = []
  let atOnce = 0
  let mostAtOnce = 0

  function keep({ batch, body }: Delivery): void {
    if (kept.has(batch)) return
    kept.add(batch)
    lines.push(...body.split('\n').slice(0, -1))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    atOnce += 1
    mostAtOnce = Math.max(mostAtOnce, atOnce)
    response.on('close', () => {
      atOnce -= 1
    })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const delivery = deliveryOf(request, Buffer.concat(chunks).toString())
    deliveries.push(delivery)
    const { token } = options
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end()
      return
    }
    const fault = faults.shift()
    if (fault === undefined || isTaken(fault)) keep(delivery)
    if (fault === undefined) response.writeHead(204).end()
    else await carryOut(fault, response)
  }

  const server = createServer((request, response) => {
    // A sender that goes away in the middle of a batch has sent none.
    handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/collect`,
    deliveries,
    lines,
    get mostAtOnce() {
      return mostAtOnce
    },
    next: (...more) => faults.push(...more),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function deliveryOf(request: IncomingMessage, body: string): Delivery {
  const { method = '', url: path = '', headers } = request
  const batch = String(headers['x-jit-batch'])
  const [, first, last] = /:(\d+)-(\d+):/.exec(batch) ?? []
  return { method, path, headers, body, batch, first: Number(first), last: Number(last) }
}
