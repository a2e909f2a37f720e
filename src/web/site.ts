import type { IncomingMessage, ServerResponse } from 'node:http'
import { RequestError, getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { WebApp, WebDeps, WebEnv } from './context.ts'
import type { Verify } from './door.ts'
import { knownMethods, limited, recognized, verified } from './door.ts'
import { createFormTokens } from './form-token.ts'
import { carriedOutOnce, checkedForms } from './forms.ts'
import { protect } from './headers.ts'
import type { PageAnswer } from './journal.ts'
import { factsOf, journal } from './journal.ts'
import { notePage } from './layout.ts'
import { createLimits } from './limits.ts'
import { createOnce } from './once.ts'
import { cutWhenBroken } from './stream.ts'
import { STYLE, STYLE_PATH } from './style.ts'

export interface SiteDeps extends Omit<WebDeps, 'tokens'> {
  readonly verify: Verify
  /** Keys the tokens of forms; the same for every replica. */
  readonly formSecret: string
  /** At least 16 unguessable characters of base64url, others each time. */
  readonly nonce: () => string
  readonly errorId: () => string
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number
  readonly measure?: (answer: PageAnswer) => void
}

/** Puts some pages on the site. */
export type Pages = (app: WebApp, deps: WebDeps) => void

/** Answers one request for a page. */
export type PagesHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Pages behind Pomerium: each request is verified anew, by its assertion alone. The `Host` counts for nothing:
 * Pomerium rewrites it by default, and the assertion is for our host alone.
 * Source: https://www.pomerium.com/docs/reference/routes/headers#host-rewrite
 */
export function createSite(deps: SiteDeps, pages: readonly Pages[]): PagesHandler {
  const { useCases, cases, origin, now, log, errorId } = deps
  const tokens = createFormTokens({ secret: deps.formSecret, now, nonce: deps.nonce })
  const app: WebApp = new Hono<WebEnv>()
  app.use(journal(deps), cutWhenBroken(log), knownMethods())
  publicFiles(app)
  app.use(
    verified(deps.verify, origin),
    limited(createLimits()),
    checkedForms({ tokens, origin }),
    recognized(cases),
    carriedOutOnce(createOnce(deps.steady)),
  )
  for (const put of pages) put(app, { useCases, cases, tokens, origin, now, log })
  app.notFound((c) =>
    notePage(c, 404, {
      title: 'There is no such page',
      text: 'Nothing is at this address, or it is not for you.',
    }),
  )
  app.onError((error, c) => {
    log.error({ ...factsOf(c), err: error }, 'a page failed')
    return notePage(c, 500, {
      title: 'That did not work',
      text: 'Something failed here. Whatever you did may not be done: look at the page again before you try once more.',
    })
  })
  const listener = getRequestListener(app.fetch, {
    // Other parts of the process make requests of their own.
    overrideGlobalObjects: false,
    errorHandler(error) {
      if (error instanceof RequestError) return new Response(null, { status: 400 })
      log.error({ errorId: errorId(), err: error }, 'a page failed')
      return new Response(null, { status: 500 })
    },
  })
  return (request, response) => {
    protect(response, origin)
    // RFC 9112, section 3.2.
    if ((request.headersDistinct['host']?.length ?? 0) > 1) {
      response.writeHead(400, { Connection: 'close' }).end()
      return
    }
    void listener(request, response)
  }
}

/** What a page needs to look right even when nobody can be verified. */
function publicFiles(app: WebApp): void {
  app.get('/style.css', (c) => {
    const { pathname, search } = new URL(c.req.url)
    const isThisOne = pathname + search === STYLE_PATH
    return c.body(STYLE, 200, {
      'Content-Type': 'text/css; charset=utf-8',
      'Cache-Control': isThisOne ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
  })
  // Browsers ask for it by themselves.
  app.get('/favicon.ico', (c) => c.body(null, 204, { 'Cache-Control': 'public, max-age=86400' }))
}
