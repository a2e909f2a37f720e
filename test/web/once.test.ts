import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../src/web/once.ts'
import { createOnce } from '../../src/web/once.ts'

const MINUTE = 60_000

function answer(body: string): Answer {
  return { status: 200, headers: [['content-type', 'text/html']], body }
}

/** Acts of which each answers with how many there were. */
function counted() {
  let count = 0
  return async () => answer(String((count += 1)))
}

describe('createOnce', () => {
  it('acts once for a key and gives everybody the same answer', async () => {
    const once = createOnce(() => 0)
    const act = counted()
    assert.deepEqual(await once.do('a', act), answer('1'))
    assert.deepEqual(await once.do('a', act), answer('1'))
    assert.deepEqual(await once.do('b', act), answer('2'))
  })

  it('lets those who come meanwhile wait for the answer', async () => {
    const once = createOnce(() => 0)
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const first = once.do('a', () => promise)
    const others = Array.from({ length: 50 }, () => once.do('a', counted()))
    resolve(answer('the first'))
    assert.deepEqual(await Promise.all([first, ...others]), Array(51).fill(answer('the first')))
  })

  it('lets one of those who waited act when there was nothing to give again', async () => {
    const once = createOnce(() => 0)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const first = once.do('a', () => promise)
    const act = counted()
    const others = Array.from({ length: 5 }, () => once.do('a', act))
    resolve(undefined)
    assert.equal(await first, undefined)
    assert.deepEqual(await Promise.all(others), Array(5).fill(answer('1')))
  })

  it('tells a failure to who acted, and lets the next one act', async () => {
    const once = createOnce(() => 0)
    const { promise, reject } = Promise.withResolvers<Answer>()
    const first = once.do('a', () => promise)
    const second = once.do('a', counted())
    reject(new Error('no database'))
    await assert.rejects(first, { message: 'no database' })
    assert.deepEqual(await second, answer('1'))
  })

  it('keeps an answer for ten minutes', async () => {
    let ms = 5
    const once = createOnce(() => ms)
    const act = counted()
    await once.do('a', act)
    ms += 10 * MINUTE - 1
    assert.deepEqual(await once.do('a', act), answer('1'))
    ms += 1
    assert.deepEqual(await once.do('a', act), answer('2'))
  })

  it('keeps at most 10,000 answers, the newest', async () => {
    const once = createOnce(() => 0)
    const act = async () => answer('')
    for (let n = 0; n <= 10_000; n += 1) await once.do(String(n), act)
    assert.deepEqual(await once.do('1', counted()), answer(''))
    assert.deepEqual(await once.do('0', counted()), answer('1'))
  })

  it('keeps at most 16 MiB of them', async () => {
    const once = createOnce(() => 0)
    const big = 'x'.repeat(1024 * 1024)
    for (let n = 0; n < 9; n += 1) await once.do(String(n), async () => answer(big))
    assert.deepEqual(await once.do('0', counted()), answer('1'))
    assert.deepEqual(await once.do('8', counted()), answer(big))
    await once.do('huge', async () => answer(big.repeat(9)))
    assert.deepEqual(await once.do('huge', counted()), answer('1'))
  })
})
