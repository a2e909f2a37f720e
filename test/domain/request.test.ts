import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOver, isRuleDue, nextMoment, settled } from '../../src/domain/request.ts'
import { aGrant, aPendingRequest, after, requestsInEveryState } from '../support/build.ts'
import { anEmergency } from './commands.ts'

describe('nextMoment', () => {
  it('is the lapse of a pending request, the next edge of a grant that is not over, and nothing else', () => {
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
        extended: undefined,
        granting: endsAt,
        scheduled: states.scheduled.grant.startsAt,
        active: endsAt,
        ending: endsAt,
        ended: undefined,
        'never-active': undefined,
      },
    )
  })

  it('is the first of what a waiting request waits for', () => {
    const [lapsesAt, remindAt, escalatesAt] = [after(600), after(300), after(200)]
    assert.deepEqual(nextMoment(aPendingRequest({ lapsesAt, remindAt, escalatesAt })), escalatesAt)
    assert.deepEqual(nextMoment(aPendingRequest({ lapsesAt, remindAt })), remindAt)
    assert.deepEqual(nextMoment(aPendingRequest({ lapsesAt, remindAt: after(601) })), lapsesAt)
  })

  it('is the reminder of a review that is due, whatever became of the access', () => {
    const { endsAt } = aGrant()
    assert.deepEqual(nextMoment(anEmergency()), endsAt)
    assert.deepEqual(nextMoment(anEmergency(aGrant('ended'))), after(43_200))
  })
})

describe('settled', () => {
  it('leaves nothing of what only a waiting request has', () => {
    const attention = { reminders: 3, remindSeconds: 60, remindAt: after(60) }
    const escalation = { escalatesAt: after(90), escalatedAt: after(90) }
    const { status: _status, reminders: _reminders, ...asked } = aPendingRequest()
    assert.deepEqual(settled(aPendingRequest({ ...attention, ...escalation })), asked)
  })
})

describe('isRuleDue and isOver', () => {
  it('divide the states of a grant', () => {
    const states = ['granting', 'scheduled', 'active', 'ending', 'ended', 'never-active'] as const
    assert.deepEqual(
      states.filter((state) => isRuleDue(aGrant(state))),
      ['granting', 'scheduled', 'active'],
    )
    assert.deepEqual(
      states.filter((state) => isOver(aGrant(state))),
      ['ended', 'never-active'],
    )
  })
})
