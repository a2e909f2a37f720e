import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { Breaker } from './app/breaker.ts'
import { remembering } from './app/directories.ts'
import { acceptCatalogue, rejectCatalogue } from './app/reconcile.ts'
import type { TrailWatch } from './app/watch-trail.ts'
import { awaitedDirectory } from './awaited-directory.ts'
import type { Config } from './config.ts'
import { requestIdFrom } from './domain/ids.ts'
import { createEntrance } from './entrance.ts'
import type { Entrance } from './entrance.ts'
import type { Foundation, Parts, Rules } from './foundation.ts'
import { layFoundation } from './foundation.ts'
import type { Household } from './join-slack.ts'
import { joinSlack } from './join-slack.ts'
import { boltLogger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { loadMetrics, serveMetrics } from './open-metrics.ts'
import { openPages, pagesOf } from './open-pages.ts'
import { createMessenger } from './slack/messenger.ts'
import { workspaceProblems } from './slack/preflight.ts'
import { createWebClient } from './slack/web-client.ts'
import { within } from './timing.ts'
import { tellOfAuditTrail, watchAuditTrail } from './watch-audit-trail.ts'

const START_CLEANUP_MS = 2_000

export interface Bot {
  /** The port that is listened on. */
  readonly port: number
  /** Goes by other rules from now on; resolves to why it does not, when they do not fit the workspace. */
  reload(rules: Rules): Promise<readonly string[]>
  /** Puts on record that other rules were offered and cannot be used. */
  rejectRules(problems: readonly string[]): Promise<void>
  /** Takes nothing new in, finishes what is under way, and lets go of everything, all within the deadline. */
  stop(deadlineMs: number): Promise<void>
}

/**
 * Starts the whole product. While Slack cannot be reached it waits for it; the work on policies goes on, and so do the
 * pages, when the catalogue is the one that was in force already. Throws StartError and SlackIdentityError for what an
 * operator has to mend first.
 */
export async function startBot(config: Config, parts: Parts): Promise<Bot> {
  const { log } = parts
  const inForce: InForce = { rules: parts }
  const metrics = await loadMetrics(config.metricsPort, log)
  const foundation = await layFoundation(config, parts, () => inForce.rules, metrics)
  // Before Slack is reached, so that whoever watches the process sees that it lives and what it waits for.
  const entrance = createEntrance(log, foundation)
  try {
    const port = await entrance.start(config.port)
    await serveMetrics(metrics, config.metricsPort, { foundation, entrance, log })
    const watch = watchAuditTrail(config, foundation, { log, metrics })
    if (config.siem !== undefined)
      metrics?.stream(() => foundation.store.statement((db) => db.streams.lag()))
    const household = keepHouse(config, parts, { foundation, entrance, metrics, inForce, watch })
    const { deps, client } = household
    const showPages = () => admit(household)
    const isKnown =
      (await foundation.store.statement((db) => db.catalogues.inForce())) ===
      parts.catalogue.revision
    if (isKnown) await showPages()
    const slack = await joinSlack(household)
    tellOfAuditTrail(foundation, watch)
    if (!isKnown) await showPages()
    log.info({ port, team: slack.teamId, resources: parts.catalogue.resources.size }, 'ready')
    return {
      port,
      async reload(rules) {
        const problems = await workspaceProblems(client, rules.catalogue, log)
        if (problems.length > 0) {
          await rejectCatalogue(deps, problems)
          return problems
        }
        const before = inForce.rules.rego
        try {
          await acceptCatalogue(deps, rules.catalogue, rules.catalogueSource, {
            occasion: 'signal',
            takeOver: () => {
              inForce.rules = rules
            },
          })
        } finally {
          if (inForce.rules === rules && before !== rules.rego) await letGo(before, log)
        }
        return []
      },
      rejectRules: (problems) => rejectCatalogue(deps, problems),
      async stop(deadlineMs) {
        const deadline = performance.now() + deadlineMs
        const left = () => Math.max(0, deadline - performance.now())
        await Promise.all([entrance.stop(left()), slack.stop(left)])
        const isDone = await foundation.stop(left())
        await metrics?.stop(left())
        await within(left(), Promise.resolve(inForce.rules.rego?.[Symbol.asyncDispose]?.()))
        log.info({ isDone }, 'stopped')
      },
    }
  } catch (error) {
    await metrics?.stop(0)
    await entrance.stop(0)
    await foundation.stop(START_CLEANUP_MS)
    throw error
  }
}

interface InForce {
  rules: Rules
}

function keepHouse(
  config: Config,
  parts: Parts,
  {
    foundation,
    entrance,
    metrics,
    inForce,
    watch,
  }: {
    readonly foundation: Foundation
    readonly entrance: Entrance
    readonly metrics: Metrics | undefined
    readonly inForce: InForce
    readonly watch: TrailWatch
  },
): Household {
  const { log } = parts
  const { store, clock } = foundation
  const { botToken, apiUrl } = config.slack
  const client = createWebClient({
    apiUrl,
    botToken,
    logger: boltLogger(log),
    onCall: metrics?.slackCalled,
  })
  const awaited = awaitedDirectory()
  const pages = pagesOf(config)
  const catalogue = () => inForce.rules.catalogue
  const deps = {
    store,
    log,
    catalogue,
    rego: () => inForce.rules.rego,
    steady: clock.steady,
    trailWatched: () => watch.last,
    newRequestId: () => requestIdFrom(randomBytes(5)),
    directory: remembering(awaited, {
      store,
      isWanted: () => pages !== undefined && catalogue().outageSeconds > 0,
      steady: clock.steady,
      log,
    }),
    ...(pages === undefined ? {} : { pages }),
    messenger: createMessenger({ client }),
    breaker: new Breaker(clock.steady),
  }
  return { config, parts, foundation, entrance, metrics, client, awaited, deps, errorId }
}

/** Lets people in to the pages, where there are any. */
async function admit({ config, foundation, entrance, metrics, deps }: Household): Promise<void> {
  const { clock } = foundation
  if (config.web === undefined) return
  const facts = { clock, formSecret: config.slack.botToken, errorId, metrics }
  entrance.admitPages(await openPages(config.web, deps, facts))
}

/** A short word by which somebody's complaint is found in the log. */
function errorId(): string {
  return randomBytes(4).toString('hex')
}

/** Rules that hold already must not look refused because the ones before do not end well. */
async function letGo(rego: Rules['rego'], log: Logger): Promise<void> {
  try {
    await rego?.[Symbol.asyncDispose]?.()
  } catch (error) {
    log.warn({ err: error }, 'the Rego policy before was not closed')
  }
}
