import type { ServerResponse } from 'node:http'
import type { Route } from './door.ts'

const READINESS_TIMEOUT_MS = 2_000

/**
 * `reasons` say why it is not ready, `degraded` what is out of order all the same; both are code words such as
 * `database`, shown to whoever asks.
 */
export interface Ready<Reason extends string = string, Part extends string = string> {
  readonly ok: boolean
  readonly reasons: readonly Reason[]
  readonly degraded?: readonly Part[]
}

export type Readiness<Reason extends string = string, Part extends string = string> = () => Promise<
  Ready<Reason, Part>
>

/** `/livez` answers while the process runs; `/readyz` answers 200 or 503 with code words and nothing else. */
export function healthRoutes(readiness: Readiness): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/livez',
      handle: (_request, response) => Promise.resolve(answer(response, 200, { ok: true })),
    },
    {
      method: 'GET',
      path: '/readyz',
      async handle(_request, response) {
        const { ok, reasons, degraded = [] } = await bounded(readiness)
        answer(response, ok ? 200 : 503, {
          ok,
          reasons: reasons.filter(isCodeWord),
          ...(degraded.length === 0 ? {} : { degraded: degraded.filter(isCodeWord) }),
        })
      },
    },
  ]
}

async function bounded(readiness: Readiness): Promise<Ready> {
  const { promise: late, resolve } = Promise.withResolvers<Ready>()
  const timer = setTimeout(() => resolve({ ok: false, reasons: ['timeout'] }), READINESS_TIMEOUT_MS)
  try {
    return await Promise.race([readiness(), late])
  } catch {
    // What broke is in the log of whoever checked; here it would tell strangers.
    return { ok: false, reasons: ['check-failed'] }
  } finally {
    clearTimeout(timer)
  }
}

function isCodeWord(reason: string): boolean {
  return /^[a-z][a-z0-9-]{0,39}$/.test(reason)
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
