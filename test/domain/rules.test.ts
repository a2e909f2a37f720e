import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ResourceId, SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import {
  askProblems,
  belongsTo,
  domainOf,
  groupsIn,
  groupsOf,
  requestableBy,
  textProblem,
} from '../../src/domain/rules.ts'
import {
  ENGINEERS,
  RELIABILITY,
  aCatalogue,
  aPerson,
  aResource,
  alex,
  kim,
  people,
} from '../support/build.ts'

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

describe('requestableBy', () => {
  it('lists what somebody may ask for, in the order of the catalogue', () => {
    const open = aResource({ id: 'wiki' as ResourceId, requesters: people({ everyone: true }) })
    const closed = aResource({ id: 'vault' as ResourceId, requesters: people() })
    const catalogue = aCatalogue({}, open, closed, aResource())
    const ids = (person: typeof alex) => requestableBy(catalogue, person).map(({ id }) => id)
    assert.deepEqual(ids(alex), ['wiki', 'grafana-prod'])
    assert.deepEqual(ids(kim), ['wiki'])
  })
})

describe('askProblems', () => {
  const resource = aResource({
    duration: { defaultSeconds: 60, maxSeconds: 3_600 },
    reason: { minLength: 10, pattern: /INC-\d+/u, hint: 'Name the incident' },
  })
  const problems = (durationSeconds: number, reason: string) =>
    askProblems(resource, { durationSeconds, reason })

  it('finds nothing wrong with a good wish', () => {
    assert.deepEqual(problems(3_600, 'INC-42 dashboards are red'), [])
  })

  it('names duration and reason at once', () => {
    assert.deepEqual(problems(3_601, 'INC-42'), [
      { code: 'duration-too-long', maxSeconds: 3_600 },
      { code: 'reason-too-short', minLength: 10, hint: 'Name the incident' },
    ])
  })

  it('gives the hint when the pattern does not match', () => {
    assert.deepEqual(problems(60, 'dashboards are red'), [
      { code: 'reason-mismatch', hint: 'Name the incident' },
    ])
  })

  it('counts characters, not code units', () => {
    assert.deepEqual(problems(60, `INC-42${'🔥'.repeat(994)}`), [])
    assert.deepEqual(problems(60, `INC-42${'🔥'.repeat(995)}`), [
      { code: 'reason-too-long', maxLength: 1_000 },
    ])
    assert.deepEqual(problems(60, 'INC-4🔥🔥🔥🔥')[0]?.code, 'reason-too-short')
  })

  it('wants some reason even where the catalogue asks for none', () => {
    const lenient = aResource({ reason: { minLength: 0 } })
    assert.deepEqual(askProblems(lenient, { durationSeconds: 60, reason: '' }), [
      { code: 'reason-too-short', minLength: 1 },
    ])
  })

  it('answers the same twice, whatever the flags of the pattern', () => {
    const sticky = aResource({ reason: { minLength: 1, pattern: /INC-\d+/g } })
    const wish = { durationSeconds: 60, reason: 'INC-42' }
    assert.deepEqual([askProblems(sticky, wish), askProblems(sticky, wish)], [[], []])
  })
})

describe('textProblem', () => {
  it('wants one visible character and at most a thousand', () => {
    assert.equal(textProblem('x'), undefined)
    assert.equal(textProblem('🔥'.repeat(1_000)), undefined)
    assert.deepEqual(textProblem(' \n'), { code: 'reason-too-short', minLength: 1 })
    assert.deepEqual(textProblem('🔥'.repeat(1_001)), { code: 'reason-too-long', maxLength: 1_000 })
  })
})

describe('groupsOf and groupsIn', () => {
  const wiki = aResource({
    id: 'wiki' as ResourceId,
    requesters: people({ groups: [RELIABILITY] }),
  })
  const db = aResource({
    requesters: people({ groups: [ENGINEERS] }),
    approvers: people({ groups: [ENGINEERS] }),
  })
  const catalogue = aCatalogue({ admins: people({ groups: [BOSSES] }) }, wiki, db)

  it('name every group once', () => {
    assert.deepEqual([...groupsOf(catalogue)], [BOSSES, RELIABILITY, ENGINEERS])
  })

  it('name the groups of sets of people, those that are there', () => {
    assert.deepEqual([...groupsIn(catalogue.admins, db.requesters)], [BOSSES, ENGINEERS])
    assert.deepEqual([...groupsIn(undefined, db.requesters, db.approvers)], [ENGINEERS])
    assert.deepEqual([...groupsIn()], [])
  })
})
