import type { IncomingMessage } from 'node:http'
import { isJson, parseJson, type Json } from './json.ts'
import { Refusal } from './refusal.ts'

const BODY_LIMIT = 4 * 1024 * 1024
const ENCODED = new Set(['attachments', 'blocks', 'metadata', 'view'])
const FLAGS = new Set([
  'as_user',
  'include_count',
  'include_disabled',
  'include_num_members',
  'include_users',
  'mrkdwn',
  'reply_broadcast',
  'return_im',
  'unfurl_links',
  'unfurl_media',
])

/** The whole body of a request as text. Throws beyond 4 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT)
      throw new Error(`read the body of ${request.url}: over ${BODY_LIMIT} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/**
 * The arguments of an API call from its query and body, JSON or form, and the token. Throws
 * `invalid_post_type`, `invalid_json`, `json_not_object` or `invalid_blocks_format`.
 */
export function argumentsOf(
  request: IncomingMessage,
  query: URLSearchParams,
  body: string,
): { args: Json; token: string | undefined } {
  const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const { token, ...args } = { ...fromForm(query), ...fromBody(request, body) }
  return { args, token: header ?? (typeof token === 'string' ? token : undefined) }
}

function fromBody(request: IncomingMessage, body: string): Json {
  if (request.method === 'GET' || body === '') return {}
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return fromForm(new URLSearchParams(body))
  if (type !== 'application/json') throw new Refusal('invalid_post_type')
  const parsed = parseJson(body)
  if (parsed === undefined) throw new Refusal('invalid_json')
  if (!isJson(parsed)) throw new Refusal('json_not_object')
  // Slack reads the token of a JSON request from the header alone.
  const { token: _, ...args } = parsed
  return args
}

function fromForm(form: URLSearchParams): Json {
  return Object.fromEntries([...form].map(([name, value]) => [name, decoded(name, value)]))
}

function decoded(name: string, value: string): unknown {
  if (ENCODED.has(name)) {
    const parsed = parseJson(value)
    if (parsed === undefined && name === 'blocks') throw new Refusal('invalid_blocks_format')
    return parsed
  }
  if (FLAGS.has(name)) return value === 'true' || value === '1'
  return value
}
