import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { OnCommitted } from './app/committed.ts'
import type { Measured } from './app/measured.ts'
import type { OnCall } from './app/outside-call.ts'
import type { TrailWatched } from './app/watch-trail.ts'
import { answerPlainly, createHttpDoor } from './http/door.ts'
import type { Ready } from './http/health.ts'
import { inTime } from './kept.ts'
import { countCalls } from './metrics-calls.ts'
import { countOutcomes } from './metrics-outcomes.ts'
import type { PoolUse } from './metrics-process.ts'
import { tellBuild, tellProcess } from './metrics-process.ts'
import { tellState } from './metrics-state.ts'
import type { Degraded, Reason } from './readiness.ts'
import type { PageAnswer } from './web/journal.ts'

/** Whoever reads the numbers waits no longer for the database, which is less than Prometheus waits. */
const PATIENCE_MS = 3_000

/** Where the numbers come from that are asked for when somebody reads them. */
export interface Sources {
  readonly ready: () => Promise<Ready<Reason, Degraded>>
  readonly skewSeconds: () => Promise<number | undefined>
  readonly pool: PoolUse
  readonly measured: () => Promise<Measured>
}

/** Numbers about this process, in Prometheus' text format on a port of their own. */
export interface Metrics {
  readonly committed: OnCommitted
  readonly slackCalled: OnCall
  readonly pomeriumCalled: OnCall
  page(answer: PageAnswer): void
  /** A look at the audit trail, and what it found. */
  trail(watched: TrailWatched): void
  /** Has what these say asked and told, whenever somebody reads the numbers. */
  tell(sources: Sources): void
  /** Tells how many events the stream of the audit trail is behind, whenever somebody asks. */
  stream(lag: () => Promise<number | undefined>): void
  /** Serves `GET /metrics`; returns the port, rejects when it is taken. */
  start(port: number): Promise<number>
  stop(deadlineMs: number): Promise<void>
}

/** Starts counting. Nothing that a person typed, and nobody's name, is ever a label. */
export function createMetrics(log: Logger): Metrics {
  const registry = new Registry()
  tellBuild(registry)
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
  let trail: TrailGauges | undefined
  const refreshing: (() => Promise<void>)[] = []
  const known = async <T>(what: string, answer: Promise<T>) =>
    inTime(
      PATIENCE_MS,
      answer.catch((error: unknown) => {
        log.warn({ err: error }, `${what} not known`)
        return undefined
      }),
    )
  const door = createHttpDoor({
    log,
    routes: [
      {
        method: 'GET',
        path: '/metrics',
        async handle(_request, response) {
          await Promise.all(refreshing.map((refresh) => refresh()))
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
    committed: countOutcomes(registry),
    slackCalled: countCalls(registry, 'slack'),
    pomeriumCalled: countCalls(registry, 'pomerium'),
    page({ method, route = 'none', status, seconds, refusedFor }) {
      pages.observe({ method, route, status }, seconds)
      if (refusedFor !== undefined) turnedAway.inc({ reason: refusedFor })
    },
    trail({ at, verified, problems }) {
      trail ??= trailGauges(registry)
      trail.asRecorded.set(problems.length === 0 ? 1 : 0)
      trail.lookedAt.set(at.getTime() / 1_000)
      if (verified !== undefined) trail.verified.set(verified.seq)
    },
    tell(sources) {
      const showState = tellState(registry)
      const showProcess = tellProcess(registry)
      refreshing.push(async () => {
        const measuring = known('state of the database', sources.measured())
        const [ready, skewSeconds] = await Promise.all([sources.ready(), sources.skewSeconds()])
        showState(await measuring)
        // After the look at the database, which has one of these connections itself.
        showProcess({ ready, skewSeconds, pool: sources.pool })
      })
    },
    stream(lag) {
      const gauge = new Gauge({
        name: 'jit_audit_stream_lag_events',
        help: 'Events that the SIEM has not taken yet.',
        registers: [registry],
      })
      refreshing.push(async () => {
        gauge.set((await known('lag of the audit stream', lag())) ?? Number.NaN)
      })
    },
    start: (port) => door.start(port),
    async stop(deadlineMs) {
      await door.stop(deadlineMs)
      registry.clear()
    },
  }
}

type TrailGauges = ReturnType<typeof trailGauges>

/** Made at the first look: before it they would say that something is wrong. */
function trailGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `jit_audit_${name}`, help, registers: [registry] })
  return {
    asRecorded: gauge('as_recorded', 'Whether the audit trail was as recorded at the last look.'),
    lookedAt: gauge('looked_at_seconds', 'Time of the last look, since the epoch.'),
    verified: gauge('verified_seq', 'Last event up to which all was found as recorded.'),
  }
}
