import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SECRET, odd } from './odd-pages.ts'
import { startSite } from './site-stage.ts'

describe('methods', () => {
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND'])
    it(`do not include ${method}`, async () => {
      await using stage = await startSite()
      const answer = await stage.raw(
        `${method} /deeds HTTP/1.1\r\nhost: jit.example.com\r\nx-test-identity: alex\r\nx-secret: ${SECRET}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 405 /)
      assert.match(answer, /allow: GET, HEAD, POST/i)
      assert.ok(!answer.includes(SECRET))
    })

  it('do not include CONNECT', async () => {
    await using stage = await startSite()
    const request = 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n'
    assert.equal(await stage.raw(request), '')
  })

  it('are not changed by a header, a parameter or a field', async () => {
    await using stage = await startSite()
    const { status } = await stage.ask('/deeds?_method=POST', {
      headers: { 'x-http-method-override': 'POST', 'x-method-override': 'POST' },
    })
    assert.equal(status, 200)
    await stage.send('/deeds', { _method: 'DELETE' })
    assert.deepEqual(stage.deeds, [new Map([['_method', 'DELETE']])])
  })

  it('are answered alike by GET and HEAD, but for the body', async () => {
    await using stage = await startSite()
    const get = await stage.ask('/deeds')
    const head = await stage.ask('/deeds', { method: 'HEAD' })
    assert.equal(head.text, '')
    assert.equal(head.status, get.status)
    assert.equal(head.headers['content-type'], get.headers['content-type'])
    const nothing = await stage.ask('/nothing', { method: 'HEAD' })
    assert.deepEqual([nothing.status, nothing.text], [404, ''])
  })
})

describe('the host that a request names', () => {
  for (const host of ['evil.example', 'jit-bot:8000', '127.0.0.1'])
    it(`counts for nothing and is not repeated: ${host}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const headers = { host, 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
      const page = await stage.ask('/deeds', { headers })
      assert.equal(page.status, 200)
      assert.ok(!page.text.includes(host))
      const on = await stage.ask('/go?to=/deeds', { headers })
      assert.equal(on.headers['location'], '/deeds')
    })

  for (const [what, lines] of [
    ['none', []],
    ['two', ['host: jit.example.com', 'host: evil.example']],
    ['nonsense', ['host: a b']],
    ['a path', ['host: jit.example.com/evil']],
  ] as const)
    it(`is needed, once: ${what} is refused`, async () => {
      await using stage = await startSite()
      const head = ['GET /deeds HTTP/1.1', ...lines, 'x-test-identity: alex', 'connection: close']
      assert.match(await stage.raw(`${head.join('\r\n')}\r\n\r\n`), /^HTTP\/1\.1 400 /)
    })

  it('is not taken from the request line either', async () => {
    await using stage = await startSite({ pages: [odd] })
    const answer = await stage.raw(
      'GET http://evil.example/go?to=/deeds HTTP/1.1\r\nhost: jit.example.com\r\nx-test-identity: alex\r\nconnection: close\r\n\r\n',
    )
    assert.match(answer, /^HTTP\/1\.1 303 /)
    assert.match(answer, /^location: \/deeds\r$/im)
  })
})

describe('odd addresses', () => {
  for (const path of [
    '//evil.example/deeds',
    '/deeds/',
    '/deeds%2f',
    '/x/..%2fdeeds',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%5c..%5cetc',
    '/deeds%00',
    '/deeds;x=1',
    '/deeds%0d%0aset-cookie:%20x=1',
    '/requests/%0d%0ax/y',
    '/%',
    '/%ff%fe',
    `/${'a'.repeat(8_000)}`,
    '/constructor',
    '/__proto__',
    '/*',
    '/.env',
    '/style.css/../../package.json',
  ])
    it(`lead nowhere: ${path.slice(0, 40)}`, async () => {
      await using stage = await startSite()
      const answer = await stage.raw(
        `GET ${path} HTTP/1.1\r\nhost: jit.example.com\r\nx-test-identity: alex\r\nconnection: close\r\n\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 404 /)
      assert.doesNotMatch(answer, /set-cookie|evil|passwd/i)
    })

  it('do not make forms act elsewhere', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds')
    for (const path of ['/deeds/', '//deeds', '/deeds%2f', '/x/../deeds?'])
      await stage.send(path, { _token: token })
    assert.ok(stage.deeds.length <= 1)
  })
})

describe('a request in another request', () => {
  const inner = 'GET /file HTTP/1.1\r\nhost: x\r\nx-test-identity: alex\r\n\r\n'
  const head = 'POST /deeds HTTP/1.1\r\nhost: x\r\nx-test-identity: alex\r\n'
  for (const [what, request] of [
    [
      'a length and chunks',
      `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'chunks and a length',
      `${head}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['two lengths', `${head}content-length: 0\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`],
    ['a length that is no number', `${head}content-length: 0x10\r\n\r\n${inner}`],
    ['a negative length', `${head}content-length: -1\r\n\r\n${inner}`],
    ['another coding', `${head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`],
    ['a space before the colon', `${head}content-length : 5\r\n\r\n${inner}`],
    ['a chunk of no length', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n${inner}`],
    ['a bare line feed in the head', `${head}x: y\ncontent-length: 5\r\n\r\n${inner}`],
  ] as const)
    it(`is not taken for one: ${what}`, async () => {
      await using stage = await startSite({ pages: [odd] })
      const answer = await stage.raw(request)
      assert.doesNotMatch(answer, /a,b/)
      assert.match(answer, /HTTP\/1\.1 4\d\d (?!.*HTTP\/1\.1 2\d\d )/s)
      assert.equal(stage.deeds.length, 0)
    })
})
