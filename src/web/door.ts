import type { IncomingMessage } from 'node:http'
import type { MiddlewareHandler } from 'hono'
import type { Assertion } from '../app/assertion.ts'
import type { PageCases } from '../app/page-cases.ts'
import type { WebEnv } from './context.ts'
import { notePage } from './layout.ts'
import type { Kind, Limits } from './limits.ts'
import { sourceAddressOf } from './source-address.ts'
import { turnedAwayPage } from './turned-away.ts'
import { several } from './wording.ts'

const LINK_PATH = '/link'
const KEYS_RETRY_SECONDS = '30'

/** Who Pomerium says is at the door; `why` is a word for the log. */
export type Verify = (
  request: IncomingMessage,
) => Promise<
  | { readonly ok: true; readonly assertion: Assertion }
  | { readonly ok: false; readonly status: 401 | 503; readonly why: string }
>

/** Pages only read and forms only act: other methods mean nothing here. */
export function knownMethods(): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    if (['GET', 'HEAD', 'POST'].includes(c.req.method)) return next()
    c.header('Allow', 'GET, HEAD, POST')
    return notePage(c, 405, {
      title: 'That is not done here',
      text: 'This address is for pages and their forms only.',
    })
  }
}

/** Lets nobody past whom Pomerium did not sign for. */
export function verified(verify: Verify, origin: string): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const checked = await verify(c.env.incoming)
    if (checked.ok) {
      const source = sourceAddressOf(c.env.incoming)
      c.set('assertion', { ...checked.assertion, ...(source === undefined ? {} : { source }) })
      return next()
    }
    c.set('refusedFor', checked.why)
    if (checked.status === 401)
      return notePage(c, 401, {
        title: 'Come in through Pomerium',
        text: 'This request came without a valid proof from Pomerium of who you are. Open the page at its Pomerium address and sign in there.',
        action: { path: `${origin}/`, label: `Open ${new URL(origin).host}` },
      })
    c.header('Retry-After', KEYS_RETRY_SECONDS)
    return notePage(c, 503, {
      title: 'Nobody can be recognized right now',
      text: "Pomerium's keys cannot be had, so that nobody's identity can be verified. Try again in a minute.",
    })
  }
}

/** Keeps one identity from taking up everybody's time, and from guessing link codes. */
export function limited(limits: Limits): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const isPost = c.req.method === 'POST'
    const kinds: Kind[] = isPost ? ['act'] : ['look']
    if (isPost && c.req.path === LINK_PATH) kinds.push('link')
    for (const kind of kinds) {
      const seconds = await limits.take(kind, c.get('assertion').subject)
      if (seconds === undefined) continue
      c.header('Retry-After', String(seconds))
      return notePage(c, 429, {
        title: 'Slow down for a moment',
        text: `You did this too often in a short time${isPost ? ', so nothing was done. Go back, and send it again' : '. Try again'} in ${several(seconds, 'second')}.`,
      })
    }
    return next()
  }
}

/** Finds out who in Slack the visitor is; on the page for linking they need not be anybody yet. */
export function recognized(cases: Pick<PageCases, 'visit'>): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const visit = await cases.visit(c.get('assertion'))
    if (!visit.ok) {
      if (c.req.path === LINK_PATH) return next()
      c.set('refusedFor', visit.refusal.code)
      return turnedAwayPage(c, visit.refusal)
    }
    c.set('visitor', visit.value)
    return next()
  }
}
