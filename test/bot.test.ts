import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { StartError } from '../src/start-error.ts'
import { eventually } from './support/eventually.ts'
import type { House } from './support/house.ts'
import { startHouse } from './support/house.ts'
import { storyOf } from './support/story.ts'
import { CATALOGUE_YAML, ENGINEERS, catalogueOf } from './support/world.ts'

describe('startBot', () => {
  it('answers whether it lives and is ready, and nothing else to strangers', async () => {
    await using house = await startHouse()
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${house.bot.port}${path}`)
      return [answer.status, await answer.text()]
    }
    assert.deepEqual(await get('/livez'), [200, '{"ok":true}'])
    assert.deepEqual(await get('/readyz'), [200, '{"ok":true,"reasons":[]}'])
    assert.deepEqual(await get('/'), [404, ''])
    assert.deepEqual(await get('/slack/events'), [405, ''])
  })

  it('makes the policies, closed, marked and enforced on no route by themselves', async () => {
    await using house = await startHouse()
    const policy = house.pomerium.policyNamed('jit-grafana-prod')
    assert.deepEqual(
      [policy?.ppl, policy?.enforced, policy?.originatorId],
      [[], false, 'pomerium-jit'],
    )
    assert.match(
      policy?.remediation ?? '',
      /Ask in Slack: `\/jit request grafana-prod 1h <reason>`/,
    )
  })

  it('says that the socket is down, and stays ready: on its pages people go on deciding', async () => {
    await using house = await startHouse({ socketMode: true })
    const ready = async () => {
      const answer = await fetch(`http://127.0.0.1:${house.bot.port}/readyz`)
      return [answer.status, await answer.json()]
    }
    assert.deepEqual(await ready(), [200, { ok: true, reasons: [] }])
    house.slack.outage(true)
    await house.slack.waitFor(() => !house.slack.isSocketConnected)
    assert.deepEqual(await ready(), [200, { ok: true, reasons: [], degraded: ['slack'] }])
    house.slack.outage(false)
    await eventually('the socket is back', async () =>
      isDeepStrictEqual(await ready(), [200, { ok: true, reasons: [] }]),
    )
  })

  it('ends access that was decided, while it waits for a Slack that cannot be reached', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-1 ended before the restart')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const down = house.pomerium.faults.add({
      method: 'PUT',
      effect: { kind: 'status', status: 429 },
    })
    await story.click('alex', id, 'end')
    await story.untilState(id, 'ending')
    await house.bot.stop(1_000)
    down.remove()
    house.slack.outage(true)
    const starting = house.startBot()
    await story.minutesUntil('the rule is gone', () => story.rules().length === 0)
    await story.untilState(id, 'ended')
    house.slack.outage(false)
    await starting
    await story.untilCard(id, 'Ended')
  })

  it('serves pages while it waits for Slack, when the catalogue is the one in force', async () => {
    await using house = await startHouse({
      pages: true,
      catalogue: `${CATALOGUE_YAML}outage: 4h\n`,
    })
    const [alex, sid] = [house.pages.as('alex'), house.pages.as('sid')]
    assert.equal((await alex.get('/')).status, 200)
    await eventually('Slack’s word on alex is remembered', async () => {
      const { rows } = await house.database.pool.query(
        `select 1 from directory_member where user_id = $1 and not outdated
         and exists (select 1 from directory_group where group_id = $2 and not outdated)`,
        [house.people.alex, ENGINEERS],
      )
      return rows.length > 0
    })
    await house.bot.stop(1_000)
    await using away = await startWithoutSlack(house)
    const { port, starting } = away
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      return [answer.status, await answer.text()] as const
    }
    await eventually('it listens', async () => (await get('/livez').catch(() => [0]))[0] === 200)
    assert.deepEqual(await get('/readyz'), [503, '{"ok":false,"reasons":["slack"]}'])
    assert.deepEqual(await get('/slack/events'), [503, ''])
    house.leadTo(port)
    await eventually('there are pages', async () => (await get('/'))[1] !== '')
    assert.match((await alex.get('/')).text, /Grafana \(production\) · up to 8 h/)
    const unknown = await sid.get('/')
    assert.equal(unknown.status, 503)
    assert.match(unknown.text, /Slack cannot be asked right now .* Try again/)
    assert.equal((await get('/'))[0], 401)

    house.slack.outage(false)
    await starting
    assert.deepEqual(await get('/readyz'), [200, '{"ok":true,"reasons":[]}'])
    assert.equal((await alex.get('/')).status, 200)
  })

  it('keeps pages shut until Slack is reached, when the catalogue is a new one', async () => {
    await using house = await startHouse({ pages: true })
    await house.bot.stop(1_000)
    await using away = await startWithoutSlack(house, `${house.catalogueSource}outage: 1h\n`)
    const { port, starting } = away
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    await eventually('it listens', async () => (await status('/livez').catch(() => 0)) === 200)
    await eventually('it waits', () =>
      house.logged.join('').includes('Slack cannot be reached yet'),
    )
    assert.deepEqual(
      [await status('/'), await status('/link'), await status('/readyz')],
      [503, 503, 503],
    )
    house.slack.outage(false)
    await starting
    assert.deepEqual([await status('/'), await status('/readyz')], [401, 200])
  })

  it('lets go of everything when it cannot start', async () => {
    await using house = await startHouse()
    const connections = async () =>
      (
        await house.database.pool.query<{ n: number }>(
          `select count(*)::int as n from pg_stat_activity
           where datname = current_database() and application_name = 'jit-listen'`,
        )
      ).rows[0]?.n
    await assert.rejects(
      house.startBot({ port: house.bot.port }),
      (error) => error instanceof StartError && /EADDRINUSE/.test(error.message),
    )
    assert.equal(await connections(), 2, 'the workers of the bot that runs')
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 the first one goes on')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
  })

  it('leaves no rules in force that do not fit the workspace, when it cannot start', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-1 before the bad roll-out')
    await story.click('kim', id, 'approve')
    await story.untilState(id, 'active')
    const unfit = house.catalogueSource.replaceAll('S0RELIABILITY', 'S0NOBODY')
    await assert.rejects(
      house.startBot({}, unfit),
      (error) => error instanceof StartError && /S0NOBODY does not exist/.test(error.message),
    )
    const { rows } = await house.database.pool.query('select revision from catalogue_in_force')
    assert.deepEqual(rows, [{ revision: catalogueOf(house.catalogueSource).revision }])
    house.slack.update(house.people.alex, { kind: 'deactivated' })
    await story.untilState(id, 'ended')
  })

  it('takes over what a resource that left the catalogue still owes', async () => {
    await using house = await startHouse()
    const story = storyOf(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-2 the resource leaves')
    const waiting = await story.ask('robin', 'grafana-prod 1h INC-2 nobody can answer')
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    await house.bot.stop(1_000)
    const [head = '', , billing = ''] = house.catalogueSource.split(/^(?= {2}- id:)/m)
    await house.startBot({}, head + billing)
    assert.match(
      await story.command('kim', `approve ${waiting}`),
      /This resource has left the catalogue/,
    )
    assert.match(await story.command('kim', `end ${id}`), /Only the holder/)
    assert.match(await story.command('ada', `end ${id} the resource is gone`), /^Ending/)
    await story.untilState(id, 'ended')
    assert.deepEqual(story.rules(), [])
    await story.untilDirect('alex', id, 'ended your access to `grafana-prod`')
    await house.advance(8 * 3_600)
    await story.untilState(waiting, 'lapsed')
  })
})

/** Starts a bot that waits for Slack; whatever becomes of the test, it is not left waiting. */
async function startWithoutSlack(house: House, catalogueSource?: string) {
  house.slack.outage(true)
  const port = await freePort()
  const starting = house.startBot({ port }, catalogueSource)
  return {
    port,
    starting,
    async [Symbol.asyncDispose]() {
      house.slack.outage(false)
      await starting.catch(() => {})
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
