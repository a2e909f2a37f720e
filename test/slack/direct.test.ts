import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { direct } from '../../src/slack/direct.ts'
import type { RequestState } from '../../src/slack/wording-state.ts'
import {
  anyView,
  assertSound,
  at,
  buttonsOf,
  HOSTILE,
  identity,
  lines,
  request,
  resource,
  STATES,
  view,
  type Sample,
} from './samples.ts'

const LINK = '<https://grafana.example.com/?a=1&b=2|Grafana (production)>'
const now = (sample: Sample) => lines(direct(view(sample)))[1]

describe('direct', () => {
  it('gives the holder the link and the end of their access', () => {
    assert.deepEqual(lines(direct(view({ state: 'active' }))), [
      '🟢 Active',
      `You have access to ${LINK} until 2026-11-20 11:00 UTC.`,
      'Request `7K2M9QXR`; approved by <@U0KIM>',
      'End now',
    ])
  })

  it('tells the requester who denied and why', () => {
    assert.deepEqual(lines(direct(view({ state: 'denied' }))), [
      '⛔ Denied',
      `<@U0KIM> denied your request for ${LINK}.`,
      'Reason of the denial',
      'Not during the freeze',
      'Request `7K2M9QXR`',
    ])
  })

  it('counts approvals while more are needed', () => {
    const approvals = [{ by: identity('kim'), at: at('09:10') }]
    assert.equal(
      now({ state: 'pending', approvals, approvalsNeeded: 2 }),
      `You asked for ${LINK} for 1h30m. 1 of 2 approvals so far: <@U0KIM>. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
    )
  })

  const sentences: readonly (readonly [string, Sample, string])[] = [
    [
      'waits',
      { state: 'pending' },
      `You asked for ${LINK} for 1h30m. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
    ],
    ['was cancelled', { state: 'cancelled' }, `You cancelled your request for ${LINK}.`],
    [
      'lapsed',
      { state: 'lapsed' },
      `Your request for ${LINK} was not approved in time. You can ask again.`,
    ],
    [
      'is being granted',
      { state: 'granting' },
      `Your request for ${LINK} is approved. Pomerium has not confirmed the rule yet; access may not work until it has. It ends 2026-11-20 11:00 UTC.`,
    ],
    [
      'is being given back',
      { state: 'ending', cause: 'returned' },
      `You gave back your access to ${LINK}. It may still work until Pomerium confirms that the rule is gone.`,
    ],
    [
      'is being taken away',
      { state: 'ending' },
      `<@U0ALEX> ended your access to ${LINK}. It may still work until Pomerium confirms that the rule is gone.`,
    ],
    [
      'ran out',
      { state: 'ended', cause: 'expired' },
      `Your access to ${LINK} ended 2026-11-20 11:00 UTC: its time was over.`,
    ],
    [
      'was given back',
      { state: 'ended', cause: 'returned' },
      `Your access to ${LINK} ended 2026-11-20 10:00 UTC: you gave it back.`,
    ],
    [
      'was taken away',
      { state: 'ended' },
      `<@U0ALEX> ended your access to ${LINK}; it ended 2026-11-20 10:00 UTC.`,
    ],
    [
      'was never confirmed',
      { state: 'never-active' },
      `Your request for ${LINK} was approved, but Pomerium never confirmed the rule. The access is over now; you can ask again.`,
    ],
  ]
  for (const [what, sample, sentence] of sentences) {
    it(`says what is true when it ${what}`, () => {
      assert.equal(now(sample), sentence)
    })
  }

  it('has the buttons that act in this state and no others', () => {
    const cancel = [['jit:cancel', '7K2M9QXR', 'default']]
    const end = [['jit:end', '7K2M9QXR', 'danger']]
    const expected: Record<RequestState, readonly (readonly string[])[]> = {
      pending: cancel,
      granting: end,
      active: end,
      ending: [],
      ended: [],
      'never-active': [],
      denied: [],
      cancelled: [],
      lapsed: [],
    }
    const shown = STATES.map((state) => [state, buttonsOf(direct(view({ state })))] as const)
    assert.deepEqual(Object.fromEntries(shown), expected)
  })

  it('quotes why access was taken away, and not what the holder said themselves', () => {
    const quoted = (cause: 'returned' | 'revoked') =>
      lines(direct(view({ state: 'ended', cause }))).includes('Not during the freeze')
    assert.deepEqual([quoted('revoked'), quoted('returned')], [true, false])
  })

  it('does without a link when there is no safe one', () => {
    for (const url of [
      'javascript:alert(1)',
      'not a url',
      `https://grafana.example.com/${'x'.repeat(2_000)}`,
    ])
      assert.equal(
        lines(direct(view({ state: 'active' }, { url })))[1],
        'You have access to Grafana (production) until 2026-11-20 11:00 UTC.',
      )
    const { url: _url, ...rest } = resource()
    assert.equal(
      lines(direct({ request: request({ state: 'cancelled' }), resource: rest }))[1],
      'You cancelled your request for Grafana (production).',
    )
  })

  it('keeps an address inside its link', () => {
    const url = 'https://grafana.example.com/a|b>c?q=<!here>|x#<@U666>'
    assert.equal(
      lines(direct(view({ state: 'cancelled' }, { url })))[1],
      'You cancelled your request for <https://grafana.example.com/a%7Cb%3Ec?q=%3C!here%3E%7Cx#%3C@U666%3E|Grafana (production)>.',
    )
  })

  it('keeps hostile words literal in every state', () => {
    for (const words of HOSTILE)
      for (const state of STATES)
        assertSound(
          direct(view({ state, reason: words, words, resourceId: words }, { title: words })),
        )
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(fc.property(anyView, (any) => assertSound(direct(any))))
  })
})
