import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startHouse } from '../support/house.ts'
import type { House } from '../support/house.ts'
import type { RequestRow, Story } from '../support/story.ts'
import { GRAFANA, plainly, storyOf } from '../support/story.ts'
import { APPROVALS, RULES_YAML } from '../support/world.ts'

const DAY_MS = 24 * 3_600_000
const WAREHOUSE = 'warehouse.example.com'
const POLICY = 'jit-warehouse'
const CATALOGUE = RULES_YAML.replace(
  'duration: { default: 1h, max: 8h }',
  'duration: { default: 1h, max: 8h }\n    schedule: off',
)

/** What the clock on the wall of a zone shows. */
function wall(at: Date | null, timeZone: string): string {
  if (at === null) throw new Error('no instant')
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(at)
}

const ppl = (at: Date | null) => at?.toISOString().replace('.000Z', 'Z')

/** The rule that a row's window is. */
function ruleOf(email: string, row: RequestRow, isScheduled: boolean) {
  const before = { before: ppl(row.ends_at) }
  const date = isScheduled ? { after: ppl(row.starts_at), ...before } : before
  return { allow: { and: [{ email: { is: email } }, { date }] } }
}

async function scheduled(story: Story, line: string): Promise<{ id: string; row: RequestRow }> {
  const id = await story.ask('alex', line)
  await story.click('kim', id, 'approve')
  return { id, row: await story.untilState(id, 'scheduled') }
}

/** Asks in the form, for a start so many seconds from now. */
async function askInForm(house: House, story: Story, seconds: number): Promise<string> {
  const { slack, people } = house
  const at = Math.floor((await house.database.clock.now()).getTime() / 1_000) + seconds
  await slack.command(people.alex, APPROVALS, '/jit', 'request warehouse')
  await story.form('alex', 'request')
  return story.asks('alex', async () => {
    const entries = { start: at, reason: 'the load of tonight', duration: '1h' }
    const ack = await story.submit('alex', 'request', entries)
    assert.equal(ack.problem, undefined)
  })
}

describe('access that starts later', () => {
  it('opens and shuts at the hours of the asker, by a rule that has both', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const story = storyOf(house)
    const asked = await house.database.clock.now()
    const { id, row } = await scheduled(story, 'warehouse 1h from 14:00 the load of tonight')
    const startsIn = (row.starts_at?.getTime() ?? 0) - asked.getTime()
    assert.match(wall(row.starts_at, 'Europe/Brussels'), / 14:00$/)
    assert.ok(startsIn > 0 && startsIn <= DAY_MS + 3_600_000, `starts in ${startsIn} ms`)
    assert.equal((row.ends_at?.getTime() ?? 0) - (row.starts_at?.getTime() ?? 0), 3_600_000)
    assert.deepEqual(story.rules(POLICY), [ruleOf('alex@example.com', row, true)])
    assert.match(
      plainly(await story.untilCard(id, 'Scheduled')),
      /Pomerium has the rule; access starts TIME and ends TIME\./,
    )
    await story.untilDirect('alex', id, 'it starts')
    assert.equal(await story.visit('alex', WAREHOUSE), 403)

    await story.advanceTo(row.starts_at, -5)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    assert.equal((await story.request(id)).state, 'scheduled')
    await story.advanceTo(row.starts_at)
    await story.untilState(id, 'active')
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    assert.equal(await story.visit('robin', WAREHOUSE), 403)
    await story.untilCard(id, 'Access is active until')
    await story.advanceTo(row.ends_at, -5)
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    await story.advanceTo(row.ends_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    await story.untilCard(id, 'its time was over')
    await story.untilRules(0, POLICY)
    assert.deepEqual(await story.events(id), [
      'request.created',
      'request.approved',
      'grant.scheduled',
      'grant.activated',
      'grant.ended',
    ])
  })

  it('means tomorrow where the asker is, and is given back before it begins', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const story = storyOf(house)
    const asked = await house.database.clock.now()
    const id = await story.ask('robin', 'warehouse 30m from tomorrow 9:00 the quarterly report')
    await story.click('kim', id, 'approve')
    const row = await story.untilState(id, 'scheduled')
    const [today] = wall(asked, 'America/New_York').split(' ')
    const next = new Date(Date.parse(`${today}T00:00Z`) + DAY_MS).toISOString().slice(0, 10)
    assert.equal(wall(row.starts_at, 'America/New_York'), `${next} 09:00`)

    await story.click('robin', id, 'end')
    const ended = await story.untilState(id, 'ended')
    assert.equal(ended.end_cause, 'returned')
    await story.untilRules(0, POLICY)
    await story.advanceTo(row.starts_at, 60)
    assert.equal(await story.visit('robin', WAREHOUSE), 403)
    assert.deepEqual((await story.events(id)).slice(2), [
      'grant.scheduled',
      'grant.ending',
      'grant.ended',
    ])
  })

  it('begins with the approval when that comes after the start', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const story = storyOf(house)
    const id = await askInForm(house, story, 1_800)
    assert.match(plainly(await story.untilCard(id, 'Window')), /\*Window\*\nTIME to TIME/)
    await house.advance(3_600)
    const approved = await house.database.clock.now()
    await story.click('kim', id, 'approve')
    const row = await story.untilState(id, 'active')
    const late = (row.starts_at?.getTime() ?? 0) - approved.getTime()
    assert.ok(late >= 0 && late < 60_000, `access began ${late} ms after the approval`)
    assert.deepEqual(story.rules(POLICY), [ruleOf('alex@example.com', row, false)])
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
  })

  it('keeps to its hours, and the record to the truth, while the bot is down', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const story = storyOf(house)
    const id = await askInForm(house, story, 7_200)
    await story.click('kim', id, 'approve')
    const row = await story.untilState(id, 'scheduled')
    assert.equal(row.starts_at?.getUTCSeconds(), 0, 'on a whole minute')

    await house.bot.stop(5_000)
    await story.advanceTo(row.starts_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 200)
    const second = await house.startBot()
    await story.untilState(id, 'active')
    await second.stop(5_000)
    await story.advanceTo(row.ends_at)
    assert.equal(await story.visit('alex', WAREHOUSE), 403)
    await house.startBot()
    assert.equal((await story.untilState(id, 'ended')).end_cause, 'expired')
    await story.untilCard(id, 'its time was over')
    await story.untilRules(0, POLICY)
  })

  it('is on record as over when the bot was down for all of it', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const story = storyOf(house)
    const { id, row } = await scheduled(story, 'warehouse 30m from 14:00 the load of tonight')
    await house.bot.stop(5_000)
    await story.advanceTo(row.ends_at, 3_600)
    await house.startBot()
    const { end_cause: cause, starts_at: start, ends_at: end } = await story.untilState(id, 'ended')
    assert.deepEqual([cause, start, end], ['expired', row.starts_at, row.ends_at])
    await story.untilDirect('alex', id, 'its time was over')
    await story.untilRules(0, POLICY)
  })

  it('is refused where it cannot be, and never starts at once for want of a readable time', async () => {
    await using house = await startHouse({ catalogue: CATALOGUE })
    const { slack, people } = house
    const story = storyOf(house)
    const refusal = async (line: string) =>
      (await story.command('alex', `request ${line}`)).split('\n')[0]
    assert.equal(
      await refusal('grafana-prod 1h from 14:00 later today'),
      'This access cannot start later: leave the start out, and it starts with the answer.',
    )
    assert.match(
      (await refusal('warehouse 1h from 2099-01-01 10:00 far away')) ?? '',
      /^This start is too far away: choose one within 7d from now\.$/,
    )
    assert.match(
      (await refusal('warehouse 1h from 2020-01-01 10:00 long ago')) ?? '',
      /^This start is over: choose a later one/,
    )
    await slack.command(people.alex, APPROVALS, '/jit', 'request warehouse 1h from 25:00 at night')
    assert.match(
      slack.visibleText((await story.form('alex', 'request')).content),
      /“25:00” is not a start/,
    )
    const { rows } = await house.database.pool.query('select id from request')
    assert.deepEqual(rows, [])
    assert.equal(await story.visit('alex', GRAFANA), 403)
  })
})
