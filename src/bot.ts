import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { pendingMigrations } from '../db/migrate.ts'
import { Breaker } from './app/breaker.ts'
import { alertWork, messagesWork } from './app/notify.ts'
import { policyWork } from './app/policy-work.ts'
import { acceptCatalogue, reconcile } from './app/reconcile.ts'
import { momentWork } from './app/sweep.ts'
import { createUseCases } from './app/create-use-cases.ts'
import { runWorker } from './app/worker.ts'
import type { Config } from './config.ts'
import { requestIdFrom } from './domain/ids.ts'
import type { Catalogue } from './domain/resource.ts'
import { boltLogger } from './log.ts'
import { createPolicyApi } from './pomerium/policies.ts'
import { openDatabase } from './postgres/database.ts'
import type { Database } from './postgres/database.ts'
import { createStore } from './postgres/store.ts'
import { createWakeUps } from './postgres/wake-ups.ts'
import { createWorkList } from './postgres/work.ts'
import { createSlackApp } from './slack/bolt-app.ts'
import { createDirectory } from './slack/directory.ts'
import { healthRoutes } from './slack/health.ts'
import { createMessenger } from './slack/messenger.ts'
import { workspaceProblems } from './slack/preflight.ts'
import { createHttpReceiver, createSocketReceiver } from './slack/receiver.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import { createWebClient, slackIdentity } from './slack/web-client.ts'

const RECONCILE_MS = 5 * 60_000
/** Policies get the shorter lease, so that a killed process delays a revocation least. */
const POLICY_LEASE_MS = 10_000
const LEASE_MS = 30_000
const START_CLEANUP_MS = 2_000

/** The bot cannot start; each line says what is wrong and ends with the remedy. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Clocks in milliseconds. */
export interface Clock {
  /** Since the epoch. */
  readonly wall: () => number
  /** Since whenever; it never goes back. */
  readonly steady: () => number
}

const SYSTEM_CLOCK: Clock = { wall: Date.now, steady: () => performance.now() }

export interface Bot {
  /** The port that is listened on. */
  readonly port: number
  /** Takes nothing new in, finishes what is under way, and lets go of everything, all within the deadline. */
  stop(deadlineMs: number): Promise<void>
}

/** Starts the whole product. Throws {@link StartError} for what an operator has to mend first. */
export async function startBot(
  config: Config,
  parts: {
    readonly catalogue: Catalogue
    /** The text that the catalogue was read from. */
    readonly catalogueSource: string
    readonly log: Logger
    /** What caches, sessions and breakers go by; windows and leases go by the database. */
    readonly clock?: Clock
  },
): Promise<Bot> {
  const { log, catalogue, clock = SYSTEM_CLOCK } = parts
  const { db } = openDatabase({ url: config.database.url, log })
  const policyApi = createPolicyApi({
    ...config.pomerium,
    baseUrl: config.pomerium.apiUrl,
    now: clock.wall,
    log,
  })
  const stopping = new AbortController()
  let background: Promise<unknown> = Promise.resolve()
  try {
    await requireMigrations(db)
    const logger = boltLogger(log)
    const { botToken, apiUrl } = config.slack
    const client = createWebClient({ apiUrl, botToken, logger })
    const identity = await slackIdentity(client)
    const problems = await workspaceProblems(client, catalogue)
    if (problems.length > 0) throw new StartError(problems.join('\n'))

    const store = createStore(db)
    const deps = {
      store,
      log,
      random: Math.random,
      catalogue: () => catalogue,
      newRequestId: () => requestIdFrom(randomBytes(5)),
      directory: createDirectory({ client, identity, now: clock.wall }),
      messenger: createMessenger({ client }),
      policyApi,
      sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    }
    await acceptCatalogue(deps, catalogue, parts.catalogueSource)
    await reconcile(deps)

    const receiver: SlackReceiver = createReceiver(config, log, db, () => receiver.isConnected())
    const app = await createSlackApp({
      receiver: receiver.receiver,
      botToken,
      apiUrl,
      client,
      identity,
      useCases: createUseCases(deps),
      log,
      logger,
      errorId: () => randomBytes(4).toString('hex'),
    })

    const slackBreaker = new Breaker(clock.steady)
    const pomeriumBreaker = new Breaker(clock.steady)
    const worker = runWorker(
      {
        list: createWorkList(db),
        wakeUps: createWakeUps(config.database.url, log),
        sleep,
        random: Math.random,
        log,
        lanes: [
          {
            handlers: new Map([['policy', policyWork({ ...deps, breaker: pomeriumBreaker })]]),
            hands: 4,
            leaseMs: POLICY_LEASE_MS,
          },
          { handlers: new Map([['moment', momentWork(deps)]]), hands: 2, leaseMs: LEASE_MS },
          {
            handlers: new Map([
              ['messages', messagesWork({ ...deps, breaker: slackBreaker })],
              ['alert', alertWork({ ...deps, breaker: slackBreaker })],
            ]),
            hands: 4,
            leaseMs: LEASE_MS,
          },
        ],
      },
      stopping.signal,
    )
    const reconciling = repeat(() => reconcile(deps), log, stopping.signal)
    background = Promise.all([worker, reconciling])
    const port = await receiver.start(config.port).catch((error: unknown) => {
      throw portError(config.port, error)
    })
    log.info({ port, team: identity.teamId, resources: catalogue.resources.size }, 'ready')

    return {
      port,
      async stop(deadlineMs) {
        const deadline = performance.now() + deadlineMs
        const left = () => Math.max(0, deadline - performance.now())
        await receiver.stop(left())
        await app.drained(left())
        stopping.abort()
        const isDone = await within(left(), background)
        // What still hangs now is cut off with its connections: its lease runs out, and it is done again.
        await within(left(), Promise.all([policyApi[Symbol.asyncDispose](), db.destroy()]))
        log.info({ isDone }, 'stopped')
      },
    }
  } catch (error) {
    stopping.abort()
    await within(START_CLEANUP_MS, background)
    await within(START_CLEANUP_MS, Promise.all([policyApi[Symbol.asyncDispose](), db.destroy()]))
    throw error
  }
}

/** Whether `work` was over within the time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), wait(ms, false, { ref: false })])
}

/** What keeps the bot from listening, with the remedy when an operator has one. */
function portError(port: number, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  return new StartError(
    `port ${port} cannot be listened on (${code}); stop what uses it, or set PORT to another one`,
    { cause: error },
  )
}

async function requireMigrations(db: Database): Promise<void> {
  const pending = await pendingMigrations(db).catch((error: unknown) => {
    throw new StartError(
      'the database cannot be reached; check DATABASE_URL and that Postgres accepts connections',
      { cause: error },
    )
  })
  if (pending.length > 0)
    throw new StartError(
      `the database lacks ${pending.length} migration(s), first ${pending[0]}; run "npm run migrate"`,
    )
}

function createReceiver(
  config: Config,
  log: Logger,
  db: Database,
  isConnected: () => boolean,
): SlackReceiver {
  const routes = healthRoutes(async () => {
    const reasons: string[] = []
    if (!isConnected()) reasons.push('slack')
    await sql`select 1`.execute(db).catch(() => reasons.push('database'))
    return { ok: reasons.length === 0, reasons }
  })
  const { appToken, signingSecret, apiUrl } = config.slack
  const logger = boltLogger(log)
  if (appToken !== undefined) return createSocketReceiver({ appToken, apiUrl, log, logger, routes })
  if (signingSecret === undefined)
    throw new StartError('neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; set one of them')
  return createHttpReceiver({ signingSecret, now: Date.now, log, logger, routes })
}

async function repeat(run: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(RECONCILE_MS, signal)
    if (!signal.aborted)
      await run().catch((error: unknown) => log.warn({ err: error }, 'policies not compared'))
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {
    // Woken early: that is what the signal is for.
  })
}
