import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  answerGroups,
  approvalsByStage,
  neededBy,
  openStage,
  rightAt,
  rightToAnswer,
  stagesOf,
  tally,
} from '../../src/domain/approvals.ts'
import type { Person } from '../../src/domain/person.ts'
import { identityOf } from '../../src/domain/person.ts'
import type { Resource } from '../../src/domain/resource.ts'
import {
  RELIABILITY,
  aPendingRequest,
  aPerson,
  aResource,
  aStage,
  after,
  anApproval,
  anApprover,
  kim,
  people,
  sam,
} from '../support/build.ts'
import { LEADS, SECURITY, vendors, vera } from './commands.ts'

const first = aStage({ title: 'Reliability' })
const second = aStage({ title: 'Security', approvers: people({ groups: [SECURITY] }) })
const staged = aResource({ stages: [first, second] })
const lee = aPerson('lee', { groups: [LEADS] })
const sue = aPerson('sue', { groups: [SECURITY] })
const both = aPerson('bo', { groups: [RELIABILITY, SECURITY] })
const escalation = { afterSeconds: 60, to: people({ groups: [LEADS] }) }
const waiting = aPendingRequest()
const escalated = aPendingRequest({ escalatedAt: after(60) })
const forGuest = { kind: 'sponsored' } as const

/** What becomes of the approvals of people: how many count, and the index of the stage that waits. */
function count(
  approvers: readonly Person[],
  {
    resource = staged,
    now = approvers,
    narrowing,
    request = waiting,
  }: {
    readonly resource?: Resource
    readonly now?: readonly Person[]
    readonly narrowing?: Parameters<typeof tally>[4]
    readonly request?: typeof waiting
  } = {},
) {
  const approvals = approvers.map((by) => anApproval(identityOf(by)))
  const { counted, needed, open } = tally(approvals, now, request, resource, narrowing)
  return [counted, needed, open?.index]
}

describe('stagesOf', () => {
  it('goes through the stages of the catalogue', () => {
    assert.deepEqual(stagesOf(waiting, staged), [first, second])
    assert.equal(neededBy(stagesOf(waiting, staged)), 2)
  })

  it('asks a sponsor first when a guest asks, and not when a sponsor asked', () => {
    const resource = aResource({ stages: [first], vendors })
    const word = { title: 'Sponsor', approvers: vendors.sponsors, approvals: 1, isSponsors: true }
    assert.deepEqual(stagesOf(forGuest, resource), [word, first])
    const beneficiary = 'pat@partner.example'
    assert.deepEqual(stagesOf({ kind: 'sponsored', beneficiary }, resource), [first])
  })

  it('leaves to the last stage what more is needed than the catalogue asks for', () => {
    assert.deepEqual(stagesOf(waiting, staged, 4), [first, { ...second, approvals: 3 }])
    assert.deepEqual(stagesOf(waiting, staged, 1), [first, second])
  })
})

describe('rightAt', () => {
  const silent = people({ groups: [LEADS] })
  const rows: readonly (readonly [string, Parameters<typeof rightAt>, string | undefined])[] = [
    ['an approver', [first, waiting, staged, kim], 'approver'],
    ['an approver of another stage', [second, waiting, staged, kim], undefined],
    ['somebody else', [first, waiting, staged, lee], undefined],
    ['a silent approver', [{ ...first, silent }, waiting, staged, lee], 'silent'],
    ['one who is both', [{ ...first, silent: first.approvers }, waiting, staged, kim], 'approver'],
    [
      'whom the approvers’ deny list names',
      [
        aStage({
          approvers: people({ groups: [RELIABILITY], deny: people({ users: [kim.userId] }) }),
          silent: people({ users: [kim.userId] }),
        }),
        waiting,
        staged,
        kim,
      ],
      undefined,
    ],
    ['a further approver too early', [first, waiting, aResource({ escalation }), lee], undefined],
    [
      'a further approver in time',
      [first, escalated, aResource({ escalation }), lee],
      'escalation',
    ],
    ['a further approver of before', [first, escalated, aResource(), lee], undefined],
    ['a guest', [first, waiting, staged, { ...kim, standing: 'guest' }], undefined],
  ]
  for (const [name, facts, expected] of rows)
    it(`gives ${name} ${expected === undefined ? 'no right' : `the right of ${expected}`}`, () => {
      assert.equal(rightAt(...facts), expected)
    })

  it('lets nobody stand in for a sponsor, however long it takes', () => {
    const resource = aResource({ vendors, escalation })
    const request = { ...escalated, kind: 'sponsored' } as const
    const [sponsor, last] = stagesOf(request, resource)
    assert.ok(sponsor !== undefined && last !== undefined)
    assert.equal(rightAt(sponsor, request, resource, vera), 'approver')
    assert.equal(rightAt(sponsor, request, resource, kim), undefined)
    assert.equal(rightAt(sponsor, request, resource, lee), undefined)
    assert.equal(rightAt(last, request, resource, lee), 'escalation')
  })
})

describe('rightToAnswer', () => {
  it('is that of any stage', () => {
    const rights = [kim, sue, lee].map((person) => rightToAnswer(waiting, staged, person))
    assert.deepEqual(rights, ['approver', 'approver', undefined])
  })
})

describe('openStage', () => {
  it('goes by the approvals on record', () => {
    const open = (...stages: readonly number[]) => {
      const approvals = stages.map((stage) => ({ ...anApproval(identityOf(kim)), stage }))
      const found = openStage({ ...waiting, approvalsNeeded: 3, approvals }, staged)
      return found && [found.index, found.missing]
    }
    assert.deepEqual(
      [open(), open(0), open(0, 1), open(0, 1, 1)],
      [[0, 1], [1, 2], [1, 1], undefined],
    )
  })
})

describe('approvalsByStage', () => {
  const given = (by: Person, stage: number) => ({ ...anApproval(identityOf(by)), stage })
  const names = (approvalsCounted: number, ...approvals: ReturnType<typeof given>[]) =>
    approvalsByStage({ approvals, approvalsCounted }, [first, second]).map((of) =>
      of.map(({ by }) => by.userId),
    )

  it('has whoever made room at the next stage', () => {
    assert.deepEqual(names(2, given(both, 0), given(kim, 0)), [[kim.userId], [both.userId]])
    const open = { ...waiting, approvals: [given(both, 0), given(kim, 0)], approvalsNeeded: 3 }
    const resource = aResource({ stages: [first, second, { ...second, title: 'Third' }] })
    assert.equal(openStage({ ...open, approvalsCounted: 2 }, resource)?.index, 2)
  })

  it('goes by the record alone where some do not count', () => {
    assert.deepEqual(names(1, given(kim, 0), given(sam, 0)), [[kim.userId, sam.userId], []])
  })
})

describe('tally', () => {
  const two = aResource({ stages: [aStage({ approvals: 2 })] })

  it('counts in the order of the stages', () => {
    assert.deepEqual(count([]), [0, 2, 0])
    assert.deepEqual(count([kim]), [1, 2, 1])
    assert.deepEqual(count([kim, sue]), [2, 2, undefined])
  })

  it('has one move on to a later stage where somebody else can take their place', () => {
    assert.deepEqual(count([both, kim]), [2, 2, undefined])
    assert.deepEqual(count([both, lee]), [1, 2, 1])
    const resource = aResource({ stages: [first, second, second] })
    const all = aPerson('al', { groups: [RELIABILITY, SECURITY] })
    assert.deepEqual(count([both, all], { resource }), [2, 3, 2])
    assert.deepEqual(count([both, all, kim], { resource }), [3, 3, undefined])
  })

  it('takes accounts for one human being that have a third in common', () => {
    const three = aResource({ stages: [aStage({ approvals: 3 })] })
    const chain = [
      anApprover('kim'),
      anApprover('sam', { subject: 'sub-1' }),
      anApprover('kim2', { email: 'kim@example.com', subject: 'sub-1' }),
    ]
    assert.deepEqual(count(chain, { resource: three }), [1, 3, 0])
  })

  it('says for which stage each counts', () => {
    const approvals = [both, kim, sam].map((by) => anApproval(identityOf(by)))
    const { stageOf } = tally(approvals, [both, kim, sam], waiting, staged, undefined)
    assert.deepEqual(
      stageOf,
      new Map([
        [both.userId, 1],
        [kim.userId, 0],
      ]),
    )
  })

  it('counts nobody for a stage that is not theirs', () => {
    assert.deepEqual(count([sue]), [0, 2, 0])
    assert.deepEqual(count([kim, sam]), [1, 2, 1])
  })

  it('counts one person once, who may answer at both stages', () => {
    assert.deepEqual(count([both]), [1, 2, 1])
    assert.deepEqual(count([both, both]), [1, 2, 1])
    assert.deepEqual(count([both, sue]), [2, 2, undefined])
  })

  it('counts one human being once, under however many accounts they approved', () => {
    const linked = [
      anApprover('kim', { subject: 'sub-kim' }),
      anApprover('kim2', { subject: 'sub-kim' }),
    ]
    assert.deepEqual(count([kim, anApprover('kim2')], { resource: two, now: linked }), [1, 2, 0])
    assert.deepEqual(
      count([kim, anApprover('KIM', { email: 'KIM@example.com' })], { resource: two }),
      [1, 2, 0],
    )
  })

  it('does not count whom nobody finds any more, or who lost the right', () => {
    assert.deepEqual(count([kim, sam], { resource: two, now: [sam] }), [1, 2, 0])
    assert.deepEqual(count([kim, sam], { resource: two, now: [aPerson('kim'), sam] }), [1, 2, 0])
    assert.deepEqual(
      count([kim, sam], { resource: two, now: [{ ...kim, standing: 'guest' }, sam] }),
      [1, 2, 0],
    )
  })

  it('keeps the approvals of later stages while an earlier one is filled again', () => {
    const resource = aResource({ stages: [first, aStage({ ...second, approvals: 2 })] })
    assert.deepEqual(count([kim, sue], { resource, now: [sue] }), [0, 3, 0])
    assert.deepEqual(count([kim, sue, sam], { resource, now: [sue, sam] }), [2, 3, 1])
  })

  it('follows the number that is needed now', () => {
    assert.deepEqual(count([kim, sam], { resource: two }), [2, 2, undefined])
    const three = aResource({ stages: [aStage({ approvals: 3 })] })
    assert.deepEqual(count([kim, sam], { resource: three }), [2, 3, 0])
    assert.deepEqual(count([kim, sam], { resource: aResource() }), [1, 1, undefined])
  })

  it('asks for as many people as the Rego policy does, and never for fewer than the catalogue', () => {
    const narrowing = (approvals: number) => ({ narrowing: { approvals, constraints: [] } })
    assert.deepEqual(count([kim, sue], narrowing(3)), [2, 3, 1])
    assert.deepEqual(count([kim], narrowing(1)), [1, 2, 1])
    assert.deepEqual(count([kim], narrowing(0)), [1, 2, 1])
  })

  it('counts only people of the groups that the Rego policy names', () => {
    const narrowing = { groups: [SECURITY], constraints: [] }
    assert.deepEqual(count([kim, sue], { narrowing }), [0, 2, 0])
    assert.deepEqual(count([both, sue], { narrowing }), [2, 2, undefined])
    assert.deepEqual(count([both, sue], { narrowing: { groups: [], constraints: [] } }), [0, 2, 0])
  })

  it('counts further approvers once the request has escalated', () => {
    const resource = { ...staged, escalation }
    assert.deepEqual(count([kim, lee], { resource }), [1, 2, 1])
    assert.deepEqual(count([kim, lee], { resource, request: escalated }), [2, 2, undefined])
  })

  it('takes a sponsor and somebody else for a guest', () => {
    const sponsors = people({ groups: [RELIABILITY] })
    const resource = aResource({ vendors: { ...vendors, sponsors } })
    const request = aPendingRequest({ kind: 'sponsored' })
    assert.deepEqual(count([kim], { resource, request }), [1, 2, 1])
    assert.deepEqual(count([kim, sam], { resource, request }), [2, 2, undefined])
  })
})

describe('answerGroups', () => {
  it('names the groups of every right there is', () => {
    assert.deepEqual([...answerGroups({ ...staged, escalation })], [RELIABILITY, SECURITY, LEADS])
    assert.deepEqual([...answerGroups(undefined)], [])
  })
})
