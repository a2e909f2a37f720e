import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLimits } from '../../src/web/limits.ts'
import { STYLE_PATH } from '../../src/web/style.ts'
import { startSite } from './site-stage.ts'

describe('who does too much', () => {
  it('has to wait for more pages after 300 in a minute, alone', async () => {
    await using stage = await startSite()
    const statuses = await Promise.all(
      Array.from({ length: 301 }, async () => (await stage.ask('/deeds')).status),
    )
    assert.equal(statuses.filter((status) => status === 200).length, 300)
    const { status, headers, text } = await stage.ask('/deeds')
    assert.equal(status, 429)
    const seconds = Number(headers['retry-after'])
    assert.ok(seconds >= 1 && seconds <= 60)
    assert.ok(text.includes('Try again in'))
    assert.equal((await stage.ask('/deeds', { as: 'sam' })).status, 200)
    assert.equal((await stage.ask(STYLE_PATH)).status, 200)
  })

  it('has to wait for more link codes after 10', async () => {
    await using stage = await startSite()
    const fields = { _token: await stage.token('/link') }
    for (let n = 0; n < 10; n += 1)
      assert.equal((await stage.send('/link', { ...fields, code: String(n) })).status, 303)
    const { status, headers } = await stage.send('/link', { ...fields, code: '10' })
    assert.equal(status, 429)
    assert.ok(Number(headers['retry-after']) > 500)
    assert.equal(stage.deeds.length, 10)
    assert.equal((await stage.send('/deeds', {})).status, 303)
  })
})

describe('createLimits', () => {
  for (const [kind, most, seconds] of [
    ['look', 300, 60],
    ['act', 30, 60],
    ['link', 10, 600],
  ] as const)
    it(`lets ${most} through in ${seconds} seconds: ${kind}`, async (t) => {
      t.mock.timers.enable({ apis: ['Date', 'setTimeout'] })
      const limits = createLimits()
      for (let n = 0; n < most; n += 1) assert.equal(await limits.take(kind, 'a'), undefined)
      assert.equal(await limits.take(kind, 'a'), seconds)
      assert.equal(await limits.take(kind, 'b'), undefined)
      t.mock.timers.tick(seconds * 1_000 - 1)
      assert.equal(await limits.take(kind, 'a'), 1)
      t.mock.timers.tick(1)
      assert.equal(await limits.take(kind, 'a'), undefined)
    })
})
