import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { verifyTrail } from '../../src/postgres/audit-verify.ts'
import type { Town } from '../support/house.ts'
import { startTown } from '../support/house.ts'
import type { MainProcess } from '../support/main-process.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import { assertInvariants } from '../support/invariants.ts'
import type { Name, Story } from '../support/story.ts'
import { storyOf } from '../support/story.ts'
import type { Tap, TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { APPROVALS } from '../support/world.ts'

const LEASE_SECONDS = 31
/** How many of the places a run tries that is not told to try all. */
const SAMPLE = 3
const isFull = process.env['FAULTS'] === 'full'
/** All of it takes a quarter of an hour. */
const TIMEOUT_MS = isFull ? 3_600_000 : 60_000
const seed = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31))

/** Where a process dies: before what it sends for the n-th time goes out, or when the answer comes. */
interface Place {
  readonly n: number
  readonly side: 'before' | 'after'
}

describe(`a process that is killed at each message that it sends, seed ${seed}`, () => {
  let town: Town
  let story: Story
  let environment: Awaited<ReturnType<typeof environmentOf>>
  const proxies: TcpProxy[] = []
  let bot: MainProcess | undefined
  let place: Place | undefined
  let sent = 0
  let isDead = false

  const die = () => {
    place = undefined
    isDead = true
    bot?.kill('SIGKILL')
    return false
  }
  const tap = (): Tap => {
    let isLast = false
    return {
      sent() {
        sent += 1
        if (place === undefined || isDead || sent !== place.n) return !isDead
        if (place.side === 'before') return die()
        isLast = true
        return true
      },
      answered: () => (isLast ? die() : !isDead),
    }
  }
  /** The same address, through a proxy that counts. */
  const counted = async (address: string) => {
    const url = new URL(address)
    const proxy = await startTcpProxy(Number(url.port), tap)
    proxies.push(proxy)
    url.port = String(proxy.port)
    return url.href
  }
  const start = async () => {
    await bot?.exited
    isDead = false
    bot = startMain(environment.env)
    town.slack.deliverTo(`http://127.0.0.1:${await bot.ready}/slack/events`)
    await town.advance(LEASE_SECONDS)
  }

  before(async () => {
    const plain = await startTown()
    const { database, pomerium, slack } = plain.config
    const config = {
      ...plain.config,
      database: { url: await counted(database.url) },
      pomerium: { ...pomerium, apiUrl: await counted(pomerium.apiUrl) },
      slack: { ...slack, apiUrl: await counted(slack.apiUrl) },
    }
    town = { ...plain, config }
    story = storyOf(town)
    environment = await environmentOf(town)
    bot = startMain(environment.env)
    town.slack.deliverTo(`http://127.0.0.1:${await bot.ready}/slack/events`)
    await town.pomerium.waitFor(() => town.pomerium.policies().length === 2)
    await story.untilIdle()
  })
  after(async () => {
    await bot?.[Symbol.asyncDispose]()
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]()
    await environment[Symbol.asyncDispose]()
    await town[Symbol.asyncDispose]()
  })

  const request = async (reason: string) => {
    const { rows } = await town.database.pool.query<{ id: string; state: string }>(
      `select id, coalesce(state, status) as state
       from request left join access_grant on request_id = id where reason = $1`,
      [reason],
    )
    assert.ok(rows.length <= 1, `${rows.length} requests for ${reason}`)
    return rows[0]
  }
  /** Until it is so; a process that died is followed by another one, and whoever had no answer tries again. */
  const until = async (
    what: string,
    isSo: () => Promise<boolean>,
    act?: () => Promise<unknown>,
  ) => {
    await act?.()
    await story.minutesUntil(what, async () => {
      if (!isDead) return isSo()
      await start()
      if (!(await isSo())) await act?.()
      return false
    })
  }
  const type = (who: Name, line: string) => () =>
    town.slack.command(town.people[who], APPROVALS, '/jit', line)

  /** A whole life of access in which the process dies at one place; tells whether it came to that. */
  const live = async (reason: string, at?: Place): Promise<boolean> => {
    sent = 0
    place = at
    const stateIs =
      (...states: readonly string[]) =>
      async () =>
        states.includes((await request(reason))?.state ?? '')
    await until(
      'asked',
      async () => (await request(reason)) !== undefined,
      type('alex', `request grafana-prod 8h ${reason}`),
    )
    const { id = '' } = (await request(reason)) ?? {}
    await until('approved', stateIs('granting', 'active'), type('kim', `approve ${id}`))
    await until('active', stateIs('active'))
    assert.equal(story.rules().length, 1)
    await until('ending', stateIs('ending', 'ended'), type('alex', `end ${id}`))
    await until('ended', stateIs('ended'))
    const cards = () =>
      town.slack
        .messages(APPROVALS)
        .filter(({ threadTs }) => threadTs === undefined)
        .map((shown) => town.slack.visibleText(shown))
        .filter((text) => text.includes(id))
    await until('shown', async () => cards().some((text) => text.startsWith('⚪ Ended')))
    const isReached = at !== undefined && place === undefined
    place = undefined
    if (isDead) await start()
    await story.untilIdle()
    assert.ok(cards().length <= 2, `${cards().length} cards`)
    const changes = (await story.events(id)).filter((action) => !action.endsWith('_refused'))
    assert.deepEqual(changes, [
      'request.created',
      'request.approved',
      'grant.activated',
      'grant.ending',
      'grant.ended',
    ])
    assert.deepEqual(story.rules(), [])
    return isReached
  }

  it(
    'loses nothing, and does nothing twice in effect (F1–F6)',
    { timeout: TIMEOUT_MS },
    async (t) => {
      await live('INC-1 nobody dies')
      const messages = sent
      let kills = 0
      const die = async (at: Place) => {
        const where = `INC-2 ${at.side} message ${at.n}`
        const isReached = await live(where, at).catch((error: unknown) => {
          throw new Error(`FAULTS_SEED=${seed}: ${where} of ${messages}`, { cause: error })
        })
        if (isReached) kills += 1
        return isReached
      }
      if (isFull) {
        for (const side of ['before', 'after'] as const)
          for (let n = 1; await die({ n, side }); n += 1);
        assert.ok(kills > messages)
      } else for (const at of sample(messages)) await die(at)
      t.diagnostic(`seed ${seed}: killed at ${kills} places of about ${2 * messages}`)
      assert.ok(kills > 0)
      const { finding, problems } = await verifyTrail(town.database.db)
      assert.deepEqual([finding, problems], [undefined, []])
      await assertInvariants(town)
    },
  )
})

/** Some places over the whole life, others with each seed. */
function sample(messages: number): readonly Place[] {
  let state = seed
  // Source: Numerical Recipes, the quick generator; which places are tried matters little, that they change does.
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: SAMPLE }, (_, index) => ({
    n: 1 + Math.floor(((index + random()) * messages) / SAMPLE),
    side: random() < 0.5 ? ('before' as const) : ('after' as const),
  }))
}
