import type { Logger } from 'pino'
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { answerPlainly, createHttpDoor } from './http/door.ts'
import type { PageAnswer } from './web/journal.ts'

/** Numbers about this process, in Prometheus' text format on a port of their own. */
export interface Metrics {
  page(answer: PageAnswer): void
  /** Serves `GET /metrics`; returns the port, rejects when it is taken. */
  start(port: number): Promise<number>
  stop(deadlineMs: number): Promise<void>
}

/** Starts counting. Nothing that a person typed, and nobody's name, is ever a label. */
export function createMetrics(log: Logger): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const pages = new Histogram({
    name: 'jit_page_duration_seconds',
    help: 'Time to answer a request for a page.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  const turnedAway = new Counter({
    name: 'jit_page_refusals_total',
    help: 'Requests for pages that were turned away, by the reason.',
    labelNames: ['reason'],
    registers: [registry],
  })
  const door = createHttpDoor({
    log,
    routes: [
      {
        method: 'GET',
        path: '/metrics',
        async handle(_request, response) {
          const text = await registry.metrics()
          response.writeHead(200, {
            'content-type': registry.contentType,
            'cache-control': 'no-store',
          })
          response.end(text)
        },
      },
    ],
    others: (_path, _request, response) => answerPlainly(response, 404),
  })
  return {
    page({ method, route = 'none', status, seconds, refusedFor }) {
      pages.observe({ method, route, status }, seconds)
      if (refusedFor !== undefined) turnedAway.inc({ reason: refusedFor })
    },
    start: (port) => door.start(port),
    async stop(deadlineMs) {
      await door.stop(deadlineMs)
      registry.clear()
    },
  }
}
