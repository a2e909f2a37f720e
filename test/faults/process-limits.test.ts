import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { eventually } from '../support/eventually.ts'
import type { Town } from '../support/house.ts'
import { startTown } from '../support/house.ts'
import type { MainProcess } from '../support/main-process.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import { assertInvariants } from '../support/invariants.ts'
import type { Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'

const LEASE_SECONDS = 31
/** Slack's deadline in this town. */
const ACK_MS = 300
/** Of files and connections: enough to run, and soon used up. */
const FILES = 80
/** Tests set the database's clock forward, and not the process's. */
const BY_THE_TEST = ['clock-skew']
/** A signal makes the process hold on to more and more memory, until it has no more. */
const GREEDY = `process.on('SIGUSR2', () => { const held = []; for (;;) held.push(new Array(1e5).fill(held.length + 0.5)) })`

describe('a process', () => {
  let town: Town
  let story: Story
  let environment: Awaited<ReturnType<typeof environmentOf>>
  let bot: MainProcess
  let port: number

  const start = async () => {
    const env = {
      ...environment.env,
      NODE_OPTIONS: `--max-old-space-size=96 --import=data:text/javascript,${encodeURIComponent(GREEDY)}`,
    }
    bot = startMain(env, undefined, `ulimit -c 0; ulimit -n ${FILES}`)
    port = await bot.ready
    town.slack.deliverTo(`http://127.0.0.1:${port}/slack/events`)
  }
  before(async () => {
    town = await startTown({ slack: { ackTimeoutMs: ACK_MS } })
    environment = await environmentOf(town)
    story = storyOf(town)
    await start()
    await town.pomerium.waitFor(() => town.pomerium.policies().length === 2)
  })
  after(async () => {
    await bot[Symbol.asyncDispose]()
    await environment[Symbol.asyncDispose]()
    await town[Symbol.asyncDispose]()
  })

  /** Why it is not ready; absent when it does not answer. */
  const reasons = () =>
    fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2 * ACK_MS) }).then(
      async (answer) => ((await answer.json()) as { reasons: readonly string[] }).reasons,
      () => undefined,
    )
  const untilReady = () =>
    eventually('it is ready again', async () => isDeepStrictEqual(await reasons(), BY_THE_TEST))
  /** Approves as often as it takes, as people do; it happens once. */
  const approved = async (id: string) => {
    await eventually('approved', async () => {
      if ((await story.request(id)).status === 'approved') return true
      await story.command('kim', `approve ${id}`)
      return false
    })
    await story.minutesUntil('active', async () => (await story.request(id)).state === 'active')
    const changes = (await story.events(id)).filter((action) => !action.endsWith('_refused'))
    assert.deepEqual(changes, ['request.created', 'request.approved', 'grant.activated'])
    await assertInvariants(town)
  }

  it('may stand still: it is not ready, Slack says so itself, and nothing is half done (F42)', async () => {
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 the process stands still')
    const card = story.card(id)
    assert.ok(card)
    bot.kill('SIGSTOP')
    const click = town.slack.click(town.people.kim, card, 'jit:approve')
    assert.equal(await reasons(), undefined)
    assert.equal((await story.request(id)).status, 'pending')
    // Longer than it holds anything.
    await town.advance(LEASE_SECONDS)
    bot.kill('SIGCONT')
    assert.equal((await click).problem, 'operation_timeout')
    await approved(id)
    await untilReady()
  })

  it('may have no file descriptor left: it goes on when there are some again (F43)', async () => {
    const id = await story.ask('robin', 'grafana-prod 1h INC-2 too many connections')
    const crowd: Socket[] = []
    let turnedAway = 0
    for (let n = 0; n < FILES; n += 1)
      crowd.push(
        connect(port, '127.0.0.1')
          .on('error', () => {})
          .on('close', () => (turnedAway += 1)),
      )
    await eventually('it takes nobody in', () => turnedAway > 0)
    await town.slack.command(town.people.kim, 'C0APPROVALS', '/jit', `approve ${id}`)
    for (const socket of crowd) socket.destroy()
    await approved(id)
    await untilReady()
  })

  it('may run out of memory: the next one goes on where it ended (F43)', async () => {
    const held = town.pomerium.faults.add({ method: 'PUT', effect: { kind: 'hold' } })
    const id = await story.ask('sam', 'grafana-prod 1h INC-3 no memory is left')
    await story.click('kim', id, 'approve')
    await town.pomerium.waitFor(() => held.hits === 1)
    bot.kill('SIGUSR2')
    assert.equal(await bot.exited, 'SIGABRT')
    assert.match(bot.stderr(), /heap out of memory/)
    held.release()
    await start()
    await town.advance(LEASE_SECONDS)
    await approved(id)
  })
})
