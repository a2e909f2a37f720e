import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { termsOf } from '../../src/domain/decide-end.ts'
import type { AccessRequest, Review } from '../../src/domain/request.ts'
import { nextMoment } from '../../src/domain/request.ts'
import { aGrant, aPendingRequest, after, requestsInEveryState } from '../support/build.ts'
import {
  aLiveRequest,
  anEmergency,
  answerTo,
  grantOf,
  nextOf,
  refusalOf,
  stepOf,
  ticking,
} from './commands.ts'

/** What time does to a request when nobody is late, up to an instant: what happened, in seconds after the question. */
function story(request: AccessRequest, until: Date): readonly (readonly [number, string])[] {
  const seen: (readonly [number, string])[] = []
  let [now, moment] = [request, nextMoment(request)]
  while (moment !== undefined && moment <= until) {
    const step = stepOf(now, ticking(moment))
    seen.push([(moment.getTime() - request.requestedAt.getTime()) / 1_000, step.action])
    now = step.next
    moment = nextMoment(now)
  }
  return seen
}

/** What happens at one late look after an outage, until nothing is due. */
function afterOutage(request: AccessRequest, at: Date): readonly string[] {
  const seen: string[] = []
  let now = request
  while ((nextMoment(now) ?? at) <= at && seen.length < 10) {
    const decision = answerTo(now, ticking(at))
    if (decision === 'nothing-due') break
    seen.push(decision)
    now = nextOf(now, ticking(at))
  }
  return seen
}

const reminded = aPendingRequest({ remindSeconds: 900, remindAt: after(900) })

describe('decide tick, of a waiting request', () => {
  it('reminds after an interval that doubles, until it lapses', () => {
    assert.deepEqual(story(reminded, after(86_400)), [
      [900, 'request.reminded'],
      [2_700, 'request.reminded'],
      [6_300, 'request.reminded'],
      [13_500, 'request.reminded'],
      [27_900, 'request.reminded'],
      [28_800, 'request.lapsed'],
    ])
  })

  it('counts its reminders', () => {
    assert.deepEqual(stepOf(reminded, ticking(after(900))), {
      action: 'request.reminded',
      details: { reminders: 1 },
      next: { ...reminded, version: 2, reminders: 1, remindAt: after(2_700) },
    })
  })

  it('reminds once after an outage, and goes on from there', () => {
    assert.deepEqual(afterOutage(reminded, after(10_000)), ['request.reminded'])
    const late = nextOf(reminded, ticking(after(10_000)))
    assert.deepEqual(nextMoment(late), after(11_800))
  })

  it('escalates once', () => {
    const request = aPendingRequest({ escalatesAt: after(1_800) })
    assert.deepEqual(stepOf(request, ticking(after(1_801))), {
      action: 'request.escalated',
      details: {},
      next: { ...aPendingRequest({ version: 2 }), escalatedAt: after(1_801) },
    })
    assert.deepEqual(story(request, after(86_400)), [
      [1_800, 'request.escalated'],
      [28_800, 'request.lapsed'],
    ])
  })

  it('escalates and reminds in turn when both are due', () => {
    const request = { ...reminded, escalatesAt: after(1_800) }
    assert.deepEqual(afterOutage(request, after(1_800)), ['request.escalated', 'request.reminded'])
  })

  it('lapses, and does nothing else, after an outage over its whole life', () => {
    const request = { ...reminded, escalatesAt: after(1_800) }
    assert.deepEqual(afterOutage(request, after(86_400)), ['request.lapsed'])
    assert.deepEqual(nextOf(request, ticking(request.lapsesAt)), requestsInEveryState().lapsed)
  })

  it('does nothing before its moment', () => {
    for (const at of [after(899.999), after(0)])
      assert.deepEqual(refusalOf(reminded, ticking(at)), { code: 'nothing-due' })
    const { lapsesAt } = aPendingRequest()
    assert.equal(
      answerTo(aPendingRequest(), ticking(new Date(lapsesAt.getTime() - 1))),
      'nothing-due',
    )
  })
})

describe('decide tick, of a grant', () => {
  it('expires an active grant at its end and not before', () => {
    const request = aLiveRequest()
    const { endsAt } = request.grant
    const early = new Date(endsAt.getTime() - 1)
    assert.deepEqual(refusalOf(request, ticking(early)), { code: 'nothing-due' })
    assert.deepEqual(nextOf(request, ticking(endsAt)), {
      ...request,
      version: 4,
      grant: { ...termsOf(aGrant()), state: 'ended', cause: 'expired', endedAt: endsAt },
    })
  })

  it('never calls active what Pomerium has not confirmed', () => {
    const { granting, 'never-active': never } = requestsInEveryState()
    assert.deepEqual(nextOf(granting, ticking(after(3_660))), never)
  })

  it('keeps who ended it and why when time is faster than the read-back', () => {
    const { ending, ended } = requestsInEveryState()
    const late = after(4_000)
    assert.deepEqual(grantOf(ending, ticking(late)), { ...ended.grant, endedAt: late })
  })

  it('begins what was scheduled at its start, and ends it at its end', () => {
    const { scheduled } = requestsInEveryState()
    const { startsAt } = scheduled.grant
    assert.deepEqual(grantOf(scheduled, ticking(startsAt)), {
      ...termsOf(scheduled.grant),
      state: 'active',
      activeAt: startsAt,
    })
    assert.deepEqual(
      story(scheduled, after(86_400)).map(([, action]) => action),
      ['grant.activated', 'grant.ended'],
    )
  })

  it('knows that what was scheduled was in force after an outage over the whole window', () => {
    const { scheduled } = requestsInEveryState()
    const at = after(86_400)
    assert.deepEqual(afterOutage(scheduled, at), ['grant.ended'])
    assert.deepEqual(grantOf(scheduled, ticking(at)), {
      ...termsOf(scheduled.grant),
      state: 'ended',
      cause: 'expired',
      endedAt: at,
    })
  })
})

describe('decide tick, of a review', () => {
  const over = anEmergency(aGrant('ended'))
  const reviewAt = (at: Date): Review | undefined => {
    const next = nextOf(over, ticking(at))
    return next.status === 'approved' ? next.review : undefined
  }

  it('asks again at half time, says once that it is overdue, and asks ever less often, once a week at last', () => {
    assert.deepEqual(story(over, after(24 * 86_400)), [
      [43_200, 'grant.review_reminded'],
      [86_400, 'grant.review_overdue'],
      ...[2, 4, 8, 15, 22].map((day) => [day * 86_400, 'grant.review_reminded']),
    ])
  })

  it('plans the next look', () => {
    const due = { state: 'due', dueAt: after(86_400) } as const
    assert.deepEqual(reviewAt(after(43_200)), { ...due, remindAt: after(86_400), isOverdue: false })
    assert.deepEqual(reviewAt(after(90_000)), { ...due, remindAt: after(180_000), isOverdue: true })
  })

  it('says once that it is overdue after an outage', () => {
    assert.deepEqual(afterOutage(over, after(5 * 86_400)), ['grant.review_overdue'])
  })

  it('ends the access first', () => {
    assert.deepEqual(afterOutage(anEmergency(), after(90_000)), [
      'grant.ended',
      'grant.review_overdue',
    ])
  })
})
