import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { elementsOf } from '../simulators/slack/block-kit.ts'
import { startHouse } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, CATALOGUE_YAML } from '../support/world.ts'

const house = await startHouse({
  pages: true,
  catalogue: `auditors: { emails: [eve@example.com] }\n${CATALOGUE_YAML}`,
})
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, pages, front, database } = house
front.route([{ prefix: '/', policy: 'any-user' }])

const REASON = 'INC-9 <!channel> dashboards'
const audit = async (who: Name, line: string) =>
  plainly(await story.command(who, `audit ${line}`.trim()))

/** Where the buttons of the last private answer lead, within the pages. */
function linksOf(who: Name): readonly string[] {
  const shown = slack.ephemerals(people[who]).at(-1)
  return (shown?.blocks ?? []).flatMap(elementsOf).map((element) => {
    const url = new URL(String(element['url']))
    assert.equal(url.origin, front.origin)
    return `${url.pathname}${url.search}${url.hash}`
  })
}

/** Numbers of the events that a page shows. */
const eventsOn = (html: string) =>
  [...html.matchAll(/id="event-(\d+)"/g)].map(([, seq]) => Number(seq))

async function reads(who: Name): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { rows } = await database.pool.query(
    `select action, via, alert, details - 'from' as details from audit_event
     where actor_user_id = $1 and action like 'audit.%' order by seq`,
    [people[who]],
  )
  return rows
}

const id = await story.ask('alex', `grafana-prod 1h ${REASON}`)
await story.click('kim', id, 'approve')
await story.untilCard(id, 'Active')
await story.untilIdle()

describe('/jit audit', () => {
  it('tells an auditor what happened to a request, and who has access until when', async () => {
    const told = await audit('eve', id.toLowerCase())
    const lines = told.split('\n')
    assert.equal(lines[0], `*On record of request \`${id}\`*`)
    assert.match(lines[1] ?? '', /^\d events: `request` \d and `grant` 1\.$/)
    assert.ok(
      lines.includes(
        `\`alex@example.com\` has \`grafana-prod\` (\`${id}\`) since TIME, until TIME`,
      ),
      told,
    )
    const newest = lines.indexOf('*Newest events*')
    assert.equal(
      lines[newest + 1],
      `TIME Access became active, by the bot, \`grafana-prod\`, \`${id}\``,
    )
    assert.ok(
      lines.includes(
        `TIME Access was asked for, by <@${people.alex}>, \`grafana-prod\`, \`${id}\`, \`INC-9 @channel dashboards\``,
      ),
      told,
    )
    assert.equal(lines.at(-3), 'That you read this is on record.')
  })

  for (const [what, line, heading] of [
    ['a resource', 'grafana-prod 7d', /^\*On record of `grafana-prod` since TIME\*/],
    ['a mentioned person', `<@${people.alex}|alex> 24h`, /^\*On record of <@\w+> since TIME\*/],
    [
      'an address',
      '<mailto:Alex@example.com|Alex@example.com>',
      /^\*On record of `Alex@example\.com` since TIME\*/,
    ],
  ] as const)
    it(`shows ${what}, and leads to the page with the same events`, async () => {
      const told = await audit('eve', line)
      assert.match(told, heading)
      assert.match(told, /`alex@example\.com` has `grafana-prod`/)
      const [path = '', csv] = linksOf('eve')
      assert.equal(csv, `${path}#export`)
      const page = await pages.as('eve').get(path)
      assert.equal(page.status, 200)
      const count = Number(/^(\d+) events/m.exec(told)?.[1])
      assert.equal(eventsOn(page.html).length, count)
    })

  it('shows everything of the last day when nothing is named, to an admin too', async () => {
    const told = await audit('ada', '')
    assert.match(told, /^\*On record since TIME\*\n\d+ events: .*`audit` \d+/)
    assert.match(told, /Access became active/)
  })

  it('leads to the CSV, which is on record when it is taken', async () => {
    await audit('eve', id)
    const shown = slack.ephemerals(people.eve).at(-1) ?? assert.fail()
    const ack = await slack.click(people.eve, shown, 'jit:audit-csv')
    assert.deepEqual([ack.status, ack.problem], [200, undefined])
    const [, path = ''] = linksOf('eve')
    const client = pages.as('eve')
    const page = await client.get(path)
    assert.match(page.html, /id="export"/)
    const file = await client.send(page, 'Spreadsheet (CSV)')
    assert.match(file.headers['content-type'] ?? '', /^text\/csv/)
    assert.match(file.html, /INC-9 @channel dashboards/)
    assert.deepEqual(
      (await reads('eve')).slice(-3).map(({ action, via }) => [action, via]),
      [
        ['audit.read', 'command'],
        ['audit.read', 'web'],
        ['audit.exported', 'web'],
      ],
    )
  })

  it('tells nobody else anything, be it there or not, and puts on record that they tried', async () => {
    const lines = ['', id, 'ZZZZZZZZ', 'grafana-prod', 'no-such', `<@${people.kim}|kim>`]
    const told: string[] = []
    for (const line of lines) told.push(await audit('alex', line))
    assert.deepEqual(
      [...new Set(told)],
      ['Only auditors and administrators may read the audit trail: ask one of them.'],
    )
    const refused = { refusal: 'not-an-auditor' }
    assert.deepEqual(
      await reads('alex'),
      [
        {},
        { request: id },
        { request: 'ZZZZZZZZ' },
        { resource: 'grafana-prod' },
        { resource: 'no-such' },
        { person: people.kim },
      ].map((asked) => ({
        action: 'audit.read_refused',
        via: 'command',
        alert: false,
        details: { ...asked, ...refused },
      })),
    )
    const [path = ''] = linksOf('eve')
    assert.equal((await pages.as('alex').get(path)).status, 403)
  })

  it('goes by the rights of this moment, and shows in no channel', async () => {
    const before = slack.messages(APPROVALS).length
    assert.match(await audit('eve', 'grafana-prod'), /^\*On record/)
    await house.startBot({}, CATALOGUE_YAML)
    assert.match(await audit('eve', 'grafana-prod'), /^Only auditors and administrators/)
    assert.equal(slack.messages(APPROVALS).length, before)
    assert.doesNotMatch(
      slack
        .dm(people.eve)
        .map((message) => slack.visibleText(message))
        .join(),
      /On record/,
    )
  })
})
