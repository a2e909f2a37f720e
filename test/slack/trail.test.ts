import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ResourceId } from '../../src/domain/ids.ts'
import type { Json } from '../../src/domain/ppl.ts'
import { alertMessage, trailLine } from '../../src/slack/trail.ts'
import { EVENT_WORDS } from '../../src/slack/wording-event.ts'
import type { AuditAction } from '../../src/domain/event.ts'
import {
  anyText,
  anyView,
  assertSound,
  event,
  identity,
  inUtc,
  lines,
  view,
  type Sample,
} from './samples.ts'

const ACTIONS = Object.keys(EVENT_WORDS) as readonly AuditAction[]
const anyAction = fc.constantFrom(...ACTIONS)
const anyDetails = fc.dictionary(
  anyText,
  fc.oneof(
    anyText,
    fc.jsonValue().map((value) => value as Json),
    fc.array(anyText, { maxLength: 40 }),
  ),
  { maxKeys: 40 },
)

describe('trailLine', () => {
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
      assert.deepEqual(lines(trailLine(event(action, { details }), view(sample))), expected)
    })
  }

  const byTime: readonly (readonly [AuditAction, { [key: string]: Json }, Sample, string])[] = [
    ['request.lapsed', {}, { state: 'lapsed' }, 'The request lapsed: it was not approved in time.'],
    ['grant.activated', {}, { state: 'active' }, 'Access is active until 2026-11-20 11:00 UTC.'],
    [
      'grant.ended',
      { cause: 'expired' },
      { state: 'ended', cause: 'expired' },
      'Access ended: its time was over.',
    ],
    ['grant.ended', { cause: 'revoked' }, { state: 'ended' }, 'Access ended by <@U0ALEX>.'],
    [
      'grant.never_active',
      {},
      { state: 'never-active' },
      'Pomerium never confirmed the rule. The access is over now.',
    ],
  ]
  for (const [action, details, sample, expected] of byTime) {
    it(`tells of ${action} ${JSON.stringify(details)}`, () => {
      const recorded = event(action, { details, actor: bot })
      assert.deepEqual(lines(trailLine(recorded, view(sample))), [expected])
    })
  }

  it('has the escaped words in its fall-back text', () => {
    const recorded = event('request.denied', { details: { reason: 'no\n<!channel>' } })
    assert.equal(
      trailLine(recorded, view({ state: 'denied' })).text,
      '<@U0KIM> denied the request: no &lt;!channel&gt;',
    )
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(
      fc.property(anyAction, anyDetails, anyText, anyView, (action, details, words, any) => {
        assertSound(trailLine(event(action, { details }), any))
        assertSound(trailLine(event(action, { details: { reason: words, note: words } }), any))
      }),
    )
  })
})

describe('alertMessage', () => {
  it('says what happened, to whom, what to do, and which event it was', () => {
    const recorded = event('identity.email_changed', {
      actor: { kind: 'person', identity: identity('ann') },
      details: { pinned: 'ann@example.com', now: 'root@example.com' },
    })
    assert.deepEqual(lines(alertMessage(recorded)), [
      '🚨 An e-mail address changed',
      '*By*',
      '<@U0ANN>',
      '*Resource*',
      '`grafana-prod`',
      '*Request*',
      '`7K2M9QXR`',
      'This person can neither ask nor approve until the change is settled: find out whether it is genuine, and if it is, run `jit identity forget`.',
      'pinned: ann@example.com',
      'now: root@example.com',
      'Audit event 42, `identity.email_changed`, 2026-11-20 09:30 UTC',
    ])
  })

  it('notifies with the same in one line', () => {
    const { requestId: _id, ...recorded } = event('policy.blocked', { actor: { kind: 'bot' } })
    assert.equal(
      inUtc(alertMessage(recorded).text),
      'A policy is blocked: The bot, `grafana-prod`. New access to this resource waits until the cause below is gone; access that is already open still ends on time by its own rule.',
    )
  })

  it('has a remedy for every event that asks for attention', () => {
    const remedies = ACTIONS.filter((action) => EVENT_WORDS[action].remedy !== undefined)
    assert.deepEqual(remedies, [
      'grant.never_active',
      'identity.email_changed',
      'policy.created',
      'policy.blocked',
      'policy.failing',
      'policy.unblocked',
      'policy.drift_repaired',
      'policy.foreign_rules',
    ])
  })

  it('shows details that are not texts as JSON and stops after twenty', () => {
    const details = Object.fromEntries(
      Array.from({ length: 23 }, (_, n) => [`d${n}`, { n: [n, null] }]),
    )
    const shown = lines(alertMessage(event('policy.foreign_rules', { details })))
    assert.ok(shown.includes('d19: {"n":[19,null]}'))
    assert.ok(!shown.some((line) => line.startsWith('d20')))
    assert.ok(shown.includes('and 3 more'))
  })

  it('bounds the details', () => {
    const details = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`d${n}`, 'x'.repeat(5_000)]),
    )
    const shown = lines(alertMessage(event('policy.blocked', { details })))
    assert.ok(shown.includes(`d0: ${'x'.repeat(399)}…`))
    assert.ok(shown.join('\n').length < 3_000)
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(
      fc.property(anyAction, anyDetails, anyText, (action, details, words) => {
        const resourceId = words as ResourceId
        assertSound(alertMessage(event(action, { details, resourceId })))
      }),
    )
  })
})
