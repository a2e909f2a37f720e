import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { House } from '../../support/house.ts'
import type { Stage } from './acts.ts'
import { parseAct, perform } from './acts.ts'
import { createFeed } from './feed.ts'
import { readBody } from './read-body.ts'
import { viewerOf } from './room.ts'
import { createMemory } from './state.ts'

/** The page of the demo, on a loopback port of its own. */
export interface DemoPage extends AsyncDisposable {
  /** Its address, without a path. */
  readonly origin: string
}

const FILES: ReadonlyMap<string, readonly [name: string, type: string]> = new Map([
  ['/', ['page.html', 'text/html']],
  ['/page.css', ['page.css', 'text/css']],
  ['/page.js', ['page.js', 'text/javascript']],
  ['/dialogs.js', ['dialogs.js', 'text/javascript']],
  ['/times.js', ['times.js', 'text/javascript']],
])

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Serves the page of a house. */
export async function startPage(house: House): Promise<DemoPage> {
  const memory = createMemory(house)
  const feed = createFeed(house, memory)
  const stage: Stage = { house, memory }
  const files = new Map(
    [...FILES].map(([path, [name, type]]) => [
      path,
      { type, body: readFileSync(new URL(name, import.meta.url)) },
    ]),
  )
  let hosts: readonly string[] = []

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const host = request.headers.host ?? ''
    // A page elsewhere can make its own name point to this machine, but not change the name that the browser sends.
    if (!hosts.includes(host)) return say(response, 421, 'This address is not the one of the demo.')
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${host}`)
    const file = files.get(pathname)
    if (request.method === 'GET' && file !== undefined) {
      response.writeHead(200, { 'content-type': `${file.type}; charset=utf-8` }).end(file.body)
    } else if (request.method === 'GET' && pathname === '/events') {
      const viewer = viewerOf(house, searchParams.get('as'), searchParams.get('room'))
      if (viewer === undefined)
        return say(response, 404, 'There is no such person or conversation.')
      response.setHeader('content-type', 'text/event-stream; charset=utf-8')
      if (!feed.open(viewer, response))
        say(response, 503, 'Too many pages are open; close one of them.')
    } else if (request.method === 'POST' && pathname === '/act') {
      await act(request, response, host)
    } else say(response, 404, 'There is nothing here.')
  }

  const act = async (
    request: IncomingMessage,
    response: ServerResponse,
    host: string,
  ): Promise<void> => {
    if (request.headers.origin !== `http://${host}`)
      return say(response, 403, 'Only the page itself may do this.')
    if (request.headers['content-type'] !== 'application/json')
      return say(response, 415, 'This takes JSON.')
    const doing = parseAct(await readBody(request))
    if ('problem' in doing) return say(response, 400, `This cannot be done: ${doing.problem}`)
    const outcome = await perform(stage, doing)
    feed.changed()
    reply(response, 200, outcome)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : 'for no known reason'
      if (response.headersSent) response.destroy()
      else say(response, 500, `That did not work: ${why}`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  hosts = [`127.0.0.1:${port}`, `localhost:${port}`]

  const unsubscribe = house.slack.onChange(() => feed.changed())
  const life = new AbortController()
  watchPomerium(house, () => feed.changed(), life.signal)

  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      unsubscribe()
      life.abort()
      feed.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Hears of every change at Pomerium: a wait looks again after each one, and this one is never satisfied. */
function watchPomerium({ pomerium }: House, changed: () => void, stopped: AbortSignal): void {
  const longest = 2 ** 31 - 1
  const look = (): boolean => {
    changed()
    return stopped.aborted
  }
  pomerium.waitFor(look, { timeoutMs: longest }).catch(() => {
    // The simulator has stopped, and nothing changes any more.
  })
}

function say(response: ServerResponse, status: number, text: string): void {
  reply(response, status, { ok: false, text })
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}
