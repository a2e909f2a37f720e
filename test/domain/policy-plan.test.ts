import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { desiredRules, eitherOf, proved, rulesOf } from '../../src/domain/policy-plan.ts'
import { mergeRules, ruleCounts } from '../../src/domain/ppl-merge.ts'
import type { Rule } from '../../src/domain/ppl.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { Approved, Grant } from '../../src/domain/request.ts'
import { aGrant, after, anApprovedRequest } from '../support/build.ts'

const NOW = after(120)

function granted(id: string, state: Grant['state'], email = 'alex@example.com'): Approved {
  return anApprovedRequest({ ...aGrant(state), email }, { id: id as RequestId })
}
function ruleOf(request: Approved): Rule {
  const [rule] = rulesOf([request])
  assert.ok(rule !== undefined)
  return rule
}
const rule = (email: string): Rule => ruleOf(granted('AAAAAAAA', 'active', email))
const ids = (requests: readonly Approved[]) => requests.map(({ id }) => id)

describe('desiredRules', () => {
  it('has one rule for each grant that is granting, scheduled or active', () => {
    const states = ['granting', 'scheduled', 'active', 'ending', 'ended', 'never-active'] as const
    const requests = states.map((state) => granted('AAAAAAAA', state, `${state}@example.com`))
    const before = { date: { before: '2026-03-02T10:01:00Z' } }
    assert.deepEqual(desiredRules(requests, NOW), [
      { allow: { and: [{ email: { is: 'granting@example.com' } }, before] } },
      {
        allow: {
          and: [
            { email: { is: 'scheduled@example.com' } },
            { date: { after: '2026-03-02T11:00:01Z', before: '2026-03-02T12:00:00Z' } },
          ],
        },
      },
      { allow: { and: [{ email: { is: 'active@example.com' } }, before] } },
    ])
  })

  it('starts the rule only where the access was asked to start later', () => {
    const { startsAt } = aGrant()
    const [at, later] = [false, true].map((isScheduled) =>
      ruleOf(anApprovedRequest({ ...aGrant('active'), startsAt, isScheduled })),
    )
    assert.deepEqual(at?.allow?.and?.[1], { date: { before: '2026-03-02T10:01:00Z' } })
    assert.deepEqual(later?.allow?.and?.[1], {
      date: { after: '2026-03-02T09:01:01Z', before: '2026-03-02T10:01:00Z' },
    })
  })

  it('has the end that an extension gave', () => {
    const longer = new Date('2026-03-02T11:01:00Z')
    const request = anApprovedRequest({ ...aGrant('granting'), endsAt: longer, extensions: 1 })
    assert.deepEqual(desiredRules([request], NOW), [ruleOf(request)])
    assert.deepEqual(ruleOf(request).allow?.and?.[1], { date: { before: '2026-03-02T11:01:00Z' } })
  })

  it('wants no rule from the end of the window on', () => {
    const request = granted('AAAAAAAA', 'active')
    const { endsAt } = request.grant
    assert.deepEqual(desiredRules([request], endsAt), [])
    assert.equal(desiredRules([request], new Date(endsAt.getTime() - 1)).length, 1)
  })

  it('keeps two equal grants as two rules', () => {
    const [a, b] = [granted('AAAAAAAA', 'active'), granted('BBBBBBBB', 'active')]
    assert.deepEqual(desiredRules([a, b], NOW), [ruleOf(a), ruleOf(a)])
  })

  it('writes the constraints into the same rule', () => {
    const constraint = { source_ip: ['203.0.113.0/24'] }
    const request = anApprovedRequest({ ...aGrant('active'), constraints: [constraint] })
    assert.deepEqual(ruleOf(request).allow?.and?.at(-1), constraint)
  })
})

describe('eitherOf', () => {
  it('has of each rule as many as the longer list', () => {
    const rules = fc.array(fc.constantFrom(...['a@x', 'b@x', 'c@x'].map(rule)), { maxLength: 6 })
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const [was, will] = [ruleCounts(before), ruleCounts(after)]
        const most = new Map<string, number>()
        for (const key of new Set([...was.keys(), ...will.keys()]))
          most.set(key, Math.max(was.get(key) ?? 0, will.get(key) ?? 0))
        assert.deepEqual(ruleCounts(eitherOf(before, after)), most)
      }),
    )
  })
})

describe('proved', () => {
  const granting = granted('AAAAAAAA', 'granting')
  const ending = granted('BBBBBBBB', 'ending', 'kim@example.com')

  it('proves a grant whose rule stands, and an end whose rule is gone', () => {
    const desired = [ruleOf(granting)]
    const proof = proved([granting, ending], desired, desired)
    assert.deepEqual([ids(proof.active), ids(proof.ended)], [['AAAAAAAA'], ['BBBBBBBB']])
  })

  it('proves the rule of an extension by the new end only', () => {
    const endsAt = new Date('2026-03-02T11:01:00Z')
    const longer = { ...granting, grant: { ...granting.grant, endsAt } }
    const desired = [ruleOf(longer)]
    assert.deepEqual(ids(proved([longer], [ruleOf(granting)], desired).active), [])
    assert.deepEqual(ids(proved([longer], desired, desired).active), ['AAAAAAAA'])
  })

  it('owns the rules that an extended grant had before, and calls it ended without them only', () => {
    const ending = granted('AAAAAAAA', 'ending')
    const earlier = [
      { endsAt: after(600), constraints: [] },
      { endsAt: after(1_200), constraints: [{ source_ip: ['203.0.113.0/24'] }] },
    ]
    const extended = { ...ending, grant: { ...ending.grant, extensions: 2, earlier } }
    const [now, first, second, ...none] = rulesOf([extended])
    assert.ok(now && first && second)
    assert.deepEqual(none, [])
    assert.deepEqual(now, ruleOf(ending))
    for (const late of [first, second]) assert.deepEqual(proved([extended], [late], []).ended, [])
    assert.deepEqual(ids(proved([extended], [], []).ended), ['AAAAAAAA'])
    const living = { ...granted('AAAAAAAA', 'active'), grant: { ...aGrant('active'), earlier } }
    assert.equal(desiredRules([living], after(120)).length, 1)
  })

  it('proves an end only when none of the rules of before is left', () => {
    const earlier = [{ endsAt: granting.grant.endsAt, constraints: [] }]
    const endsAt = new Date('2026-03-02T11:01:00Z')
    const dying = granted('AAAAAAAA', 'ending')
    const extended = { ...dying, grant: { ...dying.grant, endsAt, extensions: 1, earlier } }
    assert.deepEqual(rulesOf([extended]).length, 2)
    assert.deepEqual(proved([extended], [ruleOf(dying)], []).ended, [])
    assert.deepEqual(proved([extended], [ruleOf(extended)], []).ended, [])
    assert.deepEqual(ids(proved([extended], [], []).ended), ['AAAAAAAA'])
  })

  it('proves nothing anew of a grant that has its rule and waits for its start', () => {
    const scheduled = granted('AAAAAAAA', 'scheduled')
    const desired = [ruleOf(scheduled)]
    assert.deepEqual(proved([scheduled], desired, desired), { active: [], ended: [] })
  })

  it('proves nothing of a policy that is still as it was', () => {
    const proof = proved([granting, ending], [ruleOf(ending)], [ruleOf(granting)])
    assert.deepEqual(proof, { active: [], ended: [] })
  })

  it('proves none of two equal grants by one rule', () => {
    const twin = granted('CCCCCCCC', 'granting')
    const desired = [ruleOf(granting), ruleOf(twin)]
    const one = proved([granting, twin], [ruleOf(granting)], desired)
    assert.deepEqual(one.active, [])
    assert.deepEqual(ids(proved([granting, twin], desired, desired).active), [
      'AAAAAAAA',
      'CCCCCCCC',
    ])
  })

  it('proves the end of one of two equal grants while the other lives on', () => {
    const [dying, living] = [granted('AAAAAAAA', 'ending'), granted('BBBBBBBB', 'active')]
    const desired = [ruleOf(living)]
    const both = [ruleOf(living), ruleOf(living)]
    assert.deepEqual(proved([dying, living], both, desired).ended, [])
    assert.deepEqual(ids(proved([dying, living], desired, desired).ended), ['AAAAAAAA'])
  })

  it('does not call access ended that an equal rule of somebody else still gives', () => {
    assert.deepEqual(proved([ending], [ruleOf(ending)], []).ended, [])
  })

  it('proves nothing of a grant for which no safe rule can be written', () => {
    const [unwritable, dying] = [
      granted('AAAAAAAA', 'granting', 'no address'),
      granted('BBBBBBBB', 'ending', ''),
    ]
    assert.deepEqual(desiredRules([unwritable, granting], NOW), [ruleOf(granting)])
    assert.deepEqual(proved([unwritable, dying], [], []), { active: [], ended: [] })
  })

  it('proves everything of a policy that was merged', () => {
    const states = fc.constantFrom('granting' as const, 'active' as const, 'ending' as const)
    const emails = fc.constantFrom('a@x', 'b@x', 'c@x')
    const grants = fc.array(fc.tuple(states, emails), { maxLength: 6 })
    const foreigners = fc.array(fc.constantFrom('d@x', 'e@x'), { maxLength: 3 })
    fc.assert(
      fc.property(grants, foreigners, (list, others) => {
        const requests = list.map(([state, email], i) => granted(`AAAAAAA${i}`, state, email))
        const desired = desiredRules(requests, NOW)
        const ending = requests.filter(({ grant }) => grant.state === 'ending').map(ruleOf)
        const lastWritten = eitherOf(ending, desired)
        const { next } = mergeRules({ live: others.map(rule), lastWritten, desired })
        const proof = proved(requests, next, desired)
        const inState = (state: string) => requests.filter(({ grant }) => grant.state === state)
        assert.deepEqual(proof, { active: inState('granting'), ended: inState('ending') })
      }),
    )
  })
})
