import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ResourceId, SlackGroupId } from '../../src/domain/ids.ts'
import { mineList, pendingList, resourceList, reviewList } from '../../src/slack/lists.ts'
import {
  anyResource,
  anyView,
  approval,
  assertSound,
  at,
  extension,
  HOSTILE,
  lines,
  offer,
  peopleSet,
  READ_ONLY,
  REVIEW_DUE,
  stage,
  STATES,
  TWO_STAGES,
  view,
} from './samples.ts'

const times = <T>(count: number, value: T): readonly T[] =>
  Array.from({ length: count }, () => value)

describe('mineList', () => {
  it('shows every request with its state and the time that matters', () => {
    const sample = (state: (typeof STATES)[number]) => view({ state })
    assert.deepEqual(lines(mineList(STATES.map(sample))), [
      '*Your requests*',
      '`7K2M9QXR` *Waiting for approval* Grafana (production), 1h30m asked, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
      '`7K2M9QXR` *Denied* Grafana (production), by <@U0KIM> 2026-11-20 09:30 UTC',
      'Not during the freeze',
      '`7K2M9QXR` *Cancelled* Grafana (production), 2026-11-20 09:30 UTC',
      '`7K2M9QXR` *Lapsed* Grafana (production), 2026-11-20 17:00 UTC',
      '`7K2M9QXR` *Extension: Approved* Grafana (production), 2026-11-20 09:30 UTC, for request `A1B2C3D4`',
      '`7K2M9QXR` *Approved: granting…* Grafana (production), not confirmed by Pomerium yet, ends 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Scheduled* Grafana (production), from 2026-11-20 10:00 UTC to 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Active* Grafana (production), until 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Ending…* Grafana (production), may still work until Pomerium confirms',
      '`7K2M9QXR` *Ended* Grafana (production), ended 2026-11-20 10:00 UTC',
      '`7K2M9QXR` *Not confirmed* Grafana (production), never confirmed by Pomerium, over now',
    ])
  })

  it('shows for whom it is, why it was lost, and which end is not confirmed', () => {
    const shown = lines(
      mineList([
        view({ state: 'active', kind: 'sponsored', beneficiary: 'eve@partner.example' }),
        view({ state: 'cancelled', why: 'guest' }),
        view({ state: 'granting', grant: { inForceUntil: at('10:30') } }),
        view({ state: 'active', kind: 'break-glass', level: 'read' }, READ_ONLY),
        extension({ state: 'pending' }),
      ]),
    )
    assert.deepEqual(shown.slice(1), [
      '`7K2M9QXR` *Active* Grafana (production) on behalf of eve@partner.example, until 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Cancelled* Grafana (production), 2026-11-20 09:30 UTC, because the Slack account is that of a guest',
      '`7K2M9QXR` *Extending…* Grafana (production), confirmed until 2026-11-20 10:30 UTC, the new end 2026-11-20 11:00 UTC is not confirmed by Pomerium yet',
      '`7K2M9QXR` *Break-glass: Active* Grafana (production) – Read only, until 2026-11-20 11:00 UTC',
      '`7K2M9QXR` *Extension: Waiting for approval* Grafana (production), 1h more asked, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
    ])
  })

  it('says so when there is none', () => {
    assert.deepEqual(lines(mineList([])), [
      'You have not asked for anything yet: `/jit` opens the form.',
    ])
  })

  it('shows twenty and counts the others', () => {
    const shown = lines(mineList(times(23, view({ state: 'active' }))))
    assert.equal(shown.filter((line) => line.includes('*Active*')).length, 20)
    assert.equal(shown.at(-1), '3 more are not shown.')
  })
})

describe('pendingList', () => {
  it('shows who asks for what, how long and why, and how to answer', () => {
    assert.deepEqual(lines(pendingList([view({ state: 'pending' })])), [
      '*Requests that wait for your answer*',
      '`7K2M9QXR` <@U0ANN> asks for Grafana (production) for 1h30m, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
      'INC-42 dashboards are red',
      'Answer with `/jit approve id [note]` or `/jit deny id reason`.',
    ])
  })

  it('shows for which stage, for whom and from when', () => {
    const sample = { state: 'pending', approvalsNeeded: 2, startsAt: at('14:00') } as const
    const vendor = { kind: 'sponsored', beneficiary: 'eve@partner.example' } as const
    const approvals = [approval('ana')]
    assert.deepEqual(
      lines(
        pendingList([
          view({ ...sample, ...vendor, approvals }, TWO_STAGES),
          extension({ state: 'pending' }),
        ]),
      ).filter((line) => line.startsWith('`')),
      [
        '`7K2M9QXR` <@U0ANN> asks for Grafana (production) for 1h30m from 2026-11-20 14:00 UTC on behalf of eve@partner.example, waits for Owner (stage 2 of 2), 1 of 2 approvals, lapses 2026-11-20 17:00 UTC',
        '`7K2M9QXR` <@U0ANN> asks for Grafana (production) for 1h longer, 0 of 1 approvals, lapses 2026-11-20 17:00 UTC',
      ],
    )
  })

  it('cuts long reasons', () => {
    const shown = lines(pendingList([view({ state: 'pending', reason: 'x'.repeat(500) })]))
    assert.equal(shown[2], `${'x'.repeat(119)}…`)
  })

  it('says so when there is none', () => {
    assert.deepEqual(lines(pendingList([])), ['No request waits for your answer.'])
  })
})

describe('reviewList', () => {
  it('shows who opened what, until when it works, and when the review is due', () => {
    const emergency = { kind: 'break-glass', state: 'active' } as const
    const review = { ...REVIEW_DUE, isOverdue: true }
    assert.deepEqual(
      lines(
        reviewList([
          view(emergency),
          view({ ...emergency, state: 'ended', cause: 'expired', review }),
        ]),
      ),
      [
        '*Break-glass access that waits for your review*',
        '`7K2M9QXR` <@U0ANN> opened Grafana (production), until 2026-11-20 11:00 UTC; review due 2026-11-21 09:30 UTC',
        'INC-42 dashboards are red',
        '`7K2M9QXR` <@U0ANN> opened Grafana (production), ended 2026-11-20 11:00 UTC; review overdue since 2026-11-21 09:30 UTC',
        'INC-42 dashboards are red',
        'Answer with the buttons on the card, or with `/jit review id justified` or `/jit review id not-justified note`.',
      ],
    )
  })

  it('says so when there is none', () => {
    assert.deepEqual(lines(reviewList([])), ['No break-glass access waits for your review.'])
  })
})

describe('resourceList', () => {
  it('shows what may be asked for, on which terms, and who approves', () => {
    const db = offer({
      id: 'db' as ResourceId,
      title: 'Database',
      risk: 'high',
      stages: [stage({ groups: ['S0DBA' as SlackGroupId] }, { approvals: 2 })],
    })
    assert.deepEqual(lines(resourceList([offer(), offer({ ...READ_ONLY, ...TWO_STAGES }), db])), [
      '*You may ask for*',
      '`grafana-prod` Grafana (production), at most 8h, 1 approval; approved by <!subteam^S0SRE>',
      '`grafana-prod:read` Grafana (production) – Read only, at most 8h, 2 approvals; approved by Security (<!subteam^S0SECURITY>), then Owner (<!subteam^S0SRE>)',
      '`db` Database, at most 8h, 2 approvals, high risk; approved by <!subteam^S0DBA>',
      'Ask with `/jit`, or with `/jit request resource duration reason`.',
    ])
  })

  it('shows what else is possible, and to whom', () => {
    const everybody = peopleSet({ everyone: true })
    const rich = {
      automatic: [{ name: 'auto_approve[0]', requesters: everybody, maxSeconds: 3_600 }],
      breakGlass: { requesters: everybody, maxSeconds: 1_800, reviewSeconds: 86_400 },
      duration: { defaultSeconds: 3_600, maxSeconds: 28_800, choices: [3_600, 28_800] },
      extension: { times: 2, maxSeconds: 7_200 },
      regoMayApprove: true,
      scheduleSeconds: 604_800,
    }
    const extras = (more: Parameters<typeof offer>[1]) =>
      lines(resourceList([offer(rich, more)]))[1]
        ?.split('; ')
        .slice(2)
    assert.deepEqual(extras({ kinds: ['standard', 'break-glass'], isSponsor: true }), [
      'only for 1h and 8h',
      'without an approver up to 1h for some people',
      'the Rego policy may approve it alone',
      'may start up to 7d ahead',
      'may be extended 2 times by 2h',
      'break-glass up to 30m',
      'you may ask on behalf of vendors',
    ])
    assert.deepEqual(extras({ kinds: ['sponsored'] }), [
      'only for 1h and 8h',
      'may start up to 7d ahead',
      'may be extended 2 times by 2h',
      'a sponsor has to vouch for you',
    ])
    assert.ok(extras({ kinds: ['break-glass'] })?.includes('only break-glass up to 30m'))
  })

  it('says so when there is nothing', () => {
    assert.deepEqual(lines(resourceList([])), [
      'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
    ])
  })
})

describe('the lists', () => {
  it('keep hostile words literal, twenty times over', () => {
    for (const words of HOSTILE) {
      const changes = { title: words, id: words as ResourceId }
      for (const state of STATES)
        assertSound(mineList(times(25, view({ state, words, resourceId: words }, changes))))
      assertSound(pendingList(times(25, view({ state: 'pending', reason: words }, changes))))
      assertSound(reviewList(times(25, view({ state: 'active', reason: words }, changes))))
      assertSound(resourceList(times(25, offer(changes))))
    }
  })

  it('are messages that Slack takes, whatever they are made of', () => {
    const anyOffer = fc.record({
      resource: anyResource,
      kinds: fc.subarray(['standard', 'sponsored', 'break-glass'] as const),
      isSponsor: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(anyView, { maxLength: 25, size: 'max' }),
        fc.array(anyOffer, { maxLength: 25, size: 'max' }),
        (views, offers) => {
          assertSound(mineList(views))
          assertSound(pendingList(views))
          assertSound(reviewList(views))
          assertSound(resourceList(offers))
        },
      ),
      { numRuns: 15 },
    )
  })
})
