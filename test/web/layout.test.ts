import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { html } from 'hono/html'
import { Hono } from 'hono'
import type { WebEnv } from '../../src/web/context.ts'
import { notePage, page } from '../../src/web/layout.ts'
import { STYLE, STYLE_PATH } from '../../src/web/style.ts'
import { assertSound, tagsOf, textOf } from './markup.ts'
import { HOSTILE, aSite } from './pages-support.ts'

describe('page', () => {
  it('shows the way to those pages only that the visitor may see', async () => {
    const links = async (visitor: { readonly mayDecide: boolean; readonly mayAudit: boolean }) => {
      const { html } = await aSite({ visitor }).get('/')
      const paths = tagsOf(html).flatMap(({ attributes }) => attributes.get('href') ?? [])
      return paths.filter((path) => ['/admin', '/audit'].includes(path))
    }
    assert.deepEqual(await links({ mayDecide: false, mayAudit: false }), [])
    assert.deepEqual(await links({ mayDecide: true, mayAudit: false }), ['/admin'])
    assert.deepEqual(await links({ mayDecide: true, mayAudit: true }), ['/admin', '/audit'])
  })

  it('says who is at the door, and whether they are linked', async () => {
    const linked = textOf((await aSite().get('/')).html)
    assert.match(linked, /alex@example\.com Linked to Slack/)
    const not = textOf((await aSite({ visitor: { isLinked: false } }).get('/')).html)
    assert.match(not, /alex@example\.com Not linked to Slack/)
  })

  it('is where a keyboard gets to the content first', async () => {
    const { html } = await aSite().get('/')
    const [first] = tagsOf(html).filter(({ name }) => name === 'a')
    assert.equal(first?.attributes.get('href'), '#main')
    assert.ok(tagsOf(html).some(({ attributes }) => attributes.get('id') === 'main'))
  })

  it('takes less than 50 kB with its stylesheet', async () => {
    const { html } = await aSite({ visitor: { mayDecide: true, mayAudit: true } }).get('/')
    assert.ok(html.includes(STYLE_PATH))
    assert.ok(Buffer.byteLength(html) + Buffer.byteLength(STYLE) < 50_000)
  })
})

describe('notePage', () => {
  const app = new Hono<WebEnv>()
  app.use(async (c, next) => {
    c.set('errorId', 'err-7')
    await next()
  })
  app.get('/note', (c) =>
    notePage(c, 503, { title: HOSTILE, text: HOSTILE, action: { path: '/link', label: HOSTILE } }),
  )
  app.get('/plain', (c) => page(c, { title: HOSTILE }, html`<p>${HOSTILE}</p>`))

  it('tells the id of the error, and knows nobody where nobody was verified', async () => {
    const response = await app.request('/note')
    const body = await response.text()
    assert.equal(response.status, 503)
    assertSound(body)
    assert.match(textOf(body), /name the id err-7/)
    assert.doesNotMatch(body, /class="who"|<nav/)
  })

  it('shows hostile text as text', async () => {
    for (const path of ['/note', '/plain']) {
      const body = await (await app.request(path)).text()
      assertSound(body)
      assert.ok(textOf(body).includes('<script>alert(1)</script>'))
    }
  })

  it('has the id of an error on no other page', async () => {
    const body = await (await app.request('/plain')).text()
    assert.doesNotMatch(body, /err-7/)
  })
})
