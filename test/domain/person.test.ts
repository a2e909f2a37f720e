import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { foldEmail, hasEmail, identityOf, isSamePerson, knownBy } from '../../src/domain/person.ts'
import { RELIABILITY, aPerson } from '../support/build.ts'

describe('isSamePerson', () => {
  const alex = aPerson('alex', { subject: 'sub-1' })
  const rows: readonly (readonly [string, ReturnType<typeof aPerson>, boolean])[] = [
    ['themselves', alex, true],
    [
      'the same Slack user with another address',
      aPerson('alex', { email: 'a@other.example' }),
      true,
    ],
    ['the same address in another case', aPerson('x', { email: 'ALEX@Example.COM' }), true],
    [
      'the same address with blanks around it',
      aPerson('x', { email: ' alex@example.com\n' }),
      true,
    ],
    ['the same Pomerium subject', aPerson('x', { subject: 'sub-1' }), true],
    ['another subject', aPerson('x', { subject: 'sub-2' }), false],
    [
      'a subject in another case, which is another subject',
      aPerson('x', { subject: 'SUB-1' }),
      false,
    ],
    ['somebody else', aPerson('x'), false],
  ]
  for (const [name, other, expected] of rows)
    it(`says ${expected ? 'yes' : 'no'} to ${name}`, () => {
      assert.equal(isSamePerson(alex, other), expected)
      assert.equal(isSamePerson(other, alex), expected)
    })

  it('does not take two people without a subject for one', () => {
    assert.equal(isSamePerson(aPerson('alex'), aPerson('kim')), false)
    const [a, b] = [aPerson('alex', { subject: '' }), aPerson('kim', { subject: '' })]
    assert.equal(isSamePerson(a, b), false)
  })
})

describe('hasEmail', () => {
  it('knows an address in any case, and none where there is none', () => {
    const alex = aPerson('alex')
    assert.equal(hasEmail(alex, ' ALEX@Example.com'), true)
    assert.equal(hasEmail(alex, 'kim@example.com'), false)
    assert.equal(hasEmail(alex, undefined), false)
  })
})

describe('knownBy', () => {
  it('holds for the address that somebody has, and for the one that Slack has, in any case', () => {
    const email = 'alex-admin@example.com'
    const linked = { ...aPerson('alex', { email }), slackEmail: 'alex@example.com' }
    for (const email of ['ALEX@example.com', 'Alex-Admin@example.com'])
      assert.equal(knownBy(linked, email), true)
    assert.equal(knownBy(linked, 'kim@example.com'), false)
    assert.equal(knownBy(linked, undefined), false)
  })
})

describe('foldEmail', () => {
  it('is the same for composed and decomposed letters, large and small', () => {
    const spellings = ['ÉVA@example.com', 'e\u0301va@example.com', 'E\u0301VA@EXAMPLE.COM']
    assert.deepEqual(new Set(spellings.map(foldEmail)), new Set(['éva@example.com']))
    assert.equal(foldEmail('H\u0331@x'), foldEmail('\u1e96@x'))
  })

  it('folds what is folded to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(foldEmail(foldEmail(text)), foldEmail(text))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('identityOf', () => {
  it('leaves out what the person belongs to, their standing, and another address in Slack', () => {
    const slackEmail = 'alex@elsewhere.example'
    const person = { ...aPerson('alex', { groups: [RELIABILITY], subject: 'sub-1' }), slackEmail }
    assert.deepEqual(identityOf(person), {
      teamId: 'T0TEAM',
      userId: 'U0ALEX',
      email: 'alex@example.com',
      subject: 'sub-1',
    })
  })
})
