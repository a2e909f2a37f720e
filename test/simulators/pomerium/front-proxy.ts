import type { IncomingMessage, ServerResponse } from 'node:http'
import { request } from 'node:http'
import { pipeline } from 'node:stream'

/** Of one connection, not of the message. Source: RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
])

/** Header names and values in turn, as Node has them on the wire. */
export type RawHeaders = readonly string[]

/** Keeps or changes each header: `undefined` leaves it out. */
export function mapHeaders(
  raw: RawHeaders,
  change: (name: string, value: string) => string | undefined,
): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2)
    const changed = HOP_BY_HOP.has(name.toLowerCase())
      ? undefined
      : change(name.toLowerCase(), value)
    if (changed !== undefined) kept.push(name, changed)
  }
  return kept
}

/**
 * Sends a request on to `target` and its answer back, both as they come. An app that cannot be reached is 503; one that
 * breaks off in the middle breaks the answer off.
 */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  target: URL,
  headers: readonly string[],
): void {
  const outgoing = request({
    host: target.hostname,
    port: target.port,
    path: target.pathname + target.search,
    method: incoming.method,
    headers,
    agent: false,
  })
  outgoing.once('response', (answer) => {
    response.sendDate = false
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage,
      mapHeaders(answer.rawHeaders, (_name, value) => value),
    )
    // Sent now, so that a stream that pauses after its head is seen to have begun.
    response.flushHeaders()
    pipeline(answer, response, () => {})
  })
  outgoing.on('error', () => {
    if (response.headersSent) return
    response.writeHead(503, { 'content-type': 'text/plain' })
    response.end('upstream connect error or disconnect/reset before headers')
  })
  response.once('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}
