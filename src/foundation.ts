import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Logger } from 'pino'
import { pendingMigrations } from '../db/migrate.ts'
import { Breaker } from './app/breaker.ts'
import type { OnCommitted } from './app/committed.ts'
import { logOutcomes } from './app/committed.ts'
import type { Lane, WorkHandler } from './app/worker.ts'
import type { RegoPolicy } from './app/rego-policy.ts'
import { runWorker } from './app/worker.ts'
import { activityWork } from './app/follow-activity.ts'
import { holdingBack } from './app/hold-policies.ts'
import { policyWork } from './app/policy-work.ts'
import { RECONCILE_MS, reconcile } from './app/reconcile.ts'
import type { Store } from './app/store.ts'
import { momentWork } from './app/sweep.ts'
import type { OpenStream } from './audit-stream.ts'
import { openAuditStream } from './audit-stream.ts'
import type { Config } from './config.ts'
import type { Catalogue } from './domain/resource.ts'
import { headsFile, requireHeadsFile } from './heads-file.ts'
import type { Metrics } from './metrics.ts'
import { createPolicyApi } from './pomerium/policies.ts'
import type { Database } from './postgres/database.ts'
import { openDatabase } from './postgres/database.ts'
import { checkRole } from './postgres/role-check.ts'
import { createStore } from './postgres/store.ts'
import { trailEventsIn } from './postgres/trail-events.ts'
import { createWakeUps } from './postgres/wake-ups.ts'
import { createWorkList } from './postgres/work.ts'
import { StartError } from './start-error.ts'
import type { Clock } from './timing.ts'
import { SYSTEM_CLOCK, sleep, within } from './timing.ts'

/** A write takes three exchanges at most; after that long nothing of it can still land. */
const EXCHANGE_MS = 10_000
/** Policies get the shorter lease, so that a killed process delays a revocation least. */
const POLICY_LEASE_MS = 10_000
const LEASE_MS = 30_000
/** Of Postgres's error codes. */
const INSUFFICIENT_PRIVILEGE = '42501'

/** What decides: the catalogue, and the organisation's Rego policy when there is one; replaced together. */
export interface Rules {
  readonly catalogue: Catalogue
  /** The text that the catalogue was read from. */
  readonly catalogueSource: string
  /** Disposed of by whoever replaces it. */
  readonly rego?: RegoPolicy & Partial<AsyncDisposable>
}

export interface Parts extends Rules {
  readonly log: Logger
  /** What caches, sessions and breakers go by; windows and leases go by the database. */
  readonly clock?: Clock
}

export interface Repeated {
  readonly what: string
  readonly everyMs: number
  /** Whether the first time is now. */
  readonly atOnce?: boolean
  /** The signal aborts at the stop, so that what takes long can end early. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** What runs without Slack: the database, Pomerium, and the work that keeps them equal. */
export interface Foundation {
  readonly db: Database
  readonly pool: pg.Pool
  readonly store: Store
  readonly clock: Clock
  /** Whether Pomerium's API has failed again and again, and has not answered since. */
  readonly isPomeriumAway: () => boolean
  /** Does work of further kinds until the stop; each lane some pieces at a time. */
  work(...lanes: readonly Omit<Lane, 'leaseMs'>[]): void
  /** Runs something again and again until the stop, never twice at a time; what it throws is told to the log. */
  repeat(task: Repeated): void
  /** Finishes what is under way and lets go of everything; tells whether all of it was over within the deadline. */
  stop(deadlineMs: number): Promise<boolean>
}

/**
 * Opens the database and begins to make Pomerium's policies equal to the grants: decided ends must not wait for Slack.
 * `rules` are those to go by. Throws {@link StartError}.
 */
export async function layFoundation(
  config: Config,
  parts: Parts,
  rules: () => Rules,
  metrics: Metrics | undefined,
): Promise<Foundation> {
  const { log, clock = SYSTEM_CLOCK } = parts
  const { db, pool } = openDatabase({ url: config.database.url, log })
  const { apiUrl: baseUrl, ...account } = config.pomerium
  const policyApi = createPolicyApi({
    ...account,
    baseUrl,
    now: clock.wall,
    timeoutMs: EXCHANGE_MS,
    log,
    onCall: metrics?.pomeriumCalled,
  })
  const breaker = new Breaker(clock.steady)
  const logged = logOutcomes(log)
  // What is committed must not look undone because somebody who is told of it fails.
  const tell: OnCommitted = (committed) => {
    try {
      logged(committed)
      metrics?.committed(committed)
    } catch (error) {
      log.error({ err: error }, 'what was committed was not counted')
    }
  }
  const stopping = new AbortController()
  const background: Promise<unknown>[] = []
  let stream: OpenStream | undefined
  const foundation: Foundation = {
    db,
    pool,
    store: createStore(db, tell),
    clock,
    isPomeriumAway: () => breaker.isOpen,
    work(...kinds) {
      const list = createWorkList(db)
      const wakeUps = createWakeUps(config.database.url, log)
      const lanes = kinds.map((lane) => ({
        ...lane,
        leaseMs: lane.handlers.has('policy') ? POLICY_LEASE_MS : LEASE_MS,
      }))
      const deps = { list, wakeUps, lanes, sleep, random: Math.random, log }
      background.push(runWorker(deps, stopping.signal))
    },
    repeat(task) {
      background.push(repeat(task, log, stopping.signal))
    },
    async stop(deadlineMs) {
      const deadline = performance.now() + deadlineMs
      stopping.abort()
      const isDone = await within(deadlineMs, Promise.all(background))
      // What still hangs now is cut off with its connections: its lease runs out, and it is done again.
      const closing = Promise.all([
        policyApi[Symbol.asyncDispose](),
        stream?.[Symbol.asyncDispose](),
        db.destroy(),
      ])
      await within(Math.max(0, deadline - performance.now()), closing)
      return isDone
    },
  }
  try {
    await requireMigrations(db)
    await requireHarmlessRole(db, config, log)
    const deps = {
      store: foundation.store,
      log,
      catalogue: () => rules().catalogue,
      policyApi,
      sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
      breaker,
    }
    if (config.auditHeadsPath !== undefined) await requireHeadsFile(config.auditHeadsPath)
    await reconcile(deps)
    if (config.siem !== undefined)
      stream = await openAuditStream(config.siem, { ...foundation, log })
    foundation.work(
      {
        handlers: new Map([
          ['policy', policyHand(config, { ...deps, db, steady: clock.steady })],
          ['activity', activityWork(deps)],
        ]),
        hands: 6,
        urgentHands: 2,
      },
      { handlers: new Map([['moment', momentWork(deps)]]), hands: 2 },
      ...(stream === undefined ? [] : [stream.lane]),
    )
    foundation.repeat({
      what: 'compare policies',
      everyMs: RECONCILE_MS,
      run: () => reconcile(deps),
    })
    return foundation
  } catch (error) {
    await foundation.stop(0)
    throw error
  }
}

/** The hand for policies; idle while the trail lacks what a file of heads has. */
function policyHand(
  { auditHeadsPath: path }: Config,
  deps: Parameters<typeof policyWork>[0] & Pick<Foundation, 'db'> & Pick<Clock, 'steady'>,
): WorkHandler {
  const hand = policyWork(deps)
  if (path === undefined) return hand
  const trailEvents = trailEventsIn(deps.db)
  return holdingBack({ ...deps, headsKept: headsFile(path), trailEvents }, hand)
}

async function requireMigrations(db: Database): Promise<void> {
  const pending = await pendingMigrations(db).catch((error: unknown) => {
    if (error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE)
      throw new StartError(
        `the role of DATABASE_URL has not the rights of the bot (${error.message}); run "grant jit_app to …" as an administrator`,
        { cause: error },
      )
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

/** Whoever runs the bot must not be able to rewrite what it puts on record. */
async function requireHarmlessRole(db: Database, config: Config, log: Logger): Promise<void> {
  const { role, powers } = await checkRole(db)
  if (powers.length === 0) return
  const what = `the database role ${role} could rewrite the audit trail, because it ${powers.join(' and ')}`
  if (config.database.isOwnerAllowed !== true)
    throw new StartError(
      `${what}; put into DATABASE_URL the role jit_app, after "alter role jit_app login password '…'", or another one after "grant jit_app to …", or set DATABASE_OWNER_ALLOWED=yes`,
    )
  log.warn({ role, powers }, 'runs with a database role that could rewrite the audit trail')
}

async function repeat(task: Repeated, log: Logger, signal: AbortSignal): Promise<void> {
  const { what, everyMs, atOnce = false, run } = task
  for (let isDue = atOnce; !signal.aborted; isDue = true) {
    if (isDue)
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: error }, `failed to ${what}`)
      })
    await sleep(everyMs, signal)
  }
}
