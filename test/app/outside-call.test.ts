import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutsideCall } from '../../src/app/outside-call.ts'
import { observed, statusLabel } from '../../src/app/outside-call.ts'

const STATUS = { of: (answer: number) => String(answer), ofFailure: () => 'failed' }

describe('observed', () => {
  it('tells how a call went, and gives what it gave', async () => {
    const told: OutsideCall[] = []
    const onCall = (call: OutsideCall) => void told.push(call)
    assert.equal(await observed(onCall, 'GET policies', () => Promise.resolve(200), STATUS), 200)
    const failing = observed(onCall, 'PUT policies', () => Promise.reject(new Error('no')), STATUS)
    await assert.rejects(failing, /^Error: no$/)
    assert.deepEqual(
      told.map(({ method, status }) => [method, status]),
      [
        ['GET policies', '200'],
        ['PUT policies', 'failed'],
      ],
    )
    assert.ok(told.every(({ seconds }) => seconds >= 0 && seconds < 1))
  })
})

describe('statusLabel', () => {
  it('is one of a few, whatever the other side answers', () => {
    const labels = new Set(Array.from({ length: 2_000 }, (_, status) => statusLabel(status)))
    assert.ok(labels.size <= 24, [...labels].join())
    assert.deepEqual([200, 429, 418, 599, 999].map(statusLabel), [
      '200',
      '429',
      '4xx',
      '5xx',
      'other',
    ])
  })
})
