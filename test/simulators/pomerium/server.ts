import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AdmitRequest, Answer, ApiRequest } from './api.ts'
import type { Encounter, Faults, FaultEffect } from './faults.ts'
import { pause } from './faults.ts'
import { ApiProblem } from './problem.ts'

const BASE = '/api/v0'
const MAX_BODY_BYTES = 2 * 1024 * 1024
const HUGE_BYTES = 10 * 1024 * 1024
const HTML = '<!doctype html><html><body><h1>Please sign in to the network</h1></body></html>'

/** How a request ended: a status, or what happened to the connection instead. */
export type Outcome = number | 'hung' | 'reset'

export interface ServerPorts {
  readonly admit: AdmitRequest
  readonly faults: Faults
  readonly latencyMs: () => number
  readonly stopped: AbortSignal
  /** Keeps a write that is to land later. */
  readonly keepLate: (land: () => void) => void
  /** What it gives is called just before the answer leaves, or when there will be none. */
  readonly onStart: (method: string, path: string, search: string) => (outcome: Outcome) => void
}

type Reply = { readonly status: number; readonly text: string; readonly headers?: HeaderFields }
type HeaderFields = Readonly<Record<string, string>>

/** An HTTP server, not yet listening, that speaks the API below `/api/v0` and its faults. */
export function createApiServer(ports: ServerPorts): Server {
  return createServer((request, response) => {
    serve(ports, request, response).catch(() => {
      // The client went away in the middle, or the simulator is being stopped.
      response.destroy()
    })
  })
}

async function serve(
  ports: ServerPorts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? 'GET'
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  const isApi = url.pathname.startsWith(`${BASE}/`)
  const path = isApi ? url.pathname.slice(BASE.length) : url.pathname
  const end = ports.onStart(method, path, url.search)
  const body = await readBody(incoming).catch((error: unknown) => {
    end('reset')
    throw error
  })
  const request: ApiRequest = {
    method,
    path,
    query: url.searchParams,
    authorization: incoming.headers.authorization,
    contentType: incoming.headers['content-type'],
    body: body ?? '',
  }
  const refusal = !isApi ? notFound : body === undefined ? tooLarge : undefined
  const encounter = ports.faults.meet(method, path)
  await pause(ports.latencyMs(), ports.stopped)
  await encounter.wait('before')
  const reply = refusal ?? decide(ports, request, encounter)
  await encounter.wait('after')
  if (typeof reply === 'string') {
    end(reply)
    if (reply === 'reset') incoming.socket.resetAndDestroy()
    return
  }
  end(encounter.effect?.kind === 'cut-off' ? 'reset' : reply.status)
  send(response, reply, encounter.effect)
}

const notFound: Reply = { status: 404, text: JSON.stringify({ error: 'not found' }) }
const tooLarge: Reply = { status: 413, text: JSON.stringify({ error: 'request body too large' }) }

/** Applies the request as far as the fault lets it, and says what goes back. */
function decide(
  ports: ServerPorts,
  request: ApiRequest,
  { effect }: Encounter,
): Reply | 'hung' | 'reset' {
  switch (effect?.kind) {
    case 'hang':
      return 'hung'
    case 'reset':
      return 'reset'
    case 'html':
      return { status: 200, text: HTML, headers: { 'content-type': 'text/html; charset=utf-8' } }
    case 'status':
      return statusReply(effect)
    case 'apply-then-reset':
      answer(ports, request)
      return 'reset'
    case 'apply-late': {
      const admitted = attempt(() => ports.admit(request))
      if (!(admitted instanceof ApiProblem)) {
        ports.keepLate(() => {
          attempt(() => admitted.perform())
        })
      }
      return effect.answer === 'never' ? 'hung' : statusReply({ status: 504, message: 'timeout' })
    }
    case 'truncated': {
      const { status, text } = answer(ports, request)
      return { status, text: text.slice(0, Math.floor(text.length / 2)) }
    }
    case 'huge': {
      const { status, text } = answer(ports, request)
      return { status, text: text + ' '.repeat(HUGE_BYTES) }
    }
    case 'wrong-type':
      return { ...answer(ports, request), headers: { 'content-type': 'text/plain' } }
    case 'cut-off':
    case undefined:
      return answer(ports, request)
    default:
      return effect satisfies never
  }
}

function answer(ports: ServerPorts, request: ApiRequest): Reply {
  const result = attempt((): Answer => ports.admit(request).perform())
  if (result instanceof ApiProblem) {
    return { status: result.status, text: JSON.stringify({ error: result.message }) }
  }
  return {
    status: result.status,
    text: result.body === undefined ? '' : JSON.stringify(result.body),
  }
}

function attempt<T>(run: () => T): T | ApiProblem {
  try {
    return run()
  } catch (error) {
    return error instanceof ApiProblem ? error : new ApiProblem(500, `simulator: ${String(error)}`)
  }
}

function statusReply(effect: Omit<Extract<FaultEffect, { kind: 'status' }>, 'kind'>): Reply {
  const { status, message = `simulated ${status}`, retryAfter } = effect
  const text = JSON.stringify({ error: message })
  if (retryAfter === undefined) return { status, text }
  const value = retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter)
  return { status, text, headers: { 'retry-after': value } }
}

function send(response: ServerResponse, reply: Reply, effect: Encounter['effect']): void {
  const length = Buffer.byteLength(reply.text)
  const hasBody = reply.status !== 204
  response.writeHead(reply.status, {
    ...(hasBody ? { 'content-type': 'application/json', 'content-length': String(length) } : {}),
    ...reply.headers,
  })
  if (effect?.kind === 'cut-off') {
    response.write(reply.text.slice(0, Math.floor(reply.text.length / 2)), () => {
      response.destroy()
    })
    return
  }
  response.end(hasBody ? reply.text : undefined)
}

/** The body as text; `undefined` when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}
