import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { House } from '../support/house.ts'
import { startHouse } from '../support/house.ts'
import { ENGINEERS, RULES_YAML } from '../support/world.ts'
import type { DemoPage } from './page/server.ts'
import { startPage } from './page/server.ts'
import { openPage, post, send } from './visitor.ts'

const GRAFANA = 'grafana.example.com'

/** The button with the action, as the act of clicking it. */
function buttonIn(markup: string, action: string): object {
  const button = markup.match(/<button[^>]*>/g)?.find((each) => each.includes(`"${action}"`)) ?? ''
  const field = (name: string): string =>
    new RegExp(`data-${name}="([^"]*)"`).exec(button)?.[1] ?? ''
  return { act: 'click', channel: field('channel'), ts: field('ts'), action, block: field('block') }
}

describe('startPage', () => {
  let house: House
  let page: DemoPage
  before(async () => {
    house = await startHouse({ catalogue: RULES_YAML })
    page = await startPage(house)
  })
  after(async () => {
    await page[Symbol.asyncDispose]()
    await house[Symbol.asyncDispose]()
  })
  const visit = (as: string) =>
    post(page.origin, {
      act: 'visit',
      visitor: as,
      host: GRAFANA,
      network: 'office',
      method: 'GET',
    })

  it('carries a request from the command to the open door and on to its end', async () => {
    const kim = await openPage(page.origin, 'kim', 'approvals')
    const text = '/jit request grafana-prod 1h INC-42 <script>alert(1)</script>'
    const asked = await post(page.origin, { act: 'write', as: 'alex', room: 'approvals', text })
    assert.deepEqual([asked.status, asked.body], [200, '{"ok":true}'])

    const card = await kim.until('conversation', /data-action="jit:approve"/)
    assert.match(card, /INC-42 &lt;script&gt;alert\(1\)&lt;\/script&gt;/)
    assert.doesNotMatch(card, /<script/)
    assert.match((await visit('alex')).body, /403/)
    assert.match(kim.regions.get('policies') ?? '', /No rule: nobody is let in/)

    await post(page.origin, { ...buttonIn(card, 'jit:approve'), as: 'kim' })
    const active = await kim.until('conversation', /🟢 Active/)
    await kim.until('policies', /alex@example\.com/)
    await kim.until('audit', /grant\.<wbr \/>activated/)
    assert.match((await visit('alex')).body, /200/)
    assert.match((await visit('robin')).body, /403/)
    await kim.until('doors', /robin<\/strong> was kept out[^]*alex<\/strong> was let in/)

    const before = await house.database.clock.now()
    await post(page.origin, { act: 'advance', seconds: 3_600 })
    const passed = (await house.database.clock.now()).getTime() - before.getTime()
    assert.ok(passed >= 3_600_000)
    assert.match((await visit('alex')).body, /403/)
    await kim.until('conversation', /Ended/)

    const stale = await post(page.origin, { ...buttonIn(active, 'jit:end'), as: 'kim' })
    assert.deepEqual([stale.status, stale.body], [200, '{"ok":true}'])
    await kim.until('conversation', /Only visible to you/)
    await kim.close()
  })

  it('opens a modal for the person who asked, shows errors in it and closes it', async () => {
    const robin = await openPage(page.origin, 'robin', 'dm')
    const sam = await openPage(page.origin, 'sam', 'dm')
    await post(page.origin, { act: 'write', as: 'robin', room: 'dm', text: '/jit' })
    const form = await robin.until('modal', /data-input="reason"/)
    const [, view = '', action = ''] =
      /data-choose="click-in-view" data-view="(\w+)" data-action="([^"]+)"/.exec(form) ?? []
    const reason = { reason: { reason: 'to look at "a <graph>"' } }
    const choice = { view, block: 'resource', action, value: 'grafana-prod', entries: reason }
    await post(page.origin, { act: 'click-in-view', as: 'robin', ...choice })
    const followed = await robin.until('modal', /From 1m to 8h for Grafana/)
    assert.match(followed, /to look at &quot;a &lt;graph&gt;&quot;/)
    const input = /data-block="duration" data-input="([^"]+)"/.exec(followed)?.[1] ?? ''
    const entries = { ...reason, duration: { [input]: '99h' } }
    await post(page.origin, { act: 'submit', as: 'robin', view, entries })
    const corrected = await robin.until('modal', /too long/)
    assert.match(corrected, /to look at &quot;a &lt;graph&gt;&quot;/)
    assert.equal(sam.regions.get('modal'), '')
    await post(page.origin, { act: 'close', as: 'robin', view, all: true })
    await robin.until('modal', /^$/)
    await robin.close()
    await sam.close()
  })

  it('ends access when its holder leaves the group, as the page can make them', async () => {
    const olga = await openPage(page.origin, 'olga', 'dm')
    const write = { act: 'write', as: 'olga', room: 'dm' }
    await post(page.origin, { ...write, text: '/jit request logs 30m a pager went off' })
    await olga.until('policies', /olga@example\.com/)
    await olga.until('account', /data-belongs="no"[^>]*>\s*@engineers/)
    const leave = { act: 'group', as: 'olga', group: ENGINEERS, belongs: false }
    await post(page.origin, leave)
    await olga.until('account', /data-belongs="yes"[^>]*>\s*@engineers/)
    await olga.until('conversation', /Ended/)
    assert.doesNotMatch(olga.regions.get('policies') ?? '', /olga@example/)
    await post(page.origin, { ...leave, belongs: true })
    await post(page.origin, { act: 'account', as: 'olga', kind: 'deactivated' })
    await olga.until('account', /value="deactivated" selected/)
    await post(page.origin, { act: 'account', as: 'olga', kind: 'member' })
    await olga.close()
  })

  it('tells apart reading and writing at a door, and knocks for people who are not in Slack', async () => {
    const knock = { act: 'visit', host: 'kubernetes.example.com', network: 'office' }
    const bad = await post(page.origin, { ...knock, visitor: 'dana', method: 'BREW' })
    assert.equal(bad.status, 400)
    const kim = await openPage(page.origin, 'kim', 'dm')
    const { body } = await post(page.origin, { ...knock, visitor: 'dana', method: 'POST' })
    assert.match(body, /403: dana is kept out of kubernetes/)
    await kim.until('doors', /dana<\/strong> was kept out[^]*POST, from the office/)
    await kim.close()
  })

  it('answers what cannot be done with a sentence, and goes on', async () => {
    const click = {
      act: 'click',
      as: 'eve',
      channel: 'C0NOWHERE',
      ts: '1.0',
      action: 'a',
      block: 'b',
    }
    const answers = await Promise.all([
      post(page.origin, click),
      post(page.origin, { act: 'write', as: 'eve', room: 'approvals', text: '/giphy cats' }),
      post(page.origin, { act: 'write', as: 'nobody', room: 'approvals', text: 'hi' }),
      post(page.origin, 'no JSON'),
      post(page.origin, 'x'.repeat(100_000)),
      send(`${page.origin}/events?as=eve&room=nowhere`, 'GET'),
      send(`${page.origin}/%2e%2e/main.ts`, 'GET'),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, 200, 400, 500, 500, 404, 404],
    )
    for (const { body } of answers) assert.match(body, /^\{"ok":false,"text":"[A-Z/].+"\}$/)
    assert.equal((await send(`${page.origin}/`, 'GET')).status, 200)
  })

  it('refuses a foreign Host, also one that points here', async () => {
    for (const path of ['/', '/events?as=alex&room=dm', '/act']) {
      const { status } = await send(`${page.origin}${path}`, 'GET', { host: 'evil.example:80' })
      assert.equal(status, 421)
    }
    const host = new URL(page.origin).host.replace('127.0.0.1', 'localhost')
    assert.equal((await send(page.origin, 'GET', { host })).status, 200)
  })

  it('refuses acts that another page sends', async () => {
    const before = await house.database.clock.now()
    const advance = { act: 'advance', seconds: 80_000 }
    const foreign = await post(page.origin, advance, { origin: 'https://evil.example' })
    const simple = await post(page.origin, advance, { 'content-type': 'text/plain' })
    const bare = await send(
      `${page.origin}/act`,
      'POST',
      { 'content-type': 'application/json' },
      '{}',
    )
    assert.deepEqual([foreign.status, simple.status, bare.status], [403, 415, 403])
    const passed = (await house.database.clock.now()).getTime() - before.getTime()
    assert.ok(passed < 80_000_000)
  })

  it('serves a page that loads nothing from elsewhere and runs no inline script', async () => {
    const { headers, body } = await send(`${page.origin}/`, 'GET')
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'; script-src 'self'/,
    )
    assert.doesNotMatch(body, /<script(?![^>]*src="\/)|\son\w+=|(?:src|href)="(?:https?:)?\/\//)
    for (const [, path] of body.matchAll(/(?:src|href)="(\/[^"]+)"/g))
      assert.equal((await send(`${page.origin}${path}`, 'GET')).status, 200)
  })
})
