import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { identityOf } from '../../src/domain/person.ts'
import { nextMoment } from '../../src/domain/request.ts'
import {
  aGrant,
  after,
  alex,
  anApprover,
  kim,
  people,
  requestsInEveryState,
  sam,
} from '../support/build.ts'
import {
  LEADS,
  ada,
  anEmergency,
  anEmergencyResource,
  answerTo,
  nextOf,
  refusalOf,
  reviewing,
  stepOf,
} from './commands.ts'

describe('decide review', () => {
  it('keeps the word of an approver', () => {
    const note = 'asked nobody'
    const step = stepOf(anEmergency(), reviewing({ verdict: 'not-justified', note }))
    assert.deepEqual(step, {
      action: 'grant.reviewed',
      details: { verdict: 'not-justified', note },
      next: {
        ...anEmergency(),
        version: 4,
        review: {
          state: 'done',
          dueAt: after(86_400),
          verdict: 'not-justified',
          by: identityOf(kim),
          at: after(300),
          note,
        },
      },
    })
  })

  it('wants a note where the access was not justified', () => {
    for (const note of [undefined, ' ', ''])
      assert.deepEqual(
        refusalOf(
          anEmergency(),
          reviewing({ verdict: 'not-justified', ...(note === undefined ? {} : { note }) }),
        ),
        { code: 'reason-too-short', minLength: 1 },
      )
    assert.equal(answerTo(anEmergency(), reviewing({ note: ' ' })), 'reason-too-short')
    assert.equal(answerTo(anEmergency(), reviewing({ note: 'x'.repeat(1_001) })), 'reason-too-long')
  })

  it('is said once', () => {
    const reviewed = nextOf(anEmergency(), reviewing())
    assert.deepEqual(refusalOf(reviewed, reviewing({ by: sam })), {
      code: 'already-reviewed',
      by: identityOf(kim),
    })
  })

  it('may come late, and while the access lasts', () => {
    assert.equal(answerTo(anEmergency(), reviewing({ at: after(120) })), 'grant.reviewed')
    const over = anEmergency(aGrant('ended'))
    assert.equal(answerTo(over, reviewing({ at: after(10 * 86_400) })), 'grant.reviewed')
  })

  it('asks for nothing more once it is done', () => {
    const reviewed = nextOf(anEmergency(aGrant('ended')), reviewing())
    assert.equal(nextMoment(reviewed), undefined)
  })

  it('is nobody’s own', () => {
    const asked = { ...anEmergency(), requester: { ...identityOf(alex), subject: 'sub-1' } }
    const selves = [
      anApprover('alex', { email: 'a@example.com' }),
      anApprover('mallory', { email: 'ALEX@example.com' }),
      anApprover('mallory', { subject: 'sub-1' }),
    ]
    for (const by of selves)
      assert.deepEqual(refusalOf(asked, reviewing({ by })), { code: 'own-request' })
  })

  it('is open to further approvers from the start', () => {
    const escalation = { afterSeconds: 60, to: people({ groups: [LEADS] }) }
    const by = anApprover('lee', { groups: [LEADS] })
    assert.equal(answerTo(anEmergency(), reviewing({ by })), 'not-an-approver')
    const resource = anEmergencyResource({ escalation })
    assert.equal(answerTo(anEmergency(), reviewing({ by, resource })), 'grant.reviewed')
  })

  it('is open to administrators, also when the resource has left the catalogue', () => {
    const { resource: _gone, ...gone } = reviewing()
    assert.equal(answerTo(anEmergency(), reviewing({ by: ada })), 'grant.reviewed')
    assert.equal(answerTo(anEmergency(), { ...gone, by: ada }), 'grant.reviewed')
    assert.equal(answerTo(anEmergency(), gone), 'not-an-approver')
    const admins = people({ users: [alex.userId] })
    assert.equal(answerTo(anEmergency(), { ...gone, by: alex, admins }), 'own-request')
  })

  it('is of emergency access only', () => {
    for (const request of Object.values(requestsInEveryState()))
      assert.deepEqual(refusalOf(request, reviewing()), { code: 'nothing-to-review' })
  })
})
