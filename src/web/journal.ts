import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Log } from '../app/ports.ts'
import { parseRequestId } from '../domain/ids.ts'
import type { PageContext, WebEnv } from './context.ts'

/** What became of one request for a page, as numbers know it. */
export interface PageAnswer {
  readonly method: string
  /** As a pattern, e.g. `/requests/:id`; absent when it is none of ours. */
  readonly route: string | undefined
  readonly status: number
  readonly seconds: number
  /** A word for why somebody was turned away. */
  readonly refusedFor: string | undefined
}

/**
 * Gives each request the id by which it is found in the log, and writes a line about each act and each refusal: never
 * what was sent, nor the address, which somebody else may have written, but for the id of a request for access in it.
 */
export function journal(options: {
  readonly errorId: () => string
  /** Milliseconds. */
  readonly steady: () => number
  readonly log: Log
  readonly measure?: (answer: PageAnswer) => void
}): MiddlewareHandler<WebEnv> {
  const { errorId, steady, log, measure } = options
  return async (c, next) => {
    const startedAt = steady()
    c.set('errorId', errorId())
    await next()
    const { status } = c.res
    const { method } = c.req
    const durationMs = steady() - startedAt
    const { refusedFor }: Partial<PageContext['var']> = c.var
    measure?.({ method, route: routeOf(c), status, seconds: durationMs / 1_000, refusedFor })
    if (method !== 'POST' && status < 400) return
    log.info(
      { ...factsOf(c), status, durationMs: Math.round(durationMs) },
      status < 400 ? 'a form was carried out' : 'a page was refused',
    )
  }
}

/** What may be said of a request in the log. */
export function factsOf(c: PageContext): object {
  const { errorId, refusedFor, visitor }: Partial<PageContext['var']> = c.var
  return {
    errorId,
    requestId: parseRequestId(c.req.param('id') ?? ''),
    method: c.req.method,
    route: routeOf(c),
    refusedFor,
    actor: visitor?.actor,
  }
}

function routeOf(c: PageContext): string | undefined {
  return matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path
}
