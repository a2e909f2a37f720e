import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { FrameError, frame, Opcode, readFrame } from './websocket-frame.ts'

const MESSAGE_LIMIT = 4 * 1024 * 1024

export interface WebSocketPeer {
  send(text: string): void
  ping(): void
  /** Starts the closing handshake. */
  close(code: number, reason: string): void
  /** Cuts the connection without a word. */
  destroy(): void
}

export interface WebSocketEvents {
  onText(text: string): void
  /** Once, as soon as the client says goodbye or the connection is lost. */
  onClose(): void
}

/**
 * Answers a WebSocket handshake and serves the connection; a bad handshake gets 400 and no peer.
 * Text messages only, no extensions. Source: RFC 6455
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  events: WebSocketEvents,
): WebSocketPeer | undefined {
  const key = request.headers['sec-websocket-key']
  const isHandshake =
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    request.headers['sec-websocket-version'] === '13' &&
    key !== undefined
  if (!isHandshake) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    return undefined
  }
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
  )
  return serve(socket, head, events)
}

function serve(socket: Duplex, head: Buffer, events: WebSocketEvents): WebSocketPeer {
  let pending: Buffer = Buffer.alloc(0)
  let parts: Buffer[] = []
  let isClosing = false

  const write = (opcode: number, payload: Buffer): void => {
    if (socket.writable) socket.write(frame(opcode, payload))
  }
  const close = (code: number, reason: string): void => {
    if (isClosing) return
    isClosing = true
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
    payload.writeUInt16BE(code)
    payload.write(reason, 2)
    write(Opcode.close, payload)
  }
  let isGone = false
  const gone = (): void => {
    if (isGone) return
    isGone = true
    events.onClose()
  }
  const take = (opcode: number, isLast: boolean, payload: Buffer): void => {
    if (opcode === Opcode.ping) return write(Opcode.pong, payload)
    if (opcode === Opcode.pong) return
    if (opcode === Opcode.close) {
      if (!isClosing) write(Opcode.close, payload)
      isClosing = true
      socket.end()
      return gone()
    }
    const isFirst = opcode !== Opcode.continuation
    if (isFirst !== (parts.length === 0)) throw new FrameError(1002, 'fragments out of order')
    if (isFirst && opcode !== Opcode.text) throw new FrameError(1003, 'only text is accepted')
    parts.push(payload)
    if (parts.reduce((size, part) => size + part.length, 0) > MESSAGE_LIMIT) {
      throw new FrameError(1009, 'message too big')
    }
    if (!isLast) return
    const message = Buffer.concat(parts)
    parts = []
    events.onText(decode(message))
  }
  const receive = (chunk: Buffer): void => {
    pending = Buffer.concat([pending, chunk])
    try {
      for (let next = readFrame(pending, MESSAGE_LIMIT); next;) {
        pending = pending.subarray(next.size)
        take(next.opcode, next.isLast, next.payload)
        next = readFrame(pending, MESSAGE_LIMIT)
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      close(error.code, error.message)
      socket.end()
    }
  }

  socket.on('data', receive)
  // A broken connection is followed by 'close'.
  socket.on('error', () => undefined)
  socket.on('end', () => socket.end())
  socket.once('close', gone)
  if (head.length > 0) receive(head)
  return {
    send: (text) => write(Opcode.text, Buffer.from(text)),
    ping: () => write(Opcode.ping, Buffer.alloc(0)),
    close,
    destroy: () => socket.destroy(),
  }
}

function decode(message: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(message)
  } catch {
    throw new FrameError(1007, 'text is not UTF-8')
  }
}
