import type { Bot } from '../../src/bot.ts'
import type { RegoPolicy } from '../../src/app/rego-policy.ts'
import { startBot } from '../../src/bot.ts'
import type { Config } from '../../src/config.ts'
import { secretsOf } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import type { Clock } from '../../src/timing.ts'
import type { Front } from '../simulators/pomerium/front.ts'
import { startFront } from '../simulators/pomerium/front.ts'
import type { PomeriumOptions, PomeriumSimulator } from '../simulators/pomerium/start-pomerium.ts'
import { startPomerium } from '../simulators/pomerium/start-pomerium.ts'
import type { SlackOptions, SlackSimulator } from '../simulators/slack/simulator.ts'
import { startSlack } from '../simulators/slack/start-slack.ts'
import type { TestDatabase } from './database.ts'
import { createTestDatabase } from './database.ts'
import { linesOf } from './log.ts'
import type { Pages } from './pages.ts'
import { pagesBehind } from './pages.ts'
import { assertVocabulary } from './vocabulary.ts'
import type { People } from './world.ts'
import { CATALOGUE_YAML, attachRoutes, catalogueOf, populate } from './world.ts'

/** Everything that the bot stands between, on loopback: Slack, Pomerium and Postgres. */
export interface Town extends AsyncDisposable {
  readonly slack: SlackSimulator
  readonly pomerium: PomeriumSimulator
  /** Pomerium's proxy in front of the bot that was started last; its pages are there with the option alone. */
  readonly front: Front
  /** What people see and send there. */
  readonly pages: Pages
  readonly database: TestDatabase
  readonly people: People
  /** What a bot of this town is started with. */
  readonly config: Config
  readonly catalogueSource: string
  /** Moves everybody's clock forward, wakes the workers, and lets Slack tell again what is due for it. */
  advance(seconds: number): Promise<void>
  /** The clock of the bots, of Slack and of Pomerium. */
  readonly clock: Clock
  /** Where a bot listens: the front leads there from now on. */
  leadTo(port: number): void
}

/** The whole product: a town with the real bot in it, as main.ts wires it. */
export interface House extends Town {
  readonly bot: Bot
  /** Lines that the bots have logged. */
  readonly logged: readonly string[]
  /** Starts one more bot on the same database, as a second replica or after a stop. */
  startBot(changes?: Partial<Config>, catalogueSource?: string): Promise<Bot>
}

export interface HouseOptions {
  readonly socketMode?: boolean
  /** Pages behind Pomerium; `linked`: whoever asks must have linked their identity. */
  readonly pages?: true | { readonly linked?: boolean }
  /** YAML; {@link CATALOGUE_YAML} unless told. */
  readonly catalogue?: string
  /** What the bots ask too, beside the catalogue. */
  readonly rego?: RegoPolicy
  readonly slack?: SlackOptions
  readonly pomerium?: PomeriumOptions
  /** A town to move into, with what is there already; the other options of a town are void then. */
  readonly town?: Town
}

const SIGNING_SECRET = '8f742231b10e8888abcd99eeffaa85a5'

/** Starts the simulators and a database; no bot yet. */
export async function startTown(options: HouseOptions = {}): Promise<Town> {
  let advanced = 0
  const clock: Clock = {
    wall: () => Date.now() + advanced * 1_000,
    steady: () => performance.now() + advanced * 1_000,
  }
  let upstream: URL | undefined
  const [database, slack, pomerium, front] = await Promise.all([
    createTestDatabase(2),
    startSlack({ signingSecret: SIGNING_SECRET, now: clock.wall, ...options.slack }),
    startPomerium({ now: () => new Date(clock.wall()), ...options.pomerium }),
    startFront({ now: clock.wall, upstream: () => upstream }),
  ])
  const people = populate(slack)
  const config: Config = {
    slack: {
      botToken: slack.botToken,
      apiUrl: slack.apiUrl,
      ...(options.socketMode === true
        ? { appToken: slack.appToken }
        : { signingSecret: slack.signingSecret }),
    },
    database: { url: database.appUrl },
    pomerium: {
      apiUserToken: pomerium.apiUserToken,
      organizationId: pomerium.organizationId,
      clusterId: pomerium.clusterId,
      apiUrl: pomerium.apiUrl,
    },
    ...webOf(front, options.pages),
    port: 0,
    cataloguePath: 'catalogue.yaml',
    logLevel: 'debug',
  }
  return {
    slack,
    pomerium,
    front,
    pages: pagesBehind(front),
    database,
    people,
    config,
    catalogueSource: options.catalogue ?? CATALOGUE_YAML,
    clock,
    leadTo(port) {
      upstream = new URL(`http://127.0.0.1:${port}`)
    },
    async advance(seconds) {
      // First here, so that nothing is older than the database says.
      advanced += seconds
      await database.clock.advance(seconds)
      await slack.retryEvents()
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await slack[Symbol.asyncDispose]()
      await pomerium[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function webOf(front: Front, pages: HouseOptions['pages']): Pick<Config, 'web' | 'identity'> {
  if (pages === undefined) return { identity: 'slack' }
  return {
    web: { origin: front.origin, keys: { url: front.keySetUrl } },
    identity: pages !== true && pages.linked === true ? 'linked' : 'slack',
  }
}

/** Starts everything; the policies exist and are attached to their routes when it resolves. */
export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const town = options.town ?? (await startTown(options))
  const { slack, pomerium, config, catalogueSource, clock } = town
  const logged: string[] = []
  const catalogue = catalogueOf(catalogueSource)
  const log = createLogger({
    level: 'debug',
    destination: linesOf(logged),
    secrets: secretsOf(config),
  })
  const rego = options.rego === undefined ? {} : { rego: options.rego }
  const bots: Bot[] = []
  const start = async (changes: Partial<Config> = {}, source = catalogueSource): Promise<Bot> => {
    const bot = await startBot(
      { ...config, ...changes },
      { catalogue: catalogueOf(source), catalogueSource: source, log, clock, ...rego },
    )
    bots.push(bot)
    slack.deliverTo(`http://127.0.0.1:${bot.port}/slack/events`)
    town.leadTo(bot.port)
    return bot
  }
  const close = town[Symbol.asyncDispose]
  try {
    const bot = await start()
    const policies = [...catalogue.resources.values()].map(({ policy }) => policy)
    await pomerium.waitFor(() => policies.every((name) => pomerium.policyNamed(name) !== undefined))
    attachRoutes(pomerium, catalogue)
    // The first message that the bot posts by itself: what a test lets go wrong in Slack is not meant for it.
    if (catalogue.auditChannel !== undefined && options.town === undefined)
      await slack.waitFor(() => slack.messages(catalogue.auditChannel ?? '').length > 0)
    return {
      ...town,
      bot,
      logged,
      startBot: start,
      async [Symbol.asyncDispose]() {
        await Promise.all(bots.map((started) => started.stop(1_000)))
        try {
          await assertVocabulary(town.database)
        } finally {
          await close()
        }
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
