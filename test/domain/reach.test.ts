import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isAccepted, neededBy, rightAt } from '../../src/domain/approvals.ts'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import type { Person } from '../../src/domain/person.ts'
import type { MembersOf } from '../../src/domain/reach.ts'
import { mostApprovers } from '../../src/domain/reach.ts'
import type { PeopleSet, Stage } from '../../src/domain/resource.ts'
import { aPerson, aResource, aStage, alex, after, kim, people, sam } from '../support/build.ts'

const LEADS = 'S0LEADS' as SlackGroupId
const OPS = 'S0OPS' as SlackGroupId
const ids = (...persons: readonly Person[]) => persons.map(({ userId }) => userId)
const groups =
  (known: Record<string, readonly SlackUserId[]>): MembersOf =>
  (group) =>
    known[group] === undefined ? undefined : new Set(known[group])
const nobodyKnows: MembersOf = () => undefined
const robin = aPerson('robin')

describe('mostApprovers', () => {
  const stage = (approvers: Partial<PeopleSet>, approvals = 1, silent?: Partial<PeopleSet>) =>
    aStage({
      approvers: people(approvers),
      approvals,
      ...(silent === undefined ? {} : { silent: people(silent) }),
    })
  const both = groups({ [LEADS]: ids(kim, sam), [OPS]: ids(kim) })

  const rows: readonly (readonly [string, number, Parameters<typeof mostApprovers>])[] = [
    ['nobody for an empty set', 0, [[stage({}, 2)], both]],
    ['each member of a group', 2, [[stage({ groups: [LEADS] }, 3)], both]],
    ['no more than are needed', 1, [[stage({ groups: [LEADS] })], both]],
    ['a group that is empty by now', 0, [[stage({ groups: [LEADS] })], groups({ [LEADS]: [] })]],
    ['a person of two groups once', 2, [[stage({ groups: [LEADS, OPS] }, 3)], both]],
    [
      'a person of two stages once',
      1,
      [[stage({ groups: [OPS] }), stage({ users: ids(kim) })], both],
    ],
    [
      'everybody where they are needed most',
      2,
      [[stage({ groups: [LEADS] }), stage({ groups: [OPS] })], both],
    ],
    [
      'the silent with the others',
      2,
      [[stage({ users: ids(kim) }, 2, { users: ids(sam) })], nobodyKnows],
    ],
    [
      'those who come in by escalation, at each stage',
      2,
      [[stage({}), stage({})], nobodyKnows, [], people({ users: ids(kim, sam) })],
    ],
    [
      'no requester, by id and by address',
      1,
      [
        [stage({ users: ids(alex, kim), emails: [alex.email] }, 3)],
        nobodyKnows,
        [{ ...alex, email: alex.email.toUpperCase() }],
      ],
    ],
    [
      'no beneficiary',
      0,
      [[stage({ emails: ['pat@partner.example'] })], both, [{ email: 'Pat@Partner.example' }]],
    ],
    [
      'nobody who is denied',
      1,
      [
        [
          stage(
            {
              users: ids(alex, kim, sam, robin),
              emails: ['x@a.example', 'y@b.example'],
              deny: people({
                groups: [OPS],
                users: ids(sam, robin),
                emails: ['x@a.example'],
                domains: ['b.example'],
              }),
            },
            9,
          ),
        ],
        both,
      ],
    ],
    [
      'nobody silently whom the approvers are denied',
      1,
      [
        [
          stage({ users: ids(kim), deny: people({ users: ids(kim) }) }, 2, {
            users: ids(kim, sam),
          }),
        ],
        both,
      ],
    ],
    [
      'whom silence is denied among the approvers',
      1,
      [[stage({ users: ids(kim) }, 1, { deny: people({ users: ids(kim) }) })], both],
    ],
    [
      'nobody but sponsors for a sponsor, however long it takes',
      1,
      [
        [{ ...stage({ users: ids(kim) }, 2), isSponsors: true }],
        both,
        [],
        people({ everyone: true }),
      ],
    ],
    [
      'nobody where everybody is denied',
      0,
      [[stage({ everyone: true, deny: people({ everyone: true }) })], nobodyKnows],
    ],
    [
      'nobody of a domain that is denied',
      0,
      [[stage({ domains: ['a.example'], deny: people({ domains: ['a.example'] }) })], nobodyKnows],
    ],
    ['as many as it takes of everyone', 7, [[stage({ everyone: true }, 7)], nobodyKnows]],
    ['as many as it takes of a domain', 7, [[stage({ domains: ['a.example'] }, 7)], nobodyKnows]],
    ['as many as it takes of an unknown group', 7, [[stage({ groups: [OPS] }, 7)], nobodyKnows]],
    [
      'all of the named where the denied are unknown',
      2,
      [[stage({ users: ids(kim, sam), deny: people({ groups: [OPS] }) }, 2)], nobodyKnows],
    ],
    [
      'an address apart from every user',
      2,
      [[stage({ users: ids(kim), emails: [kim.email] }, 2)], nobodyKnows],
    ],
    [
      'none but those in an accepted group, once there is one',
      1,
      [[stage({ groups: [LEADS] }, 2)], both, [], undefined, [OPS]],
    ],
    [
      'those of any accepted group, of everyone',
      2,
      [[stage({ everyone: true }, 9)], both, [], undefined, [OPS, LEADS]],
    ],
    [
      'nobody of everyone who asks themselves',
      1,
      [[stage({ everyone: true }, 9)], both, [kim], undefined, [LEADS]],
    ],
    [
      'no more addresses than an accepted group has members',
      1,
      [[stage({ emails: ['x@a.example', 'y@a.example'] }, 2)], both, [], undefined, [OPS]],
    ],
    [
      'nobody where no group is accepted',
      0,
      [[stage({ everyone: true })], both, [], undefined, []],
    ],
    [
      'everybody where nobody knows an accepted group',
      2,
      [[stage({ users: ids(kim, sam) }, 2)], nobodyKnows, [], undefined, [OPS]],
    ],
    [
      'the same address at two stages once',
      1,
      [[stage({ emails: [kim.email] }), stage({ emails: [kim.email] })], nobodyKnows],
    ],
    [
      'who is left for a stage beside one of everyone',
      4,
      [[stage({ everyone: true }, 3), stage({ users: ids(kim) }, 2)], nobodyKnows],
    ],
  ]
  for (const [name, expected, args] of rows)
    it(`counts ${name}`, () => {
      assert.equal(mostApprovers(...args), expected)
    })

  const CROWD = ['ann', 'bob', 'cy', 'dee', 'eli'].map((name, index) =>
    aPerson(name, { groups: [LEADS, OPS].filter((_, bit) => ((index + 1) >> bit) & 1) }),
  )
  const membersOf: MembersOf = (group) =>
    new Set(CROWD.filter((person) => person.groups.has(group)).map(({ userId }) => userId))
  const acceptedOf = (groups: readonly SlackGroupId[] | undefined) =>
    CROWD.filter((person) => isAccepted(groups && { groups, constraints: [] }, person))
  const aName = fc.constantFrom(...CROWD)
  const byId = fc.record({
    groups: fc.subarray([LEADS, OPS]),
    users: fc.uniqueArray(aName, { maxLength: 3 }).map((persons) => ids(...persons)),
  })
  const byAddress = fc
    .uniqueArray(aName, { maxLength: 2 })
    .map((persons) => ({ emails: persons.map(({ email }) => email) }))
  const sets = (names: fc.Arbitrary<Partial<PeopleSet>>) =>
    fc
      .tuple(names, fc.option(names, { nil: undefined }))
      .map(([set, deny]) => people({ ...set, ...(deny && { deny: people(deny) }) }))
  const aSituation = (names: fc.Arbitrary<Partial<PeopleSet>>) =>
    fc.record({
      stages: fc.array(
        fc
          .record({
            approvers: sets(names),
            silent: sets(names),
            approvals: fc.nat({ max: 3 }),
            isSponsors: fc.boolean(),
          })
          .map(aStage),
        { maxLength: 3 },
      ),
      to: sets(names),
      requester: aName,
      accepted: fc.option(fc.subarray([LEADS, OPS]), { nil: undefined }),
    })

  it('is the best that people named by id can do', () => {
    fc.assert(
      fc.property(aSituation(byId), ({ stages, to, requester, accepted }) => {
        const best = bestOf(acceptedOf(accepted), stages, to, requester)
        assert.equal(mostApprovers(stages, membersOf, [requester], to, accepted), best)
      }),
      { numRuns: 300 },
    )
  })

  it('is never less than what anybody can do', () => {
    const names = fc.oneof(
      byId,
      byAddress,
      fc.constantFrom({ everyone: true }, { domains: ['example.com'] }),
      fc.tuple(byId, byAddress).map(([some, more]) => ({ ...some, ...more })),
    )
    fc.assert(
      fc.property(aSituation(names), fc.boolean(), (situation, isKnown) => {
        const { stages, to, requester, accepted } = situation
        const members = isKnown ? membersOf : nobodyKnows
        const most = mostApprovers(stages, members, [requester], to, accepted)
        assert.ok(most >= bestOf(acceptedOf(accepted), stages, to, requester))
        assert.ok(most <= neededBy(stages))
      }),
      { numRuns: 300 },
    )
  })
})

/** The most approvals that a crowd could give, by trying every way in which each of them answers at one stage, or none. */
function bestOf(
  crowd: readonly Person[],
  stages: readonly Stage[],
  to: PeopleSet,
  requester: Person,
): number {
  const request = { kind: 'standard', escalatedAt: after(60) } as const
  const resource = aResource({ escalation: { afterSeconds: 60, to } })
  const tryFrom = (index: number, left: readonly number[]): number => {
    const person = crowd[index]
    if (person === undefined) return 0
    let best = tryFrom(index + 1, left)
    if (person === requester) return best
    for (const [at, stage] of stages.entries()) {
      if ((left[at] ?? 0) === 0 || rightAt(stage, request, resource, person) === undefined) continue
      const rest = left.map((count, other) => (other === at ? count - 1 : count))
      best = Math.max(best, 1 + tryFrom(index + 1, rest))
    }
    return best
  }
  return tryFrom(
    0,
    stages.map(({ approvals }) => approvals),
  )
}
