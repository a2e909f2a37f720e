import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RecordedEvent } from '../../src/app/ports.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { identityOf } from '../../src/domain/person.ts'
import { eventWords } from '../../src/web/event-words.ts'
import { refusalStatus } from '../../src/web/refusal-status.ts'
import { spanWords, timeAgo, timeLeft, timeWords, zoneName } from '../../src/web/times.ts'
import { constraintWords } from '../../src/web/wording-constraint.ts'
import { refusalText } from '../../src/web/wording-refusal.ts'
import { allOf, oneOf, spoken } from '../../src/web/wording.ts'
import { MORNING, aGrant, after, alex, requestsInEveryState } from '../support/build.ts'
import { HOSTILE } from './pages-support.ts'

const by = identityOf(alex)
const states = requestsInEveryState()
/** A refusal of every code. */
const REFUSALS: {
  readonly [Code in Refusal['code']]: Omit<Extract<Refusal, { readonly code: Code }>, 'code'>
} = {
  'not-a-member': { why: 'guest' },
  'email-domain': { domains: ['example.com'] },
  'email-changed': {},
  'directory-unavailable': {},
  'no-such-resource': { resource: 'x' },
  'duration-too-long': { maxSeconds: 60 },
  'duration-not-offered': { choices: [60, 120] },
  'not-shorter': { askedSeconds: 60 },
  'level-needed': { levels: [] },
  'start-not-offered': {},
  'start-in-past': {},
  'start-unreadable': {},
  'start-too-far': { maxSeconds: 60 },
  'time-zone-unknown': {},
  'beneficiary-not-listed': { beneficiary: 'x' },
  'no-break-glass': {},
  'not-enough-approvers': { needed: 2, available: 1 },
  'too-many-open-requests': { most: 1 },
  'too-many-grants': { most: 1 },
  'too-many-requests': { most: 1 },
  'rego-denied': { reasons: ['too late.'] },
  'rego-silent': {},
  busy: {},
  'reason-too-short': { minLength: 5, hint: 'Name it' },
  'reason-too-long': { maxLength: 10 },
  'reason-mismatch': {},
  'already-pending': {},
  'no-such-request': {},
  'resource-gone': {},
  'own-request': {},
  'not-an-approver': {},
  'rego-other-approvers': { groups: [] },
  'approved-by-you-already': {},
  'approved-without-step-up': {},
  'stage-not-open': { stage: 'Security' },
  'requester-not-eligible': {},
  'already-decided': { request: states.denied },
  'request-lapsed': {},
  'not-your-request': {},
  'not-yours-to-end': {},
  'not-started': {},
  'already-over': { grant: aGrant('ended') },
  'already-ending': { endedBy: by },
  'not-yours-to-extend': {},
  'not-extendable': {},
  'extended-too-often': { times: 1 },
  'extension-too-long': { maxSeconds: 120 },
  'beyond-maximum': { maxSeconds: 60, leftSeconds: 0 },
  'nothing-to-review': {},
  'already-reviewed': { by },
  'nothing-due': {},
  'link-needed': {},
  'link-outdated': {},
  'linked-to-another': {},
  'link-code-wrong': {},
  'link-email-differs': {},
  'link-subject-taken': {},
  'not-linked': {},
  'no-pages': {},
  'step-up-needed': {},
  'not-an-auditor': {},
}

describe('refusalText', () => {
  it('has a sentence for every code, which says what to do', () => {
    const sentences = Object.entries(REFUSALS).map(([code, facts]) =>
      refusalText({ code, ...facts } as Refusal, 'Europe/Brussels'),
    )
    for (const text of sentences) {
      assert.match(text, /^[A-Zaâ-ž].{20,}[.]$/i)
      assert.doesNotMatch(text, /undefined|NaN|\[object/)
    }
    assert.equal(new Set(sentences).size, sentences.length)
  })

  it('tells how a request was decided, whatever its state', () => {
    const texts = Object.values(states).map((request) =>
      refusalText({ code: 'already-decided', request }),
    )
    for (const text of texts) assert.match(text, /waits no more: .+\.$/)
  })
})

describe('refusalStatus', () => {
  it('tells what is too late, not theirs, wrongly written and not to be had apart', () => {
    const of = (code: Refusal['code']) => refusalStatus({ code, ...REFUSALS[code] } as Refusal)
    assert.deepEqual(
      (
        [
          'already-decided',
          'own-request',
          'reason-too-short',
          'no-such-request',
          'rego-silent',
        ] as const
      ).map(of),
      [409, 403, 422, 404, 503],
    )
  })
})

describe('times', () => {
  it('are on the reader’s clock, and always name its zone', () => {
    assert.equal(timeWords(MORNING, 'Europe/Brussels'), 'Mon 2 Mar 2026, 10:00 CET')
    assert.equal(timeWords(MORNING, 'Asia/Kolkata'), 'Mon 2 Mar 2026, 14:30 GMT+5:30')
    assert.equal(timeWords(MORNING, undefined), 'Mon 2 Mar 2026, 09:00 UTC')
    assert.equal(timeWords(MORNING, 'Nowhere/Land'), 'Mon 2 Mar 2026, 09:00 UTC')
    assert.equal(timeWords(new Date(Number.NaN), undefined), 'an unknown time')
    assert.equal(zoneName('Europe/Brussels'), 'Europe/Brussels')
  })

  it('name the day once in a span on one day', () => {
    assert.equal(spanWords(MORNING, after(3_600), undefined), 'Mon 2 Mar 2026, 09:00 – 10:00 UTC')
    assert.equal(
      spanWords(MORNING, after(86_400), undefined),
      'Mon 2 Mar 2026, 09:00 UTC – Tue 3 Mar 2026, 09:00 UTC',
    )
  })

  it('say how far away they are', () => {
    const now = MORNING.getTime()
    assert.equal(timeLeft(after(5_400), now), '1 h 30 min left')
    assert.equal(timeLeft(after(3 * 86_400 + 3_700), now), '3 d 1 h left')
    assert.equal(timeLeft(after(-5), now), 'less than a minute left')
    assert.equal(timeAgo(after(-300), now), '5 min ago')
    assert.equal(timeAgo(after(5), now), 'just now')
  })
})

describe('spoken', () => {
  it('says durations as people do', () => {
    assert.deepEqual([60, 5_400, 86_400, 90_060].map(spoken), [
      '1 min',
      '1 h 30 min',
      '1 d',
      '1 d 1 h 1 min',
    ])
  })
})

describe('allOf and oneOf', () => {
  it('cut what is too long, and say so', () => {
    assert.equal(allOf([]), '')
    assert.equal(oneOf(['a', 'b', 'c']), 'a, b or c')
    assert.equal(allOf(['a', 'b', 'c', 'd'], 3), 'a, b and 2 more')
  })
})

describe('constraintWords', () => {
  it('says what the catalogue may ask for in words', () => {
    const rows = [
      [{ source_ip: ['10.0.0.0/8', '192.0.2.1'] }, 'From the network: 10.0.0.0/8 or 192.0.2.1'],
      [{ http_path: { starts_with: '/api' } }, 'Path: begins with /api'],
      [{ http_method: { not_in: ['PUT'] } }, 'HTTP method: none of PUT'],
      [{ day_of_week: 'mon-fri' }, 'Days: mon-fri'],
      [
        { time_of_day: { after: '9:00', before: '17:00', timezone: 'UTC' } },
        'Time of day: after 9:00 and before 17:00 (UTC)',
      ],
      [{ ssh_username_matches_email: true }, 'SSH user name is that of the e-mail address'],
      [{ 'claim/team': { has: 'sre' } }, 'claim/team: sre'],
    ] as const
    for (const [criterion, words] of rows) assert.equal(constraintWords(criterion), words)
  })
})

describe('eventWords', () => {
  const event = (action: AuditAction, details: RecordedEvent['details'] = {}): RecordedEvent => ({
    seq: 1,
    schemaVersion: 1,
    hash: 'ab'.repeat(32),
    at: MORNING,
    action,
    actor: { kind: 'person', identity: by },
    via: 'web',
    alert: false,
    details,
  })
  const said = (action: AuditAction, details: RecordedEvent['details']) =>
    eventWords(event(action, details))

  it('tells in plain words who did what', () => {
    assert.equal(
      said('request.created', { durationSeconds: 5_400, beneficiary: 'vera@partner.example' }),
      'alex@example.com asked for 1 h 30 min on behalf of vera@partner.example.',
    )
    assert.equal(
      said('request.approval_recorded', {
        approvals: 1,
        needed: 2,
        stage: 'Security',
        shortened: 60,
      }),
      'alex@example.com approved for Security (1 of 2), shortened to 1 min.',
    )
    assert.equal(
      said('grant.extended', { seconds: 3_600, endsAt: '2026-03-02T12:00:00.000Z' }),
      'alex@example.com extended the access by 1 h, until Mon 2 Mar 2026, 12:00 UTC; Pomerium was yet to confirm.',
    )
    assert.equal(
      said('request.approve_refused', { refusal: 'own-request' }),
      'alex@example.com tried to approve, which was refused: own request.',
    )
    assert.equal(said('policy.written', { policy: 'jit-x' }), 'Policy jit-x was written.')
    assert.equal(said('policy.adopted', {}), 'alex@example.com adopted policy.')
    assert.equal(
      said('grant.ending', { cause: 'ineligible', why: 'deactivated' }),
      'alex@example.com began to end the access, because the Slack account is deactivated.',
    )
  })

  it('is a sentence for whatever the details are', () => {
    const odd = [
      'refusal',
      'why',
      'endsAt',
      'stage',
      'policy',
      'reason',
      'rule',
      'cause',
      'approvals',
    ]
    for (const value of [null, 7, true, ['x'], { a: 1 }, HOSTILE, '', 'constructor'])
      for (const action of ACTIONS) {
        const text = said(action, Object.fromEntries(odd.map((name) => [name, value])))
        assert.match(text, /^\S.*\.$/)
        assert.doesNotMatch(text, /undefined|\[object|\n/)
      }
  })
})

const ACTIONS: readonly AuditAction[] = [
  'request.created',
  'request.approval_recorded',
  'request.approved',
  'request.auto_approved',
  'request.break_glass',
  'request.extended',
  'request.denied',
  'request.cancelled',
  'request.lapsed',
  'request.reminded',
  'request.escalated',
  'request.recounted',
  'grant.scheduled',
  'grant.activated',
  'grant.extended',
  'grant.ending',
  'grant.ended',
  'grant.never_active',
  'grant.review_reminded',
  'grant.review_overdue',
  'grant.reviewed',
  'request.create_refused',
  'identity.linked',
  'identity.link_refused',
  'policy.blocked',
  'policy.failing',
  'policy.forgotten',
  'catalogue.accepted',
  'rego.decided',
  'message.rerouted',
  'audit.read',
  'audit.exported',
]
