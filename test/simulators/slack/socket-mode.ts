import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isJson, parseJson, type Json } from './json.ts'
import { acceptWebSocket, type WebSocketPeer } from './websocket.ts'
import type { Workspace } from './workspace.ts'

const PING_MS = 10_000
const CONNECTIONS = 10
const TICKETS_KEPT = 1_000

export interface Envelope extends Json {
  readonly envelope_id: string
  readonly type: 'slash_commands' | 'interactive' | 'events_api'
  readonly payload: Json
  readonly accepts_response_payload: boolean
}

export interface SocketMode {
  readonly isConnected: boolean
  /** The path of a fresh, single-use address. */
  ticket(): string
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** The payload of the acknowledgement; `undefined` when the connection is lost before it. */
  send(envelope: Envelope): Promise<Json | undefined>
  /** Asks every client to connect again. */
  disconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void
  /** Cuts every connection. */
  destroy(): void
}

/**
 * The server's side of Socket Mode: up to ten connections, an envelope goes to one of them.
 * Source: https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export function createSocketMode(workspace: Workspace): SocketMode {
  const tickets = new Set<string>()
  const peers = new Set<WebSocketPeer>()
  // The same envelope may be under way several times.
  let waiting: { id: string; peer: WebSocketPeer; resolve: (payload?: Json) => void }[] = []
  let turn = 0

  const acknowledge = (text: string): void => {
    const ack = parseJson(text)
    if (!isJson(ack) || typeof ack['envelope_id'] !== 'string') return
    const { envelope_id: id, payload } = ack
    const first = waiting.find((each) => each.id === id)
    waiting = waiting.filter((each) => each !== first)
    first?.resolve(isJson(payload) ? payload : {})
  }
  const forget = (peer: WebSocketPeer): void => {
    peers.delete(peer)
    const lost = waiting.filter((each) => each.peer === peer)
    waiting = waiting.filter((each) => each.peer !== peer)
    for (const each of lost) each.resolve()
    workspace.changed()
  }

  return {
    get isConnected() {
      return peers.size > 0
    },
    ticket() {
      const ticket = `/link/?ticket=${workspace.newId('t')}&app_id=${workspace.appId}`
      tickets.add(ticket)
      const [oldest] = tickets
      if (tickets.size > TICKETS_KEPT && oldest !== undefined) tickets.delete(oldest)
      return ticket
    },
    accept(request, socket, head) {
      if (!tickets.delete(request.url ?? '') || peers.size >= CONNECTIONS) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
        return
      }
      const peer = acceptWebSocket(request, socket, head, {
        onText: acknowledge,
        onClose() {
          clearInterval(pings)
          if (peer) forget(peer)
        },
      })
      const pings = setInterval(() => peer?.ping(), PING_MS).unref()
      if (!peer) return clearInterval(pings)
      peers.add(peer)
      peer.ping()
      peer.send(
        JSON.stringify({
          type: 'hello',
          num_connections: peers.size,
          debug_info: { host: 'applink-simulated', approximate_connection_time: 18_060 },
          connection_info: { app_id: workspace.appId },
        }),
      )
      workspace.changed()
    },
    send(envelope) {
      const connected = [...peers]
      const peer = connected[turn % connected.length]
      turn += 1
      if (!peer) return Promise.resolve(undefined)
      const { promise, resolve } = Promise.withResolvers<Json | undefined>()
      waiting.push({ id: envelope.envelope_id, peer, resolve })
      peer.send(JSON.stringify(envelope))
      return promise
    },
    disconnect(reason) {
      const message = { type: 'disconnect', reason, debug_info: { host: 'applink-simulated' } }
      for (const peer of peers) peer.send(JSON.stringify(message))
    },
    destroy() {
      for (const peer of peers) peer.destroy()
    },
  }
}
