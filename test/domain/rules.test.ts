import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import { belongsTo, domainOf, ineligibility, isNamed, kindsFor } from '../../src/domain/rules.ts'
import { ENGINEERS, RELIABILITY, aPerson, aResource, alex, kim, people } from '../support/build.ts'
import { anEmergencyResource, gus, otto, vendors, vera } from './commands.ts'

const BOSSES = 'S0BOSSES' as SlackGroupId

describe('belongsTo', () => {
  const person = aPerson('alex', { email: 'Alex@Eng.Example.com', groups: [ENGINEERS] })
  const rows: readonly (readonly [string, Parameters<typeof people>[0], boolean])[] = [
    ['nobody', {}, false],
    ['everyone', { everyone: true }, true],
    ['their group', { groups: [RELIABILITY, ENGINEERS] }, true],
    ['another group', { groups: [RELIABILITY] }, false],
    ['their Slack user', { users: [person.userId] }, true],
    ['their Slack user in small letters', { users: ['u0alex' as SlackUserId] }, false],
    ['their address', { emails: ['alex@eng.example.com'] }, true],
    ['another address', { emails: ['kim@eng.example.com'] }, false],
    ['their domain', { domains: ['eng.example.com'] }, true],
    ['the domain above theirs', { domains: ['example.com'] }, false],
    ['a domain that ends like theirs', { domains: ['g.example.com'] }, false],
  ]
  for (const [name, set, expected] of rows)
    it(`finds them ${expected ? '' : 'not '}in a set of ${name}`, () => {
      assert.equal(belongsTo(people(set), person), expected)
    })

  it('takes the domain after the last @, and none where there is none', () => {
    const domains = people({ domains: ['example.com'] })
    assert.equal(belongsTo(domains, aPerson('x', { email: 'a@evil.example@example.com' })), true)
    assert.equal(belongsTo(domains, aPerson('x', { email: 'a@example.com@evil.example' })), false)
    assert.equal(belongsTo(domains, aPerson('x', { email: 'example.com' })), false)
    assert.equal(domainOf('example.com'), '')
  })

  it('finds nobody in an empty set', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, email) => {
        assert.equal(belongsTo(people(), aPerson(name, { email, groups: [BOSSES] })), false)
      }),
    )
  })
})

describe('belongsTo, against a deny list', () => {
  const person = aPerson('alex', { email: 'Alex@Example.com', groups: [ENGINEERS] })
  const everybody = {
    everyone: true,
    groups: [ENGINEERS],
    users: [person.userId],
    emails: ['alex@example.com'],
    domains: ['example.com'],
  }
  const rows: readonly (readonly [string, Parameters<typeof people>[0]])[] = [
    ['their group', { groups: [ENGINEERS] }],
    ['their Slack user', { users: [person.userId] }],
    ['their address', { emails: ['alex@example.com'] }],
    ['their domain', { domains: ['example.com'] }],
  ]
  for (const [name, deny] of rows)
    it(`finds nobody whom ${name} denies, whatever else names them`, () => {
      assert.equal(belongsTo(people({ ...everybody, deny: people(deny) }), person), false)
    })

  it('finds whoever linked another address than the one that is denied', () => {
    const linked = { ...person, email: 'alex-admin@example.com', slackEmail: person.email }
    const deny = people({ emails: ['alex@example.com'] })
    assert.equal(belongsTo(people({ ...everybody, deny }), linked), false)
    assert.equal(belongsTo(people({ emails: ['alex@example.com'] }), linked), false)
    assert.equal(belongsTo(people(everybody), linked), true)
  })

  it('finds whom the deny list does not name', () => {
    const deny = people({ users: [kim.userId], domains: ['partner.example'] })
    assert.equal(belongsTo(people({ ...everybody, deny }), person), true)
  })
})

describe('belongsTo, for guests and outsiders', () => {
  it('finds none of them, whatever names them', () => {
    for (const { userId, email, standing } of [gus, otto]) {
      const set = people({ everyone: true, users: [userId], emails: [email], groups: [ENGINEERS] })
      const stranger = aPerson('x', { userId, email, standing, groups: [ENGINEERS] })
      assert.equal(belongsTo(set, stranger), false)
      assert.equal(belongsTo(set, { ...stranger, standing: 'member' }), true)
    }
  })
})

describe('isNamed', () => {
  it('knows somebody by the address alone', () => {
    const names = people({ domains: ['partner.example'], groups: [ENGINEERS] })
    assert.equal(isNamed(names, { email: 'Pat@PARTNER.example' }), true)
    assert.equal(isNamed(names, { email: 'pat@example.com' }), false)
  })
})

describe('kindsFor', () => {
  const resource = anEmergencyResource({ vendors })
  const rows: readonly (readonly [string, Person, readonly string[]])[] = [
    ['somebody eligible, who may open it in an emergency', alex, ['standard', 'break-glass']],
    ['somebody who is not named', kim, []],
    ['a sponsor, who asks for others only', vera, []],
    ['a guest who is named', gus, ['sponsored']],
    ['an outsider who is named', otto, ['sponsored']],
    ['a guest who is not named', { ...gus, email: 'gus@evil.example' }, []],
    ['a guest in the group of those who may ask', { ...gus, groups: alex.groups }, ['sponsored']],
    ['a member whom the list of vendors names', { ...gus, standing: 'member' }, []],
  ]
  for (const [name, person, kinds] of rows)
    it(`gives ${name} ${kinds.length === 0 ? 'nothing' : kinds.join(' and ')}`, () => {
      assert.deepEqual(kindsFor(resource, person), kinds)
    })

  it('serves guests nowhere unless the resource names them', () => {
    assert.deepEqual(kindsFor(anEmergencyResource(), gus), [])
  })
})

describe('ineligibility', () => {
  const resource = anEmergencyResource({ vendors })
  const standard = { kind: 'standard' } as const
  const guests = { kind: 'sponsored' } as const
  const sponsored = { kind: 'sponsored', beneficiary: 'Pat@partner.example' } as const
  const emergency = { kind: 'break-glass' } as const
  const stranger = aPerson('eve')
  const rows: readonly (readonly [string, Parameters<typeof ineligibility>, string | undefined])[] =
    [
      ['a requester', [standard, alex, resource], undefined],
      ['a requester in an emergency', [emergency, alex, resource], undefined],
      ['a guest', [guests, gus, resource], undefined],
      ['an outsider', [guests, otto, resource], undefined],
      ['a sponsor', [sponsored, vera, resource], undefined],
      ['a requester who lost the group', [standard, stranger, resource], 'not-a-requester'],
      ['one in an emergency who lost it', [emergency, stranger, resource], 'not-a-requester'],
      [
        'a requester who became a guest',
        [standard, { ...alex, standing: 'guest' }, resource],
        'guest',
      ],
      [
        'a requester with an address elsewhere by now',
        [standard, { ...alex, standing: 'outsider' }, resource],
        'email-domain',
      ],
      [
        'a guest who became a member',
        [guests, { ...gus, standing: 'member' }, resource],
        'not-a-vendor',
      ],
      ['a guest who is not named any more', [guests, gus, aResource()], 'not-a-vendor'],
      ['a sponsor who is none any more', [sponsored, alex, resource], 'not-a-sponsor'],
      [
        'a sponsor who became a guest',
        [sponsored, { ...vera, standing: 'guest' }, resource],
        'not-a-sponsor',
      ],
      [
        'a sponsor where vendors are not served any more',
        [sponsored, vera, aResource()],
        'not-a-sponsor',
      ],
      [
        'a beneficiary who is not named any more',
        [{ ...sponsored, beneficiary: 'pat@evil.example' }, vera, resource],
        'not-a-vendor',
      ],
      ['an emergency that is none any more', [emergency, alex, aResource()], 'not-a-requester'],
    ]
  for (const [name, facts, expected] of rows)
    it(`says of ${name}: ${expected ?? 'nothing'}`, () => {
      assert.equal(ineligibility(...facts), expected)
    })
})
