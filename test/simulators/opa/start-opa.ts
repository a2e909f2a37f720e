import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Fault } from './faults.ts'
import { carryOut } from './faults.ts'

/** A question that came in, whatever became of it. */
export interface Question {
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface OpaSimulator extends AsyncDisposable {
  readonly url: string
  readonly questions: readonly Question[]
  /** What the policy at a path such as `jit/decision` makes of an input; `undefined` is undefined. */
  define(path: string, rule: (input: unknown) => unknown): void
  /** What happens to the next questions, one each, instead of an answer from the policy. */
  next(...faults: readonly Fault[]): void
}

export interface OpaOptions {
  /** Needed by every question: `--authentication=token --authorization=basic`. */
  readonly token?: string
  /** Tells ids of decisions, as with decision logs turned on. */
  readonly decisionIds?: readonly string[]
  /** Revision of each bundle by name. */
  readonly bundles?: Readonly<Record<string, string>>
  readonly tls?: { readonly key: string; readonly cert: string }
}

/**
 * An OPA on loopback as far as its data API goes: `POST /v1/data/<path>`, `?provenance=true`, bearer tokens, 200
 * without a result for what is undefined. Source: https://www.openpolicyagent.org/docs/rest-api#data-api
 */
export async function startOpa(options: OpaOptions = {}): Promise<OpaSimulator> {
  const rules = new Map<string, (input: unknown) => unknown>()
  const questions: Question[] = []
  const faults: Fault[] = []
  const ids = [...(options.decisionIds ?? [])]

  function decide(question: Question, response: ServerResponse): void {
    const { token } = options
    if (token !== undefined && question.headers['authorization'] !== `Bearer ${token}`)
      return problem(response, 401, 'unauthorized', 'request rejected by administrative policy')
    const [, path] = /^\/v1\/data\/(.+)$/.exec(question.path) ?? []
    if (path === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n')
      return
    }
    const input = inputIn(question.body)
    if (input === undefined)
      return problem(response, 400, 'invalid_parameter', 'unexpected end of JSON input')
    const result = rules.get(decodeURIComponent(path))?.(input.value)
    const isAsked = new URLSearchParams(question.query).get('provenance') === 'true'
    const answer = {
      ...(options.decisionIds === undefined ? {} : { decision_id: ids.shift() ?? randomUUID() }),
      ...(isAsked ? { provenance: provenance(options.bundles) } : {}),
      ...(result === undefined ? {} : { result }),
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { pathname, search } = new URL(request.url ?? '', 'http://opa.invalid')
    const body = Buffer.concat(chunks).toString()
    const question = { path: pathname, query: search, headers: request.headers, body }
    questions.push(question)
    const fault = faults.shift()
    if (fault === undefined) decide(question, response)
    else carryOut(fault, response)
  }

  const listener: RequestListener = (request, response) => void handle(request, response)
  const { tls } = options
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    questions,
    define: (path, rule) => rules.set(path, rule),
    next: (...more) => faults.push(...more),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function inputIn(body: string): { readonly value: unknown } | undefined {
  try {
    const { input } = JSON.parse(body) as { readonly input?: unknown }
    return { value: input }
  } catch {
    // Answered with 400.
    return undefined
  }
}

function provenance(bundles: OpaOptions['bundles']) {
  const named = Object.entries(bundles ?? {}).map(([name, revision]) => [name, { revision }])
  return {
    version: '1.22.0',
    build_commit: '',
    build_timestamp: '',
    build_hostname: '',
    ...(bundles === undefined ? {} : { bundles: Object.fromEntries(named) as object }),
  }
}

function problem(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ code, message }))
}
