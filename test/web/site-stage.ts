import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { html } from 'hono/html'
import { request } from 'undici'
import type { Assertion } from '../../src/app/assertion.ts'
import type { PageCases, Visitor } from '../../src/app/page-cases.ts'
import type { Outcome, UseCases } from '../../src/app/use-cases.ts'
import type { SlackUserId } from '../../src/domain/ids.ts'
import { createHttpDoor } from '../../src/http/door.ts'
import type { WebApp, WebDeps } from '../../src/web/context.ts'
import { page, postForm } from '../../src/web/layout.ts'
import { seeOther } from '../../src/web/see-other.ts'
import type { Pages, PagesHandler, SiteDeps } from '../../src/web/site.ts'
import { createSite } from '../../src/web/site.ts'
import { eventually } from '../support/eventually.ts'

export const ORIGIN = 'https://jit.example.com'
export const FORM = 'application/x-www-form-urlencoded'
/** What a browser says of a form that one of our pages sends. */
export const FROM_HERE = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }
/** Says who somebody is, in place of an assertion; the verification has tests of its own. */
const IDENTITY = 'x-test-identity'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface Ask {
  readonly as?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Readable
}

interface LogLine {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export interface Stage extends AsyncDisposable {
  readonly port: number
  readonly log: readonly LogLine[]
  /** What the forms of the site brought about. */
  readonly deeds: ReadonlyMap<string, string>[]
  readonly keys: string[]
  /** Moves the clocks. */
  pass(ms: number): void
  ask(path: string, ask?: Ask): Promise<Reply>
  /** Posts as a browser does from a page of ours, with the token unless `fields` has another. */
  send(path: string, fields: Readonly<Record<string, string>>, ask?: Ask): Promise<Reply>
  /** The token of the form at `page` that is sent to `action`. */
  token(action: string, as?: string): Promise<string>
  /** Sends bytes as they are; resolves to all that comes back before the connection closes. */
  raw(...parts: readonly string[]): Promise<string>
  /** Sends bytes and goes away once they were taken in. */
  hangUpAfter(bytes: string): Promise<void>
  /** Resolves when there is such a line in the log. */
  logged(isIt: (line: LogLine) => boolean): Promise<void>
}

export interface Setting {
  /** How long the door waits for a request to arrive. */
  readonly patienceMs?: number
  /** How long it waits for a byte either way. */
  readonly stalledMs?: number
  readonly pages?: readonly Pages[]
  readonly origin?: string
  readonly visit?: (assertion: Assertion) => Promise<Outcome<Visitor>>
  readonly verify?: SiteDeps['verify']
  /** What its pages ask, beside who somebody is. */
  readonly cases?: Partial<PageCases>
  /** Before a form of `/deeds` acts. */
  readonly beforeDeed?: () => Promise<void>
  /** In place of the test's own pages. */
  readonly site?: (deps: SiteDeps) => PagesHandler
}

/** The site on loopback behind the real HTTP door, with a few pages of its own unless told. */
export async function startSite(setting: Setting = {}): Promise<Stage> {
  const { origin = ORIGIN, visit = anybody, verify = byName } = setting
  const log: LogLine[] = []
  const deeds: ReadonlyMap<string, string>[] = []
  const keys: string[] = []
  let passed = 0
  let verifiedCount = 0
  const write = (level: string) => (fields: object, message: string) => {
    log.push({ level, fields: { ...fields }, message })
  }
  const logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  const deedPages = (app: WebApp, deps: WebDeps) => {
    for (const path of ['/deeds', '/link', '/requests/:id'])
      app
        .get(path, (c) =>
          page(c, { title: 'Deeds' }, postForm(c, deps, c.req.path, html`<button>Do</button>`)),
        )
        .post(path, async (c) => {
          await setting.beforeDeed?.()
          deeds.push(c.get('form'))
          keys.push(c.get('formKey'))
          return seeOther(c, '/deeds')
        })
  }
  const { site = (deps) => createSite(deps, [deedPages, ...(setting.pages ?? [])]) } = setting
  const handler = site({
    useCases: {} as UseCases,
    cases: { visit, ...setting.cases } as PageCases,
    origin,
    now: () => Date.now() + passed,
    steady: () => performance.now() + passed,
    log: logger,
    verify: (request) => {
      verifiedCount += 1
      return verify(request)
    },
    formSecret: 'form-secret-of-the-test',
    nonce: () => randomBytes(16).toString('base64url'),
    errorId: () => 'e4404040',
  })
  const door = createHttpDoor({
    routes: [],
    log: logger,
    others: (_path, request, response) => handler(request, response),
    ...(setting.patienceMs === undefined ? {} : { patienceMs: setting.patienceMs }),
    ...(setting.stalledMs === undefined ? {} : { stalledMs: setting.stalledMs }),
  })
  const port = await door.start(0)

  async function ask(path: string, options: Ask = {}): Promise<Reply> {
    const { as = 'alex', method = 'GET', headers = {}, body } = options
    const answer = await request(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { [IDENTITY]: as, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: await answer.body.text(),
    }
  }
  const token = async (action: string, as = 'alex') =>
    /name="_token" value="([^"]+)"/.exec((await ask(action, { as })).text)?.[1] ?? ''
  return {
    port,
    log,
    deeds,
    keys,
    ask,
    token,
    pass(ms) {
      passed += ms
    },
    async send(path, fields, options = {}) {
      const all = '_token' in fields ? fields : { _token: await token(path, options.as), ...fields }
      return ask(path, {
        ...options,
        method: 'POST',
        headers: { 'content-type': FORM, ...FROM_HERE, ...options.headers },
        body: new URLSearchParams(all).toString(),
      })
    },
    async raw(...parts) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      let answer = ''
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
      // A connection that is cut is an answer too.
      socket.on('error', () => {})
      for (const part of parts) socket.write(part, 'latin1')
      await once(socket, 'close')
      return answer
    },
    async hangUpAfter(bytes) {
      const before = verifiedCount
      const socket = connect(port, '127.0.0.1')
      socket.write(bytes, 'latin1')
      await eventually('the request was taken in', () => verifiedCount > before)
      socket.destroy()
    },
    async logged(isIt) {
      await eventually('a line in the log', () => log.some(isIt))
    },
    [Symbol.asyncDispose]: () => door.stop(0),
  }
}

/** Posts to `/deeds` with these headers and nothing else that tells where it came from. */
export async function postWith(
  stage: Stage,
  headers: Readonly<Record<string, string>>,
  more: Ask = {},
): Promise<{ readonly status: number; readonly deeds: number }> {
  const body = new URLSearchParams({ _token: await stage.token('/deeds'), what: 'x' }).toString()
  const { status } = await stage.ask('/deeds', {
    method: 'POST',
    body,
    ...more,
    headers: { 'content-type': FORM, ...headers },
  })
  return { status, deeds: stage.deeds.length }
}

/** A test's `verify`: the identity is whoever the request says. */
const byName: SiteDeps['verify'] = async ({ headers }) => {
  const name = headers[IDENTITY]
  if (name === 'nobody' || typeof name !== 'string')
    return { ok: false, status: 401, why: 'absent' }
  if (name === 'unknowable') return { ok: false, status: 503, why: 'unreachable' }
  return { ok: true, assertion: assertionOf(name) }
}

export function assertionOf(name: string): Assertion {
  return { subject: `sub-${name}`, email: `${name}@example.com`, issuedAt: new Date() }
}

export async function anybody(assertion: Assertion): Promise<Outcome<Visitor>> {
  return { ok: true, value: visitorOf(assertion) }
}

export function visitorOf(assertion: Assertion): Visitor {
  const actor = `U0${assertion.subject.toUpperCase()}` as SlackUserId
  return { actor, assertion, isLinked: true, mayDecide: true, mayAudit: true }
}
