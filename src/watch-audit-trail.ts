import type { Logger } from 'pino'
import { TrailWatch, WATCH_TRAIL_MS, publishHead } from './app/watch-trail.ts'
import type { CheckTrail } from './app/watch-trail.ts'
import type { Config } from './config.ts'
import type { Foundation } from './foundation.ts'
import { headsFile, requireHeadsFile } from './heads-file.ts'
import type { Database } from './postgres/database.ts'
import { verifyTrail } from './postgres/audit-verify.ts'

/** Looks at the audit trail from now on, at once and every hour. Throws StartError for a file of heads that cannot be used. */
export async function watchAuditTrail(
  { auditHeadsPath: path }: Pick<Config, 'auditHeadsPath'>,
  foundation: Foundation,
  log: Logger,
): Promise<TrailWatch> {
  const { db, store, clock } = foundation
  if (path !== undefined) await requireHeadsFile(path)
  const watch = new TrailWatch({
    store,
    log,
    steady: clock.steady,
    checkTrail: checkTrail(db),
    ...(path === undefined ? {} : { headsKept: headsFile(path) }),
  })
  foundation.repeat({
    what: 'verify the audit trail',
    everyMs: WATCH_TRAIL_MS,
    atOnce: true,
    run: () => watch.look(),
  })
  return watch
}

/** Has the head of the trail posted, at once and then daily. */
export function publishHeads(foundation: Foundation): void {
  let when: 'start' | 'daily' = 'start'
  foundation.repeat({
    what: 'publish the head of the audit trail',
    everyMs: WATCH_TRAIL_MS,
    atOnce: true,
    async run() {
      await publishHead(foundation, when)
      when = 'daily'
    },
  })
}

function checkTrail(db: Database): CheckTrail {
  return async ({ from, heads }) => {
    const { events, head, finding, problems } = await verifyTrail(db, { from, heads })
    const found = finding === undefined ? [] : [`event ${finding.seq}: ${finding.problem}`]
    return { events, head, problems: [...found, ...problems] }
  }
}
