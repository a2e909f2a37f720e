import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SlackUserId } from '../../src/domain/ids.ts'
import type { Json } from '../../src/domain/ppl.ts'
import { trailMessage } from '../../src/slack/trail.ts'
import { EVENT_WORDS } from '../../src/slack/wording-event.ts'
import type { RecordedEvent, RequestView } from '../../src/app/ports.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import {
  anyDetails,
  anyView,
  anyText,
  approval,
  assertSound,
  at,
  event,
  extension,
  identity,
  lines,
  peopleSet,
  REVIEW_DUE,
  reviewed,
  stage,
  TWO_STAGES,
  view,
  type Sample,
} from './samples.ts'

const ACTIONS = Object.keys(EVENT_WORDS) as readonly AuditAction[]
const anyAction = fc.constantFrom(...ACTIONS)

/** The lines of a thread's post about one change. */
const told = (
  action: AuditAction,
  details: { [key: string]: Json },
  shown: RequestView,
  changes: Partial<RecordedEvent> = {},
) => lines(trailMessage([event(action, { details, ...changes })], shown))

describe('trailMessage', () => {
  const bot = { kind: 'bot' } as const
  const cases: readonly (readonly [
    AuditAction,
    { [key: string]: Json },
    Sample,
    readonly string[],
  ])[] = [
    [
      'request.created',
      { reason: 'INC-42' },
      { state: 'pending' },
      ['<@U0ANN> asked for Grafana (production) for 1h30m.'],
    ],
    [
      'request.approval_recorded',
      { approvals: 1, needed: 2, note: 'fine by me' },
      { state: 'pending' },
      ['<@U0KIM> approved (1 of 2):', 'fine by me'],
    ],
    [
      'request.approved',
      { approvals: 1, needed: 1 },
      { state: 'granting' },
      ['<@U0KIM> approved; Pomerium has not confirmed the rule yet.'],
    ],
    [
      'request.approved',
      { approvals: 2, needed: 2 },
      { state: 'active' },
      ['<@U0KIM> approved (2 of 2); Pomerium has not confirmed the rule yet.'],
    ],
    [
      'request.denied',
      { reason: 'Not during <the freeze>' },
      { state: 'denied' },
      ['<@U0KIM> denied the request:', 'Not during <the freeze>'],
    ],
    ['request.cancelled', {}, { state: 'cancelled' }, ['<@U0KIM> cancelled the request.']],
    [
      'request.approval_recorded',
      { approvals: 1, needed: 2, stage: 'Security', shortened: 1_800 },
      { state: 'denied' },
      ['<@U0KIM> approved for Security (1 of 2), shortened to 30m.'],
    ],
    [
      'request.break_glass',
      { reason: 'INC-42' },
      { state: 'granting', kind: 'break-glass' },
      [
        '<@U0KIM> opened break-glass access without an approval; Pomerium has not confirmed the rule yet.',
      ],
    ],
    [
      'request.extended',
      { approvals: 1, needed: 1, endsAt: '2026-11-20T12:00:00.000Z', note: 'one hour more' },
      { state: 'extended' },
      [
        '<@U0KIM> approved the extension; Pomerium has not confirmed the new end 2026-11-20 12:00 UTC yet:',
        'one hour more',
      ],
    ],
    [
      'grant.extended',
      {
        by: 'A1B2C3D4',
        seconds: 3_600,
        was: '2026-11-20T11:00:00.000Z',
        endsAt: '2026-11-20T12:00:00.000Z',
      },
      { state: 'granting', grant: { inForceUntil: at('11:00') } },
      [
        '<@U0KIM> extended the access by 1h, until 2026-11-20 12:00 UTC (was 2026-11-20 11:00 UTC), as request `A1B2C3D4` asked; Pomerium has not confirmed the new end yet.',
      ],
    ],
    [
      'grant.reviewed',
      { verdict: 'not-justified', note: 'The runbook would have done' },
      { state: 'ended', kind: 'break-glass' },
      ['<@U0KIM> found the break-glass access not justified:', 'The runbook would have done'],
    ],
    [
      'grant.reviewed',
      { verdict: 'justified' },
      { state: 'ended', kind: 'break-glass' },
      ['<@U0KIM> found the break-glass access justified.'],
    ],
    [
      'grant.ending',
      { cause: 'revoked', reason: 'incident over' },
      { state: 'ending' },
      ['<@U0KIM> ended the access; it may still work until Pomerium confirms:', 'incident over'],
    ],
    [
      'grant.ending',
      { cause: 'returned' },
      { state: 'ended' },
      ['<@U0KIM> gave the access back; it may still work until Pomerium confirms.'],
    ],
  ]
  for (const [action, details, sample, expected] of cases) {
    it(`tells of ${action} ${JSON.stringify(details)}`, () => {
      assert.deepEqual(told(action, details, view(sample)), expected)
    })
  }

  const byTime: readonly (readonly [AuditAction, { [key: string]: Json }, Sample, string])[] = [
    ['request.lapsed', {}, { state: 'lapsed' }, 'The request lapsed: it was not approved in time.'],
    [
      'request.auto_approved',
      { rule: 'auto_approve[0]' },
      { state: 'granting', automatic: 'auto_approve[0]' },
      'Approved by rule `auto_approve[0]` of the catalogue, without an approver; Pomerium has not confirmed the rule yet.',
    ],
    [
      'request.auto_approved',
      { rule: 'rego', endsAt: '2026-11-20T12:00:00.000Z' },
      { state: 'extended', extends: 'A1B2C3D4' },
      'Approved by the Rego policy, without an approver; Pomerium has not confirmed the new end 2026-11-20 12:00 UTC yet.',
    ],
    [
      'request.cancelled',
      { why: 'deactivated' },
      { state: 'cancelled' },
      'The bot cancelled the request, because the Slack account is deactivated.',
    ],
    [
      'grant.scheduled',
      {},
      { state: 'scheduled' },
      'Pomerium has the rule; access starts 2026-11-20 10:00 UTC.',
    ],
    [
      'grant.ending',
      { cause: 'ineligible', why: 'guest' },
      { state: 'ending', cause: 'ineligible' },
      'The bot is ending the access, because the Slack account is that of a guest; it may still work until Pomerium confirms.',
    ],
    [
      'grant.ended',
      { cause: 'ineligible' },
      { state: 'ended', cause: 'ineligible', why: 'guest' },
      'Access ended, because the Slack account is that of a guest. A websocket or TCP connection that was open may last until it reconnects.',
    ],
    ['grant.activated', {}, { state: 'active' }, 'Access is active until 2026-11-20 11:00 UTC.'],
    [
      'grant.activated',
      {},
      { state: 'granting', grant: { inForceUntil: at('10:30') } },
      'Access is active until 2026-11-20 10:30 UTC.',
    ],
    ['grant.activated', {}, { state: 'ended' }, 'Access became active.'],
    ['grant.activated', { why: 'constructor' }, { state: 'ending' }, 'Access became active.'],
    [
      'grant.ended',
      { cause: 'expired' },
      { state: 'ended', cause: 'expired' },
      'Access ended: its time was over.',
    ],
    [
      'grant.ended',
      { cause: 'revoked' },
      { state: 'ended' },
      'Access ended by <@U0ALEX>. A websocket or TCP connection that was open may last until it reconnects.',
    ],
    [
      'grant.never_active',
      {},
      { state: 'never-active' },
      'Pomerium never confirmed the rule. The access is over now.',
    ],
  ]
  for (const [action, details, sample, expected] of byTime) {
    it(`tells of ${action} ${JSON.stringify(details)}`, () => {
      assert.deepEqual(told(action, details, view(sample), { actor: bot }), [expected])
    })
  }

  it('has the escaped words in its fall-back text', () => {
    const recorded = event('request.denied', { details: { reason: 'no\n<!channel>' } })
    assert.equal(
      trailMessage([recorded], view({ state: 'denied' })).text,
      '<@U0KIM> denied the request: no &lt;!channel&gt;',
    )
  })

  describe('notifies, with mentions,', () => {
    const escalation = { afterSeconds: 60, to: peopleSet({ users: ['U0BOSS' as SlackUserId] }) }
    const waiting = (sample: Partial<Sample> = {}) =>
      view({ state: 'pending', approvalsNeeded: 2, ...sample }, { ...TWO_STAGES, escalation })

    it('those whose approval is missing when it reminds', () => {
      assert.deepEqual(told('request.reminded', {}, waiting(), { actor: bot }), [
        'Reminder to <!subteam^S0SECURITY>: this request still waits for Security (stage 1 of 2).',
      ])
      const escalatedAt = at('09:30')
      const approvals = [approval('ana')]
      assert.deepEqual(told('request.reminded', {}, waiting({ approvals, escalatedAt })), [
        'Reminder to <!subteam^S0SRE> and <@U0BOSS>: this request still waits for Owner (stage 2 of 2).',
      ])
    })

    it('nobody who has approved already or who asked, nor anybody whom a mention cannot reach', () => {
      const users = ['U0ANN', 'U0KIM', 'U0LEE'] as SlackUserId[]
      const shown = (approvers: Parameters<typeof stage>[0], more: Partial<Sample> = {}) =>
        told(
          'request.reminded',
          {},
          view(
            { state: 'pending', approvalsNeeded: 2, approvals: [approval('kim')], ...more },
            { stages: [stage(approvers, { approvals: 2 })] },
          ),
          { actor: bot },
        )[0]
      assert.equal(
        shown({ users, emails: ['k@example.com'] }),
        'Reminder to <@U0LEE>: this request still waits for approval.',
      )
      const nobody = 'This request still waits for approval; nobody is pinged.'
      assert.equal(shown({ users: users.slice(0, 2) }), nobody)
      assert.equal(shown({ emails: ['k@example.com'], everyone: true }), nobody)
    })

    it('those of the stage that waits again when an approval counts no more', () => {
      const shown = waiting({ approvals: [approval('ana')], approvalsCounted: 0 })
      const details = { approvals: 0, needed: 2, was: 1, open: 0 }
      assert.deepEqual(told('request.recounted', details, shown, { actor: bot }), [
        '0 of 2 approvals count now: somebody who approved has lost the right to. Asked again, for Security: <!subteam^S0SECURITY>.',
      ])
      const back = { approvals: 1, needed: 2, was: 0, open: 1 }
      assert.deepEqual(told('request.recounted', back, waiting({ approvals: [approval('ana')] })), [
        '1 of 2 approvals count now: somebody who approved has the right to again. Asked again, for Owner: <!subteam^S0SRE>.',
      ])
      assert.deepEqual(told('request.recounted', details, view({ state: 'denied' })), [
        '0 of 2 approvals count now: somebody who approved has lost the right to.',
      ])
    })

    it('those to whom a request escalates', () => {
      const shown = waiting({ escalatedAt: at('09:30') })
      assert.deepEqual(told('request.escalated', {}, shown, { actor: bot }), [
        'Escalated, because it was not approved in time: <@U0BOSS> may answer now too.',
      ])
    })

    it('the people of the next stage when one is filled, once', () => {
      const approve = (name: string, shown: RequestView) =>
        told('request.approval_recorded', { stage: 'Security', approvals: 1, needed: 2 }, shown, {
          actor: { kind: 'person', identity: identity(name) },
        })
      const filled = waiting({ approvals: [approval('ana')] })
      assert.deepEqual(approve('ana', filled), [
        '<@U0ANA> approved for Security (1 of 2). Now asked, for Owner (stage 2 of 2): <!subteam^S0SRE>.',
      ])
      const [first] = TWO_STAGES.stages ?? []
      assert.ok(first)
      const wide = { stages: [{ ...first, approvals: 2 }, ...(TWO_STAGES.stages ?? []).slice(1)] }
      const both = view(
        { state: 'pending', approvalsNeeded: 3, approvals: [approval('ana'), approval('bea')] },
        wide,
      )
      const half = view(
        { state: 'pending', approvalsNeeded: 3, approvals: [approval('ana')] },
        wide,
      )
      const silent = (name: string) => [`<@U0${name}> approved for Security (1 of 2).`]
      assert.deepEqual(approve('ana', half), silent('ANA'))
      assert.deepEqual(approve('ana', both), silent('ANA'))
      assert.match(approve('bea', both)[0] ?? '', /Now asked, for Owner/)
    })

    it('the approvers when a review is due or overdue', () => {
      const details = { dueAt: '2026-11-21T09:30:00.000Z' }
      const due = view({ state: 'ended', kind: 'break-glass' })
      assert.deepEqual(told('grant.review_reminded', details, due), [
        'Reminder to <!subteam^S0SRE>: was the break-glass access justified? Its card asks, by 2026-11-21 09:30 UTC.',
      ])
      const review = { ...REVIEW_DUE, isOverdue: true }
      const overdue = view({ state: 'ended', kind: 'break-glass', review })
      assert.deepEqual(told('grant.review_overdue', details, overdue), [
        'The review is overdue since 2026-11-21 09:30 UTC: <!subteam^S0SRE>, was the break-glass access justified? Its card asks.',
      ])
    })

    it('nobody about what is settled by the time it is told', () => {
      const settled = view({ state: 'denied' }, { escalation })
      const review = reviewed('justified')
      const done = view({ state: 'ended', kind: 'break-glass', review }, { escalation })
      const { resource: _resource, ...gone } = waiting()
      assert.deepEqual(
        [
          told('request.reminded', {}, settled),
          told('request.escalated', {}, settled),
          told('grant.review_reminded', {}, done),
          told('grant.review_overdue', {}, done),
          told('request.reminded', {}, gone),
        ],
        [
          ['A reminder was due.'],
          ['The request was escalated.'],
          ['A reminder of the review was due.'],
          ['The review is overdue.'],
          ['A reminder was due.'],
        ],
      )
    })
  })

  it('says of an extension what was asked', () => {
    assert.deepEqual(told('request.created', {}, extension({ state: 'pending' })), [
      '<@U0ANN> asked for Grafana (production) for 1h longer.',
    ])
  })

  it('puts several changes into one post, in their order', () => {
    const events = [
      event('request.approved', { seq: 1, details: { note: 'fine' } }),
      event('grant.activated', { seq: 2, actor: bot }),
    ]
    assert.deepEqual(lines(trailMessage(events, view({ state: 'active' }))), [
      '<@U0KIM> approved; Pomerium has not confirmed the rule yet:',
      'fine',
      'Access is active until 2026-11-20 11:00 UTC.',
    ])
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    const anyEvent = fc.tuple(anyAction, anyDetails, anyText, fc.boolean())
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 5 }), anyView, (drawn, any) => {
        const events = drawn.map(([action, details, words, isPlain], seq) =>
          event(action, { seq, details: isPlain ? details : { reason: words, note: words } }),
        )
        assertSound(trailMessage(events, any))
      }),
    )
  })
})
