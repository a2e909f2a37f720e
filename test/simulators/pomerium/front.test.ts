import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { RequestInit } from 'undici'
import { fetch } from 'undici'
import type { Front, FrontOptions } from './front.ts'
import { startFront } from './front.ts'

const NOW = Date.parse('2026-03-01T10:00:00Z')
const ALEX = 'alex@example.com'
const ADA = 'ada@example.com'

type Seen = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { readonly body: string }

interface Stage extends AsyncDisposable {
  readonly front: Front
  /** Requests that reached the app. */
  readonly seen: readonly Seen[]
  get(path: string, init?: RequestInit): Promise<{ status: number; location: string | null }>
  as(email: string, path?: string, init?: RequestInit): Promise<Seen>
}

/** The proxy in front of an app that says yes to everything, unless `app` answers. */
async function stage(
  options: Partial<FrontOptions> & { readonly app?: RequestListener } = {},
): Promise<Stage> {
  const seen: Seen[] = []
  const app = createServer(
    options.app ??
      ((request, response) => {
        const { method, url, headers } = request
        void textOf(request).then((body) => {
          seen.push({ method, url, headers, body })
          return response.end('yes')
        })
      }),
  )
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  const upstream = new URL(`http://127.0.0.1:${(app.address() as AddressInfo).port}`)
  const front = await startFront({ now: () => NOW, upstream: () => upstream, ...options })
  const send = (path: string, init: RequestInit = {}) =>
    fetch(front.origin + path, { redirect: 'manual', ...init })
  return {
    front,
    seen,
    async get(path, init) {
      const { status, headers } = await send(path, init)
      return { status, location: headers.get('location') }
    },
    async as(email, path = '/', init = {}) {
      const headers = { cookie: front.signIn(email), ...(init.headers as Record<string, string>) }
      const { status } = await send(path, { ...init, headers })
      assert.equal(status, 200)
      const [last] = seen.slice(-1)
      return last ?? assert.fail('nothing reached the app')
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      app.closeAllConnections()
      app.close()
    },
  }
}

async function claimsOf({ signer }: Front, seen: Seen | undefined) {
  const token = seen?.headers['x-pomerium-jwt-assertion']
  assert.equal(typeof token, 'string')
  const keySet = createLocalJWKSet({ keys: signer.jwks().keys.map((key) => ({ ...key })) })
  const { payload } = await jwtVerify(String(token), keySet, { currentDate: new Date(NOW) })
  return payload
}

describe('startFront', () => {
  it('sends strangers to sign in and back to where they wanted to go', async () => {
    await using town = await stage()
    const { front } = town
    const first = await town.get('/requests/1?a=b')
    const wanted = encodeURIComponent(`${front.origin}/requests/1?a=b`)
    const signIn = `/.pomerium/sign_in?pomerium_redirect_uri=${wanted}`
    assert.deepEqual(first, { status: 302, location: signIn })
    assert.deepEqual(await town.get(signIn), { status: 200, location: null })
    const answer = await fetch(`${front.origin}${signIn}&email=${encodeURIComponent(ALEX)}`, {
      redirect: 'manual',
    })
    assert.equal(answer.headers.get('location'), '/requests/1?a=b')
    const [cookie = ''] = answer.headers.getSetCookie()
    assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Lax$/)
    const signedIn = { headers: { cookie: cookie.split(';')[0] ?? '' } }
    assert.equal((await town.get('/requests/1', signedIn)).status, 200)
    assert.equal((await claimsOf(front, town.seen[0]))['email'], ALEX)
    assert.equal((await town.get('/.pomerium/sign_out', signedIn)).location, '/')
    assert.equal((await town.get('/requests/1', signedIn)).status, 302)
  })

  it('redirects to its own pages only after a sign-in', async () => {
    await using town = await stage()
    for (const to of ['https://evil.example/', '//evil.example', 'javascript:alert(1)']) {
      const query = new URLSearchParams({ email: ALEX, pomerium_redirect_uri: to })
      const { location } = await town.get(`/.pomerium/sign_in?${String(query)}`)
      assert.equal(location, '/')
    }
  })

  it('says who is there in an assertion that its key set verifies', async () => {
    await using town = await stage()
    const { front } = town
    const facts = { subject: 'idp|7', name: 'Alex', groups: ['g1', 'Engineers'] }
    front.people.set(ALEX, facts)
    const { jti, sid, iat, exp, ...claims } = await claimsOf(front, await town.as(ALEX))
    assert.deepEqual(
      [typeof jti, typeof sid, iat, exp],
      ['string', 'string', NOW / 1e3, NOW / 1e3 + 300],
    )
    assert.deepEqual(claims, {
      iss: '127.0.0.1',
      aud: '127.0.0.1',
      sub: facts.subject,
      user: facts.subject,
      email: ALEX,
      name: facts.name,
      groups: facts.groups,
    })
  })

  it('gives each address a subject of its own that stays, and each request an assertion of its own', async () => {
    await using town = await stage()
    const claims = []
    for (const email of [ALEX, ALEX, ADA]) {
      claims.push(await claimsOf(town.front, await town.as(email)))
    }
    const [first, second, other] = claims
    assert.equal(first?.sub, second?.sub)
    assert.notEqual(first?.sub, other?.sub)
    assert.notEqual(first?.jti, second?.jti)
  })

  it('lets nobody bring identity headers along, nor see the session', async () => {
    await using town = await stage()
    const forged = town.front.signer.mint({ host: '127.0.0.1', subject: 'x', email: ADA })
    const { headers } = await town.as(ALEX, '/', {
      headers: {
        'X-Pomerium-Jwt-Assertion': forged,
        'X-POMERIUM-CLAIM-EMAIL': ADA,
        'X-Forwarded-Host': 'evil.example',
        'X-Forwarded-For': '203.0.113.9',
        cookie: `theme=dark; ${town.front.signIn(ALEX)}; last=1`,
        origin: town.front.origin,
        'sec-fetch-site': 'same-origin',
      },
    })
    assert.equal((await claimsOf(town.front, town.seen[0]))['email'], ALEX)
    assert.equal(headers['x-pomerium-claim-email'], undefined)
    assert.equal(headers['x-forwarded-host'], undefined)
    assert.equal(headers['x-forwarded-for'], '203.0.113.9,127.0.0.1')
    assert.equal(headers.cookie, 'theme=dark; last=1')
    assert.equal(headers.origin, town.front.origin)
    assert.equal(headers['sec-fetch-site'], 'same-origin')
    assert.notEqual(headers.host, new URL(town.front.origin).host)
  })

  it('goes by the policy of the longest prefix, after dots are resolved', async () => {
    await using town = await stage({
      routes: [
        { prefix: '/', policy: 'any-user' },
        { prefix: '/admin', policy: { emails: [ADA] } },
        { prefix: '/slack/events', policy: 'public' },
      ],
    })
    const { front } = town
    const cookie = front.signIn(ALEX)
    const statusOf = async (path: string, headers = {}) =>
      (await town.get(path, { headers })).status
    assert.equal(await statusOf('/admin', { cookie }), 403)
    assert.equal(await statusOf('/admin/x', { cookie }), 403)
    assert.equal(await statusOf('/admin', { cookie: front.signIn(ADA) }), 200)
    assert.equal(await statusOf('/', { cookie }), 200)
    assert.equal(await rawStatus(front, '/x/../admin', { cookie }), 403)
    assert.equal(await rawStatus(front, '/x/%2e%2e/admin', { cookie }), 403)
    assert.equal(await rawStatus(front, '/', { cookie, host: 'other.example' }), 404)
    assert.equal(await statusOf('/.pomerium/admin', { cookie }), 404)
    assert.equal(await statusOf('/slack/events'), 200)
    front.route([{ prefix: '/admin', policy: 'any-user' }])
    assert.equal(await statusOf('/admin', { cookie }), 200)
    assert.equal(await statusOf('/', { cookie }), 404)
  })

  it('gives a public route an assertion of nobody', async () => {
    await using town = await stage({ routes: [{ prefix: '/', policy: 'public' }] })
    await town.get('/')
    const { sub, email, user } = await claimsOf(town.front, town.seen[0])
    assert.deepEqual([sub, email, user], ['', '', ''])
  })

  it('serves its key set as Pomerium does, to anybody', async () => {
    await using town = await stage({ routes: [] })
    const { front } = town
    const answer = await fetch(front.keySetUrl)
    assert.equal(answer.headers.get('cache-control'), 'max-age=60')
    assert.deepEqual(await answer.json(), front.signer.jwks())
    const again = { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } }
    assert.equal((await fetch(front.keySetUrl, again)).status, 304)
    front.signer.rotate()
    assert.equal((await fetch(front.keySetUrl, again)).status, 200)
    assert.equal(front.keySetFetches, 3)
  })

  it('keeps method, address, body and the header fields of the answer', async () => {
    await using town = await stage({
      app: (request, response) => {
        response.writeHead(303, {
          location: '/requests/1',
          'set-cookie': ['a=1', 'b=2'],
          'content-security-policy': "default-src 'none'",
          date: 'Sun, 01 Mar 2026 10:00:00 GMT',
        })
        void textOf(request).then((body) =>
          response.end(`${request.method} ${request.url} ${body}`),
        )
      },
    })
    const answer = await fetch(`${town.front.origin}/?q=%3Cb%3E`, {
      method: 'POST',
      body: 'reason=caf%C3%A9',
      headers: { cookie: town.front.signIn(ALEX) },
      redirect: 'manual',
    })
    assert.equal(answer.status, 303)
    assert.equal(await answer.text(), 'POST /?q=%3Cb%3E reason=caf%C3%A9')
    assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2'])
    const kept = ['location', 'content-security-policy', 'date']
    assert.deepEqual(
      kept.map((name) => answer.headers.get(name)),
      ['/requests/1', "default-src 'none'", 'Sun, 01 Mar 2026 10:00:00 GMT'],
    )
  })

  it('streams both ways: the answer begins before the body has ended', async () => {
    await using town = await stage({
      app: (request, response) => {
        request.once('data', (chunk: Buffer) => response.write(`got ${chunk.toString()};`))
        request.once('end', () => response.end('end'))
      },
    })
    const { port } = new URL(town.front.origin)
    const headers = { cookie: town.front.signIn(ALEX) }
    const call = httpRequest({ host: '127.0.0.1', port, method: 'POST', headers })
    call.write('first')
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    const [chunk] = (await once(answer, 'data')) as [Buffer]
    assert.equal(chunk.toString(), 'got first;')
    call.end()
    assert.equal(await textOf(answer), 'end')
  })

  it('breaks an answer off where the app breaks it off, and is 503 when there is no app', async () => {
    let isBroken = true
    await using town = await stage({
      app: (_request, response) => {
        if (!isBroken) return response.destroy()
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => response.destroy())
        return undefined
      },
    })
    const init = { headers: { cookie: town.front.signIn(ALEX) } }
    const answer = await fetch(town.front.origin, init)
    await assert.rejects(answer.text())
    isBroken = false
    assert.equal((await fetch(town.front.origin, init)).status, 503)
    await using nowhere = await stage({ upstream: () => undefined })
    const cookie = nowhere.front.signIn(ALEX)
    assert.equal((await nowhere.get('/', { headers: { cookie } })).status, 503)
  })

  it('lets the app know when the browser goes away', async () => {
    const gone = Promise.withResolvers<void>()
    await using town = await stage({
      app: (_request, response) => {
        response.once('close', () => gone.resolve())
        response.write('begun')
      },
    })
    const stop = new AbortController()
    const headers = { cookie: town.front.signIn(ALEX) }
    await fetch(town.front.origin, { headers, signal: stop.signal })
    stop.abort()
    await gone.promise
  })
})

/** Sends a path as it is written: `fetch` would resolve its dots. */
async function rawStatus({ origin }: Front, path: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(origin)
  const call = httpRequest({ host: hostname, port, path, headers })
  call.end()
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}
