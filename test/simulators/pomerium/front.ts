import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Signer } from './assertions.ts'
import { createSigner } from './assertions.ts'
import type { FrontPeople, FrontPerson, Sessions } from './front-people.ts'
import { SESSION_COOKIE, createPeople, createSessions, withoutSession } from './front-people.ts'
import { forward, mapHeaders } from './front-proxy.ts'

/** Everything that starts so goes by the policy; the longest prefix counts. */
export interface FrontRoute {
  readonly prefix: string
  readonly policy: 'public' | 'any-user' | { readonly emails: readonly string[] }
}

export interface FrontOptions {
  /** Milliseconds. */
  readonly now: () => number
  /** Where the app is, asked for each request; nowhere is 503. */
  readonly upstream: () => URL | undefined
  /** Default: any user everywhere. */
  readonly routes?: readonly FrontRoute[]
  /** Default 0: a free one. */
  readonly port?: number
}

/** A cluster's proxy in front of one app, as a browser meets it; with its identity provider. */
export interface Front extends AsyncDisposable {
  /** Where the app is for browsers; issuer and audience of assertions are its host name. */
  readonly origin: string
  readonly keySetUrl: string
  readonly people: FrontPeople
  /** Signs the assertions; to be rotated, or to forge with. */
  readonly signer: Signer
  /** How often the key set was asked for. */
  readonly keySetFetches: number
  /** Signs somebody in without a browser; gives the cookie, name and value, of the session. */
  signIn(email: string): string
  /** Replaces the routes. */
  route(routes: readonly FrontRoute[]): void
}

interface Door {
  readonly origin: URL
  readonly signer: Signer
  readonly people: FrontPeople
  readonly sessions: Sessions
  readonly routes: () => readonly FrontRoute[]
  readonly upstream: () => URL | undefined
  readonly onKeySet: () => void
}

const ASSERTION = 'x-pomerium-jwt-assertion'
const CLAIM_PREFIX = 'x-pomerium-claim-'
const SIGN_IN = '/.pomerium/sign_in'
const SIGN_OUT = '/.pomerium/sign_out'
const KEY_SET = '/.well-known/pomerium/jwks.json'
const REDIRECT = 'pomerium_redirect_uri'

/** Starts the proxy on 127.0.0.1. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const people = createPeople()
  const sessions = createSessions()
  const signer = createSigner({ now: options.now })
  let routes = options.routes ?? [{ prefix: '/', policy: 'any-user' }]
  let keySetFetches = 0
  const server = createServer((request, response) => serve(door, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const door: Door = {
    origin: new URL(origin),
    signer,
    people,
    sessions,
    routes: () => routes,
    upstream: options.upstream,
    onKeySet() {
      keySetFetches += 1
    },
  }
  return {
    origin,
    keySetUrl: origin + KEY_SET,
    people,
    signer,
    get keySetFetches() {
      return keySetFetches
    },
    signIn: (email) => sessions.open(email),
    route(next) {
      routes = next
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function serve(door: Door, request: IncomingMessage, response: ServerResponse): void {
  const { origin, sessions, people } = door
  // Dots are resolved before the routes are looked at, as Envoy does.
  const url = URL.parse(request.url ?? '', origin.href)
  if (url === null || url.origin !== origin.origin || request.headers.host !== origin.host)
    return plainly(response, 404, 'no route')
  const session = sessions.find(request.headers.cookie)
  if (url.pathname === KEY_SET) return sendKeySet(door, request, response)
  if (url.pathname === SIGN_IN) return signIn(door, url, response)
  if (url.pathname === SIGN_OUT) {
    if (session !== undefined) sessions.close(session.id)
    return redirect(response, '/', `${SESSION_COOKIE}=; Path=/; Max-Age=0`)
  }
  const route = routeOf(door.routes(), url.pathname)
  if (route === undefined || url.pathname.startsWith('/.pomerium/'))
    return plainly(response, 404, 'no route')
  const person = session && people.of(session.email)
  if (!isAllowed(route, person)) {
    if (person !== undefined) return plainly(response, 403, `${person.email} may not pass here`)
    return redirect(response, `${SIGN_IN}?${String(new URLSearchParams({ [REDIRECT]: url.href }))}`)
  }
  const target = door.upstream()
  if (target === undefined) return plainly(response, 503, 'no healthy upstream')
  forward(request, response, new URL(url.pathname + url.search, target), [
    ...mapHeaders(request.rawHeaders, passedOn(target)),
    ...Object.entries({
      'X-Forwarded-For': forwardedFor(request),
      'X-Forwarded-Proto': 'http',
      'X-Request-Id': randomUUID(),
      'X-Pomerium-Jwt-Assertion': mint(door, person, session?.id),
    }).flat(),
  ])
}

/**
 * What the client sent, and behind it the address that it came from.
 * Source: https://www.pomerium.com/docs/reference/x-forwarded-for-settings
 */
function forwardedFor({ headersDistinct, socket }: IncomingMessage): string {
  return [...(headersDistinct['x-forwarded-for'] ?? []), socket.remoteAddress ?? ''].join(',')
}

/** The longest prefix first, as Pomerium sorts routes of one host. */
function routeOf(routes: readonly FrontRoute[], path: string): FrontRoute | undefined {
  return routes
    .filter(({ prefix }) => path.startsWith(prefix))
    .toSorted((a, b) => b.prefix.length - a.prefix.length)[0]
}

function isAllowed({ policy }: FrontRoute, person: FrontPerson | undefined): boolean {
  if (policy === 'public') return true
  if (person === undefined) return false
  return policy === 'any-user' || policy.emails.includes(person.email)
}

/** What the app gets to see of a request's headers; its own host among them, as Pomerium does unless told otherwise. */
function passedOn(target: URL): (name: string, value: string) => string | undefined {
  return (name, value) => {
    if (name === ASSERTION || name.startsWith(CLAIM_PREFIX) || name.startsWith('x-forwarded-'))
      return undefined
    if (name === 'host') return target.host
    if (name === 'cookie') return withoutSession(value) || undefined
    return value
  }
}

function mint({ signer, origin }: Door, person: FrontPerson | undefined, session?: string): string {
  return signer.mint({
    host: origin.hostname,
    subject: person?.subject ?? '',
    email: person?.email ?? '',
    name: person?.name ?? '',
    groups: person?.groups ?? [],
    ...(session === undefined
      ? {}
      : { sessionId: createHash('sha256').update(session).digest('hex') }),
  })
}

function signIn({ sessions, origin }: Door, url: URL, response: ServerResponse): void {
  const email = url.searchParams.get('email')
  const asked = URL.parse(url.searchParams.get(REDIRECT) ?? '/', origin.href)
  const to = asked?.origin === origin.origin ? asked.pathname + asked.search : '/'
  if (email !== null && email !== '')
    return redirect(response, to, `${sessions.open(email)}; Path=/; HttpOnly; SameSite=Lax`)
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(signInPage(to))
}

function signInPage(to: string): string {
  return `<!doctype html>
<html lang="en">
<title>Sign in</title>
<h1>Identity provider</h1>
<form action="${SIGN_IN}">
<input type="hidden" name="${REDIRECT}" value="${to.replaceAll('&', '&amp;')}">
<label>E-mail <input type="email" name="email" required autofocus></label>
<button>Sign in</button>
</form>
`
}

/** Source: https://github.com/pomerium/pomerium/blob/main/internal/handlers/jwks.go */
function sendKeySet(door: Door, request: IncomingMessage, response: ServerResponse): void {
  door.onKeySet()
  const text = JSON.stringify(door.signer.jwks())
  const etag = `"${createHash('sha256').update(text).digest('hex')}"`
  const isKnown = request.headers['if-none-match'] === etag
  response.writeHead(isKnown ? 304 : 200, {
    'access-control-allow-origin': '*',
    'cache-control': 'max-age=60',
    etag,
    ...(isKnown ? {} : { 'content-type': 'application/json' }),
  })
  response.end(isKnown ? undefined : text)
}

function redirect(response: ServerResponse, location: string, cookie?: string): void {
  const cookies = cookie === undefined ? {} : { 'set-cookie': cookie }
  response.writeHead(302, { location, ...cookies })
  response.end()
}

function plainly(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${text}\n`)
}
