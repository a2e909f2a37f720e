import type { IncomingMessage } from 'node:http'

const BODY_MAX_BYTES = 64 * 1024

/** The JSON in a request's body. Throws when it is too long or no JSON. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BODY_MAX_BYTES) throw new Error(`the body is longer than ${BODY_MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
}
