import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { SlackGroupId, SlackUserId } from '../../src/domain/ids.ts'
import { card } from '../../src/slack/card.ts'
import type { RequestState } from '../../src/slack/wording-state.ts'
import {
  anyView,
  assertSound,
  at,
  buttonsOf,
  HOSTILE,
  identity,
  inUtc,
  lines,
  peopleSet,
  request,
  STATES,
  view,
} from './samples.ts'

const ID = '7K2M9QXR'
const APPROVE = ['jit:approve', ID, 'primary']
const DENY = ['jit:deny', ID, 'default']
const END = ['jit:end', ID, 'danger']

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
      'May answer: <!subteam^S0SRE>, but not the requester; 1 approval needed.',
      'Reason',
      'INC-42 dashboards are red',
      'Request `7K2M9QXR`, asked 2026-11-20 09:00 UTC; lapses 2026-11-20 17:00 UTC',
      'Approve',
      'Deny…',
    ])
  })

  it('counts approvals and names those who gave them', () => {
    const approvals = [{ by: identity('kim'), at: at('09:10') }]
    const half = card(
      view(
        { state: 'pending', approvals, approvalsNeeded: 2 },
        { approvers: peopleSet({ users: ['U0KIM' as SlackUserId, 'U0LEE' as SlackUserId] }) },
      ),
    )
    assert.deepEqual(lines(half).slice(7, 9), [
      'May answer: <@U0KIM> and <@U0LEE>, but not the requester; 2 approvals needed.',
      'Approved so far: 1 of 2: <@U0KIM>.',
    ])
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
    const sentence = (cause: 'expired' | 'returned') =>
      lines(card(view({ state: 'ended', cause }))).find((line) => line.includes('ccess ended'))
    assert.deepEqual(
      [sentence('expired'), sentence('returned')],
      [
        'Access ended 2026-11-20 11:00 UTC: its time was over.',
        'Given back by <@U0ANN>; access ended 2026-11-20 10:00 UTC.',
      ],
    )
  })

  it('quotes the reason of a denial and of an early end', () => {
    for (const state of ['denied', 'ending', 'ended'] as const)
      assert.ok(lines(card(view({ state }))).includes('Not during the freeze'))
  })

  it('has the buttons that act in this state and no others', () => {
    const expected: Record<RequestState, readonly (readonly string[])[]> = {
      pending: [APPROVE, DENY],
      granting: [END],
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
    assert.deepEqual(confirms('low', 'pending'), [undefined, undefined])
    assert.deepEqual(confirms('high', 'pending'), [
      'This opens Grafana (production) for 1h30m.',
      undefined,
    ])
    assert.deepEqual(confirms('low', 'active'), [
      'The rule for Grafana (production) is removed from Pomerium. It cannot be given back without a new request.',
    ])
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
    assert.equal(
      shown[7],
      'The resource has left the catalogue, so nobody may approve this request.',
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
    const approvers = peopleSet({
      groups: Array.from({ length: 10 }, (_, n) => `S0G${n}` as SlackGroupId),
      users: Array.from({ length: 500 }, (_, n) => `U0P${n}` as SlackUserId),
    })
    const line = lines(card(view({ state: 'pending' }, { approvers })))[7]
    assert.match(line ?? '', /^May answer: <!subteam\^S0G0>, .* and 501 more, but/)
  })

  it('keeps hostile words literal in every state', () => {
    for (const words of HOSTILE)
      for (const state of STATES)
        assertSound(
          card(view({ state, reason: words, words, resourceId: words }, { title: words })),
        )
  })

  it('is a message that Slack takes, whatever it is made of', () => {
    fc.assert(fc.property(anyView, (any) => assertSound(card(any))))
  })
})
