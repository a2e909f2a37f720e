import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { canonicalJson } from '../../src/domain/canonical.ts'
import type { Json } from '../../src/domain/ppl.ts'
import { digestOf } from '../../src/trail/entry.ts'
import { startHouse } from '../support/house.ts'
import type { Entries, FormChoice, PageAnswer } from '../support/pages.ts'
import type { Name } from '../support/story.ts'
import { plainly, storyOf } from '../support/story.ts'
import { APPROVALS, ENGINEERS, RELIABILITY, RULES_YAML, addressOf } from '../support/world.ts'

const LEDGER = 'ledger.example.com'
const YAML = RULES_YAML.replace(
  'resources:\n',
  `auditors: { emails: [eve@example.com] }
resources:
  - id: ledger
    title: Ledger
    url: https://${LEDGER}
    policy: jit-ledger
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
    step_up: true
`,
)
const REASON = 'INC-42 dashboards are red'

const house = await startHouse({ pages: true, catalogue: YAML })
after(() => house[Symbol.asyncDispose]())
const story = storyOf(house)
const { slack, people, pages, front, database } = house
// As the guide has it: everybody on the pages, some on the page that decides.
front.route([
  { prefix: '/', policy: 'any-user' },
  { prefix: '/admin', policy: { emails: (['kim', 'sam', 'ada', 'olga'] as const).map(addressOf) } },
])

const pageOf = (id: string) => `/requests/${id}`
const read = async (who: Name, path: string) => (await pages.as(who).get(path)).text

/** Fills a form in and gives the page that follows. */
async function submit(
  who: Name,
  path: string,
  form: FormChoice,
  entries: Entries = {},
): Promise<PageAnswer> {
  const client = pages.as(who)
  const answer = await client.submit(path, form, entries)
  return answer.status === 303 ? client.follow(answer) : answer
}

/** Asks on the page and gives the id. */
async function asked(who: Name, resource: string, more: Entries = {}): Promise<string> {
  const wish = { resource, duration: '30m', reason: REASON, ...more }
  const { status, path, text } = await submit(who, '/', 'Ask for access', wish)
  assert.equal(status, 200, text)
  return /^\/requests\/(\w{8})$/.exec(path)?.[1] ?? assert.fail(text)
}

async function opened(who: Name, resource: string): Promise<string> {
  const id = await asked(who, resource)
  await submit('kim', pageOf(id), 'Approve')
  await story.untilState(id, 'active')
  return id
}

describe('a request on the pages', () => {
  it('is a card in Slack, and the answer there is on the page', async () => {
    const id = await asked('alex', 'grafana-prod')
    assert.match(plainly(await story.untilCard(id, 'Waiting')), /INC-42 dashboards are red/)
    await story.untilDirect('alex', id, 'Waiting')
    const waiting = await read('alex', pageOf(id))
    assert.match(waiting, /Waiting for approval .* It waits for one approval\. It lapses/)
    assert.match(waiting, /they answer there or here\. You get a message in Slack/)
    await story.click('kim', id, 'approve')
    await story.untilCard(id, 'Active')
    const active = await read('alex', pageOf(id))
    assert.match(active, /Pomerium has confirmed the rule: access is active until/)
    assert.match(active, /kim@example\.com approved; Pomerium was yet to confirm\. .* in Slack/)
    assert.match(active, /Open grafana\.example\.com/)
    assert.equal(await story.visit('alex'), 200)

    await submit('alex', '/', { form: 'End access', showing: id }, { reason: 'found it' })
    assert.match(plainly(await story.untilCard(id, 'Ended')), /found it/)
    assert.equal(await story.visit('alex'), 403)
    assert.match(await read('alex', pageOf(id)), /Given back by alex@example\.com/)
    assert.equal((await story.recorded(id, 'grant.ending'))?.via, 'web')
  })

  it('is on record with the address that Pomerium saw, whatever the browser says of itself', async () => {
    const forged = { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' }
    const alex = pages.as('alex', forged)
    const wish = { resource: 'grafana-prod', duration: '30m', reason: REASON }
    const { location = '' } = await alex.submit('/', 'Ask for access', wish)
    const id = location.slice(-8)
    const refused = await alex.submit('/', 'Ask for access', wish)
    assert.equal(refused.status, 422)
    await alex.submit(pageOf(id), 'Cancel request')
    const { rows } = await database.pool.query(
      `select action, source_address from audit_event
       where actor_email = $1 and seq >= (select seq from audit_event where request_id = $2 and request_version = 1)
       order by seq`,
      [addressOf('alex'), id],
    )
    assert.deepEqual(
      rows,
      ['request.created', 'request.create_refused', 'request.cancelled'].map((action) => ({
        action,
        source_address: '127.0.0.1',
      })),
    )
  })

  it('is on record with the rule that Pomerium has, and what proved it', async () => {
    const id = await opened('alex', 'grafana-prod')
    const live = house.pomerium.policyNamed('jit-grafana-prod')
    const [rule, ...others] = story.rules()
    assert.deepEqual(others, [])
    const activated = await story.recorded(id, 'grant.activated')
    assert.equal(activated?.via, 'reconciler')
    assert.deepEqual(activated?.details, {
      email: 'alex@example.com',
      confirmedBy: 'pomerium',
      policy: 'jit-grafana-prod',
      policyId: live?.id,
      policyDigest: digestOf(canonicalJson([rule as Json])),
      ruleWritten: rule,
    })
    await submit('alex', '/', { form: 'End access', showing: id }, {})
    await story.untilState(id, 'ended')
    assert.deepEqual((await story.recorded(id, 'grant.ended'))?.details, {
      cause: 'returned',
      email: 'alex@example.com',
      confirmedBy: 'pomerium',
      policy: 'jit-grafana-prod',
      policyId: live?.id,
      policyDigest: digestOf('[]'),
    })
  })

  it('is approved on the page, shortened and with a note, which card and requester are told', async () => {
    const id = await asked('alex', 'grafana-prod', { duration: '2h' })
    const late = await pages.as('kim').get('/admin')
    await story.untilCard(id, 'Waiting')
    const entries = { duration: '45m', note: 'only the red ones' }
    const page = await submit(
      'sam',
      '/admin',
      { form: 'Approve like this', showing: 'Grafana' },
      entries,
    )
    assert.equal(page.path, pageOf(id))
    const card = plainly(await story.untilCard(id, 'Active'))
    assert.match(card, new RegExp(`Approved by\\*\n<@${people.sam}>`))
    assert.match(card, /only the red ones/)
    await story.untilDirect('alex', id, 'Active')
    const { starts_at, ends_at } = await story.request(id)
    const seconds = ((ends_at?.getTime() ?? 0) - (starts_at?.getTime() ?? 0)) / 1_000
    assert.ok(seconds > 44 * 60 && seconds <= 45 * 60, `${seconds}`)

    const slower = await pages.as('kim').send(late, { form: 'Approve', showing: 'Grafana' })
    assert.equal(slower.status, 409)
    assert.match(slower.text, /Not approved Nothing was done, .* sam@example\.com approved it/)
    assert.match(await read('ada', '/admin'), /People with access .* alex@example\.com/)
    await submit('ada', '/admin', { form: 'End access', showing: id }, { reason: 'maintenance' })
    assert.match(plainly(await story.untilCard(id, 'Ended')), /maintenance/)
    assert.equal(await story.visit('alex'), 403)
  })

  it('is rejected on the page with a reason, and can be asked for again', async () => {
    const id = await asked('robin', 'grafana-prod')
    await story.untilCard(id, 'Waiting')
    assert.equal((await submit('kim', pageOf(id), 'Reject', { reason: ' ' })).status, 422)
    await submit('kim', pageOf(id), 'Reject', { reason: 'use the copy' })
    assert.match(plainly(await story.untilCard(id, 'Denied')), /use the copy/)
    const page = await pages.as('robin').get(pageOf(id))
    assert.match(
      page.text,
      /Rejected .* kim@example\.com rejected it [^.]*\. use the copy Timeline/,
    )
    const again = /href="(\/\?[^"]*)">\s*Ask again/.exec(page.html)?.[1] ?? assert.fail(page.html)
    assert.match((await pages.as('robin').get(again)).html, /value="grafana-prod"\s+selected/)
  })

  it('is taken back on the page, and nobody approves it then', async () => {
    const id = await asked('robin', 'billing-db', { reason: 'INC-7 an invoice was lost' })
    await story.untilCard(id, 'Waiting')
    const open = await pages.as('kim').get(pageOf(id))
    await submit('robin', '/', { form: 'Cancel request', showing: id })
    await story.untilCard(id, 'Cancelled')
    const late = await pages.as('kim').send(open, 'Approve')
    assert.equal(late.status, 409)
    assert.match(late.text, /it was cancelled/)
  })

  it('tells everything that is wrong with it at once', async () => {
    const wish = { resource: 'billing-db', duration: '9h', reason: 'x' }
    const answer = await submit('alex', '/', 'Ask for access', wish)
    assert.equal(answer.status, 422)
    assert.match(
      answer.text,
      /Not asked yet This is too long: ask for 2 h or less\. The reason is too short/,
    )
    const unread = { resource: '', duration: 'soon', reason: '' }
    const other = await submit('alex', '/', 'Ask for access', unread)
    assert.match(other.text, /Choose what you need .* whole minutes, .* Say why you need it/)
    assert.match(await read('alex', '/'), /no request of yours waits/)
  })
})

describe('access on the pages', () => {
  it('is extended, once somebody approves that on the page', async () => {
    const id = await opened('alex', 'warehouse')
    const before = (await story.request(id)).ends_at
    const wish = { duration: '20m', reason: 'the query still runs' }
    const { path, text } = await submit('alex', pageOf(id), 'Ask for the extension', wish)
    assert.match(text, /This is about access lasting 20 min longer: until/)
    const extension = path.slice(-8)
    await story.untilCard(extension, 'Extension')
    await submit('kim', path, 'Approve')
    await story.untilState(id, 'active')
    assert.match(await read('alex', path), /The page of the access that it extends says whether/)
    const { ends_at } = await story.request(id)
    assert.equal((ends_at?.getTime() ?? 0) - (before?.getTime() ?? 0), 20 * 60_000)
    await story.untilCard(id, 'Active')
  })

  it('is opened in an emergency, and reviewed on the page', async () => {
    const id = await asked('olga', 'payments', {
      emergency: 'yes',
      reason: 'INC-50 nobody can pay',
    })
    assert.match(await story.untilCard(id, 'Active'), /break-glass/i)
    assert.equal(await story.visit('olga', 'payments.example.com'), 200)
    assert.ok(story.alerts().some((alert) => alert.includes(id)))
    const own = await read('olga', pageOf(id))
    assert.match(own, /Nobody approved this: olga@example\.com opened it as an emergency/)
    assert.doesNotMatch(own, /waiting for an answer/i)
    const silent = await submit('kim', '/admin', { form: 'Not justified', showing: id })
    assert.equal(silent.status, 422)
    await submit('kim', pageOf(id), 'Not justified', { note: 'the switch was fine' })
    await story.untilCard(id, 'the switch was fine')
    assert.match(
      await read('olga', pageOf(id)),
      /kim@example\.com reviewed it .*: not justified\. .* the switch was fine/,
    )
    assert.doesNotMatch(await read('sid', pageOf(id)), /Review…/)
  })

  it('is decided by people beyond the limit of a rule, and the page says so', async () => {
    for (const _ of [1, 2, 3]) {
      const id = await asked('olga', 'logs')
      await story.untilState(id, 'active')
      await submit('olga', pageOf(id), 'End access')
    }
    const id = await asked('olga', 'logs')
    const said = /People decide this time: you had as many automatic approvals .* 1 d \(3\)\./
    assert.match(await read('olga', pageOf(id)), said)
    assert.doesNotMatch(await read('kim', pageOf(id)), /People decide this time/)
    await submit('olga', pageOf(id), 'Cancel request')
  })

  it('is asked for by a guest with a sponsor’s word, and by a sponsor', async () => {
    assert.match(await read('vic', '/'), /You have no access now/)
    const id = await asked('vic', 'partner-portal')
    await story.untilCard(id, 'Waiting')
    assert.match(await read('kim', pageOf(id)), /Others have to approve first, before you can/)
    await submit('alex', pageOf(id), 'Approve')
    assert.match(
      await read('alex', pageOf(id)),
      /You approved this; the rest must come from others/,
    )
    await submit('kim', pageOf(id), 'Approve')
    await story.untilState(id, 'active')
    assert.equal(await story.visit('vic', 'partners.example.com'), 200)
    const bob = 'bob@partner.example'
    const other = await asked('alex', 'partner-portal', { beneficiary: bob })
    await submit('kim', pageOf(other), 'Approve')
    await story.untilState(other, 'active')
    assert.equal(await story.visit(bob, 'partners.example.com'), 200)
  })

  it('is opened by a linked identity where a resource takes one', async () => {
    const id = await asked('alex', 'ledger')
    await story.untilCard(id, 'Approved on its page behind Pomerium only')
    assert.match(await read('kim', pageOf(id)), /link yours first/)
    const [code = ''] = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(await story.command('kim', 'link')) ?? []
    const linked = await submit('kim', '/link', '/link', { code })
    assert.match(linked.text, /Access Decide kim@example\.com Linked to Slack/)
    assert.match(
      linked.text,
      new RegExp(`Linked Slack account kim@example\\.com ${people.kim} .* Linked to kim@example`),
    )
    await submit('kim', pageOf(id), 'Approve')
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex', LEDGER), 200)
    const { details } = (await story.recorded(id, 'request.approved')) ?? {}
    assert.equal(details?.['steppedUp'], true)
  })
})

describe('the page that decides, on a route of its own', () => {
  it('is kept from others by Pomerium, and each decision by the bot', async () => {
    const id = await asked('alex', 'vault')
    assert.equal((await pages.as('robin').get('/admin')).status, 403)
    assert.equal((await pages.as('robin').get(pageOf(id))).status, 404)
    const decide = await read('kim', '/admin')
    assert.match(decide, /People asking \d+ .* Secrets vault/)
    assert.match(await read('olga', '/admin'), /People asking 0 /)
    const open = await pages.as('kim').get(pageOf(id))
    slack.setGroup(RELIABILITY, 'reliability', [people.sam])
    await house.advance(61)
    const refused = await pages.as('kim').send(open, 'Approve')
    slack.setGroup(RELIABILITY, 'reliability', [people.kim, people.sam])
    await house.advance(61)
    assert.notEqual(refused.status, 303)
    assert.deepEqual((await story.request(id)).status, 'pending')
    assert.deepEqual(story.rules('jit-vault'), [])
    await submit('alex', pageOf(id), 'Cancel request')
  })
})

describe('the audit page', () => {
  it('finds, pages and exports, for auditors, and each read is on record', async () => {
    const recorded = async (action: string) => {
      const { rows } = await database.pool.query<{ details: Readonly<Record<string, unknown>> }>(
        'select details from audit_event where action = $1 order by seq',
        [action],
      )
      return rows.map(({ details }) => details)
    }
    assert.equal((await pages.as('alex').get('/audit')).status, 403)
    assert.equal((await recorded('audit.read_refused')).length, 1)

    const eve = pages.as('eve')
    const first = await eve.get('/audit')
    assert.match(first.text, /The database refuses to edit or delete events/)
    const older = /href="(\/audit\?before=[^"]*)"/.exec(first.html)?.[1] ?? assert.fail(first.text)
    const second = await eve.get(older.replaceAll('&amp;', '&'))
    const numbers = ({ html }: PageAnswer) =>
      [...html.matchAll(/id="event-(\d+)"/g)].map(([, seq]) => Number(seq))
    assert.ok(Math.max(...numbers(second)) < Math.min(...numbers(first)))
    const found = await eve.submit('/audit', 'Show', {
      person: 'robin@example.com',
      action: 'request',
    })
    assert.match(found.path, /person=robin/)
    assert.match(found.text, /kim@example\.com rejected the request\./)
    assert.doesNotMatch(found.text, /olga@example\.com opened break-glass/)
    assert.equal((await recorded('audit.read')).length, 4, 'the form was opened, too')

    const file = await eve.send(found, 'Spreadsheet (CSV)')
    assert.equal(file.status, 200)
    assert.match(file.headers['content-disposition'] ?? '', /^attachment; filename="jit-audit-/)
    const lines = file.html.trimEnd().split('\n')
    assert.ok(lines.length > 4, file.html)
    assert.ok(
      lines.slice(1).every((line) => /^\d*,[^,]*,(?:request\.|\()/.test(line)),
      file.html,
    )
    const [exported] = await recorded('audit.exported')
    assert.equal(exported?.['format'], 'csv')
  })
})

describe('cards and pages', () => {
  it('never disagree about who may still answer', async () => {
    const id = await asked('alex', 'kubernetes:admin')
    await story.untilCard(id, 'Waiting')
    await submit('kim', pageOf(id), 'Approve')
    await story.untilCard(id, '1 of 2')
    assert.match(await story.refusedClick('kim', id, 'approve'), /Your approval counts already/)
    await slack.click(people.sam, { channel: APPROVALS, ts: story.card(id)?.ts ?? '' }, 'jit:deny')
    await story.submit('sam', 'deny', { reason: 'not on a Friday' })
    await story.untilCard(id, 'Denied')
    assert.match(await read('kim', pageOf(id)), /sam@example\.com rejected it .* not on a Friday/)
  })
})
