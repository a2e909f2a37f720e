import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { compileReasonPattern } from '../../src/catalogue/reason-pattern.ts'

describe('compileReasonPattern', () => {
  const accepted: readonly (readonly [string, string])[] = [
    ['INC-\\d+', 'see INC-42'],
    ['^(INC|CHG|REQ)-[A-Z]+-\\d+', 'CHG-A-1'],
    ['^https://jira\\.example\\.com/browse/[A-Z]+-\\d+', 'https://jira.example.com/browse/A-1'],
    ['(?:\\d{1,3}\\.){3}\\d{1,3}', '10.0.0.1'],
    ['(?<ticket>INC-\\d+)?.{10,}', 'long enough'],
    ['\\p{Lu}\\p{L}*', 'Émile'],
    ['[\\]*+(]+', '(*'],
    ['(?:ab)+', 'abab'],
    ['(?=.*INC)(?!x)a', 'abINC'],
    ['(?i:inc)-\\d{1,10}', 'INC-1'],
    ['\\(\\*\\+\\)', '(*+)'],
    ['a{3,}', 'aaa'],
  ]
  for (const [source, reason] of accepted)
    it(`accepts ${source}`, () => {
      const compiled = compileReasonPattern(source)
      assert.ok(compiled.ok, JSON.stringify(compiled))
      assert.deepEqual(
        [compiled.pattern.source, compiled.pattern.flags, compiled.pattern.test(reason)],
        [new RegExp(source, 'u').source, 'u', true],
      )
    })

  const slow = [
    '(a+)+$',
    '(a*)*$',
    '(a|a)*$',
    '(?:a|aa)+$',
    '(.*)*x',
    '(?:a?){30}x',
    '((a{1,9}){1,9}){1,9}x',
    '(?:(?:a|a)b?){20}x',
    '(?<n>\\w+\\s?)*$',
    '(?=(a+)+$)',
    '.*.*.*x',
    '.{0,200}.{0,200}.{0,200}x',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '[)]*(x+)+',
    '\\)(x+x+)+y',
    '(?:x+){2,}y',
  ]
  for (const source of slow)
    it(`refuses ${source} as too slow`, () => {
      const compiled = compileReasonPattern(source)
      assert.ok(!compiled.ok)
      assert.match(compiled.message, /^could take too long on a hostile reason; /)
    })

  const wrong: readonly (readonly [string, string])[] = [
    ['(', 'Unterminated group'],
    ['[z-a]', 'Range out of order in character class'],
    ['INC\\-1', 'Invalid escape'],
    ['*', 'Nothing to repeat'],
  ]
  for (const [source, why] of wrong)
    it(`refuses ${source}, which does not compile`, () => {
      assert.deepEqual(compileReasonPattern(source), {
        ok: false,
        message: `is not a regular expression (${why}); correct it, and escape only special characters`,
      })
    })

  it('refuses an empty pattern and one of more than 200 characters', () => {
    const refusal = { ok: false, message: 'must be a pattern of 1 to 200 characters' }
    assert.deepEqual(compileReasonPattern(''), refusal)
    assert.deepEqual(compileReasonPattern('a'.repeat(201)), refusal)
    assert.equal(compileReasonPattern('a'.repeat(200)).ok, true)
  })
})
