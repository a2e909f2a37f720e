import type { ServerResponse } from 'node:http'
import type { Route } from './door.ts'

const READINESS_TIMEOUT_MS = 2_000

/** `reasons` are code words such as `database`, shown to whoever asks. */
export type Readiness = () => Promise<{ readonly ok: boolean; readonly reasons: readonly string[] }>

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
        const { ok, reasons } = await bounded(readiness)
        answer(response, ok ? 200 : 503, { ok, reasons: reasons.filter(isCodeWord) })
      },
    },
  ]
}

async function bounded(readiness: Readiness): ReturnType<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Awaited<ReturnType<Readiness>>>()
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
