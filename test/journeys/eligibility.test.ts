import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reconcile } from '../../src/app/reconcile.ts'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import type { Name, Story } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { CATALOGUE_YAML, ENGINEERS, catalogueOf } from '../support/world.ts'

async function active(story: Story, who: Name, terms = 'grafana-prod 8h INC-42 all is red') {
  const id = await story.ask(who, terms)
  await story.click('kim', id, 'approve')
  await story.untilState(id, 'active')
  return id
}

/** Resolves when nobody's eligibility waits to be looked at. */
async function allLookedAt({ database }: House): Promise<void> {
  await eventually('everybody looked at', async () => {
    const { rows } = await database.pool.query("select 1 from work where kind = 'eligibility'")
    return rows.length === 0
  })
}

describe('a holder who may not have it any more', () => {
  const losses: readonly [what: string, why: string, words: RegExp, lose: (h: House) => void][] = [
    [
      'is deactivated',
      'deactivated',
      /the Slack account is deactivated/,
      ({ slack, people }) => void slack.update(people.alex, { kind: 'deactivated' }),
    ],
    [
      'becomes a guest',
      'guest',
      /the Slack account is that of a guest/,
      ({ slack, people }) => void slack.update(people.alex, { kind: 'guest' }),
    ],
    [
      'gets another address',
      'email-changed',
      /the e-mail address in Slack is another one than before/,
      ({ slack, people }) => void slack.update(people.alex, { email: 'alexa@example.com' }),
    ],
    [
      'leaves the group',
      'not-a-requester',
      /(the requester is|you are) no longer among those who may ask for it/,
      (house) => storyOf(house).leaves('alex', ENGINEERS),
    ],
  ]
  for (const [what, why, words, lose] of losses)
    it(`${what}: access and wish end, with the reason, and nobody else's do (F41)`, async () => {
      await using house = await startHouse()
      const story = storyOf(house)
      const id = await active(story, 'alex')
      const waiting = await story.ask('alex', 'billing-db 30m INC-42 refunds look wrong')
      const other = await active(story, 'robin')
      assert.equal(await story.visit('alex'), 200)

      lose(house)
      const row = await story.untilState(id, 'ended')
      assert.equal(row.end_cause, 'ineligible')
      assert.equal(await story.visit('alex'), 403)
      assert.match(await story.untilCard(id, 'Ended'), words)
      assert.match(await story.untilDirect('alex', id, 'ended'), words)
      assert.deepEqual(await story.events(id), [
        'request.created',
        'request.approved',
        'grant.activated',
        'grant.ending',
        'grant.ended',
      ])
      const ending = await story.recorded(id, 'grant.ending')
      assert.deepEqual(
        [ending?.actor, ending?.via, ending?.details],
        ['bot', 'bot', { cause: 'ineligible', why }],
      )

      await story.untilState(waiting, 'cancelled')
      assert.match(await story.untilCard(waiting, 'The bot cancelled it'), words)
      assert.match(await story.untilDirect('alex', waiting, 'The bot cancelled'), words)
      assert.deepEqual((await story.recorded(waiting, 'request.cancelled'))?.details, { why })

      await allLookedAt(house)
      assert.equal((await story.request(other)).state, 'active')
      assert.equal(await story.visit('robin'), 200)
      assert.equal(story.rules().length, 1)
    })

  it('is found by the regular comparison when Slack told nobody (F41)', async () => {
    await using house = await startHouse({ slack: { events: [] } })
    const story = storyOf(house)
    const id = await active(story, 'alex')
    const other = await active(story, 'robin')
    story.leaves('alex', ENGINEERS)
    await house.advance(61)
    assert.equal((await story.request(id)).state, 'active', 'nobody knows')
    await reconcile({
      store: house.database.store,
      catalogue: () => catalogueOf(house.catalogueSource),
      policyApi: { clusterId: 'cluster' },
    })
    await story.untilState(id, 'ended')
    assert.equal(await story.visit('alex'), 403)
    await allLookedAt(house)
    assert.equal((await story.request(other)).state, 'active')
  })

  it('is found at the next start when the bot was down', async () => {
    await using house = await startHouse({ slack: { events: [] } })
    const story = storyOf(house)
    const id = await active(story, 'alex')
    await house.bot.stop(5_000)
    house.slack.update(house.people.alex, { kind: 'deactivated' })
    await house.startBot()
    await story.untilState(id, 'ended')
    assert.equal(await story.visit('alex'), 403)
  })
})

describe('a directory that does not answer', () => {
  it("ends nobody's access, and what was lost meanwhile ends when it answers again", async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const [lost, kept] = [await active(story, 'alex'), await active(story, 'robin')]
    const pending = await story.ask('robin', 'billing-db 30m INC-42 refunds look wrong')
    slack.fail('users.info', { kind: 'http', status: 503 }, 1_000)
    slack.fail('usergroups.list', { kind: 'error', error: 'internal_error' }, 1_000)
    story.leaves('alex', ENGINEERS)
    await eventually('both were looked up in vain', () => {
      const text = house.logged.join('')
      return [house.people.alex, house.people.robin].every((id) =>
        text.includes(`"user":"${id}","attempt":2,"msg":"eligibility not looked up yet"`),
      )
    })
    for (const id of [lost, kept]) assert.equal((await story.request(id)).state, 'active')
    assert.equal((await story.request(pending)).status, 'pending')
    assert.equal(await story.visit('alex'), 200)

    slack.clearFaults()
    await story.minutesUntil(
      'the one is ended',
      async () => (await story.request(lost)).state === 'ended',
    )
    await allLookedAt(house)
    assert.equal(await story.visit('alex'), 403)
    assert.equal(await story.visit('robin'), 200)
    assert.equal((await story.request(kept)).state, 'active')
    assert.equal((await story.request(pending)).status, 'pending')
  })

  it('does not take a token that sees nobody for a workspace without people', async () => {
    await using house = await startHouse()
    const { slack } = house
    const story = storyOf(house)
    const id = await active(story, 'alex')
    slack.fail('users.info', { kind: 'error', error: 'user_not_found' }, 1_000)
    slack.update(house.people.alex, { displayName: 'Al' })
    await eventually('looked up in vain', () =>
      house.logged.some((line) => line.includes('eligibility not looked up yet')),
    )
    assert.equal((await story.request(id)).state, 'active')
    assert.equal(await story.visit('alex'), 200)
  })
})

describe('a resource that leaves the catalogue', () => {
  const gone = CATALOGUE_YAML.replace(/ {2}- id: billing-db[^]*$/, '')
  const BILLING = 'billing-db.example.com'
  const terms = 'billing-db 1h INC-42 refunds look wrong'

  it('keeps the access that is open, which its holder and administrators can end', async () => {
    await using house = await startHouse({
      catalogue: CATALOGUE_YAML.replace('approvals: 2', 'approvals: 1'),
    })
    const story = storyOf(house)
    const visits = (who: Name) => story.visit(who, BILLING, '203.0.113.9')
    const holders: readonly Name[] = ['alex', 'robin', 'sam']
    const ids = new Map<Name, string>()
    for (const who of holders) ids.set(who, await active(story, who, terms))
    const pending = await story.ask('olga', terms)
    await house.bot.stop(5_000)
    const bot = await house.startBot({}, gone)
    await allLookedAt(house)
    for (const who of holders) assert.equal(await visits(who), 200)

    const [alex = '', robin = '', sam = ''] = ids.values()
    assert.match(await story.command('olga', `request ${terms}`), /^There is no resource/)
    assert.equal((await story.command('kim', `end ${alex}`)).split(':')[0], notYours)
    assert.match(await story.command('alex', `end ${alex}`), /^Ending/)
    assert.match(await story.command('ada', `end ${robin} out of use`), /^Ending/)
    await story.untilState(alex, 'ended')
    await story.untilState(robin, 'ended')
    assert.deepEqual(
      [await visits('alex'), await visits('robin'), await visits('sam')],
      [403, 403, 200],
    )

    assert.match(
      await story.command('kim', `approve ${pending}`),
      /^This resource has left the catalogue/,
    )
    assert.match(await story.command('olga', `cancel ${pending}`), /^Cancelled/)

    const { ends_at: end } = await story.request(sam)
    await bot.stop(5_000)
    await story.advanceTo(end)
    assert.equal(await visits('sam'), 403)
    await house.startBot({}, gone)
    assert.equal((await story.untilState(sam, 'ended')).end_cause, 'expired')
    await story.untilRules(0, 'jit-billing-db')
    assert.match(plainly(await story.untilCard(sam, 'Ended')), /its time was over/)
  })

  const notYours =
    'Only the holder, an approver of the resource or an administrator can end this access'
})
