import { Agent, errors, request, type Dispatcher } from 'undici'
import type { OnCall } from '../app/outside-call.ts'
import { observed, statusLabel } from '../app/outside-call.ts'
import { PolicyApiError } from '../app/policy-api.ts'
import { invalidAnswer, networkError, type Attempt } from './errors.ts'

/** One HTTP exchange. */
export interface HttpCall extends Attempt {
  /** Path and query below the base address, already encoded. */
  readonly path: string
  readonly idToken?: string
  readonly body?: string
  /** The largest successful body that is taken. */
  readonly maxBytes: number
}

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** The body; of a refusal, no more than its beginning. */
  readonly text: string
  readonly elapsedMs: number
}

export interface Http extends AsyncDisposable {
  /** Any answer with a status. Throws PolicyApiError when there is none, or its body is too large or not UTF-8. */
  send(call: HttpCall): Promise<HttpAnswer>
}

const refusalBytes = 4096
const connectTimeoutMs = 5_000

/** HTTP below one base address: own connections, no redirects, one deadline over connection, headers and body. */
export function createHttp(options: {
  readonly baseUrl: string
  readonly now: () => number
  readonly timeoutMs: number
  readonly onCall?: OnCall | undefined
}): Http {
  const { now, timeoutMs, onCall } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const agent = new Agent({
    connections: 16,
    pipelining: 1,
    connect: { timeout: Math.min(connectTimeoutMs, timeoutMs) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })

  let isClosed = false

  async function send(call: HttpCall): Promise<HttpAnswer> {
    if (isClosed) throw networkError(call, new errors.ClientClosedError(), 0)
    const startedAt = now()
    const elapsedMs = () => Math.max(0, Math.round(now() - startedAt))
    let answer: Dispatcher.ResponseData
    try {
      answer = await request(`${baseUrl}/${call.path}`, {
        dispatcher: agent,
        method: call.method,
        headers: headersOf(call),
        body: call.body ?? null,
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch (error) {
      throw networkError(call, error, elapsedMs())
    }
    const head = { status: answer.statusCode, retryAfter: one(answer.headers['retry-after']) }
    if (head.status < 200 || head.status > 299) {
      const text = await beginning(answer.body)
      return { ...head, text, elapsedMs: elapsedMs() }
    }
    const bytes = await whole(answer.body, call.maxBytes).catch((error: unknown) => {
      throw networkError(call, error, elapsedMs())
    })
    if (bytes === 'too-large') {
      throw invalidAnswer(call, `${head.status} with a body over ${call.maxBytes} bytes`)
    }
    const text = utf8(bytes)
    if (text === undefined)
      throw invalidAnswer(call, `${head.status} with a body that is not UTF-8`)
    return { ...head, text, elapsedMs: elapsedMs() }
  }

  return {
    send: (call) => observed(onCall, `${call.method} ${routeOf(call)}`, () => send(call), STATUS),
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      await agent.close()
    },
  }
}

const STATUS = {
  of: ({ status }: HttpAnswer) => statusLabel(status),
  ofFailure: (error: unknown) => (error instanceof PolicyApiError ? error.code : 'other'),
}

/** The address without the ids in it, which are every other part: `policies`, `clusters/settings`. */
function routeOf({ path }: HttpCall): string {
  const [place = ''] = path.split('?')
  const names = place.split('/').filter((_, index) => index % 2 === 0)
  return names.length === 1 ? place : names.slice(1).join('/')
}

function headersOf(call: HttpCall): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': 'pomerium-jit',
    ...(call.idToken === undefined ? {} : { authorization: `Bearer ${call.idToken}` }),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
  }
}

async function whole(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop early destroys the body, and with it the connection.
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return 'too-large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The beginning of a refusal's body; the status stands even when the body breaks off. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > refusalBytes) break
    }
  } catch {
    // What came before the break is kept.
  }
  const text = Buffer.concat(chunks).subarray(0, refusalBytes).toString('utf8')
  // A cut may leave the first half of a secret, too short to be known as one.
  return size > refusalBytes ? text.slice(0, Math.max(text.lastIndexOf(' '), 0)) : text
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}
