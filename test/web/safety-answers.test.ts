import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { STYLE, STYLE_PATH } from '../../src/web/style.ts'
import { odd } from './odd-pages.ts'
import { ORIGIN, startSite } from './site-stage.ts'

const SAFE = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
}

describe('every answer', () => {
  for (const [status, path, ask] of [
    [200, '/deeds', {}],
    [200, '/deeds', { method: 'HEAD' }],
    [200, '/file', {}],
    [303, '/go?to=/deeds', {}],
    [401, '/deeds', { as: 'nobody' }],
    [403, '/deeds', { method: 'POST', body: 'x' }],
    [404, '/nothing', {}],
    [405, '/deeds', { method: 'DELETE' }],
    [415, '/deeds', { method: 'POST', headers: { origin: ORIGIN }, body: 'x' }],
    [500, '/fails', {}],
    [500, '/fails/strangely', {}],
    [503, '/deeds', { as: 'unknowable' }],
  ] as const)
    it(`has the headers that keep it from harm: ${status} of ${ask.method ?? 'GET'} ${path}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const { status: answered, headers } = await stage.ask(path, ask)
      assert.equal(answered, status)
      const found = Object.keys(SAFE).map((name) => [name, headers[name]])
      assert.deepEqual(Object.fromEntries(found), SAFE)
      assert.match(String(headers['permissions-policy']), /camera=\(\), .*geolocation=\(\)/)
      assert.equal(headers['cache-control'], 'no-store')
      for (const name of ['server', 'x-powered-by', 'set-cookie', 'access-control-allow-origin'])
        assert.equal(headers[name], undefined)
    })

  it('has them even when the request names no address', async () => {
    await using stage = await startSite()
    const answer = await stage.raw('GET /\\evil HTTP/1.1\r\nhost: x y\r\nconnection: close\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.match(answer, /content-security-policy: default-src 'none'/i)
  })

  it('speaks of TLS only where there is some', async () => {
    await using stage = await startSite({ origin: 'http://localhost:8000' })
    const { headers } = await stage.ask('/deeds')
    assert.equal(headers['strict-transport-security'], undefined)
  })
})

describe('the stylesheet', () => {
  it('is given to anybody, to be kept for long', async () => {
    await using stage = await startSite()
    const { status, headers, text } = await stage.ask(STYLE_PATH, { as: 'nobody' })
    assert.equal(status, 200)
    assert.equal(text, STYLE)
    assert.equal(headers['content-type'], 'text/css; charset=utf-8')
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(headers['x-content-type-options'], 'nosniff')
  })

  for (const path of ['/style.css', '/style.css?v=of-another-version', `${STYLE_PATH}&x=1`])
    it(`is not kept as ${path}`, async () => {
      await using stage = await startSite()
      const { status, headers } = await stage.ask(path, { as: 'nobody' })
      assert.deepEqual([status, headers['cache-control']], [200, 'no-cache'])
    })
})

describe('seeOther', () => {
  for (const path of [
    '/',
    '/admin',
    '/requests/A1B2C3D4',
    '/audit?from=2026-11-20&person=a%40x#e7',
    '/a/../b',
  ])
    it(`sends on to ${path}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const { status, headers } = await stage.ask(`/go?to=${encodeURIComponent(path)}`)
      assert.deepEqual([status, headers['location']], [303, path])
    })

  for (const path of [
    '',
    'admin',
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    'javascript:alert(1)',
    '/a\r\nset-cookie: x=1',
    '/a\u2028b',
    '/é',
    '/?to=//evil.example\\',
    './/evil.example',
    '@evil.example',
  ])
    it(`does not send on to ${JSON.stringify(path)}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const { status, headers } = await stage.ask(`/go?to=${encodeURIComponent(path)}`)
      assert.deepEqual([status, headers['location']], [500, undefined])
      assert.equal(headers['set-cookie'], undefined)
    })
})
