import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPolicyApi, type PolicyApiOptions } from '../../src/pomerium/policies.ts'
import { PolicyApiError, type LivePolicy } from '../../src/app/policy-api.ts'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly body: unknown
}

type Answer = { readonly status?: number; readonly json?: unknown; readonly text?: string } & {
  readonly headers?: Readonly<Record<string, string>>
}
/** Answers a call by value, or by hand through the response. */
export type Handler = (seen: Seen, response: ServerResponse) => Answer | undefined | Promise<Answer>

export interface Loopback extends AsyncDisposable {
  readonly baseUrl: string
  /** Calls in the order in which they came. */
  readonly calls: Seen[]
}

/** An HTTP server on a free port that answers as `handle` says. */
export async function startLoopback(handle: Handler): Promise<Loopback> {
  const calls: Seen[] = []
  const server = createServer((request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const seen: Seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
    }
    calls.push(seen)
    const reply = await handle(seen, response)
    if (reply === undefined) return
    response.writeHead(reply.status ?? 200, reply.headers)
    response.end(reply.text ?? JSON.stringify(reply.json))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/api/v0`,
    calls,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A clock that moves only when told. */
export function settableClock(start = Date.parse('2026-11-20T10:00:00Z')) {
  let ms = start
  return {
    now: () => ms,
    advance(byMs: number) {
      ms += byMs
    },
  }
}

export const apiUserToken = 'api-user-token-0123456789'

export const tokenAnswer = (idToken = 'id-token-1', seconds = '3600'): Answer => ({
  json: { idToken, expiresInSeconds: seconds },
})

/** A handler that answers the token exchange by itself and the rest as `handle` says. */
export function authorized(handle: Handler): Handler {
  return (seen, response) => (seen.url === '/api/v0/token' ? tokenAnswer() : handle(seen, response))
}

/** The adapter under test against a loopback server. */
export function connect(
  loopback: Pick<Loopback, 'baseUrl'>,
  options: Partial<PolicyApiOptions> = {},
) {
  return createPolicyApi({
    baseUrl: loopback.baseUrl,
    organizationId: 'org',
    clusterId: 'clu',
    apiUserToken,
    now: settableClock().now,
    timeoutMs: 2_000,
    ...options,
  })
}

export const instant = '2026-11-20T09:00:00Z'

/** A policy as it goes over the wire. */
export function wirePolicy(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'pol_1',
    name: 'jit-grafana',
    description: 'about',
    explanation: 'why',
    remediation: 'how',
    enforced: false,
    namespaceId: 'nsp',
    ppl: [],
    routes: [{ id: 'rt_1', name: 'grafana' }],
    enforcedRoutes: [],
    createdAt: instant,
    updatedAt: instant,
    ...over,
  }
}

/** The same policy as the port gives it. */
export function livePolicy(over: Partial<LivePolicy> = {}): LivePolicy {
  return {
    id: 'pol_1',
    name: 'jit-grafana',
    description: 'about',
    explanation: 'why',
    remediation: 'how',
    enforced: false,
    namespaceId: 'nsp',
    ppl: [],
    routes: ['grafana'],
    ...over,
  }
}

/** What a failed call says about itself; fails when the call succeeds or throws anything else. */
export async function failure(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    if (!(error instanceof PolicyApiError)) throw error
    const { code, retryable, ambiguous, retryAfterMs, message } = error
    return { code, retryable, ambiguous, retryAfterMs, message }
  }
  throw new Error('the call succeeded')
}
