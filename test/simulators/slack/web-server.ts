import { setTimeout as sleep } from 'node:timers/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { describeFault, type Fault, type Faults } from './faults.ts'
import { argumentsOf, readBody } from './http-body.ts'
import { isJson, parseJson, type Json } from './json.ts'
import { authorize, type Backend, type Method } from './method.ts'
import { methodNamed } from './methods.ts'
import { Refusal } from './refusal.ts'
import type { ResponseUrls } from './response-urls.ts'
import { logCall, type Workspace } from './workspace.ts'

interface Services {
  readonly backend: Backend
  readonly faults: Faults
  readonly responseUrls: ResponseUrls
}

interface Answer {
  readonly status: number
  readonly body: Json
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers `/api/<method>` and the response URLs as Slack does, with the planned faults. */
export function createListener(services: Services): RequestListener {
  return (request, response) => {
    if (services.faults.isOut) {
      request.socket.resetAndDestroy()
      return
    }
    // A client that goes away while it is served is its own business.
    serve(services, request, response).catch(() => request.socket.destroy())
  }
}

async function serve(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://slack')
  const body = await readBody(request)
  const api = /^\/api\/([^/]*)$/.exec(url.pathname)?.[1]
  const responds = /^\/(commands|actions)\//.test(url.pathname)
  if (api === undefined && !responds) return send(response, { status: 404, body: {} })
  const name = api ?? 'response_url'
  await withFault(services, name, request, response, () =>
    api === undefined
      ? respondAt(services, url.pathname, body)
      : callApi(services, api, request, url.searchParams, body),
  )
}

type Outcome = Answer & { readonly args: Json }

async function withFault(
  { backend, faults }: Services,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  apply: () => Outcome,
): Promise<void> {
  const { workspace } = backend
  const fault = faults.take(name)
  await faults.pass(name)
  const unapplied = fault && !isApplied(fault)
  const outcome = unapplied ? { status: 0, body: {}, args: {} } : apply()
  const { ok, error } = outcome.body
  logCall(workspace, {
    method: name,
    args: outcome.args,
    at: workspace.now(),
    ok: ok === true,
    ...(typeof error === 'string' ? { error } : {}),
    ...(fault ? { fault: describeFault(fault) } : {}),
  })
  switch (fault?.kind) {
    case undefined:
      return send(response, outcome)
    case 'slow':
      await sleep(fault.delayMs, undefined, { ref: false })
      return send(response, outcome)
    case 'http':
      return send(response, { status: fault.status, body: {} })
    case 'rate-limited':
      return send(response, rateLimited(fault.retryAfterSeconds, {}))
    case 'error':
      return send(response, { status: 200, body: { ok: false, error: fault.error } })
    case 'hang':
      return undefined
    case 'reset':
      request.socket.resetAndDestroy()
      return undefined
    default:
      return fault satisfies never
  }
}

function isApplied(fault: Fault): boolean {
  return fault.kind === 'slow' || ('applied' in fault && fault.applied)
}

function callApi(
  { backend }: Services,
  name: string,
  request: IncomingMessage,
  query: URLSearchParams,
  text: string,
): Outcome {
  const { workspace } = backend
  let args: Json = {}
  const headers = { 'x-oauth-scopes': [...workspace.scopes].join(',') }
  try {
    const call = argumentsOf(request, query, text)
    args = call.args
    const method = methodNamed(name)
    authorize(workspace, method, call.token)
    const waitMs = overLimit(workspace, name, method)
    if (waitMs > 0) return rateLimited(Math.ceil(waitMs / 1_000), args)
    return { status: 200, body: { ok: true, ...method.call(backend, args) }, headers, args }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: 200, body: { ok: false, error: error.code, ...error.extra }, headers, args }
  }
}

/** Milliseconds until Slack takes another call of the method. */
function overLimit(workspace: Workspace, name: string, { perMinute }: Method): number {
  if (perMinute === undefined) return 0
  const since = workspace.now() - 60_000
  const recent = workspace.calls.filter(({ method, at, ok }) => method === name && ok && at > since)
  const oldest = recent.at(-perMinute)
  return oldest === undefined ? 0 : oldest.at - since
}

function rateLimited(seconds: number, args: Json): Outcome {
  const headers = { 'retry-after': String(seconds) }
  return { status: 429, body: { ok: false, error: 'ratelimited' }, headers, args }
}

function respondAt({ responseUrls }: Services, path: string, text: string): Outcome {
  const parsed = parseJson(text)
  const args = isJson(parsed) ? parsed : {}
  try {
    if (!isJson(parsed)) throw new Refusal('invalid_payload')
    responseUrls.post(path, parsed)
    return { status: 200, body: { ok: true }, args }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const isGone = ['used_url', 'expired_url', 'no_service'].includes(error.code)
    const body = { ok: false, error: error.code, ...error.extra }
    return { status: isGone ? 404 : 400, body, args }
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}
