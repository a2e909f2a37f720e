import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { retryAfterMs } from '../../src/app/retry-after.ts'
import { errorText, publicText, refusalError } from '../../src/pomerium/errors.ts'

const nowMs = Date.parse('2026-11-20T10:00:00Z')

describe('refusalError', () => {
  const cases: readonly [number, string, boolean, boolean][] = [
    [302, 'invalid-answer', true, false],
    [400, 'rejected', false, false],
    [401, 'unauthorized', false, false],
    [403, 'forbidden', false, false],
    [404, 'rejected', false, false],
    [408, 'timeout', true, true],
    [409, 'conflict', false, false],
    [418, 'rejected', false, false],
    [422, 'rejected', false, false],
    [429, 'rate-limited', true, false],
    [500, 'unavailable', true, true],
    [503, 'unavailable', true, true],
  ]
  for (const [status, code, retryable, ambiguousWrite] of cases) {
    it(`classifies ${status} as ${code}`, () => {
      const of = (write: boolean) => {
        const attempt = { method: 'PUT', what: 'policy pol_9', write } as const
        const refusal = { status, text: '', retryAfter: undefined, elapsedMs: 12 }
        const error = refusalError(attempt, refusal, { nowMs, secrets: [] })
        return [error.code, error.retryable, error.ambiguous]
      }
      assert.deepEqual(of(true), [code, retryable, ambiguousWrite])
      assert.deepEqual(of(false), [code, retryable, false])
    })
  }

  it('says what was attempted, on what, and what came back', () => {
    const error = refusalError(
      { method: 'PUT', what: 'policy pol_9', write: true },
      { status: 409, text: '{"error":"name taken"}', retryAfter: undefined, elapsedMs: 1200 },
      { nowMs, secrets: [] },
    )
    assert.equal(error.message, 'PUT policy pol_9: 409 after 1200 ms: name taken')
  })
})

describe('retryAfterMs', () => {
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['0', 0],
    [' 7 ', 7_000],
    ['600', 600_000],
    ['601', 600_000],
    ['99999999999999999999', 600_000],
    ['Fri, 20 Nov 2026 10:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 09:00:00 GMT', 0],
    ['Sat, 21 Nov 2026 10:00:00 GMT', 600_000],
  ]
  for (const [header, waitMs] of cases) {
    it(`reads ${JSON.stringify(header)} as ${waitMs}`, () => {
      assert.equal(retryAfterMs(header, nowMs), waitMs)
    })
  }
})

describe('errorText', () => {
  it('takes the error property of a JSON body', () => {
    assert.equal(errorText('{"error":"viewer user required"}', []), 'viewer user required')
  })

  it('falls back to the raw text', () => {
    assert.equal(errorText('upstream gone', []), 'upstream gone')
    assert.equal(errorText('{"error":5}', []), '{"error":5}')
    assert.equal(errorText('"text"', []), '"text"')
    assert.equal(errorText('null', []), 'null')
  })
})

describe('publicText', () => {
  it('is one line without control or bidi characters', () => {
    assert.equal(publicText('a\r\nb\tc\u0000d\u202ee\u2028f'), 'a b c d e f')
  })

  it('ends after 200 characters without breaking one', () => {
    assert.equal(publicText('ab '.repeat(100)), `${'ab '.repeat(66)}a…`)
    assert.equal(publicText(`${'.'.repeat(198)}😀...`), `${'.'.repeat(198)}�…`)
  })

  it('removes what looks like a token', () => {
    const jwt =
      'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.AbC-_dEf0123456789xyz'
    assert.equal(
      publicText(`token ${jwt} is expired`),
      'token [removed].[removed].[removed] is expired',
    )
    assert.equal(publicText('Authorization: Bearer abc'), 'Authorization: Bearer [removed]')
    assert.equal(publicText('key deadbeef0123456789abcdef'), 'key [removed]')
  })

  it('removes a known secret of any form', () => {
    assert.equal(publicText('bad token pa ss!', ['pa ss!']), 'bad token [removed]')
  })

  it('leaves words and names alone', () => {
    const text = 'a policy with the name "jit-grafana-production" already exists'
    assert.equal(publicText(text), text)
  })

  it('never shows a known secret, wherever it stands', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_-]{8,64}$/)
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, token, after) => {
        assert.equal(publicText(before + token + after, [token]).includes(token), false)
      }),
    )
  })
})
