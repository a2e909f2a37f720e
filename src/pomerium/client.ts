import type { z } from 'zod'
import type { OnCall } from '../app/outside-call.ts'
import { PolicyApiError } from '../app/policy-api.ts'
import { invalidAnswer, refusalError, type Attempt } from './errors.ts'
import { createHttp, type HttpAnswer } from './http.ts'
import type { Log } from '../app/ports.ts'
import { parseJson } from './schema.ts'
import { createSession } from './session.ts'

export interface ClientOptions {
  /** Base address of the API, e.g. `https://console.pomerium.app/api/v0`. */
  readonly baseUrl: string
  readonly apiUserToken: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Deadline of one HTTP exchange from connection to last byte, default 15 s. */
  readonly timeoutMs?: number | undefined
  readonly log?: Pick<Log, 'debug' | 'warn'> | undefined
  /** Told of every exchange, those of tokens too. */
  readonly onCall?: OnCall | undefined
}

/** One call of the API. */
export interface Call<T> extends Attempt {
  /** Path segments below the base address, not encoded. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly schema: z.ZodType<T>
  /** The largest answer that is taken, default 1 MB. */
  readonly maxBytes?: number
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly status: number
      /** What the refusal says, for matching only. */
      readonly text: string
      readonly error: PolicyApiError
    }

export interface Client extends AsyncDisposable {
  /** A parsed success or a refusal by status. Throws PolicyApiError when there is no usable answer. */
  ask<T>(call: Call<T>): Promise<Answer<T>>
  /** A parsed success. Throws PolicyApiError for everything else. */
  get<T>(call: Omit<Call<T>, 'method' | 'write'>): Promise<T>
}

const defaultTimeoutMs = 15_000
const defaultMaxBytes = 1024 * 1024

/** Authorized calls with parsed answers. A 401 is followed by one token exchange and one more try. */
export function createClient(options: ClientOptions): Client {
  const { apiUserToken, now, log, onCall } = options
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const http = createHttp({ baseUrl: options.baseUrl, now, timeoutMs, onCall })
  const session = createSession({ http, apiUserToken, now, log })

  async function ask<T>(call: Call<T>): Promise<Answer<T>> {
    const path = address(call)
    const body = call.body === undefined ? {} : { body: json(call) }
    const maxBytes = call.maxBytes ?? defaultMaxBytes

    async function send(idToken: string): Promise<HttpAnswer> {
      const { method, what, write } = call
      const answer = await http.send({ method, what, write, path, maxBytes, idToken, ...body })
      const { status, elapsedMs } = answer
      log?.debug({ method, what, status, durationMs: elapsedMs }, 'pomerium call')
      return answer
    }

    let idToken = await session.idToken()
    let answer = await send(idToken)
    if (answer.status === 401) {
      idToken = await session.replace(idToken)
      answer = await send(idToken)
    }
    if (answer.status < 200 || answer.status > 299) {
      const secrets = [apiUserToken, idToken]
      return {
        ok: false,
        status: answer.status,
        text: answer.text,
        error: refusalError(call, answer, { nowMs: now(), secrets }),
      }
    }
    const parsed = parseJson(answer.text, call.schema)
    if (!parsed.ok) throw invalidAnswer(call, `${answer.status} with ${parsed.why}`)
    return parsed
  }

  return {
    ask,
    async get(call) {
      return valueOf(await ask({ ...call, method: 'GET', write: false }))
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

/** The value of a success. Throws the error of a refusal. */
export function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw answer.error
  return answer.value
}

function address(call: Attempt & Pick<Call<unknown>, 'path' | 'query'>): string {
  const path = call.path.map((segment) => {
    // URL parsing would resolve a dot segment and aim the call elsewhere.
    if (/^\.{0,2}$/.test(segment)) {
      throw unsendable(call, `"${segment}" is not an id`)
    }
    return encodeURIComponent(segment)
  })
  const query = new URLSearchParams(call.query).toString()
  return query === '' ? path.join('/') : `${path.join('/')}?${query}`
}

function json(call: Attempt & { readonly body?: unknown }): string {
  try {
    return JSON.stringify(call.body)
  } catch {
    // Nested deeper than the stack.
    throw unsendable(call, 'the body cannot be written as JSON')
  }
}

function unsendable(call: Attempt, why: string): PolicyApiError {
  return new PolicyApiError(`${call.method} ${call.what}: ${why}`, {
    code: 'rejected',
    retryable: false,
    ambiguous: false,
  })
}
