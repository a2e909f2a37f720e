import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { Breaker } from './app/breaker.ts'
import { createUseCases } from './app/create-use-cases.ts'
import { eligibilityWork, markEverybody, markPerson } from './app/eligibility.ts'
import { alertWork, messagesWork } from './app/notify.ts'
import { acceptCatalogue, rejectCatalogue } from './app/reconcile.ts'
import type { Config } from './config.ts'
import { requestIdFrom } from './domain/ids.ts'
import { followGroups } from './follow-groups.ts'
import type { Foundation, Parts, Rules } from './foundation.ts'
import { layFoundation } from './foundation.ts'
import { boltLogger } from './log.ts'
import { createSlackApp } from './slack/bolt-app.ts'
import { createDirectory } from './slack/directory.ts'
import { healthRoutes } from './slack/health.ts'
import { createMessenger } from './slack/messenger.ts'
import { workspaceProblems } from './slack/preflight.ts'
import { createHttpReceiver, createSocketReceiver } from './slack/receiver.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import type { SlackIdentity } from './slack/web-client.ts'
import { SlackIdentityError, createWebClient, slackIdentity } from './slack/web-client.ts'
import { StartError } from './start-error.ts'
import { sleep, within } from './timing.ts'

const SLACK_RETRY_MS = 1_000
const READINESS_KEPT_MS = 1_000
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
 * Starts the whole product. While Slack cannot be reached it waits for it, with the work on policies going on. Throws
 * StartError and SlackIdentityError for what an operator has to mend first.
 */
export async function startBot(config: Config, parts: Parts): Promise<Bot> {
  const inForce: InForce = { rules: parts }
  const foundation = await layFoundation(config, parts, () => inForce.rules)
  try {
    return await joinSlack(config, parts, foundation, inForce)
  } catch (error) {
    await foundation.stop(START_CLEANUP_MS)
    throw error
  }
}

interface InForce {
  rules: Rules
}

async function joinSlack(
  config: Config,
  parts: Parts,
  foundation: Foundation,
  inForce: InForce,
): Promise<Bot> {
  const { log, catalogue } = parts
  const { store, clock } = foundation
  const logger = boltLogger(log)
  const { botToken, apiUrl } = config.slack
  const client = createWebClient({ apiUrl, botToken, logger })
  const identity = await untilReached(() => slackIdentity(client), log)
  const problems = await workspaceProblems(client, catalogue, log)
  if (problems.length > 0) throw new StartError(problems.join('\n'))

  const directory = createDirectory({ client, identity, now: clock.wall, log })
  const deps = {
    store,
    log,
    catalogue: () => inForce.rules.catalogue,
    rego: () => inForce.rules.rego,
    steady: clock.steady,
    newRequestId: () => requestIdFrom(randomBytes(5)),
    directory,
    messenger: createMessenger({ client }),
    breaker: new Breaker(clock.steady),
  }
  const groups = followGroups({
    catalogue: deps.catalogue,
    forget: () => directory.forgetGroups(),
    mark: () => markEverybody(deps),
    log,
  })
  // Not before it is known to fit: whoever cannot start must not leave rules behind that nobody goes by.
  await acceptCatalogue(deps, catalogue, parts.catalogueSource)
  const receiver: SlackReceiver = createReceiver(config, log, foundation, () =>
    receiver.isConnected(),
  )
  const app = await createSlackApp({
    receiver: receiver.receiver,
    botToken,
    apiUrl,
    client,
    identity,
    useCases: createUseCases(deps),
    log,
    logger,
    changes: {
      async personChanged(user) {
        directory.forgetPeople()
        await markPerson(deps, user)
      },
      groupsChanged: (group) => groups.changed(group),
    },
    errorId: () => randomBytes(4).toString('hex'),
  })
  const port = await receiver.start(config.port).catch((error: unknown) => {
    throw portError(config.port, error)
  })
  const handlers = new Map([
    ['messages', messagesWork(deps)],
    ['alert', alertWork(deps)],
  ] as const)
  foundation.work(
    { handlers, hands: 4 },
    { handlers: new Map([['eligibility', eligibilityWork(deps)]]), hands: 1 },
  )
  log.info({ port, team: identity.teamId, resources: catalogue.resources.size }, 'ready')
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
        await acceptCatalogue(deps, rules.catalogue, rules.catalogueSource, () => {
          inForce.rules = rules
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
      groups.stop()
      await receiver.stop(left())
      await app.drained(left())
      const isDone = await foundation.stop(left())
      await within(left(), Promise.resolve(inForce.rules.rego?.[Symbol.asyncDispose]?.()))
      log.info({ isDone }, 'stopped')
    },
  }
}

/** Rules that hold already must not look refused because the ones before do not end well. */
async function letGo(rego: Rules['rego'], log: Logger): Promise<void> {
  try {
    await rego?.[Symbol.asyncDispose]?.()
  } catch (error) {
    log.warn({ err: error }, 'the Rego policy before was not closed')
  }
}

/** Asks again while Slack cannot be reached; what asking again cannot mend is thrown. */
async function untilReached(
  ask: () => Promise<SlackIdentity>,
  log: Logger,
): Promise<SlackIdentity> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SlackIdentityError && error.isPassing)) throw error
      log.warn({ err: error }, 'Slack cannot be reached yet')
      await sleep(SLACK_RETRY_MS, new AbortController().signal)
    }
  }
}

function createReceiver(
  config: Config,
  log: Logger,
  { db }: Foundation,
  isConnected: () => boolean,
): SlackReceiver {
  // Anybody may ask, so that one look at the database answers everybody who asks within a second.
  let looked = { at: -Infinity, isReachable: Promise.resolve(false) }
  const isReachable = (): Promise<boolean> => {
    if (performance.now() - looked.at > READINESS_KEPT_MS) {
      const look = sql`select 1`.execute(db).then(
        () => true,
        () => false,
      )
      looked = { at: performance.now(), isReachable: look }
    }
    return looked.isReachable
  }
  const routes = healthRoutes(async () => {
    const reasons: string[] = []
    if (!isConnected()) reasons.push('slack')
    if (!(await isReachable())) reasons.push('database')
    return { ok: reasons.length === 0, reasons }
  })
  const { appToken, signingSecret, apiUrl } = config.slack
  const logger = boltLogger(log)
  if (appToken !== undefined) return createSocketReceiver({ appToken, apiUrl, log, logger, routes })
  if (signingSecret === undefined)
    throw new StartError('neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; set one of them')
  return createHttpReceiver({ signingSecret, now: Date.now, log, logger, routes })
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
