import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createFormTokens } from '../../src/web/form-token.ts'

const HOUR = 3_600_000
const ALEX = { subject: 'sub-alex', email: 'alex@example.com', issuedAt: new Date(0) }
const NONCE = 'Zm9vYmFyYmF6cXV4Zm9v'

function tokensAt(clock: { ms: number }, secret = 'a secret') {
  return createFormTokens({ secret, now: () => clock.ms, nonce: () => NONCE })
}

describe('createFormTokens', () => {
  it('takes back its own token and gives its nonce', () => {
    const tokens = tokensAt({ ms: 1e12 })
    assert.equal(tokens.check(ALEX, '/link', tokens.issue(ALEX, '/link')), NONCE)
  })

  it('takes a token that another replica with the same secret made', () => {
    const token = tokensAt({ ms: 1e12 }).issue(ALEX, '/link')
    assert.equal(tokensAt({ ms: 1e12 + 5 }).check(ALEX, '/link', token), NONCE)
  })

  it('goes by who it is, whenever they were asserted', () => {
    const tokens = tokensAt({ ms: 1e12 })
    const token = tokens.issue(ALEX, '/link')
    assert.equal(tokens.check({ ...ALEX, issuedAt: new Date(9) }, '/link', token), NONCE)
  })

  for (const [what, identity, action] of [
    ['another subject', { ...ALEX, subject: 'sub-sam' }, '/link'],
    ['another e-mail', { ...ALEX, email: 'sam@example.com' }, '/link'],
    ['the same e-mail in capitals', { ...ALEX, email: 'Alex@example.com' }, '/link'],
    [
      'subject and e-mail cut elsewhere',
      { ...ALEX, subject: 'sub-alexa', email: 'lex@example.com' },
      '/link',
    ],
    ['another address', ALEX, '/admin'],
    ['an address below', ALEX, '/link/x'],
    ['the same address with a slash', ALEX, '/link/'],
  ] as const)
    it(`refuses it for ${what}`, () => {
      const tokens = tokensAt({ ms: 1e12 })
      assert.equal(tokens.check(identity, action, tokens.issue(ALEX, '/link')), undefined)
    })

  it('refuses a token made with another secret', () => {
    const token = tokensAt({ ms: 1e12 }, 'another secret').issue(ALEX, '/link')
    assert.equal(tokensAt({ ms: 1e12 }).check(ALEX, '/link', token), undefined)
  })

  for (const [what, ageMs, expected] of [
    ['of 8 hours', 8 * HOUR, NONCE],
    ['of more than 8 hours', 8 * HOUR + 1, undefined],
    ['of a clock that is a minute ahead', -60_000, NONCE],
    ['from later than that', -60_001, undefined],
  ] as const)
    it(`${expected === undefined ? 'refuses' : 'takes'} a token ${what}`, () => {
      const clock = { ms: 1e12 }
      const tokens = tokensAt(clock)
      const token = tokens.issue(ALEX, '/link')
      clock.ms += ageMs
      assert.equal(tokens.check(ALEX, '/link', token), expected)
    })

  it('refuses a token that was changed anywhere', () => {
    const tokens = tokensAt({ ms: 1e12 })
    const token = tokens.issue(ALEX, '/link')
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'a', '0', '-', '_', '.', '=', ' ', '\n'),
        (at, other) => {
          const changed = token.slice(0, at) + other + token.slice(at + 1)
          assert.equal(tokens.check(ALEX, '/link', changed), changed === token ? NONCE : undefined)
        },
      ),
    )
  })

  it('refuses whatever else is sent as a token', () => {
    const tokens = tokensAt({ ms: 1e12 })
    const token = tokens.issue(ALEX, '/link')
    const others = ['', '.', '..', token.slice(0, -1), `${token}A`, `${token}\n`, token.repeat(2)]
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...others), fc.string()), (sent) => {
        assert.equal(tokens.check(ALEX, '/link', sent), undefined)
      }),
    )
  })
})
