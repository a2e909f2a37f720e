import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FROM_HERE, ORIGIN, postWith, startSite } from './site-stage.ts'

const DONE = { status: 303, deeds: 1 }

describe('a form from another site', () => {
  for (const [what, headers] of [
    ['another origin', { origin: 'https://evil.example' }],
    ['another origin, told with ours', { origin: `${ORIGIN}, https://evil.example` }],
    ['a frame or file without origin', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['our origin without TLS', { origin: 'http://jit.example.com' }],
    ['another port', { origin: `${ORIGIN}:8443` }],
    ['a name that begins like ours', { origin: `${ORIGIN}.evil.example` }],
    ['a name below ours', { origin: 'https://x.jit.example.com' }],
    ['our origin in capitals', { origin: ORIGIN.toUpperCase() }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
    ['outside of any page', { 'sec-fetch-site': 'none' }],
    ['our origin and another site at once', { ...FROM_HERE, 'sec-fetch-site': 'cross-site' }],
    ['another origin and our site at once', { ...FROM_HERE, origin: 'https://evil.example' }],
    ['nowhere that is told', {}],
    ['our origin told by the referrer alone', { referer: `${ORIGIN}/deeds` }],
  ] as const)
    it(`is refused when it comes from ${what}`, async () => {
      await using stage = await startSite()
      assert.deepEqual(await postWith(stage, headers), { status: 403, deeds: 0 })
    })

  for (const [what, headers] of [
    ['both headers', FROM_HERE],
    ['the origin alone', { origin: ORIGIN }],
    ['the site alone', { 'sec-fetch-site': 'same-origin' }],
  ] as const)
    it(`is told from ours by ${what}`, async () => {
      await using stage = await startSite()
      assert.deepEqual(await postWith(stage, headers), DONE)
    })
})

describe('a form token', () => {
  it('is of no use to another identity', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds', 'sam')
    const { status } = await stage.send('/deeds', { _token: token, what: 'x' }, { as: 'alex' })
    assert.deepEqual([status, stage.deeds.length], [403, 0])
  })

  it('is of no use at another address', async () => {
    await using stage = await startSite()
    const token = await stage.token('/requests/A1B2C3D4')
    for (const path of ['/deeds', '/requests/E5F6G7H8', '/link'])
      assert.equal((await stage.send(path, { _token: token })).status, 403)
    assert.equal((await stage.send('/requests/A1B2C3D4', { _token: token })).status, 303)
    assert.equal(stage.deeds.length, 1)
  })

  for (const [what, token] of [
    ['missing', ''],
    ['made up', `${Date.now().toString(36)}.${'A'.repeat(22)}.${'A'.repeat(43)}`],
  ] as const)
    it(`is needed: ${what}, nothing is done`, async () => {
      await using stage = await startSite()
      const { status } = await stage.send('/deeds', { _token: token, what: 'x' })
      assert.deepEqual([status, stage.deeds.length], [403, 0])
    })

  it('is not read from the address', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds')
    const { status } = await stage.send(`/deeds?_token=${token}`, { _token: '', what: 'x' })
    assert.deepEqual([status, stage.deeds.length], [403, 0])
  })

  it('ends after eight hours, and what was typed can be copied, escaped, without the token', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds')
    stage.pass(8 * 3_600_000 + 60_000)
    const reply = await stage.send('/deeds', {
      _token: token,
      reason: '<script>alert(1)</script>\nsecond "line" & more',
      '"><img src=x>': 'a name like that',
      empty: ' ',
    })
    assert.equal(reply.status, 403)
    assert.match(reply.text, /too old or not yours, so nothing was done: open the page again/)
    assert.match(
      reply.text,
      /&lt;script&gt;alert\(1\)&lt;\/script&gt;\nsecond &quot;line&quot; &amp; more/,
    )
    assert.match(reply.text, /&quot;&gt;&lt;img src=x&gt;/)
    assert.doesNotMatch(reply.text, /<script|<img|empty/)
    assert.ok(!reply.text.includes(token))
    assert.equal(stage.deeds.length, 0)
  })
})

describe('a form sent twice', () => {
  it('acts once on a double click, and both get the answer', async () => {
    const gate = Promise.withResolvers<void>()
    await using stage = await startSite({ beforeDeed: () => gate.promise })
    const fields = { _token: await stage.token('/deeds'), what: 'x' }
    const both = [stage.send('/deeds', fields), stage.send('/deeds', fields)]
    gate.resolve()
    const replies = await Promise.all(both)
    assert.deepEqual(
      replies.map(({ status, headers }) => [status, headers['location']]),
      [
        [303, '/deeds'],
        [303, '/deeds'],
      ],
    )
    assert.equal(stage.deeds.length, 1)
  })

  it('acts once when it is loaded again later', async () => {
    await using stage = await startSite()
    const fields = { _token: await stage.token('/deeds'), what: 'x' }
    await stage.send('/deeds', fields)
    stage.pass(9 * 60_000)
    const { status, headers } = await stage.send('/deeds', fields)
    assert.deepEqual([status, headers['location'], stage.deeds.length], [303, '/deeds', 1])
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('is another deed when it was filled in otherwise, or made anew', async () => {
    await using stage = await startSite()
    const token = await stage.token('/deeds')
    await stage.send('/deeds', { _token: token, what: 'x' })
    await stage.send('/deeds', { _token: token, what: 'y' })
    await stage.send('/deeds', { what: 'x' })
    assert.equal(stage.deeds.length, 3)
    assert.equal(new Set(stage.keys).size, 3)
  })

  it('is tried again after a failure', async () => {
    let failures = 1
    await using stage = await startSite({
      beforeDeed: async () => {
        if (failures > 0) {
          failures -= 1
          throw new Error('no database')
        }
      },
    })
    const fields = { _token: await stage.token('/deeds'), what: 'x' }
    assert.equal((await stage.send('/deeds', fields)).status, 500)
    assert.equal((await stage.send('/deeds', fields)).status, 303)
    assert.equal(stage.deeds.length, 1)
  })
})
