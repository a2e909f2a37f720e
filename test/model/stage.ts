import assert from 'node:assert/strict'
import { reconcile } from '../../src/app/reconcile.ts'
import { eventually } from '../support/eventually.ts'
import type { Town } from '../support/house.ts'
import { startTown } from '../support/house.ts'
import { assertInvariants } from '../support/invariants.ts'
import { readGrants } from '../support/rules.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import { attachRoutes, catalogueOf } from '../support/world.ts'
import { MODEL_YAML, TERMS } from './catalogue.ts'
import { look } from './look.ts'
import type { Plot } from './plot.ts'
import { isFine } from './plot.ts'
import type { Done, Seen } from './reference.ts'
import { unexplained } from './reference.ts'
import type { Replica } from './replicas.ts'
import { Replicas } from './replicas.ts'
import { Watch } from './watch.ts'

export const REPLICAS = 2
const SETTLE_MS = 1_500
const RECONCILE_SECONDS = 300

/** The whole bot in a town of its own, with what was done there so far. */
export class Stage implements AsyncDisposable {
  readonly town: Town
  readonly replicas: Replicas
  readonly story: Story
  readonly watch: Watch
  /** What people did. */
  readonly done: Done[] = []
  /** What happened, in plain words, oldest first. */
  readonly told: string[] = []
  /** Requests and people with something under way of which nobody knows what came of it. */
  readonly uncertain = new Set<string>()
  /** Something broke or ends in between: what is done next may be met by a connection that is gone. */
  isShaken = false
  /** Whether something happened by which a post may be made again whose answer was lost. */
  mayRepeat = false
  seen: readonly Seen[] = []
  /** How many change sets are still to fail. */
  failuresOrdered = 0
  #othersPolicy = ''
  #sinceReconcile = 0

  private constructor(town: Town) {
    this.town = town
    this.replicas = new Replicas(town, REPLICAS)
    this.story = storyOf(town)
    this.watch = new Watch(town)
  }

  /** A town where both replicas are ready, and every policy is verified. */
  static async open(): Promise<Stage> {
    const town = await startTown({ catalogue: MODEL_YAML, pages: true })
    const stage = new Stage(town)
    try {
      await stage.replicas.startMissing()
      const { pomerium } = town
      const policies = Object.values(TERMS).map(({ policy }) => policy)
      await pomerium.waitFor(() => policies.every((name) => pomerium.policyNamed(name)))
      attachRoutes(pomerium, catalogueOf(MODEL_YAML))
      stage.#othersPolicy = pomerium.create({ name: 'of somebody else' }).id
      await stage.story.untilIdle()
      return stage
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Puts a line into the story. */
  tell(line: string): void {
    this.told.push(line)
  }

  /** The replica that takes what comes next. */
  next(): Replica | undefined {
    return this.replicas.next()
  }

  /** Lets time go by for everybody; what the bot does every five minutes is done when five are over. */
  async advance(seconds: number): Promise<void> {
    const { town } = this
    await town.advance(seconds)
    this.#sinceReconcile += seconds
    if (this.#sinceReconcile < RECONCILE_SECONDS) return
    this.#sinceReconcile = 0
    // A replica that hangs in a transaction may hold it up; it is done again five minutes later.
    await this.#compare().catch(() => this.tell('   policies could not be compared'))
  }

  /** What the bot does every five minutes. */
  async #compare(): Promise<void> {
    const { database, catalogueSource, pomerium } = this.town
    const catalogue = catalogueOf(catalogueSource)
    await reconcile({
      store: database.store,
      catalogue: () => catalogue,
      policyApi: { clusterId: pomerium.clusterId },
    })
  }

  /** Starts what is not running, as whoever watches over processes does: again when it did not come up. */
  async startMissing(plot: Plot): Promise<void> {
    await eventually('every replica runs', () =>
      this.replicas.startMissing().then(
        () => true,
        () => false,
      ),
    )
    plot.running = this.replicas.running.length
  }

  /** An orchestrator starts the processes again when none is left, as soon as they can start. */
  async keepAlive(plot: Plot): Promise<void> {
    const canStart = !plot.wrong.isSlackOut && !plot.wrong.database && plot.wrong.slack === 0
    if (plot.running > 0 || !canStart) return
    this.tell('the replicas are started again')
    await this.startMissing(plot)
  }

  /** Waits until nothing is due and nothing is being worked on, or for as long as a person would. */
  async settle(plot: Readonly<Plot>): Promise<void> {
    const isIdle = await eventually('idle', () => this.story.isIdle(), SETTLE_MS).catch(() => false)
    if (!isIdle || !isFine(plot)) return
    this.uncertain.clear()
    this.isShaken = false
  }

  /** Slack answers again; what it never answered breaks. */
  liftSlack({ wrong }: Plot): void {
    const { slack } = this.town
    wrong.slack = 0
    wrong.isSlackOut = false
    slack.clearFaults()
    slack.outage(false)
    for (const { roads } of this.replicas.running) roads.slack.cut()
    this.isShaken = true
    this.mayRepeat = true
  }

  /** Pomerium answers again, whatever came late has landed, and its administrators have mended what is theirs to mend. */
  liftPomerium({ wrong }: Plot): void {
    const { pomerium } = this.town
    wrong.pomerium = 0
    pomerium.faults.clear()
    pomerium.landLateWrites()
    for (const { roads } of this.replicas.running) roads.pomerium.cut()
    this.watch.setClusterOnline(true)
    pomerium.setHoldChangesets(false)
    pomerium.settleChangesets()
    pomerium.setAutoApply(true)
    for (const { id, enforced } of pomerium.policies())
      if (enforced)
        pomerium.edit(id, (policy) => {
          policy.enforced = false
        })
    // The next edit of anybody publishes everything again, once as many have failed as were to.
    for (let left = this.failuresOrdered; left >= 0; left -= 1)
      pomerium.edit(this.#othersPolicy, (policy) => {
        policy.description += '.'
      })
    this.failuresOrdered = 0
  }

  liftDatabase({ wrong }: Plot): void {
    wrong.database = false
    for (const { roads } of this.replicas.running) roads.database.open()
    this.isShaken = true
    this.mayRepeat = true
  }

  /** Looks at everything that must never happen; throws with the story when it has. */
  async check(): Promise<void> {
    const { town, replicas, done, watch } = this
    await assertInvariants({ ...town, logged: replicas.logged })
    const { seen, now } = await look(town)
    this.seen = seen
    const problems = [
      ...unexplained(seen, done, now),
      ...(await watch.problems(await readGrants(town))),
    ]
    assert.deepEqual(problems, [], 'nobody’s deed explains this')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { slack, pomerium } = this.town
    slack.clearFaults()
    slack.outage(false)
    pomerium.faults.clear()
    this.watch[Symbol.dispose]()
    await this.replicas[Symbol.asyncDispose]()
    await this.town[Symbol.asyncDispose]()
  }
}
