import { Agent, request, type Dispatcher } from 'undici'
import { retryAfterMs } from '../app/retry-after.ts'
import { StreamError } from '../trail/stream-batch.ts'
import type { StreamBatch } from '../trail/stream-batch.ts'
import type { StreamSink } from '../trail/stream-work.ts'

/** For everything from the connection to the head of the answer; well within a lease. */
const EXCHANGE_MS = 10_000
/** What is read of an answer's body, so that its connection can serve again; nobody looks at it. */
const DRAIN_BYTES = 16_384
const DRAIN_MS = 1_000

/**
 * A webhook that takes JSON lines by POST: any 2xx takes a batch. No redirect is followed, and of an answer nothing but
 * its status and Retry-After counts, so that nothing it says gets anywhere.
 */
export function createSink(options: {
  readonly url: string
  readonly token?: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 10 seconds unless told. */
  readonly timeoutMs?: number
}): StreamSink & AsyncDisposable {
  const { url, token, now, timeoutMs = EXCHANGE_MS } = options
  const agent = new Agent({
    connections: 1,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const headers = {
    'content-type': 'application/x-ndjson',
    'user-agent': 'pomerium-jit',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }

  async function post(batch: StreamBatch): Promise<Dispatcher.ResponseData> {
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      return await request(url, {
        dispatcher: agent,
        method: 'POST',
        headers: { ...headers, 'x-jit-batch': batch.id },
        body: batch.body,
        signal,
      })
    } catch (error) {
      const why = signal.aborted
        ? `gave no answer within ${timeoutMs} ms`
        : `could not be talked to (${codeOf(error)})`
      throw new StreamError(`the SIEM ${why}`, { isPassing: true })
    }
  }

  return {
    async send(batch) {
      const { statusCode: status, headers, body } = await post(batch)
      await drain(body)
      if (status >= 200 && status <= 299) return
      const retryAfter = headers['retry-after']
      throw new StreamError(`the SIEM answered ${status}${wordsOn(status)}`, {
        isPassing: isPassing(status),
        retryAfterMs: retryAfterMs(
          typeof retryAfter === 'string' ? retryAfter : retryAfter?.[0],
          now(),
        ),
      })
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

function wordsOn(status: number): string {
  if (status >= 300 && status <= 399) return ', and redirects are not followed'
  if (status === 401 || status === 403) return ': the token is not the one that it takes'
  if (status === 413) return ': it does not take half a megabyte at once'
  return ''
}

async function drain(body: Dispatcher.ResponseData['body']): Promise<void> {
  try {
    await body.dump({ limit: DRAIN_BYTES, signal: AbortSignal.timeout(DRAIN_MS) })
  } catch {
    // The status stands, and the connection is not used again.
  }
}

/** Codes of connections and certificates say what is wrong and hold nothing secret. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
