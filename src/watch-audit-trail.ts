import type { Logger } from 'pino'
import { publishHead } from './app/publish-head.ts'
import { sumUpMonth } from './app/sum-up-month.ts'
import { TrailWatch } from './app/watch-trail.ts'
import type { Config } from './config.ts'
import type { Foundation } from './foundation.ts'
import { headsFile } from './heads-file.ts'
import type { Metrics } from './metrics.ts'
import { createTrailVerifier } from './postgres/trail-verifier.ts'

const HOUR_MS = 3_600_000

/** Looks at the audit trail from now on, at once and every hour. */
export function watchAuditTrail(
  { auditHeadsPath: path }: Pick<Config, 'auditHeadsPath'>,
  foundation: Foundation,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics | undefined },
): TrailWatch {
  const { db, store, clock } = foundation
  const watch = new TrailWatch({
    store,
    log,
    steady: clock.steady,
    verifier: createTrailVerifier(db),
    onLook: (watched) => metrics?.trail(watched),
    ...(path === undefined ? {} : { headsKept: headsFile(path) }),
  })
  foundation.repeat({
    what: 'verify the audit trail',
    everyMs: HOUR_MS,
    atOnce: true,
    run: async (signal) => void (await watch.look(signal)),
  })
  return watch
}

/** Has the audit channel told of the trail: its head, now and then daily, and each month what the one before held. */
export function tellOfAuditTrail(foundation: Foundation, watch: TrailWatch): void {
  const { store } = foundation
  let when: 'start' | 'daily' = 'start'
  foundation.repeat({
    what: 'publish the head of the audit trail',
    everyMs: HOUR_MS,
    atOnce: true,
    async run(signal) {
      await publishHead({ store, watch }, when, signal)
      when = 'daily'
    },
  })
  foundation.repeat({
    what: 'sum up a month',
    everyMs: HOUR_MS,
    atOnce: true,
    run: () => sumUpMonth({ store }),
  })
}
