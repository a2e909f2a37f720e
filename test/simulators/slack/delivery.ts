import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Json } from './json.ts'
import type { Envelope, SocketMode } from './socket-mode.ts'
import type { Workspace } from './workspace.ts'

/** Beyond the acknowledgement's deadline, how long an answer is still awaited. */
const GRACE_MS = 7_000

/** How the bot answered something that a person did. */
export interface Ack {
  /** 0 when nothing came back. */
  readonly status: number
  readonly body: string
  readonly elapsedMs: number
  /** What Slack shows to the person instead of the answer: `operation_timeout`, `dispatch_failed`, … */
  readonly problem?: string
}

export interface Outgoing {
  readonly type: Envelope['type']
  readonly payload: Json
  readonly acceptsResponse: boolean
  /** Which repetition of an event this is, and why. */
  readonly retry?: { readonly num: number; readonly reason: string }
}

export interface RawRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Delivery {
  /** Where requests go while no socket is connected. */
  url: string | undefined
  deliver(outgoing: Outgoing): Promise<Ack>
  /** Sends the last request that was no retry again, `count` times at once, byte for byte. */
  redeliver(count: number): Promise<readonly Ack[]>
  /** Sends the last event again as Slack's retry of it. Throws when there was none. */
  retryEvent(num: number, reason: string): Promise<Ack>
  /** Posts anything at all. */
  deliverRaw(raw: RawRequest): Promise<Ack>
  close(): void
}

export interface DeliverySettings {
  readonly url: string | undefined
  readonly ackTimeoutMs: number
  /** Milliseconds since the epoch that go into signatures. */
  readonly signedAt: () => number
}

/** The `x-slack-signature` of a body. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function sign(body: string, secret: string, timestampSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`v0:${timestampSeconds}:${body}`)
  return `v0=${mac.digest('hex')}`
}

/** Carries what people do to the bot: signed over HTTP, or over a connected socket. */
export function createDelivery(
  workspace: Workspace,
  socketMode: SocketMode,
  settings: DeliverySettings,
): Delivery {
  const agent = new Agent({ keepAlive: true })
  let last: (() => Promise<Ack>) | undefined
  let lastEvent: Outgoing | undefined

  const overHttp = (raw: RawRequest): Promise<Ack> =>
    timed(settings.ackTimeoutMs, (signal) => post(agent, delivery.url, raw, signal))
  const overSocket = (envelope: Envelope): Promise<Ack> =>
    timed(settings.ackTimeoutMs, async () => {
      const payload = await socketMode.send(envelope)
      if (payload === undefined) return { status: 0, body: '' }
      const isEmpty = Object.keys(payload).length === 0
      return { status: 200, body: isEmpty ? '' : JSON.stringify(payload) }
    })
  const attemptOf = (outgoing: Outgoing): (() => Promise<Ack>) => {
    if (socketMode.isConnected) {
      const envelope = toEnvelope(outgoing, workspace.newId('env'))
      return () => overSocket(envelope)
    }
    const timestamp = Math.floor(settings.signedAt() / 1000)
    const raw = toRequest(outgoing, workspace.signingSecret, timestamp)
    return () => overHttp(raw)
  }
  const send = async (attempt: () => Promise<Ack>): Promise<Ack> => {
    const ack = await attempt()
    workspace.changed()
    return ack
  }

  const delivery: Delivery = {
    url: settings.url,
    deliver(outgoing) {
      const attempt = attemptOf(outgoing)
      if (outgoing.retry === undefined) {
        last = attempt
        if (outgoing.type === 'events_api') lastEvent = outgoing
      }
      return send(attempt)
    },
    async redeliver(count) {
      const again = last
      if (!again) throw new Error('redeliver: nothing was delivered yet')
      return Promise.all(Array.from({ length: count }, () => send(again)))
    },
    async retryEvent(num, reason) {
      if (!lastEvent) throw new Error('retry event: no event was delivered yet')
      return delivery.deliver({ ...lastEvent, retry: { num, reason } })
    },
    deliverRaw: (raw) => send(() => overHttp(raw)),
    close: () => agent.destroy(),
  }
  return delivery
}

function toEnvelope({ type, payload, acceptsResponse, retry }: Outgoing, id: string): Envelope {
  return {
    envelope_id: id,
    payload,
    type,
    accepts_response_payload: acceptsResponse,
    ...(type === 'events_api'
      ? { retry_attempt: retry?.num ?? 0, retry_reason: retry?.reason ?? '' }
      : {}),
  }
}

function toRequest(outgoing: Outgoing, secret: string, timestamp: number): RawRequest {
  const { type, payload, retry } = outgoing
  const isEvent = type === 'events_api'
  const form = type === 'interactive' ? { payload: JSON.stringify(payload) } : payload
  const body = isEvent
    ? JSON.stringify(payload)
    : new URLSearchParams(form as Record<string, string>).toString()
  return {
    body,
    headers: {
      'content-type': isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      accept: 'application/json,*/*',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': sign(body, secret, timestamp),
      ...(retry
        ? { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason }
        : {}),
    },
  }
}

type Answer = Pick<Ack, 'status' | 'body'>

async function timed(
  limitMs: number,
  attempt: (signal: AbortSignal) => Promise<Answer>,
): Promise<Ack> {
  const started = performance.now()
  const abort = new AbortController()
  const nothing = Promise.withResolvers<Answer>()
  const timer = setTimeout(() => {
    nothing.resolve({ status: 0, body: '' })
    abort.abort()
  }, limitMs + GRACE_MS)
  const answer = await Promise.race([attempt(abort.signal), nothing.promise])
  clearTimeout(timer)
  const elapsedMs = performance.now() - started
  if (elapsedMs > limitMs) return { ...answer, elapsedMs, problem: 'operation_timeout' }
  const isFine = answer.status >= 200 && answer.status < 300
  return { ...answer, elapsedMs, ...(isFine ? {} : { problem: 'dispatch_failed' }) }
}

function post(
  agent: Agent,
  url: string | undefined,
  raw: RawRequest,
  signal: AbortSignal,
): Promise<Answer> {
  if (url === undefined) return Promise.resolve({ status: 0, body: '' })
  return new Promise((resolve) => {
    const fail = (): void => resolve({ status: 0, body: '' })
    const headers = { ...raw.headers, 'content-length': Buffer.byteLength(raw.body) }
    const outgoing = request(url, { method: 'POST', agent, headers, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      )
    })
    outgoing.on('error', fail)
    outgoing.end(raw.body)
  })
}
