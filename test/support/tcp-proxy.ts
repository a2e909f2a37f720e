import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/** A way to a server that can be cut, closed and opened again. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Breaks every connection. */
  cut(): void
  /** Refuses new connections while closed (they are broken at once), and breaks those that there are. */
  close(): void
  /** Takes connections and lets nothing through. */
  freeze(): void
  /** Lets everything through again; what came meanwhile is lost with its connections. */
  open(): void
}

/** Sees what goes over one connection, before it goes on; what it says `false` to does not, and the connection breaks. */
export interface Tap {
  sent?(chunk: Buffer): boolean
  answered?(chunk: Buffer): boolean
}

/** A proxy on loopback to a port on loopback; `tap` is asked for each connection. */
export async function startTcpProxy(
  targetPort: number,
  tap: () => Tap = () => ({}),
): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: 'open' | 'closed' | 'frozen' = 'open'
  const server = createServer((inside) => {
    if (mode === 'closed') {
      inside.destroy()
      return
    }
    const outside = connect(targetPort, '127.0.0.1')
    const pair = [inside, outside] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
    const taps = tap()
    const pass =
      (to: Socket, look: ((chunk: Buffer) => boolean) | undefined) => (chunk: Buffer) => {
        if (mode !== 'open') return
        if (look?.(chunk) === false) inside.destroy()
        else to.write(chunk)
      }
    inside.on('data', pass(outside, taps.sent?.bind(taps)))
    outside.on('data', pass(inside, taps.answered?.bind(taps)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const [inside] of pairs) inside.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      mode = 'closed'
      cut()
    },
    freeze() {
      mode = 'frozen'
    },
    open() {
      if (mode === 'frozen') cut()
      mode = 'open'
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
  }
}
