import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import { scrape, valueOf } from '../support/metrics.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const TRY_AGAIN = /^The request could not be completed, nothing is certain/

/** What was claimed just before a connection broke is nobody's for so long. */
const LEASE_SECONDS = 31

async function startProxied() {
  const town = await startTown()
  const url = new URL(town.database.appUrl)
  const proxy: TcpProxy = await startTcpProxy(Number(url.port))
  url.port = String(proxy.port)
  const house = await startHouse({
    town: { ...town, config: { ...town.config, database: { url: url.href }, metricsPort: 0 } },
  })
  return {
    house,
    proxy,
    async [Symbol.asyncDispose]() {
      proxy.open()
      await house[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

const readiness = async (port: number) => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
  return { status: answer.status, body: await answer.json() }
}

/** No old number passes for the truth, and Prometheus, which waits ten seconds, gets the others. */
async function assertUnknown(house: House): Promise<void> {
  const page = await scrape(house.logged)
  assert.equal(valueOf(page, 'jit_ready'), 0)
  assert.equal(valueOf(page, 'jit_not_ready', { reason: 'database' }), 1)
  for (const metric of ['jit_revocations_unconfirmed', 'jit_policies_blocked'])
    assert.equal(valueOf(page, metric), Number.NaN, metric)
  assert.equal(valueOf(page, 'jit_work_due', { kind: 'policy' }), Number.NaN)
  assert.equal(valueOf(page, 'jit_database_clock_skew_seconds'), Number.NaN)
  assert.ok(valueOf(page, 'process_resident_memory_bytes') > 0)
}

describe('Postgres', () => {
  it('may end every connection at any time: clicks are told, nothing is half done (F10)', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const { database } = house
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 a restart of Postgres')
    const terminate = () =>
      database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and application_name like 'jit%'`,
      )
    const [answer] = await Promise.all([story.command('kim', `approve ${id}`), terminate()])
    const { status } = await story.request(id)
    assert.match(answer, status === 'approved' ? /^Approved|^The request could not/ : TRY_AGAIN)
    // Connections that are dying may be met more than once.
    await eventually('approved at last', async () => {
      if ((await story.request(id)).status === 'approved') return true
      await story.command('kim', `approve ${id}`)
      return false
    })
    await story.minutesUntil('active', async () => (await story.request(id)).state === 'active')
    // Longer than the lease of whoever was at it when the connections ended.
    const isShown = () => story.headings(id).at(-1) === '🟢 Active' && story.trail(id).length === 2
    await story.minutesUntil('the card is right', isShown)
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.approved',
      'grant.activated',
    ])
    await assertInvariants(house)
  })

  it('may be away: nothing is decided, the bot stays up, and goes on when it is back (F12)', async () => {
    await using stage = await startProxied()
    const { house, proxy } = stage
    const story = storyOf(house)
    const first = await story.ask('alex', 'grafana-prod 1h INC-2 before the outage')
    await story.click('kim', first, 'approve')
    await story.untilCard(first, 'Active')
    const second = await story.ask('robin', 'grafana-prod 1h INC-2 asked before the outage')
    proxy.close()
    assert.match(await story.refusedClick('kim', second, 'approve'), TRY_AGAIN)
    assert.match(await story.command('sam', 'request grafana-prod 1h INC-2 now'), TRY_AGAIN)
    assert.deepEqual(await readiness(house.bot.port), {
      status: 503,
      body: { ok: false, reasons: ['database'] },
    })
    await house.advance(3_600)
    assert.equal(await story.visit('alex'), 403, 'the rule ends by itself')
    assert.equal((await story.request(second)).status, 'pending')
    proxy.open()
    await house.advance(LEASE_SECONDS)
    await story.untilCard(first, 'Ended')
    await story.click('kim', second, 'approve')
    await story.untilCard(second, 'Active')
    assert.equal((await readiness(house.bot.port)).status, 200)
  })

  it('may hang: Slack is acknowledged in time all the same, and readiness says so (F13)', async () => {
    await using stage = await startProxied()
    const { house, proxy } = stage
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-3 a hanging database')
    const card = story.card(id)
    assert.ok(card)
    proxy.freeze()
    const ack = await house.slack.click(house.people.kim, card, 'jit:approve')
    assert.deepEqual([ack.status, ack.problem], [200, undefined])
    assert.ok(ack.elapsedMs < 1_000, `${ack.elapsedMs} ms`)
    assert.equal((await readiness(house.bot.port)).status, 503)
    await assertUnknown(house)
    const seen = house.slack.ephemerals(house.people.kim).length
    proxy.open()
    await house.slack.waitFor(() => house.slack.ephemerals(house.people.kim)[seen])
    assert.equal((await story.request(id)).status, 'pending')
    await story.click('kim', id, 'approve')
    await house.advance(LEASE_SECONDS)
    await story.untilCard(id, 'Active')
  })
})
