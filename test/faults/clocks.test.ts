import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Town } from '../support/house.ts'
import { startHouse, startTown } from '../support/house.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import { assertInvariants } from '../support/invariants.ts'
import { GRAFANA, storyOf } from '../support/story.ts'
import { attachRoutes, catalogueOf } from '../support/world.ts'

const MINUTE_MS = 60_000
/** The clock of a process is wrong from its start on, and jumps back by an hour with each signal. */
const WRONG = `
  const Right = Date
  let wrong = 10 * 60_000
  process.on('SIGUSR2', () => { wrong -= 60 * 60_000 })
  globalThis.Date = class extends Right {
    constructor(...of) { if (of.length === 0) super(Right.now() + wrong); else super(...of) }
    static now() { return Right.now() + wrong }
  }`

/** The date at which the only rule of a policy ends. */
const dateOf = (town: Town) =>
  /"before":"([^"]+)"/.exec(JSON.stringify(storyOf(town).rules()))?.[1] ?? ''
const wholeSecond = (at: Date | null) =>
  new Date(Math.floor((at?.getTime() ?? 0) / 1_000) * 1_000).toISOString().replace('.000Z', 'Z')

describe('clocks that differ', () => {
  it('do no harm on the machine of the bot: windows and leases go by the database (F37)', async () => {
    let wrongMs = 10 * MINUTE_MS
    await using town = await startTown({ slack: { signedAt: () => Date.now() + wrongMs } })
    await using environment = await environmentOf(town)
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(WRONG)}`
    await using bot = startMain({ ...environment.env, NODE_OPTIONS })
    const port = await bot.ready
    town.slack.deliverTo(`http://127.0.0.1:${port}/slack/events`)
    await town.pomerium.waitFor(() => town.pomerium.policies().length === 2)
    attachRoutes(town.pomerium, catalogueOf(town.catalogueSource))
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    assert.equal(ready.status, 503)
    assert.deepEqual(await ready.json(), { ok: false, reasons: ['clock-skew'] })
    const story = storyOf(town)
    for (const what of ['ten minutes ahead', 'fifty minutes behind']) {
      const id = await story.ask('alex', `grafana-prod 1h INC-1 ${what}`)
      const before = await town.database.clock.now()
      await story.click('kim', id, 'approve')
      const { starts_at: startsAt, ends_at: endsAt } = await story.untilState(id, 'active')
      const after = await town.database.clock.now()
      assert.ok(startsAt !== null && endsAt !== null)
      assert.ok(before <= startsAt && startsAt <= after, `${what}: ${startsAt.toISOString()}`)
      assert.ok(endsAt.getTime() - startsAt.getTime() <= 60 * MINUTE_MS)
      assert.equal(dateOf(town), wholeSecond(endsAt))
      assert.equal(await story.visit('alex'), 200)
      if (what.startsWith('ten')) {
        // In the middle of the grant.
        bot.kill('SIGUSR2')
        wrongMs -= 60 * MINUTE_MS
      }
      await story.advanceTo(endsAt, -2)
      assert.equal((await story.request(id)).state, 'active')
      await town.advance(3)
      await story.untilState(id, 'ended')
      assert.equal(await story.visit('alex'), 403)
      await story.untilRules(0)
    }
    await assertInvariants(town)
  })

  it('do no harm at Pomerium: a rule says its end whatever the cluster’s clock says, and no end is moved (F38)', async () => {
    let wrongMs = 0
    const ends = new Set<string>()
    const now = () => new Date(Date.now() + wrongMs)
    await using house = await startHouse({ pomerium: { now } })
    const story = storyOf(house)
    for (wrongMs of [-2 * MINUTE_MS, 2 * MINUTE_MS]) {
      const id = await story.ask('alex', `grafana-prod 1h INC-2 ${wrongMs} ms`)
      await story.click('kim', id, 'approve')
      const { ends_at: endsAt } = await story.untilState(id, 'active')
      assert.ok(endsAt !== null)
      ends.add(wholeSecond(endsAt))
      assert.equal(dateOf(house), wholeSecond(endsAt))
      const statusAt = (ms: number) =>
        house.pomerium.visit({ email: 'alex@example.com', host: GRAFANA, at: new Date(ms) }).status
      assert.equal(statusAt(now().getTime()), 200, 'from the approval on, also where it is earlier')
      const end = Date.parse(dateOf(house))
      assert.deepEqual([statusAt(end - 1), statusAt(end)], [200, 403])
      await story.click('alex', id, 'end')
      await story.untilState(id, 'ended')
      await story.untilRules(0)
    }
    const written = house.pomerium.history.flatMap(({ policy }) =>
      [...JSON.stringify(policy ?? '').matchAll(/"before":"([^"]+)"/g)].map(
        ([, date = '']) => date,
      ),
    )
    assert.deepEqual(new Set(written), ends)
  })
})
