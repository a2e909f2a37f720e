import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOver, isRuleDue, nextMoment } from '../../src/domain/request.ts'
import { aGrant, requestsInEveryState } from '../support/build.ts'

describe('nextMoment', () => {
  it('is the lapse of a pending request, the end of a grant that is not over, and nothing else', () => {
    const states = requestsInEveryState()
    const { lapsesAt } = states.pending
    const { endsAt } = states.active.grant
    assert.deepEqual(
      Object.fromEntries(Object.entries(states).map(([k, v]) => [k, nextMoment(v)])),
      {
        pending: lapsesAt,
        denied: undefined,
        cancelled: undefined,
        lapsed: undefined,
        granting: endsAt,
        active: endsAt,
        ending: endsAt,
        ended: undefined,
        'never-active': undefined,
      },
    )
  })
})

describe('isRuleDue and isOver', () => {
  it('divide the states of a grant', () => {
    const states = ['granting', 'active', 'ending', 'ended', 'never-active'] as const
    assert.deepEqual(
      states.filter((state) => isRuleDue(aGrant(state))),
      ['granting', 'active'],
    )
    assert.deepEqual(
      states.filter((state) => isOver(aGrant(state))),
      ['ended', 'never-active'],
    )
  })
})
