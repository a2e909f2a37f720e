import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PageCases } from '../../src/app/page-cases.ts'
import type { UseCases } from '../../src/app/use-cases.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { createPages } from '../../src/web/server.ts'
import { STYLE_PATH } from '../../src/web/style.ts'
import { SECRET, odd } from './odd-pages.ts'
import { startSite, visitorOf } from './site-stage.ts'

describe('createPages', () => {
  const unable = new Proxy(
    {},
    { get: () => () => Promise.reject(new Error(`no ${SECRET}`)) },
  ) as PageCases & UseCases

  for (const [path, route] of [
    ['/', '/'],
    ['/admin', '/admin'],
    ['/requests/A1B2C3D4', '/requests/:id'],
    ['/link', '/link'],
    ['/audit', '/audit'],
  ] as const)
    it(`serves ${path}, and says nothing inside when it fails`, async () => {
      await using stage = await startSite({
        site: (deps) =>
          createPages({ ...deps, useCases: unable, cases: withVisit(unable, deps.cases) }),
      })
      const { status, text } = await stage.ask(path)
      assert.equal(status, 500)
      assert.ok(!text.includes(SECRET))
      const errors = stage.log.filter(({ level }) => level === 'error')
      assert.deepEqual(
        errors.map(({ fields }) => fields['route']),
        [route],
      )
    })
})

describe('who is at the door', () => {
  it('is asked for on every page and form, and nobody else gets in', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds')
    const replies = await Promise.all([
      stage.ask('/deeds', { as: 'nobody' }),
      stage.ask('/link', { as: 'nobody' }),
      stage.ask('/nothing', { as: 'nobody' }),
      stage.send('/deeds', { _token: token }, { as: 'nobody' }),
    ])
    assert.deepEqual(
      replies.map(({ status }) => status),
      [401, 401, 401, 401],
    )
    assert.match(
      replies[0]?.text ?? '',
      /came without a valid proof from Pomerium.*<code>e4404040/s,
    )
    assert.equal(stage.deeds.length, 0)
  })

  it('is not guessed while there are no keys', async () => {
    await using stage = await startSite()
    const { status, headers, text } = await stage.ask('/deeds', { as: 'unknowable' })
    assert.deepEqual([status, headers['retry-after']], [503, '30'])
    assert.match(text, /Try again in a minute/)
  })

  it('is asked for anew with each request', async () => {
    let isIn = true
    await using stage = await startSite({
      verify: async () =>
        isIn
          ? { ok: true, assertion: { subject: 's', email: 'e@x.example', issuedAt: new Date() } }
          : { ok: false, status: 401, why: 'expired' },
    })
    const token = await stage.token('/deeds')
    isIn = false
    assert.equal((await stage.ask('/deeds')).status, 401)
    assert.equal((await stage.send('/deeds', { _token: token })).status, 401)
    assert.equal(stage.deeds.length, 0)
  })

  for (const [status, refusal, leadsToLinking] of [
    [403, { code: 'link-needed' }, true],
    [403, { code: 'link-outdated' }, true],
    [403, { code: 'linked-to-another' }, true],
    [403, { code: 'not-a-member', why: 'unknown' }, true],
    [403, { code: 'not-a-member', why: 'deactivated' }, false],
    [403, { code: 'email-changed' }, false],
    [503, { code: 'directory-unavailable' }, false],
  ] as const satisfies readonly (readonly [number, Refusal, boolean])[])
    it(`is told why they get no further: ${Object.values(refusal).join(' ')}`, async () => {
      await using stage = await startSite({ visit: async () => ({ ok: false, refusal }) })
      const token = await stage.token('/link')
      const page = await stage.ask('/deeds')
      const form = await stage.send('/deeds', { _token: token })
      assert.equal(page.status, status)
      assert.equal(form.status, 403)
      assert.equal(page.text.includes('href="/link">'), leadsToLinking)
      assert.equal(page.headers['retry-after'], status === 503 ? '30' : undefined)
      assert.equal(stage.deeds.length, 0)
      assert.equal((await stage.ask('/link')).status, 200)
    })

  it('has to be let in to send a form, too', async () => {
    let isIn = true
    await using stage = await startSite({
      visit: async (assertion) =>
        isIn
          ? { ok: true, value: visitorOf(assertion) }
          : { ok: false, refusal: { code: 'not-a-member', why: 'deactivated' } },
    })
    const token = await stage.token('/deeds')
    isIn = false
    assert.equal((await stage.send('/deeds', { _token: token })).status, 403)
    assert.equal(stage.deeds.length, 0)
  })
})

describe('what fails', () => {
  for (const path of ['/fails', '/fails/strangely'])
    it(`tells the visitor an id and nothing inside: ${path}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const { status, text } = await stage.ask(path)
      assert.equal(status, 500)
      assert.doesNotMatch(text, /xoxb|\.ts\b|node_modules|Error/)
      const errors = stage.log.filter(({ level }) => level === 'error')
      assert.deepEqual(
        errors.map(({ message, fields }) => [message, fields['errorId']]),
        [['a page failed', 'e4404040']],
      )
    })

  it('names the id on its page', async () => {
    await using stage = await startSite({ pages: [odd] })
    assert.match((await stage.ask('/fails')).text, /name the id <code>e4404040<\/code>/)
    assert.match((await stage.ask('/nothing')).text, /name the id <code>e4404040<\/code>/)
  })

  for (const path of ['/file/breaks', '/file/breaks/at-once'])
    it(`in the middle of an answer cuts the connection: ${path}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      await assert.rejects(stage.ask(path))
      const bytes = await stage.raw(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nx-test-identity: alex\r\n\r\n`,
      )
      // An answer in chunks is whole only with its last, empty one.
      assert.doesNotMatch(bytes, /\r\n0\r\n|xoxb|Error/)
      const errors = stage.log.filter(({ level }) => level === 'error')
      assert.deepEqual(
        errors.map(({ message }) => message),
        Array(2).fill('an answer broke off in the middle'),
      )
    })

  it('because the reader went away is no error', async () => {
    await using stage = await startSite({ pages: [odd] })
    await stage.hangUpAfter(
      'GET /file/endless HTTP/1.1\r\nhost: x\r\nx-test-identity: alex\r\n\r\n',
    )
    await stage.ask('/deeds')
    assert.deepEqual(stage.log, [])
  })
})

describe('the log', () => {
  it('has a line about each form and each refusal, with nothing that was sent', async () => {
    await using stage = await startSite({ pages: [odd] })
    const path = '/requests/A1B2C3D4'
    const token = await stage.token(path)
    await stage.send(`${path}?q=${SECRET}`, { _token: token, reason: SECRET })
    await stage.ask(`/nothing/${SECRET}?q=${SECRET}`)
    await stage.send('/link', { _token: SECRET, code: SECRET })
    await stage.ask('/deeds', { as: 'nobody' })
    const lines = stage.log.map(({ level, message, fields: { durationMs, ...fields } }) => {
      assert.ok(Number.isSafeInteger(durationMs))
      return { level, message, ...JSON.parse(JSON.stringify(fields)) }
    })
    const common = { level: 'info', errorId: 'e4404040' }
    assert.deepEqual(lines, [
      {
        ...common,
        message: 'a form was carried out',
        method: 'POST',
        route: '/requests/:id',
        requestId: 'A1B2C3D4',
        actor: 'U0SUB-ALEX',
        status: 303,
      },
      { ...common, message: 'a page was refused', method: 'GET', actor: 'U0SUB-ALEX', status: 404 },
      {
        ...common,
        message: 'a page was refused',
        method: 'POST',
        route: '/link',
        refusedFor: 'form-token',
        status: 403,
      },
      {
        ...common,
        message: 'a page was refused',
        method: 'GET',
        route: '/deeds',
        refusedFor: 'absent',
        status: 401,
      },
    ])
  })

  it('has no line about a page that was only looked at', async () => {
    await using stage = await startSite()
    await stage.ask('/deeds')
    await stage.ask(STYLE_PATH)
    assert.deepEqual(stage.log, [])
  })
})

/** Cases of which only the first works. */
function withVisit(cases: PageCases, { visit }: Pick<PageCases, 'visit'>): PageCases {
  return new Proxy(cases, {
    get: (all, name) => (name === 'visit' ? visit : Reflect.get(all, name)),
  })
}
