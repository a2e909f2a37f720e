import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SlackChannelId, SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import { card } from '../../src/slack/card.ts'
import type { Resource } from '../../src/domain/resource.ts'
import type { RequestState } from '../../src/domain/request-state.ts'
import {
  anyView,
  approval,
  assertSound,
  at,
  buttonsOf,
  extension,
  HOSTILE,
  inUtc,
  lines,
  PAGE,
  peopleSet,
  READ_ONLY,
  request,
  REVIEW_DUE,
  reviewed,
  SECURITY,
  SRE,
  stage,
  STATES,
  TWO_STAGES,
  view,
  type Sample,
} from './samples.ts'

const ID = '7K2M9QXR'
const APPROVE = ['jit:approve', ID, 'primary']
const SHORTEN = ['jit:shorten', ID, 'default']
const DENY = ['jit:deny', ID, 'default']
const END = ['jit:end', ID, 'danger']
const REVIEW = [
  ['jit:justified', ID, 'default'],
  ['jit:not-justified', ID, 'default'],
]

/** The lines that follow the one that starts so. */
function after(shown: readonly string[], start: string, count = 1): readonly string[] {
  const index = shown.findIndex((line) => line.startsWith(start))
  return index < 0 ? [] : shown.slice(index + 1, index + 1 + count)
}

describe('card', () => {
  it('shows approvers who asks for what, how long, why, and who may answer', () => {
    assert.deepEqual(lines(card(view({ state: 'pending' }))), [
      '⏳ Waiting for approval',
      '*Requester*',
      '<@U0ANN>',
      '*Resource*',
      'Grafana (production) (`grafana-prod`)',
      '*Asked for*',
      '1h30m',
      '*Why you*',
      'May answer: <!subteam^S0SRE>, but not the requester; 1 approval needed.',
      'Reason',
      'INC-42 dashboards are red',
      'Request `7K2M9QXR`, asked 2026-11-20 09:00 UTC; lapses 2026-11-20 17:00 UTC',
      'Approve',
      'Approve with…',
      'Deny…',
    ])
  })

  it('counts approvals and names those who gave them', () => {
    const users = ['U0KIM' as SlackUserId, 'U0LEE' as SlackUserId]
    const half = lines(
      card(
        view(
          { state: 'pending', approvals: [approval('kim')], approvalsNeeded: 2 },
          { stages: [stage({ users }, { approvals: 2 })] },
        ),
      ),
    )
    assert.deepEqual(after(half, '*Why you*'), [
      'May answer: <@U0KIM> and <@U0LEE>, but not the requester; 2 approvals needed.',
    ])
    assert.deepEqual(after(half, '*Progress*'), ['1 of 2: <@U0KIM>'])
  })

  it('asks the people of the stage that is open, and shows how far each stage is', () => {
    const sample = (approvals: Sample['approvals'] = []) =>
      lines(card(view({ state: 'pending', approvals, approvalsNeeded: 2 }, TWO_STAGES)))
    const first = sample()
    assert.deepEqual(after(first, '*Why you*'), [
      'May answer now, for Security (stage 1 of 2): <!subteam^S0SECURITY>, but not the requester; 1 approval needed for it. Approvers of every stage may deny.',
    ])
    assert.deepEqual(after(first, '*Progress*'), ['Security 0 of 1; Owner 0 of 1'])
    const second = sample([approval('ana')])
    assert.deepEqual(after(second, '*Why you*'), [
      'May answer now, for Owner (stage 2 of 2): <!subteam^S0SRE>, but not the requester; 1 approval needed for it. Approvers of every stage may deny.',
    ])
    assert.deepEqual(after(second, '*Progress*'), ['Security 1 of 1 – <@U0ANA>; Owner 0 of 1'])
  })

  it('says which approvals do not count any more, and then claims no stage to be filled', () => {
    const shown = lines(
      card(
        view(
          {
            state: 'pending',
            approvals: [approval('ana'), approval('kim', { stage: 1 })],
            approvalsNeeded: 3,
            approvalsCounted: 1,
          },
          TWO_STAGES,
        ),
      ),
    )
    assert.deepEqual(after(shown, '*Why you*'), [
      'May answer: <!subteam^S0SECURITY> and <!subteam^S0SRE>, but not the requester; 3 approvals needed.',
    ])
    assert.deepEqual(after(shown, '*Progress*'), [
      '1 of 3: <@U0ANA> and <@U0KIM> (one of these approvals does not count: its giver has lost the right to approve this)',
    ])
  })

  it('names those who are not to be pinged without a mention', () => {
    const silent = peopleSet({
      groups: ['S0LEADS' as SlackGroupId],
      users: ['U0CTO' as SlackUserId],
      emails: ['boss@example.com'],
    })
    const shown = card(
      view({ state: 'pending' }, { stages: [stage({ groups: [SRE] }, { silent })] }),
    )
    assert.deepEqual(after(lines(shown), '*Why you*'), [
      'May answer: <!subteam^S0SRE>, but not the requester; 1 approval needed. May answer too, without being pinged: group `S0LEADS`, `U0CTO` and boss@example.com.',
    ])
    assert.doesNotMatch(JSON.stringify(shown), /<@U0CTO|subteam\^S0LEADS/)
  })

  it('says that nobody is pinged where everybody who may answer is silent', () => {
    const silent = peopleSet({ groups: ['S0LEADS' as SlackGroupId] })
    const shown = (stages: Resource['stages']) =>
      after(lines(card(view({ state: 'pending' }, { stages }))), '*Why you*')
    assert.deepEqual(shown([stage({}, { silent })]), [
      'Nobody is pinged. May answer: group `S0LEADS`, but not the requester; 1 approval needed.',
    ])
    assert.match(
      shown([stage({}, { silent, title: 'Leads' }), stage({ groups: [SRE] })])[0] ?? '',
      /^Nobody is pinged\. May answer now, for Leads \(stage 1 of 2\): group `S0LEADS`, but/,
    )
  })

  it('says who of those who may answer is not pinged, for want of a mention', () => {
    const shown = (approvers: Parameters<typeof stage>[0]) =>
      after(lines(card(view({ state: 'pending' }, { stages: [stage(approvers)] }))), '*Why you*')
    assert.deepEqual(
      shown({ groups: [SRE], emails: ['k@example.com'], domains: ['ops.example'] }),
      [
        'May answer: <!subteam^S0SRE>, k@example.com and everybody at ops.example, but not the requester; 1 approval needed. Not pinged: k@example.com and everybody at ops.example.',
      ],
    )
    assert.match(
      shown({ everyone: true })[0] ?? '',
      / Not pinged: every member of the workspace\.$/,
    )
    const escalation = { afterSeconds: 60, to: peopleSet({ emails: ['boss@example.com'] }) }
    const late = view({ state: 'pending', escalatedAt: at('09:30') }, { escalation })
    assert.match(
      after(lines(card(late)), '*Why you*')[0] ?? '',
      / Not pinged: boss@example\.com\.$/,
    )
  })

  it('names those to whom it escalated, and says when it will before', () => {
    const escalation = { afterSeconds: 1_800, to: peopleSet({ users: ['U0BOSS' as SlackUserId] }) }
    const shown = (sample: Partial<Sample>) =>
      lines(card(view({ state: 'pending', ...sample }, { escalation })))
    assert.match(
      after(shown({ escalatedAt: at('09:30') }), '*Why you*')[0] ?? '',
      / Escalated 2026-11-20 09:30 UTC: <@U0BOSS> may answer too\.$/,
    )
    const before = shown({ escalatesAt: at('09:30') })
    assert.ok(!before.some((line) => line.includes('U0BOSS')))
    assert.ok(
      before.includes(
        'Request `7K2M9QXR`, asked 2026-11-20 09:00 UTC; escalates 2026-11-20 09:30 UTC; lapses 2026-11-20 17:00 UTC',
      ),
    )
  })

  it('hints at exceptions without naming them', () => {
    const approvers = { groups: [SRE], deny: peopleSet({ users: ['U0EVE' as SlackUserId] }) }
    const shown = lines(card(view({ state: 'pending' }, { stages: [stage(approvers)] })))
    assert.deepEqual(after(shown, '*Why you*'), [
      'May answer: <!subteam^S0SRE> (less those whom the catalogue rules out), but not the requester; 1 approval needed.',
    ])
  })

  it('shows the level, and the start that was asked for', () => {
    const shown = lines(
      card(view({ state: 'pending', level: 'read', startsAt: at('14:00') }, READ_ONLY)),
    )
    assert.deepEqual(after(shown, '*Resource*'), [
      'Grafana (production) – Read only (`grafana-prod:read`)',
    ])
    assert.deepEqual(after(shown, '*Window*'), ['2026-11-20 14:00 UTC to 2026-11-20 15:30 UTC'])
    const { resource: _resource, ...gone } = view({ state: 'pending', level: 'read' })
    assert.deepEqual(after(lines(card(gone)), '*Resource*'), ['`grafana-prod:read`'])
  })

  it('shows the shorter time that an approver allowed beside the one that was asked', () => {
    const approvals = [approval('kim', { durationSeconds: 1_800 }), approval('ana')]
    const shown = card(view({ state: 'pending', approvals, approvalsNeeded: 3 }, { risk: 'high' }))
    assert.deepEqual(after(lines(shown), '*Asked for*'), ['1h30m, shortened to 30m by <@U0KIM>'])
    assert.match(JSON.stringify(shown), /This opens Grafana \(production\) for 30m\./)
  })

  it('names the sponsor and the vendor whom they sponsor', () => {
    const shown = lines(
      card(view({ state: 'pending', kind: 'sponsored', beneficiary: 'eve@partner.example' })),
    )
    assert.deepEqual(shown.slice(1, 5), [
      '*Sponsor*',
      '<@U0ANN>',
      '*For*',
      'eve@partner.example (vendor, not in Slack)',
    ])
    assert.deepEqual(after(shown, '*Why you*'), [
      'May answer: <!subteam^S0SRE>, but neither the sponsor nor eve@partner.example; 1 approval needed.',
    ])
  })

  it('asks for a sponsor of a vendor who asks, and names who vouched', () => {
    const sponsors = peopleSet({ groups: ['S0SPONSORS' as SlackGroupId] })
    const vendors = { vendors: { people: peopleSet({}), sponsors } }
    const vendor = (sample: Sample) =>
      lines(card(view({ kind: 'sponsored', approvalsNeeded: 2, ...sample }, vendors)))
    const waiting = vendor({ state: 'pending' })
    assert.deepEqual(after(waiting, '*Requester*'), ['<@U0ANN> (vendor)'])
    assert.match(
      after(waiting, '*Why you*')[0] ?? '',
      /^May answer now, for Sponsor \(stage 1 of 2\): <!subteam\^S0SPONSORS>/,
    )
    assert.deepEqual(after(waiting, '*Progress*'), ['Sponsor 0 of 1; Stage 2: 0 of 1'])
    const approvals = [approval('sue'), approval('kim', { stage: 1 })]
    const active = vendor({ state: 'active', approvals })
    assert.deepEqual(
      [after(active, '*Sponsor*'), after(active, '*Approved by*')],
      [['<@U0SUE>'], ['<@U0KIM>']],
    )
  })

  it('names the rule that approved instead of people', () => {
    const by = (automatic: string) =>
      after(lines(card(view({ state: 'granting', automatic }))), '*Approved by*')
    assert.deepEqual(by('auto_approve[0]'), [
      'rule `auto_approve[0]` of the catalogue, without an approver',
    ])
    assert.deepEqual(by('rego'), ['the Rego policy, without an approver'])
  })

  it('says that an approval alone is not access yet', () => {
    assert.deepEqual(lines(card(view({ state: 'granting' }))), [
      '🟡 Approved: granting…',
      '*Requester*',
      '<@U0ANN>',
      '*Resource*',
      'Grafana (production) (`grafana-prod`)',
      '*Asked for*',
      '1h30m',
      '*Window*',
      '2026-11-20 09:30 UTC to 2026-11-20 11:00 UTC',
      '*Approved by*',
      '<@U0KIM>',
      'Pomerium has not confirmed the rule yet; access may not work until it has.',
      'Reason',
      'INC-42 dashboards are red',
      'Request `7K2M9QXR`, asked 2026-11-20 09:00 UTC',
      'End now',
    ])
  })

  const truths: Readonly<Record<Exclude<RequestState, 'pending' | 'granting'>, readonly string[]>> =
    {
      scheduled: [
        '🕒 Scheduled',
        'Pomerium has the rule; access starts 2026-11-20 10:00 UTC and ends 2026-11-20 11:00 UTC.',
      ],
      extended: [
        '✅ Extension: Approved',
        'Approved 2026-11-20 09:30 UTC. The card of request `A1B2C3D4` says whether Pomerium has confirmed the new end.',
      ],
      active: [
        '🟢 Active',
        'Pomerium has confirmed the rule. Access is active until 2026-11-20 11:00 UTC.',
      ],
      ending: [
        '🟠 Ending…',
        '<@U0ALEX> ended it. Access may still work until Pomerium confirms that the rule is gone.',
      ],
      ended: ['⚪ Ended', 'Ended by <@U0ALEX>; access ended 2026-11-20 10:00 UTC.'],
      'never-active': [
        '❔ Not confirmed',
        'Pomerium never confirmed the rule. The access is over now.',
      ],
      denied: ['⛔ Denied', 'Denied by <@U0KIM> 2026-11-20 09:30 UTC.'],
      cancelled: ['🚫 Cancelled', 'The requester cancelled it 2026-11-20 09:30 UTC.'],
      lapsed: ['⌛ Lapsed', 'It lapsed 2026-11-20 17:00 UTC with 0 of 1 approvals.'],
    }
  for (const [state, truth] of Object.entries(truths)) {
    it(`says what is true while a request is ${state}`, () => {
      const shown = lines(card(view({ state: state as RequestState })))
      assert.deepEqual([shown[0], shown.find((line) => line === truth[1])], truth)
    })
  }

  it('tells why access came to its end', () => {
    const sentence = (cause: 'expired' | 'returned' | 'ineligible') =>
      lines(card(view({ state: 'ended', cause }))).find((line) => line.includes('ccess ended'))
    assert.deepEqual(
      [sentence('expired'), sentence('returned'), sentence('ineligible')],
      [
        'Access ended 2026-11-20 11:00 UTC: its time was over.',
        'Given back by <@U0ANN>; access ended 2026-11-20 10:00 UTC.',
        'Access ended 2026-11-20 10:00 UTC, because the Slack account is deactivated.',
      ],
    )
  })

  it('tells why the bot ends or cancels what nobody may have any more', () => {
    const why = 'not-a-requester'
    assert.ok(
      lines(card(view({ state: 'cancelled', why }))).includes(
        'The bot cancelled it 2026-11-20 09:30 UTC, because the requester is no longer among those who may ask for it.',
      ),
    )
    assert.ok(
      lines(card(view({ state: 'ending', cause: 'ineligible', why: 'guest' }))).includes(
        'The bot is ending it, because the Slack account is that of a guest. Access may still work until Pomerium confirms that the rule is gone.',
      ),
    )
  })

  it('claims neither a start nor a new end that Pomerium has not confirmed', () => {
    const scheduled = lines(card(view({ state: 'granting', grant: { isScheduled: true } })))
    assert.ok(
      scheduled.includes(
        'Pomerium has not confirmed the rule yet. Access is to start 2026-11-20 10:00 UTC, and may not work until Pomerium has.',
      ),
    )
    const grant = { inForceUntil: at('10:30'), extensions: 1 }
    const extending = lines(card(view({ state: 'granting', grant })))
    assert.equal(extending[0], '🟡 Extending…')
    assert.deepEqual(after(extending, '*Window*'), [
      '2026-11-20 09:30 UTC to 2026-11-20 11:00 UTC (extended once)',
    ])
    assert.ok(
      extending.includes(
        'Access was confirmed until 2026-11-20 10:30 UTC; Pomerium has not confirmed the new end 2026-11-20 11:00 UTC yet. Past the old end, access may not work until it has.',
      ),
    )
  })

  describe('of an extension', () => {
    it('shows by how much, until when, and what it extends', () => {
      const shown = lines(card(extension({ state: 'pending' })))
      assert.deepEqual(shown.slice(0, 2), [
        '⏳ Extension: Waiting for approval',
        'Extend Grafana (production) by 1h, until 2026-11-20 12:00 UTC (was 2026-11-20 11:00 UTC): request `A1B2C3D4`.',
      ])
      assert.deepEqual(after(shown, '*Asked for*'), ['1h longer'])
    })

    it('says no new end for access that is over, and none that was not approved', () => {
      const line = (sample: Sample, base?: Sample) => lines(card(extension(sample, base)))[1]
      assert.deepEqual(
        [
          line({ state: 'pending' }, { state: 'ended' }),
          line({ state: 'denied' }),
          line({ state: 'extended' }, { state: 'granting' }),
        ],
        [
          'Extend Grafana (production) by 1h: request `A1B2C3D4`, whose access is over or being ended.',
          'Extend Grafana (production) by 1h: request `A1B2C3D4`.',
          'Extend Grafana (production) by 1h: request `A1B2C3D4`, which is to end 2026-11-20 11:00 UTC.',
        ],
      )
    })

    it('can be approved, shortened and denied, and not ended', () => {
      assert.deepEqual(buttonsOf(card(extension({ state: 'pending' }))), [APPROVE, SHORTEN, DENY])
      assert.deepEqual(buttonsOf(card(extension({ state: 'extended' }))), [])
    })
  })

  describe('of break-glass access', () => {
    const emergency = (sample: Sample) => card(view({ kind: 'break-glass', ...sample }))

    it('is loud, says what it means, and asks approvers for a review', () => {
      const shown = emergency({ state: 'granting' })
      assert.deepEqual(lines(shown).slice(0, 2), [
        '🚨 Break-glass: Granting…',
        '*Nobody approved this:* <@U0ANN> opened it as an emergency. It has to be reviewed by 2026-11-21 09:30 UTC: <!subteam^S0SRE>, but not the requester, say whether it was justified.',
      ])
      assert.deepEqual(buttonsOf(shown), [...REVIEW, END])
      assert.equal(
        shown.text,
        'Break-glass: Granting… – <@U0ANN>, Grafana (production) for 1h30m: INC-42 dashboards are red',
      )
    })

    it('asks for the review after the access has ended too, and says when it is overdue', () => {
      const review = { ...REVIEW_DUE, isOverdue: true }
      const shown = emergency({ state: 'ended', cause: 'expired', review })
      assert.deepEqual(lines(shown).slice(0, 2), [
        '🚨 Break-glass, review overdue: Ended',
        '*Nobody approved this:* <@U0ANN> opened it as an emergency. *The review is overdue since 2026-11-21 09:30 UTC:* <!subteam^S0SRE>, but not the requester, have to say whether it was justified.',
      ])
      assert.deepEqual(buttonsOf(shown), REVIEW)
    })

    it('shows the verdict with its note and who gave it', () => {
      const review = reviewed('not-justified', 'The runbook would have done')
      const shown = emergency({ state: 'active', review })
      assert.deepEqual(lines(shown).slice(0, 2), [
        '🚨 Break-glass, not justified: Active',
        '*Nobody approved this:* <@U0ANN> opened it as an emergency. <@U0KIM> reviewed it 2026-11-20 12:00 UTC: *not justified*.',
      ])
      assert.deepEqual(after(lines(shown), 'Note of the review'), ['The runbook would have done'])
      assert.deepEqual(buttonsOf(shown), [END])
      const justified = emergency({ state: 'active', review: reviewed('justified') })
      assert.equal(lines(justified)[0], '🚨 Break-glass, justified: Active')
    })
  })

  it('says in the fallback channel where it belongs', () => {
    const shown = card({
      ...view({ state: 'pending' }),
      reroutedFrom: 'C0APPROVALS' as SlackChannelId,
    })
    assert.ok(
      lines(shown).includes(
        'This card belongs in <#C0APPROVALS>, which did not take it: invite the bot there.',
      ),
    )
  })

  it('quotes the reason of a denial and of an early end', () => {
    for (const state of ['denied', 'ending', 'ended'] as const)
      assert.ok(lines(card(view({ state }))).includes('Not during the freeze'))
  })

  it('has the buttons that act in this state and no others', () => {
    const expected: Record<RequestState, readonly (readonly string[])[]> = {
      pending: [APPROVE, SHORTEN, DENY],
      granting: [END],
      scheduled: [END],
      extended: [],
      active: [END],
      ending: [],
      ended: [],
      'never-active': [],
      denied: [],
      cancelled: [],
      lapsed: [],
    }
    const shown = STATES.map((state) => [state, buttonsOf(card(view({ state })))] as const)
    assert.deepEqual(Object.fromEntries(shown), expected)
  })

  it('asks again before access of high risk is approved, and before any is ended', () => {
    const confirms = (risk: 'low' | 'high', state: RequestState) =>
      card(view({ state }, { risk })).blocks.flatMap((block) =>
        block.type === 'actions'
          ? block.elements.map((element) =>
              'confirm' in element ? element.confirm?.text.text : undefined,
            )
          : [],
      )
    assert.deepEqual(confirms('low', 'pending'), [undefined, undefined, undefined])
    assert.deepEqual(confirms('high', 'pending'), [
      'This opens Grafana (production) for 1h30m.',
      undefined,
      undefined,
    ])
    assert.deepEqual(confirms('low', 'active'), [
      'The rule for Grafana (production) is removed from Pomerium. It cannot be given back without a new request.',
    ])
  })

  const strict = { needsStepUp: true, risk: 'high' } as const
  const OPEN = ['jit:open-page', ID, 'primary']

  it('leads to its page instead of an approval where step-up is needed, and lets people deny', () => {
    const shown = card({ ...view({ state: 'pending' }, strict), page: PAGE })
    assert.deepEqual(buttonsOf(shown), [OPEN, DENY])
    const row = shown.blocks.findLast((block) => block.type === 'actions')
    const [first] = row?.elements ?? []
    assert.ok(first?.type === 'button')
    assert.deepEqual(
      [first.url, first.confirm, first.text.text],
      [PAGE, undefined, 'Approve on the page'],
    )
    assert.ok(
      lines(shown).includes(
        '*Approved on its page behind Pomerium only*, by people who linked their Slack account to their Pomerium identity (`/jit link`). Deny works here too.',
      ),
    )
  })

  it('does so too of what was asked with step-up when the catalogue does not want it any more', () => {
    const { request: asked, resource } = view({ state: 'pending' })
    const request = { ...asked, needsStepUp: true } as const
    assert.ok(resource !== undefined)
    assert.deepEqual(buttonsOf(card({ request, resource, page: PAGE })), [OPEN, DENY])
  })

  it('says which approvals do not count since they were given in Slack', () => {
    const wordsOf = (given: Sample['approvals'] = []) =>
      lines(card({ ...view({ state: 'pending', approvals: given }, strict), page: PAGE })).join()
    const words = /Approvals that were given in Slack do not count/
    assert.match(wordsOf([approval('kim')]), words)
    assert.doesNotMatch(wordsOf([approval('kim', { isSteppedUp: true })]), words)
  })

  it('offers no approval where step-up is needed and there are no pages', () => {
    const shown = card(view({ state: 'pending' }, strict))
    assert.deepEqual(buttonsOf(shown), [DENY])
    assert.match(lines(shown).join(), /Nobody can approve this in Slack\*, and there are no pages/)
  })

  it('has the usual buttons where there are pages and no step-up, and once it is decided', () => {
    const usual = card({ ...view({ state: 'pending' }), page: PAGE })
    assert.deepEqual(buttonsOf(usual), [APPROVE, SHORTEN, DENY])
    const decided = card({ ...view({ state: 'active' }, strict), page: PAGE })
    assert.deepEqual(buttonsOf(decided), [END])
    assert.doesNotMatch(lines(decided).join(), /behind Pomerium/)
  })

  it('names a high risk in its heading', () => {
    assert.equal(
      lines(card(view({ state: 'pending' }, { risk: 'high' })))[0],
      '⏳ Waiting for approval (high risk)',
    )
  })

  it('changes every block id with the version', () => {
    const ids = (version: number) =>
      card(view({ state: 'pending', version })).blocks.map((block) => block.block_id)
    assert.deepEqual(
      ids(1).filter((id) => ids(2).includes(id)),
      [],
    )
    assert.ok(ids(1).every((id) => id?.endsWith('-v1')))
  })

  it('shows the id of a resource that has left the catalogue', () => {
    const shown = lines(card({ request: request({ state: 'pending' }) }))
    assert.equal(shown[4], '`grafana-prod`')
    assert.deepEqual(after(shown, '*Why you*'), [
      'The resource has left the catalogue, so nobody may answer this request: it lapses by itself.',
    ])
  })

  it('offers no answer once the resource has left the catalogue, and a review still, which administrators may give', () => {
    assert.deepEqual(buttonsOf(card({ request: request({ state: 'pending' }) })), [])
    const opened = request({ state: 'active', kind: 'break-glass' })
    assert.deepEqual(buttonsOf(card({ request: opened })), [
      ['jit:justified', '7K2M9QXR', 'default'],
      ['jit:not-justified', '7K2M9QXR', 'default'],
      END,
    ])
  })

  it('quotes what approvers noted, the last of many, within bounds', () => {
    const approvals = [approval('ana', { note: 'on call\n<!here>' }), approval('kim')]
    for (const state of ['pending', 'active', 'denied'] as const) {
      const shown = lines(card(view({ state, approvals, approvalsNeeded: 3 })))
      assert.deepEqual(after(shown, '*Note of*', 2), ['on call', '<!here>'], state)
      assert.ok(shown.includes('*Note of* <@U0ANA>'))
      assert.equal(shown.filter((line) => line.startsWith('*Note of*')).length, 1)
    }
    const many = Array.from({ length: 7 }, (_, n) => approval(`a${n}`, { note: 'n'.repeat(1_000) }))
    const shown = lines(card(view({ state: 'active', approvals: many })))
    assert.deepEqual(
      shown.filter((line) => line.startsWith('*Note of*')),
      [3, 4, 5, 6].map((n) => `*Note of* <@U0A${n}>`),
    )
    assert.ok(shown.includes('3 earlier notes: see the thread.'))
    const quoted = shown.filter((line) => line.startsWith('nnn'))
    assert.deepEqual(
      quoted.map((line) => line.length),
      [300, 300, 300, 300],
    )
  })

  it('notifies with one line that says the same', () => {
    const texts = (['pending', 'granting', 'denied'] as const).map((state) =>
      inUtc(card(view({ state })).text),
    )
    assert.deepEqual(texts, [
      '<@U0ANN> asks for Grafana (production) for 1h30m: INC-42 dashboards are red',
      'Approved: granting… – <@U0ANN>, Grafana (production) for 1h30m',
      'Denied – <@U0ANN>, Grafana (production) for 1h30m',
    ])
  })

  it('shows a whole reason of a thousand characters of any kind', () => {
    const reason = '🔥'.repeat(1_000)
    assert.ok(lines(card(view({ state: 'pending', reason }))).includes(reason))
  })

  it('names the first of a crowd of approvers and counts the others', () => {
    const approvers = {
      groups: Array.from({ length: 100 }, (_, n) => `S0G${n}` as SlackGroupId),
      users: Array.from({ length: 500 }, (_, n) => `U0P${n}` as SlackUserId),
    }
    const shown = lines(card(view({ state: 'pending' }, { stages: [stage(approvers)] })))
    assert.match(
      after(shown, '*Why you*')[0] ?? '',
      /^May answer: <!subteam\^S0G0>, .*<!subteam\^S0G18> and 581 more, but/,
    )
  })

  it('keeps hostile words literal in every state', () => {
    for (const words of HOSTILE)
      for (const state of STATES)
        for (const kind of ['standard', 'sponsored', 'break-glass'] as const)
          assertSound(
            card(
              view(
                {
                  state,
                  kind,
                  reason: words,
                  words,
                  resourceId: words,
                  level: words,
                  automatic: words,
                  beneficiary: words,
                  extends: words,
                  review: reviewed('not-justified', words),
                },
                { title: words, stages: [stage({ groups: [SECURITY] }, { title: words })] },
              ),
            ),
          )
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(fc.property(anyView, (any) => assertSound(card(any))))
  })
})
