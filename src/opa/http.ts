import { Agent, request, type Dispatcher } from 'undici'

const PROBLEM_BYTES = 4_096
/** Codes of a connection that was not there, or went away: the question may be put once more. */
const GONE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export interface HttpAnswer {
  readonly status: number
  /** The body; of anything but a 200, no more than its beginning. */
  readonly body: Buffer
}

export type HttpOutcome =
  | { readonly ok: true; readonly answer: HttpAnswer }
  /** There is no whole answer; `why` is one line without secrets. */
  | { readonly ok: false; readonly why: string }

export interface Http extends AsyncDisposable {
  post(url: string, body: string): Promise<HttpOutcome>
}

/**
 * Posts JSON within one budget over connections, retry, headers and body; follows no redirect. A connection that was
 * refused or broke is tried once more.
 */
export function createHttp(options: {
  readonly token?: string
  /** Certificates in PEM; nobody else is trusted then. */
  readonly ca?: string
  readonly budgetMs: number
  readonly maxBytes: number
}): Http {
  const { token, ca, budgetMs, maxBytes } = options
  const agent = new Agent({
    connections: 16,
    pipelining: 1,
    connect: { timeout: budgetMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: budgetMs,
    bodyTimeout: budgetMs,
  })
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'pomerium-jit',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }

  async function exchange(url: string, body: string, signal: AbortSignal): Promise<HttpOutcome> {
    const answer: Dispatcher.ResponseData = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers,
      body,
      signal,
    })
    const status = answer.statusCode
    const isWanted = status === 200
    const read = await beginning(answer.body, isWanted ? maxBytes : PROBLEM_BYTES, isWanted)
    if (isWanted && read.isCut)
      return { ok: false, why: `${status} with a body over ${maxBytes} bytes` }
    return { ok: true, answer: { status, body: read.bytes } }
  }

  return {
    async post(url, body) {
      const signal = AbortSignal.timeout(budgetMs)
      for (let left = 2; ; left -= 1) {
        try {
          return await exchange(url, body, signal)
        } catch (error) {
          if (signal.aborted) return { ok: false, why: `no answer within ${budgetMs} ms` }
          const code = codeOf(error)
          if (left > 1 && GONE.has(code)) continue
          return { ok: false, why: `the connection failed (${code})` }
        }
      }
    },
    async [Symbol.asyncDispose]() {
      if (!agent.closed) await agent.close()
    },
  }
}

/** As much of a body as is wanted. Throws when it breaks off and `mustEnd`; else what came before the break is kept. */
async function beginning(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  mustEnd: boolean,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    // Leaving the loop early destroys the body, and with it the connection.
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) break
    }
  } catch (error) {
    if (mustEnd) throw error
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: size > maxBytes }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
