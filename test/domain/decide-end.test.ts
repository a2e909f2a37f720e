import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from '../../src/domain/decide.ts'
import { termsOf } from '../../src/domain/decide-end.ts'
import { identityOf } from '../../src/domain/person.ts'
import {
  aGrant,
  aPendingRequest,
  aPerson,
  after,
  alex,
  anApprovedRequest,
  kim,
  requestsInEveryState,
  sam,
} from '../support/build.ts'
import {
  aLiveRequest,
  ada,
  answerTo,
  ending,
  grantOf,
  nextOf,
  refusalOf,
  stepOf,
} from './commands.ts'

const eve = aPerson('eve')

describe('decide end', () => {
  it('is a return by the holder', () => {
    assert.deepEqual(stepOf(aLiveRequest(), ending()), {
      action: 'grant.ending',
      details: { cause: 'returned' },
      next: anApprovedRequest(
        { ...termsOf(aGrant()), state: 'ending', cause: 'returned', endedBy: identityOf(alex) },
        { version: 4 },
      ),
    })
  })

  it('is a revocation by an approver or an administrator', () => {
    for (const by of [kim, sam, ada])
      assert.deepEqual(
        stepOf(requestsInEveryState().granting, ending({ by, reason: 'incident' })),
        {
          action: 'grant.ending',
          details: { cause: 'revoked', reason: 'incident' },
          next: anApprovedRequest(
            {
              ...termsOf(aGrant()),
              state: 'ending',
              cause: 'revoked',
              endedBy: identityOf(by),
              endReason: 'incident',
            },
            { version: 3 },
          ),
        },
      )
  })

  it('is open to holder and administrator after the resource has left the catalogue', () => {
    const { resource: _gone, ...command } = ending()
    const request = aLiveRequest()
    assert.ok(decide(request, command).ok)
    assert.ok(decide(request, { ...command, by: ada }).ok)
    assert.deepEqual(refusalOf(request, { ...command, by: kim }), { code: 'not-yours-to-end' })
  })

  it('is for nobody else, whatever the state', () => {
    for (const request of Object.values(requestsInEveryState()))
      assert.deepEqual(refusalOf(request, ending({ by: eve })), { code: 'not-yours-to-end' })
  })

  it('takes back what has not begun', () => {
    const { scheduled } = requestsInEveryState()
    assert.equal(answerTo(scheduled, ending()), 'grant.ending')
  })

  it('comes too late from the end of the window on', () => {
    const request = aLiveRequest()
    const { grant } = request
    assert.deepEqual(refusalOf(request, ending({ at: grant.endsAt })), {
      code: 'already-over',
      grant,
    })
  })

  it('names who was faster, unless it was nobody', () => {
    assert.deepEqual(refusalOf(requestsInEveryState().ending, ending({ by: sam })), {
      code: 'already-ending',
      endedBy: identityOf(kim),
    })
    const grant = {
      ...termsOf(aGrant()),
      state: 'ending',
      cause: 'ineligible',
      why: 'guest',
    } as const
    assert.deepEqual(refusalOf(anApprovedRequest(grant), ending({ by: sam })), {
      code: 'already-over',
      grant,
    })
  })

  it('refuses a reason that cannot be kept', () => {
    assert.deepEqual(refusalOf(aLiveRequest(), ending({ reason: 'x'.repeat(1_001) })), {
      code: 'reason-too-long',
      maxLength: 1_000,
    })
  })
})

describe('decide disqualify', () => {
  const disqualify = { type: 'disqualify', at: after(300), why: 'deactivated' } as const

  it('cancels what waits', () => {
    assert.deepEqual(stepOf(aPendingRequest(), disqualify), {
      action: 'request.cancelled',
      details: { why: 'deactivated' },
      next: { ...requestsInEveryState().cancelled, cancelledAt: after(300), why: 'deactivated' },
    })
  })

  it('ends what is in force, and keeps why until it is over', () => {
    const lost = { cause: 'ineligible', why: 'deactivated' } as const
    const step = stepOf(aLiveRequest(), disqualify)
    const next = anApprovedRequest(
      { ...termsOf(aGrant()), state: 'ending', ...lost },
      { version: 4 },
    )
    assert.deepEqual(step, { action: 'grant.ending', details: lost, next })
    assert.deepEqual(grantOf(next, { type: 'confirm-ended', at: after(301) }), {
      ...termsOf(aGrant()),
      state: 'ended',
      endedAt: after(301),
      ...lost,
    })
  })

  it('leaves alone what ends already', () => {
    const { endsAt } = aGrant()
    assert.equal(answerTo(requestsInEveryState().ending, disqualify), 'nothing-due')
    assert.equal(answerTo(aLiveRequest(), { ...disqualify, at: endsAt }), 'nothing-due')
  })
})

describe('decide confirm-active', () => {
  it('activates at the read-back', () => {
    const { granting, active } = requestsInEveryState()
    assert.deepEqual(nextOf(granting, { type: 'confirm-active', at: after(61) }), active)
  })

  it('schedules what is to start later, and activates it from its start on', () => {
    const { scheduled } = requestsInEveryState()
    const { startsAt } = scheduled.grant
    const granting = anApprovedRequest({ ...termsOf(scheduled.grant), state: 'granting' })
    assert.deepEqual(nextOf(granting, { type: 'confirm-active', at: after(61) }), scheduled)
    assert.deepEqual(grantOf(granting, { type: 'confirm-active', at: startsAt }), {
      ...termsOf(scheduled.grant),
      state: 'active',
      activeAt: startsAt,
    })
  })

  it('proves nothing of a longer end by the shorter rule that was read', () => {
    const extended = anApprovedRequest({
      ...aGrant('granting'),
      endsAt: after(7_200),
      extensions: 1,
    })
    const at = after(120)
    const read = { type: 'confirm-active', at, endsAt: aGrant().endsAt } as const
    assert.deepEqual(refusalOf(extended, read), { code: 'nothing-due' })
    assert.equal(answerTo(extended, { ...read, endsAt: after(7_200) }), 'grant.activated')
  })
})

describe('decide confirm-ended', () => {
  it('keeps who ended it and why', () => {
    const { ending: dying, ended } = requestsInEveryState()
    assert.deepEqual(nextOf(dying, { type: 'confirm-ended', at: after(120) }), ended)
  })
})
