import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { Tab, TestBrowser } from '../support/browser.ts'
import { isWithoutBrowser, startBrowser } from '../support/browser.ts'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import type { Story } from '../support/story.ts'
import { BILLING, storyOf } from '../support/story.ts'
import { ENGINEERS, RELIABILITY, RULES_YAML } from '../support/world.ts'

/** Would run, break out of an attribute, or turn the text around, if pages let it. */
const HOSTILE = `</textarea><script>alert(1)</script>"'><img src=x onerror=alert(2)>&lt;b&gt; \u202Etxet\u202C {{7*7}}`
const HOSTILE_TITLE = `"><img src=x onerror=alert(3)> <script>alert(4)</script>`
const LONG_WORD = 'W'.repeat(400)
/** Of colours and widths, each with the other ends of the scale; and what to look for, which is everything once. */
const LOOKS = [
  ['light', 390, []],
  ['dark', 1_600, ['color-contrast']],
] as const
const OPEN_DETAILS = `for (const each of [...document.querySelectorAll('details')].slice(0, 8)) each.open = true`
const APPROVE = /^Approve (?!like)/
const REJECT = /^Reject /
const FIRST_PAGE_BYTES = 50 * 1024

const CATALOGUE = RULES_YAML.replace(
  'resources:\n',
  `auditors: { emails: [eve@example.com] }
resources:
  - id: hostile
    title: '${HOSTILE_TITLE.replaceAll("'", "''")}'
    policy: jit-hostile
    risk: high
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
  - id: vault-root
    title: Vault root
    url: https://vault-root.example.com
    policy: jit-vault-root
    risk: high
    step_up: true
    requesters: { groups: [${ENGINEERS}] }
    approvers: { groups: [${RELIABILITY}] }
`,
)

describe('pages in a browser', { skip: isWithoutBrowser }, () => {
  let house: House
  let browser: TestBrowser
  let story: Story
  before(async () => {
    house = await startHouse({ pages: true, catalogue: CATALOGUE })
    browser = await startBrowser(house.front)
    story = storyOf(house)
  })
  after(async () => {
    await browser[Symbol.asyncDispose]()
    await house[Symbol.asyncDispose]()
  })

  it('ask and approve with the keyboard alone, and the door opens', async () => {
    await using alex = await browser.open('alex')
    await alex.goto('/')
    await alex.tabTo('link "Skip to content"')
    await alex.tabTo('combobox "Resource"')
    await alex.page.keyboard.type('Grafana')
    await alex.tabTo('combobox "How long"')
    await alex.page.keyboard.type('45m')
    await alex.tabTo('textbox "Reason"')
    await alex.page.keyboard.type('INC-42 dashboards are red')
    await alex.tabTo('button "Ask for access')
    await enter(alex.page)
    const id = idOf(alex.page)
    assert.match(await textOf(alex.page), /Waiting for approval/)
    await story.untilCard(id, 'dashboards are red')

    await using kim = await browser.open('kim')
    await kim.goto('/admin')
    await kim.tabTo('button "Approve Grafana (production), alex@example.com"')
    await enter(kim.page)
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex'), 200)
    assert.equal((await story.recorded(id, 'request.approved'))?.via, 'web')
    await alex.page.reload()
    assert.match(await textOf(alex.page), /Active/)

    await alex.tabTo('text: End now…')
    await alex.page.keyboard.press('Enter')
    await alex.tabTo('button "End access')
    await enter(alex.page)
    await story.untilState(id, 'ended')
    assert.equal(await story.visit('alex'), 403)
    assert.deepEqual([...alex.accidents, ...kim.accidents], [])
  })

  it('work without JavaScript, keep what was typed, and say why not', async () => {
    await using robin = await browser.open('robin', { javaScript: false })
    await robin.goto('/?resource=billing-db')
    const { page } = robin
    await page.getByLabel('How long').fill('3h')
    await page
      .getByRole('textbox', { name: 'Reason', exact: true })
      .fill('INC-7 an invoice was lost')
    await press(page, 'Ask for access')
    assert.match(await textOf(page), /too long/)
    assert.equal(
      await page.getByRole('textbox', { name: 'Reason', exact: true }).inputValue(),
      'INC-7 an invoice was lost',
    )
    assert.equal(await page.getByLabel('How long').inputValue(), '3h')
    await page.getByLabel('How long').fill('30m')
    await press(page, 'Ask for access')
    const id = idOf(page)

    await using sam = await browser.open('sam', { javaScript: false })
    await sam.goto(`/requests/${id}`)
    assert.equal(await sam.page.getByRole('button', { name: APPROVE }).count(), 0)
    await sam.page.getByText('Approve…').click()
    await press(sam.page, APPROVE)
    assert.match(await textOf(sam.page), /1 of 2/)
    await using kim = await browser.open('kim', { javaScript: false })
    await kim.goto(`/requests/${id}`)
    await kim.page.getByText('Reject…').click()
    await kim.page
      .getByRole('textbox', { name: 'Reason', exact: true })
      .fill('use the replica instead')
    await press(kim.page, REJECT)
    assert.match(await textOf(kim.page), /Rejected/)
    await page.reload()
    assert.match(await textOf(page), /Rejected.*use the replica instead/s)
    await story.untilCard(id, 'Denied')
    assert.equal(await story.visit('robin', BILLING, '203.0.113.9'), 403)
    assert.deepEqual([...robin.accidents, ...sam.accidents, ...kim.accidents], [])
  })

  it('let only a linked identity approve what takes a step up', async () => {
    const id = await story.ask('alex', 'vault-root 1h INC-9 rotate the root key')
    await using kim = await browser.open('kim')
    await kim.goto(`/requests/${id}`)
    assert.equal(await kim.page.getByRole('button', { name: APPROVE }).count(), 0)
    const told = await story.command('kim', 'link')
    const code = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(told)?.[0] ?? assert.fail(told)
    await kim.goto('/link')
    await kim.page.getByLabel('Code').fill(code.toLowerCase())
    await press(kim.page, /^Link to /)
    assert.match(await textOf(kim.page), /Linked\s+Slack account/)
    await kim.goto(`/requests/${id}`)
    await kim.page.getByText('Approve…').click()
    await press(kim.page, APPROVE)
    await story.untilCard(id, 'Active')
    assert.equal(await story.visit('alex', 'vault-root.example.com'), 200)
    assert.deepEqual(kim.accidents, [])
  })

  it('show hostile words as words', async () => {
    const reason = `${HOSTILE} ${LONG_WORD}`.padEnd(1_000, ' !')
    await using alex = await browser.open('alex')
    await alex.goto('/?resource=hostile')
    await alex.page.getByRole('textbox', { name: 'Reason', exact: true }).fill(reason)
    await alex.page.getByLabel('How long').fill(HOSTILE)
    await press(alex.page, 'Ask for access')
    assert.equal(
      await alex.page.getByRole('textbox', { name: 'Reason', exact: true }).inputValue(),
      reason,
    )
    assert.equal(await alex.page.getByLabel('How long').inputValue(), HOSTILE)
    await alex.page.getByLabel('How long').fill('1h')
    await press(alex.page, 'Ask for access')
    const id = idOf(alex.page)

    await using eve = await browser.open('eve')
    await using kim = await browser.open('kim')
    const isShown = async ({ page }: Tab, path: string) => {
      await page.goto(path)
      assert.equal(await page.locator('script, img').count(), 0, path)
      assert.ok((await page.locator('body').innerHTML()).includes('&lt;script&gt;alert('), path)
    }
    await isShown(kim, '/admin')
    await isShown(kim, `/requests/${id}`)
    await kim.page.getByText('Reject…').click()
    await kim.page.getByRole('textbox', { name: 'Reason', exact: true }).fill(HOSTILE)
    await press(kim.page, REJECT)
    await isShown(eve, `/audit?request=${id}`)
    await isShown(alex, '/')
    await isShown(alex, `/requests/${id}`)
    assert.match(await textOf(alex.page), /<\/textarea><script>alert\(1\)<\/script>"'><img src=x/)
    assert.doesNotMatch(await textOf(alex.page), /\u202E/)
    assert.deepEqual([...alex.accidents, ...kim.accidents, ...eve.accidents], [])
  })

  it('cannot be framed, nor be sent forms from elsewhere', async () => {
    await using elsewhere = await startElsewhere(house.front.origin)
    await using alex = await browser.open('alex')
    await alex.page.goto(`${elsewhere.origin}/frame`)
    const frame = alex.page.frames().find((each) => each !== alex.page.mainFrame())
    assert.doesNotMatch((await frame?.content()) ?? '', /Ask for access/)
    assert.match(alex.accidents.join(), /frame-ancestors|X-Frame-Options/)
    const { rows: before } = await house.database.pool.query('select id from request')
    await alex.page.goto(`${elsewhere.origin}/form`)
    await press(alex.page, 'Win')
    assert.match(await textOf(alex.page), /came from elsewhere/)
    const { rows } = await house.database.pool.query('select id from request')
    assert.equal(rows.length, before.length)
  })

  it('are light: the first one takes less than 50 KB in all', async () => {
    await using alex = await browser.open('alex')
    const bodies: Promise<number>[] = []
    alex.page.on('response', (answer) => bodies.push(answer.body().then(({ length }) => length)))
    await alex.page.goto('/', { waitUntil: 'networkidle' })
    const sizes = await Promise.all(bodies)
    assert.ok(sizes.length >= 2, 'the page and its stylesheet')
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(bytes < FIRST_PAGE_BYTES, `${bytes} bytes`)
  })

  it('are accessible in light and dark, and never wider than the window', async () => {
    const waiting = await story.ask('alex', `warehouse 1h ${LONG_WORD}`)
    const active = await story.ask('robin', 'grafana-prod 1h INC-3 latency is up')
    await story.click('kim', active, 'approve')
    await story.untilState(active, 'active')
    const visits = {
      alex: [
        ['home', '/'],
        ['home-wrong', '/?resource=nothing'],
        ['request-own', `/requests/${waiting}`],
        ['link', '/link'],
        ['missing', '/nowhere'],
      ],
      eve: [['not-deciding', '/admin']],
      olga: [['home-oncall', '/']],
      robin: [['home-active', '/']],
      ada: [
        ['admin', '/admin'],
        ['request-waiting', `/requests/${waiting}`],
        ['request-active', `/requests/${active}`],
        ['audit', '/audit'],
        ['audit-wrong', '/audit?from=yesterday'],
      ],
    } as const
    const found: string[] = []
    const isWithin = async (page: Page, width: number) => {
      await page.setViewportSize({ width, height: 900 })
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      if (wide > width) found.push(`${page.url()} is ${wide} wide in ${width}`)
    }
    for (const [who, places] of Object.entries(visits)) {
      await using tab = await browser.open(who as keyof typeof visits, { bypassPolicy: true })
      const { page } = tab
      for (const [name, path] of places) {
        await tab.goto(path)
        for (const width of [700, 1_000]) await isWithin(page, width)
        for (const [colorScheme, width, rules] of LOOKS) {
          await page.emulateMedia({ colorScheme })
          await isWithin(page, width)
          await tab.picture(`${name}-${colorScheme}-${width}`)
          await page.evaluate(OPEN_DETAILS)
          await isWithin(page, width)
          const wrong = await tab.violations(...rules)
          found.push(...wrong.map((each) => `${path} ${colorScheme}: ${each}`))
        }
      }
    }
    assert.deepEqual(found, [])
  })
})

/** Clicks a button and waits for the page that follows. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name }).click()])
}

/** Presses Enter and waits for the page that follows. */
async function enter(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

function idOf(page: Page): string {
  return /\/requests\/([0-9A-Z]{8})$/.exec(page.url())?.[1] ?? assert.fail(page.url())
}

async function textOf(page: Page): Promise<string> {
  return page.locator('body').innerText()
}

/** Another site on the same host, so that cookies come along. */
async function startElsewhere(target: string) {
  const bodies: Readonly<Record<string, string>> = {
    '/frame': `<iframe src="${target}/"></iframe>`,
    '/form': `<form method="post" action="${target}/"><input name="resource" value="grafana-prod">
      <input name="duration" value="1h"><input name="reason" value="from elsewhere"><button>Win</button></form>`,
  }
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html>${bodies[request.url ?? ''] ?? ''}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
