import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import type { PageAnswer, PageClient } from '../support/pages.ts'
import type { Name, Story } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { CATALOGUE_YAML, ENGINEERS, RELIABILITY } from '../support/world.ts'

const OUTAGE_YAML = `${CATALOGUE_YAML}outage: 4h\n`
const WISH = { resource: 'grafana-prod', duration: '1h', reason: 'INC-42 Slack is down too' }

/** Everybody on the pages, with Slack answering; from then on what it said is remembered. */
async function opened(house: House): Promise<{ readonly [who in 'alex' | 'sam']: PageClient }> {
  const names = ['alex', 'sam'] as const
  const [alex, sam] = [house.pages.as('alex'), house.pages.as('sam')]
  for (const client of [alex, sam]) assert.equal((await client.get('/')).status, 200)
  const wanted = [...names.map((name) => house.people[name]), ENGINEERS, RELIABILITY]
  await eventually('Slack is remembered', async () => {
    const known = await remembered(house)
    return wanted.every((id) => known.includes(id))
  })
  return { alex, sam }
}

/** People and groups of whom something is remembered that may be gone by. */
async function remembered({ database }: House): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    `select user_id as id from directory_member where not outdated and refused_why is null
     union all select group_id from directory_group where not outdated`,
  )
  return rows.map(({ id }) => id)
}

const ask = (client: PageClient, page: PageAnswer) => client.send(page, 'Ask for access', WISH)

async function requests({ database }: House): Promise<number> {
  const { rows } = await database.pool.query('select 1 from request')
  return rows.length
}

/** The id that a page leads to. */
function idIn(answer: PageAnswer): string {
  const id = /^\/requests\/(\w{8})/.exec(answer.location ?? '')?.[1]
  assert.ok(id, answer.text)
  return id
}

/** Since when Slack's answers were by which something was decided. */
async function slackAsOf(story: Story, id: string, action: string): Promise<number> {
  const recorded = await story.recorded(id, action)
  return Date.parse(String(recorded?.details['slackAsOf']))
}

describe('while Slack is down', () => {
  it('people ask and approve on the pages, the door opens, and Slack catches up later', async () => {
    await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
    const { slack } = house
    const story = storyOf(house)
    const { alex, sam } = await opened(house)
    const before = (await house.database.clock.now()).getTime()
    await house.advance(60)
    slack.outage(true)

    const id = idIn(await alex.submit('/', 'Ask for access', WISH))
    const page = `/requests/${id}`
    assert.match((await alex.get(page)).text, /Waiting for approval/)
    assert.equal((await sam.submit(page, 'Approve')).status, 303)
    await story.untilState(id, 'active')
    assert.equal(await story.visit('alex'), 200)
    assert.match((await alex.get('/')).text, /Grafana \(production\)/)
    assert.equal(story.card(id), undefined)
    for (const action of ['request.created', 'request.approved'])
      assert.ok((await slackAsOf(story, id, action)) <= before, action)
    assert.equal((await story.recorded(id, 'request.approved'))?.via, 'web')

    slack.outage(false)
    await story.minutesUntil('there is a card', () => story.headings(id).at(-1) === '🟢 Active')
    assert.deepEqual(story.headings(id), ['🟢 Active'])
    const card = plainly(await story.untilCard(id, 'Active'))
    assert.match(card, new RegExp(`Approved by\\*\n<@${house.people.sam}>\n`))
    assert.match(card, /Pomerium has confirmed the rule. Access is active until TIME/)
    await story.untilDirect('alex', id, 'Active')
    const ended = await sam.submit(page, 'End access')
    assert.equal(ended.status, 303)
    await story.untilCard(id, 'Ended')
    assert.equal((await story.recorded(id, 'grant.revoked'))?.details['slackAsOf'], undefined)
  })

  it('nobody gets in by what Slack said last where the catalogue does not allow it', async () => {
    await using house = await startHouse({ pages: true })
    const alex = house.pages.as('alex')
    const page = await alex.get('/')
    assert.deepEqual(await remembered(house), [])
    house.slack.outage(true)
    // Long enough that no page goes by what was shown before.
    await house.advance(60)
    const answer = await ask(alex, page)
    assert.equal(answer.status, 503)
    assert.match(answer.text, /Slack did not say who belongs where, so nothing was decided/)
    assert.equal(await requests(house), 0)
  })

  it('nobody gets in by what is older than allowed', async () => {
    await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
    const { alex } = await opened(house)
    house.slack.outage(true)
    await house.advance(4 * 3_600 - 60)
    const page = await alex.get('/')
    assert.equal(page.status, 200)
    await house.advance(120)
    assert.equal((await ask(alex, page)).status, 503)
    assert.equal((await alex.get('/')).status, 503)
    assert.equal(await requests(house), 0)
  })

  it('nobody gets in whom Slack has not spoken of', async () => {
    await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
    await opened(house)
    house.slack.outage(true)
    assert.equal((await house.pages.as('eve').get('/')).status, 503)
  })

  for (const [how, learn] of [
    [
      'tells',
      (house: House) =>
        eventually('the bot heard of it', async () => {
          const known = await remembered(house)
          return !known.includes(house.people.alex)
        }),
    ],
    [
      'is asked',
      async (house: House) => {
        await house.advance(60)
        assert.notEqual((await house.pages.as('alex').get('/')).status, 200)
      },
    ],
  ] as const)
    it(`nobody gets in who was deactivated before, as Slack ${how}`, async () => {
      await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
      const { slack, people } = house
      const { alex } = await opened(house)
      const page = await alex.get('/')
      slack.update(people.alex, { kind: 'deactivated' })
      await learn(house)
      await eventually('nothing is remembered', async () => {
        const known = await remembered(house)
        return !known.includes(people.alex)
      })
      slack.outage(true)
      assert.notEqual((await ask(alex, page)).status, 303)
      await house.advance(60)
      assert.notEqual((await alex.get('/')).status, 200)
      assert.equal(await requests(house), 0)
    })

  it('commands and clicks in Slack are not served by memory', async () => {
    await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
    const { slack, people } = house
    const story = storyOf(house)
    await opened(house)
    const id = await story.ask('alex', 'grafana-prod 1h INC-42 before the outage')
    slack.outage(true)
    await story.click('sam', id, 'approve')
    await slack.command(people.alex, 'C0APPROVALS', '/jit', 'request billing-db 30m INC-42 in it')
    const refusedAs = (who: Name, refusal: string) =>
      eventually(`${who} was refused`, async () => (await story.refusals(who)).includes(refusal))
    await refusedAs('sam', 'request.approve_refused: directory-unavailable')
    await refusedAs('alex', 'request.create_refused: directory-unavailable')
    assert.equal((await story.request(id)).status, 'pending')
  })

  it('nobody loses access: it is looked at when Slack can be asked', async () => {
    await using house = await startHouse({ pages: true, catalogue: OUTAGE_YAML })
    const { slack, database, people } = house
    const story = storyOf(house)
    const { alex } = await opened(house)
    const id = await story.ask('alex', 'grafana-prod 8h INC-42 dashboards are red')
    await story.click('sam', id, 'approve')
    await story.untilCard(id, 'Active')
    slack.outage(true)
    story.leaves('alex', ENGINEERS)
    await eventually('it was looked at in vain', async () => {
      const { rows } = await database.pool.query(
        `select 1 from work where kind = 'eligibility' and subject = $1 and attempts > 0`,
        [people.alex],
      )
      return rows.length > 0
    })
    assert.equal((await story.request(id)).state, 'active')
    assert.equal(await story.visit('alex'), 200)
    await house.advance(60)
    const page = await alex.get('/')
    assert.equal(
      page.forms.some(({ action }) => action === '/'),
      false,
      'nothing to ask for',
    )

    slack.outage(false)
    await story.minutesUntil('it is looked at', async () => {
      return (await story.request(id)).state === 'ended'
    })
    assert.equal(await story.visit('alex'), 403)
  })
})
