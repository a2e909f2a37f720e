import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Review } from '../../src/domain/request.ts'
import type { RequestState } from '../../src/domain/request-state.ts'
import { direct } from '../../src/slack/direct.ts'
import {
  anyView,
  approval,
  assertSound,
  at,
  buttonsOf,
  extension,
  HOSTILE,
  lines,
  request,
  resource,
  REVIEW_DUE,
  reviewed,
  STATES,
  TWO_STAGES,
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
      `<@U0KIM> denied your request for ${LINK} for 1h30m.`,
      'Reason of the denial',
      'Not during the freeze',
      'Request `7K2M9QXR`',
      'Request again…',
    ])
  })

  it('counts approvals while more are needed', () => {
    const approvals = [approval('kim')]
    assert.equal(
      now({ state: 'pending', approvals, approvalsNeeded: 2 }),
      `You asked for ${LINK} for 1h30m. 1 of 2 approvals so far: <@U0KIM>. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
    )
  })

  it('says for which stage it waits, and what was shortened', () => {
    const approvals = [approval('kim', { durationSeconds: 1_800 })]
    const sample: Sample = { state: 'pending', approvals, approvalsNeeded: 2 }
    assert.equal(
      lines(direct(view(sample, TWO_STAGES)))[1],
      `You asked for ${LINK} for 1h30m. 1 of 2 approvals so far: <@U0KIM>. It waits for Owner (stage 2 of 2). It is 1h30m, shortened to 30m by <@U0KIM>. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
    )
  })

  it('says on whose behalf a sponsor asked, and who has access then', () => {
    const sponsored = { kind: 'sponsored', beneficiary: 'eve@partner.example' } as const
    assert.deepEqual(
      [
        now({ state: 'pending', ...sponsored }),
        now({ state: 'active', ...sponsored }),
        now({ state: 'ended', cause: 'expired', ...sponsored }),
      ],
      [
        `You asked for ${LINK} for 1h30m on behalf of eve@partner.example. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
        `eve@partner.example has access to ${LINK} until 2026-11-20 11:00 UTC.`,
        `The access of eve@partner.example to ${LINK} ended 2026-11-20 11:00 UTC: its time was over.`,
      ],
    )
  })

  it('names the rule that approved instead of people, and who shortened the time', () => {
    assert.equal(
      lines(direct(view({ state: 'active', automatic: 'self_activation' })))[2],
      'Request `7K2M9QXR`; approved by rule `self_activation` of the catalogue, without an approver',
    )
    const approvals = [approval('kim', { durationSeconds: 1_800 })]
    assert.equal(
      lines(direct(view({ state: 'active', approvals })))[2],
      'Request `7K2M9QXR`; approved by <@U0KIM>; asked for 1h30m, shortened to 30m by <@U0KIM>',
    )
  })

  it('tells how an extension goes on', () => {
    const line = (sample: Sample) => lines(direct(extension(sample)))[1]
    const wish = `request for 1h more of ${LINK}`
    assert.deepEqual(
      [
        line({ state: 'pending' }),
        line({ state: 'denied' }),
        line({ state: 'lapsed' }),
        line({ state: 'extended' }),
      ],
      [
        `You asked for 1h more of ${LINK}, until 2026-11-20 12:00 UTC. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
        `<@U0KIM> denied your ${wish}.`,
        `Your ${wish} was not approved in time.`,
        `Your ${wish} is approved. The message of request \`A1B2C3D4\` says whether Pomerium has confirmed the new end.`,
      ],
    )
  })

  it('tells of the review of break-glass access', () => {
    const line = (review: Review) =>
      lines(direct(view({ state: 'active', kind: 'break-glass', review })))[1]
    const access = `You have access to ${LINK} until 2026-11-20 11:00 UTC.`
    assert.deepEqual(
      [line(REVIEW_DUE), line({ ...REVIEW_DUE, isOverdue: true }), line(reviewed('justified'))],
      [
        `${access} Approvers have to say by 2026-11-21 09:30 UTC whether it was justified.`,
        `${access} Its review is overdue since 2026-11-21 09:30 UTC.`,
        `${access} <@U0KIM> reviewed it 2026-11-20 12:00 UTC: justified.`,
      ],
    )
    const note = reviewed('not-justified', 'The runbook would have done')
    assert.ok(
      lines(direct(view({ state: 'ended', kind: 'break-glass', review: note }))).includes(
        'The runbook would have done',
      ),
    )
  })

  const sentences: readonly (readonly [string, Sample, string])[] = [
    [
      'waits',
      { state: 'pending' },
      `You asked for ${LINK} for 1h30m. The request lapses 2026-11-20 17:00 UTC if it is not approved by then.`,
    ],
    ['was cancelled', { state: 'cancelled' }, `You cancelled your request for ${LINK} for 1h30m.`],
    [
      'was cancelled by the bot',
      { state: 'cancelled', why: 'email-changed' },
      `The bot cancelled your request for ${LINK} for 1h30m, because the e-mail address in Slack is another one than before.`,
    ],
    [
      'lapsed',
      { state: 'lapsed' },
      `Your request for ${LINK} for 1h30m was not approved in time. You can ask again.`,
    ],
    [
      'is being granted',
      { state: 'granting' },
      `Your request for ${LINK} is approved. Pomerium has not confirmed the rule yet; access may not work until it has. It ends 2026-11-20 11:00 UTC.`,
    ],
    [
      'is to start later and is being granted',
      { state: 'granting', grant: { isScheduled: true } },
      `Your request for ${LINK} is approved. Pomerium has not confirmed the rule yet. Access is to start 2026-11-20 10:00 UTC and to end 2026-11-20 11:00 UTC.`,
    ],
    [
      'is scheduled',
      { state: 'scheduled' },
      `Pomerium has the rule for your access to ${LINK}: it starts 2026-11-20 10:00 UTC and ends 2026-11-20 11:00 UTC.`,
    ],
    [
      'is being extended',
      { state: 'granting', grant: { inForceUntil: at('10:30'), extensions: 1 } },
      `Your access to ${LINK} was confirmed until 2026-11-20 10:30 UTC. Pomerium has not confirmed the new end 2026-11-20 11:00 UTC yet: past the old one, access may not work until it has.`,
    ],
    [
      'was opened in an emergency and is being granted',
      { state: 'granting', kind: 'break-glass', review: reviewed('justified') },
      `You opened ${LINK} for 1h30m as an emergency, without an approval. Pomerium has not confirmed the rule yet; access may not work until it has. It ends 2026-11-20 11:00 UTC. <@U0KIM> reviewed it 2026-11-20 12:00 UTC: justified.`,
    ],
    [
      'is being lost',
      { state: 'ending', cause: 'ineligible', why: 'not-a-requester' },
      `The bot is ending your access to ${LINK}, because you are no longer among those who may ask for it. It may still work until Pomerium confirms that the rule is gone.`,
    ],
    [
      'was lost',
      { state: 'ended', cause: 'ineligible', why: 'guest' },
      `Your access to ${LINK} ended 2026-11-20 10:00 UTC, because the Slack account is that of a guest.`,
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

  it('quotes what approvers noted', () => {
    const approvals = [approval('kim', { note: 'only for the incident' })]
    const shown = lines(direct(view({ state: 'active', approvals })))
    const index = shown.indexOf('*Note of* <@U0KIM>')
    assert.equal(shown[index + 1], 'only for the incident')
  })

  it('has the buttons that act in this state and no others', () => {
    const cancel = [['jit:cancel', '7K2M9QXR', 'default']]
    const end = [['jit:end', '7K2M9QXR', 'danger']]
    const again = [['jit:again', '7K2M9QXR', 'default']]
    const expected: Record<RequestState, readonly (readonly string[])[]> = {
      pending: cancel,
      granting: end,
      scheduled: end,
      active: end,
      extended: [],
      ending: [],
      ended: again,
      'never-active': again,
      denied: again,
      cancelled: again,
      lapsed: again,
    }
    const shown = STATES.map((state) => [state, buttonsOf(direct(view({ state })))] as const)
    assert.deepEqual(Object.fromEntries(shown), expected)
  })

  it('offers to extend while the catalogue allows one more', () => {
    const extendable = { extension: { times: 2, maxSeconds: 3_600 } }
    const has = (sample: Sample, changes: Parameters<typeof view>[1] = extendable) =>
      buttonsOf(direct(view(sample, changes))).some(([action]) => action === 'jit:extend')
    assert.deepEqual(
      {
        active: has({ state: 'active' }),
        once: has({ state: 'active', grant: { extensions: 1 } }),
        scheduled: has({ state: 'scheduled' }),
        twice: has({ state: 'active', grant: { extensions: 2 } }),
        full: has(
          { state: 'active' },
          { ...extendable, duration: { defaultSeconds: 60, maxSeconds: 5_400, choices: [] } },
        ),
        breakGlass: has({ state: 'active', kind: 'break-glass' }),
        ending: has({ state: 'ending' }),
        ended: has({ state: 'ended' }),
        never: has({ state: 'active' }, {}),
      },
      {
        active: true,
        once: true,
        scheduled: true,
        twice: false,
        full: false,
        breakGlass: false,
        ending: false,
        ended: false,
        never: false,
      },
    )
  })

  it('does not offer to ask again what would be refused at once', () => {
    const { resource: _resource, ...gone } = view({ state: 'ended' })
    for (const lost of [
      view({ state: 'ended', cause: 'ineligible' }),
      view({ state: 'cancelled', why: 'deactivated' }),
      extension({ state: 'denied' }),
      gone,
    ])
      assert.deepEqual(buttonsOf(direct(lost)), [])
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
      'You cancelled your request for Grafana (production) for 1h30m.',
    )
  })

  it('keeps an address inside its link', () => {
    const url = 'https://grafana.example.com/a|b>c?q=<!here>|x#<@U666>'
    assert.equal(
      lines(direct(view({ state: 'cancelled' }, { url })))[1],
      'You cancelled your request for <https://grafana.example.com/a%7Cb%3Ec?q=%3C!here%3E%7Cx#%3C@U666%3E|Grafana (production)> for 1h30m.',
    )
  })

  it('keeps hostile words literal in every state', () => {
    for (const words of HOSTILE)
      for (const state of STATES)
        for (const kind of ['standard', 'break-glass'] as const)
          assertSound(
            direct(
              view(
                {
                  state,
                  kind,
                  reason: words,
                  words,
                  resourceId: words,
                  beneficiary: words,
                  automatic: words,
                  extends: words,
                  review: reviewed('not-justified', words),
                },
                { title: words },
              ),
            ),
          )
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(fc.property(anyView, (any) => assertSound(direct(any))))
  })
})
