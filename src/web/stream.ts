import type { MiddlewareHandler } from 'hono'
import type { Log } from '../app/ports.ts'
import type { WebEnv } from './context.ts'
import { factsOf } from './journal.ts'

/**
 * Cuts the connection when an answer fails after it began, so that half of it never looks whole, and says so in the
 * log. What the failure says goes nowhere else. Who goes away in the middle is no failure.
 */
export function cutWhenBroken(log: Log): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    await next()
    const { body } = c.res
    if (body === null) return
    const guarded = guard(body, (error) => {
      log.error({ ...factsOf(c), err: error }, 'an answer broke off in the middle')
      c.env.outgoing.destroy()
    })
    c.res = new Response(guarded, c.res)
  }
}

function guard(
  body: ReadableStream<Uint8Array>,
  fail: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        fail(error)
        controller.close()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
