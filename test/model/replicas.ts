import type { Bot } from '../../src/bot.ts'
import { startBot } from '../../src/bot.ts'
import type { Config } from '../../src/config.ts'
import { secretsOf } from '../../src/config.ts'
import type { Catalogue } from '../../src/domain/resource.ts'
import { createLogger } from '../../src/log.ts'
import type { Town } from '../support/house.ts'
import { linesOf } from '../support/log.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { catalogueOf } from '../support/world.ts'

const STOP_MS = 5_000

/** The ways of one replica to everything outside; without them it is as good as dead. */
interface Roads {
  readonly database: TcpProxy
  readonly slack: TcpProxy
  readonly pomerium: TcpProxy
}

export interface Replica {
  readonly bot: Bot
  readonly roads: Roads
}

/** The processes of the bot on one database, each behind roads of its own, and whoever starts them again. */
export class Replicas implements AsyncDisposable {
  /** Lines that they have logged. */
  readonly logged: string[] = []
  readonly #town: Town
  readonly #catalogue: Catalogue
  readonly #places: (Replica | undefined)[]
  readonly #leaving: Promise<unknown>[] = []
  #turn = 0

  constructor(town: Town, count: number) {
    this.#town = town
    this.#catalogue = catalogueOf(town.catalogueSource)
    this.#places = Array.from({ length: count }, () => undefined)
  }

  get running(): readonly Replica[] {
    return this.#places.filter((replica) => replica !== undefined)
  }

  /** Starts what is not running; when Slack is out, it is not ready before Slack is back. */
  async startMissing(): Promise<void> {
    await Promise.all(
      this.#places.map(async (replica, place) => {
        this.#places[place] = replica ?? (await this.#start())
      }),
    )
  }

  /** The replica that takes the next delivery of Slack and the next visit of a page, by turns. */
  next(): Replica | undefined {
    this.#turn += 1
    const replica = this.running[this.#turn % Math.max(1, this.running.length)]
    const { slack } = this.#town
    if (replica === undefined) slack.deliverTo(undefined)
    else {
      const { port } = replica.roads.slack
      slack.deliverTo(
        `http://127.0.0.1:${replica.bot.port}/slack/events`,
        `http://127.0.0.1:${port}`,
      )
      this.#town.leadTo(replica.bot.port)
    }
    return replica
  }

  /** From one instant to the next nothing comes out of it any more, as after `kill -9`. */
  kill(replica: Replica): void {
    for (const road of Object.values(replica.roads)) road.close()
    void this.#leave(replica, 0)
  }

  /** Stops one as an orchestrator does. */
  async stop(replica: Replica): Promise<void> {
    await this.#leave(replica, STOP_MS)
  }

  #leave(replica: Replica, deadlineMs: number): Promise<unknown> {
    this.#places[this.#places.indexOf(replica)] = undefined
    const left = replica.bot.stop(deadlineMs).then(() => disposeOf(replica.roads))
    this.#leaving.push(left)
    return left
  }

  async #start(): Promise<Replica> {
    const { config, catalogueSource, clock } = this.#town
    const roads = await openRoads(config)
    const own = behind(config, roads)
    const log = createLogger({
      level: 'debug',
      destination: linesOf(this.logged),
      secrets: secretsOf(own),
    })
    try {
      const bot = await startBot(own, { catalogue: this.#catalogue, catalogueSource, log, clock })
      return { bot, roads }
    } catch (error) {
      await disposeOf(roads)
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const replica of this.running) void this.#leave(replica, 1_000)
    await Promise.all(this.#leaving)
  }
}

async function openRoads({ database, slack, pomerium }: Config): Promise<Roads> {
  const to = (url: string) => startTcpProxy(Number(new URL(url).port))
  const [toDatabase, toSlack, toPomerium] = await Promise.all([
    to(database.url),
    to(slack.apiUrl),
    to(pomerium.apiUrl),
  ])
  return { database: toDatabase, slack: toSlack, pomerium: toPomerium }
}

async function disposeOf(roads: Roads): Promise<void> {
  await Promise.all(Object.values(roads).map((road: TcpProxy) => road[Symbol.asyncDispose]()))
}

function behind(config: Config, roads: Roads): Config {
  const through = (url: string, { port }: TcpProxy): string => {
    const changed = new URL(url)
    changed.port = String(port)
    return changed.href
  }
  const { slack, database, pomerium } = config
  return {
    ...config,
    slack: { ...slack, apiUrl: through(slack.apiUrl, roads.slack) },
    database: { ...database, url: through(database.url, roads.database) },
    pomerium: { ...pomerium, apiUrl: through(pomerium.apiUrl, roads.pomerium) },
  }
}
