import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startTown } from '../support/house.ts'
import type { Town } from '../support/house.ts'
import type { MainProcess } from '../support/main-process.ts'
import { environmentOf, startMain } from '../support/main-process.ts'
import { assertInvariants } from '../support/invariants.ts'
import { storyOf } from '../support/story.ts'
import { APPROVALS } from '../support/world.ts'

const LEASE_SECONDS = 31
/** How far the work of each round gets. */
const CALLS_BEFORE_KILLS = [4, 11, 7, 14]

/** A town whose bot is a process that can be killed. */
async function startStage(town: Town) {
  const environment = await environmentOf(town)
  let bot: MainProcess | undefined
  return {
    async start() {
      bot = startMain(environment.env)
      town.slack.deliverTo(`http://127.0.0.1:${await bot.ready}/slack/events`)
    },
    async kill() {
      bot?.kill('SIGKILL')
      assert.equal(await bot?.exited, 'SIGKILL')
      town.slack.deliverTo(undefined)
    },
    async [Symbol.asyncDispose]() {
      await bot?.[Symbol.asyncDispose]()
      await environment[Symbol.asyncDispose]()
    },
  }
}

describe('a process that is killed', () => {
  it('owes nothing for long: before and after the write, before and after the card (F1–F5)', async () => {
    await using town = await startTown()
    await using stage = await startStage(town)
    const { slack, pomerium } = town
    const story = storyOf(town)
    await stage.start()
    await pomerium.waitFor(() => pomerium.policies().length === 2)

    const before = pomerium.faults.add({ method: 'PUT', effect: { kind: 'hold' } })
    const first = await story.ask('alex', 'grafana-prod 1h INC-1 killed before the write')
    await story.click('kim', first, 'approve')
    await pomerium.waitFor(() => before.hits === 1)
    await stage.kill()
    before.release()

    const after = pomerium.faults.add({ method: 'PUT', effect: { kind: 'hold', when: 'after' } })
    await stage.start()
    await town.advance(LEASE_SECONDS)
    const second = await story.ask('robin', 'grafana-prod 1h INC-1 killed after the write')
    await story.click('kim', second, 'approve')
    await pomerium.waitFor(() => after.hits === 1)
    await stage.kill()
    after.release()
    assert.equal((await story.request(second)).status, 'approved')

    await stage.start()
    const card = slack.hold('chat.update')
    await town.advance(LEASE_SECONDS)
    await card.reached
    await story.untilState(second, 'active')
    await stage.kill()
    card.release()

    await stage.start()
    await town.advance(LEASE_SECONDS)
    await story.untilCard(first, 'Active')
    await story.untilCard(second, 'Active')
    await story.untilDirect('robin', second, 'Active')
    assert.equal(story.rules().length, 2)
    for (const id of [first, second])
      assert.deepEqual(await story.events(id), [
        'request.created',
        'request.approved',
        'grant.activated',
      ])
    await assertInvariants(town)
  })

  it('loses nothing and does nothing twice in effect, killed again and again under load (F6, F7)', async () => {
    await using town = await startTown()
    await using stage = await startStage(town)
    const { slack, people, pomerium, database } = town
    const story = storyOf(town)
    const askers = ['alex', 'robin', 'sam'] as const
    const cards = (id: string) =>
      slack
        .messages(APPROVALS)
        .filter((message) => message.threadTs === undefined)
        .map((message) => slack.visibleText(message))
        .filter((text) => text.includes(id))
    await stage.start()
    for (const [round, calls] of CALLS_BEFORE_KILLS.entries()) {
      const callsBefore = slack.calls.length
      const acts = askers.flatMap((who) => [
        slack.command(people[who], APPROVALS, '/jit', `request grafana-prod 1h round ${round}`),
      ])
      // Approvals, ends and kills fall wherever they fall.
      const { rows } = await database.pool.query<{ id: string; status: string }>(
        'select id, status from request',
      )
      for (const { id, status } of rows)
        acts.push(
          slack.command(
            people.kim,
            APPROVALS,
            '/jit',
            `${status === 'pending' ? 'approve' : 'end'} ${id}`,
          ),
        )
      await slack.waitFor(() => slack.calls.length >= callsBefore + calls)
      await stage.kill()
      await Promise.all(acts)
      await stage.start()
    }
    const { rows } = await database.pool.query<{ id: string }>(
      `select id from request where status = 'pending'`,
    )
    for (const { id } of rows) await story.command('kim', `approve ${id}`)
    await town.advance(LEASE_SECONDS)
    await town.advance(LEASE_SECONDS)

    const all = await database.pool.query<{ id: string; state: string; requester: string }>(
      `select id, requester_user_id as requester from request`,
    )
    assert.ok(all.rows.length >= askers.length)
    for (const { id } of all.rows) {
      const final = await eventually(`${id} has come to rest`, async () => {
        const { state } = await story.request(id)
        if (state === 'active') return '🟢 Active'
        return state === 'ended' ? '⚪ Ended' : ''
      })
      // A card whose posting was not remembered is posted again; the one that is known is right.
      await slack.waitFor(() => cards(id).some((text) => text.startsWith(final)))
      assert.ok(cards(id).length <= 2, `${cards(id).length} cards`)
      const { version } = await story.request(id)
      const { rows: events } = await database.pool.query<{ v: number }>(
        'select request_version as v from audit_event where request_id = $1 and request_version is not null order by seq',
        [id],
      )
      assert.deepEqual(
        events.map(({ v }) => v),
        Array.from({ length: version }, (_, index) => index + 1),
      )
    }
    const { rows: live } = await database.pool.query(
      `select 1 from access_grant where state = 'active'`,
    )
    await pomerium.waitFor(() => story.rules().length === live.length)
    await assertInvariants(town)
  })
})
