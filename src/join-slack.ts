import type { WebClient } from '@slack/web-api'
import type { Logger } from 'pino'
import { createUseCases } from './app/create-use-cases.ts'
import type { Deps } from './app/deps.ts'
import type { RememberingDirectory } from './app/directories.ts'
import { eligibilityWork, markEverybody, markPerson } from './app/eligibility.ts'
import type { NotifyDeps } from './app/notify.ts'
import { alertWork, messagesWork } from './app/notify.ts'
import { acceptCatalogue } from './app/reconcile.ts'
import { REFRESH_DIRECTORY_MS, refreshDirectory } from './app/refresh-directory.ts'
import type { AwaitedDirectory } from './awaited-directory.ts'
import type { Config } from './config.ts'
import type { Entrance } from './entrance.ts'
import { followGroups } from './follow-groups.ts'
import type { Foundation, Parts } from './foundation.ts'
import { boltLogger } from './log.ts'
import { createSlackApp } from './slack/bolt-app.ts'
import { createDirectory } from './slack/directory.ts'
import { workspaceProblems } from './slack/preflight.ts'
import { createHttpReceiver, createSocketReceiver } from './slack/receiver.ts'
import type { SlackReceiver } from './slack/receiver.ts'
import type { SlackIdentity } from './slack/web-client.ts'
import type { Metrics } from './metrics.ts'
import { SlackIdentityError, slackIdentity } from './slack/web-client.ts'
import { StartError } from './start-error.ts'
import { sleep } from './timing.ts'

const SLACK_RETRY_MS = 1_000

/** What the bot is, apart from Slack. */
export interface Household {
  readonly config: Config
  readonly parts: Parts
  readonly foundation: Foundation
  readonly entrance: Entrance
  readonly metrics: Metrics | undefined
  readonly client: WebClient
  /** Told when Slack is reached. */
  readonly awaited: AwaitedDirectory
  readonly deps: Deps & NotifyDeps & { readonly directory: RememberingDirectory }
  readonly errorId: () => string
}

/** The part of the bot that is in Slack. */
export interface JoinedSlack {
  readonly teamId: string
  /** Takes nothing new in, and finishes what it has acknowledged, within the deadline. */
  stop(left: () => number): Promise<void>
}

/**
 * Waits until Slack can be reached, sees that the catalogue fits the workspace, and begins to listen and to post.
 * Throws StartError and SlackIdentityError for what an operator has to mend first.
 */
export async function joinSlack(household: Household): Promise<JoinedSlack> {
  const { config, parts, foundation, entrance, client, awaited, deps, metrics } = household
  const { log, catalogue } = parts
  const { botToken, apiUrl } = config.slack
  const identity = await untilReached(() => slackIdentity(client), log)
  const problems = await workspaceProblems(client, catalogue, log)
  if (problems.length > 0) throw new StartError(problems.join('\n'))

  const workspace = createDirectory({ client, identity, now: foundation.clock.wall, log })
  awaited.arrive(workspace)
  const groups = followGroups({
    catalogue: deps.catalogue,
    forget: () => workspace.forgetGroups(),
    mark: () => markEverybody(deps),
    log,
  })
  // Not before it is known to fit: whoever cannot start must not leave rules behind that nobody goes by.
  await acceptCatalogue(deps, catalogue, parts.catalogueSource, { occasion: 'start' })
  const receiver = createReceiver(config, log)
  const app = await createSlackApp({
    receiver: receiver.receiver,
    botToken,
    apiUrl,
    client,
    identity,
    useCases: createUseCases(deps),
    log,
    logger: boltLogger(log),
    changes: {
      async personChanged(user) {
        workspace.forgetPeople()
        deps.directory.personChanged(user)
        await markPerson(deps, user)
      },
      groupsChanged(group) {
        deps.directory.groupChanged(group)
        return groups.changed(group)
      },
    },
    errorId: household.errorId,
    onCall: metrics?.slackCalled,
  })
  await receiver.start()
  // Not before: until Slack is reached for the first time, the start is not done.
  entrance.admitSlack(receiver, () => deps.breaker.isOpen)
  const handlers = new Map([
    ['messages', messagesWork(deps)],
    ['alert', alertWork(deps)],
  ] as const)
  foundation.work(
    { handlers, hands: 4 },
    { handlers: new Map([['eligibility', eligibilityWork(deps)]]), hands: 1 },
  )
  if (config.web !== undefined)
    foundation.repeat({
      what: 'refresh what Slack said last',
      everyMs: REFRESH_DIRECTORY_MS,
      atOnce: true,
      run: () => refreshDirectory(deps),
    })
  return {
    teamId: identity.teamId,
    async stop(left) {
      groups.stop()
      await receiver.stop(left())
      await app.drained(left())
    },
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

function createReceiver(config: Config, log: Logger): SlackReceiver {
  const { appToken, signingSecret, apiUrl } = config.slack
  const logger = boltLogger(log)
  if (appToken !== undefined) return createSocketReceiver({ appToken, apiUrl, log, logger })
  if (signingSecret === undefined)
    throw new StartError('neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set; set one of them')
  return createHttpReceiver({ signingSecret, now: Date.now, log, logger })
}
