import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Command } from '../../src/domain/decide.ts'
import { MORNING, after, alex, requestsInEveryState } from '../support/build.ts'
import {
  aLiveRequest,
  anExtendable,
  answerTo,
  approving,
  asking,
  cancelling,
  denying,
  ending,
  extending,
  refusalOf,
  reviewing,
  ticking,
} from './commands.ts'

const STATES = [
  'pending',
  'denied',
  'cancelled',
  'lapsed',
  'extended',
  'granting',
  'scheduled',
  'active',
  'ending',
  'ended',
  'never-active',
] as const
type Answers = Readonly<Record<(typeof STATES)[number], string>>

const all = (answer: string): Answers =>
  Object.fromEntries(STATES.map((state) => [state, answer])) as Answers
const only = (some: Partial<Answers>, otherwise = 'nothing-due'): Answers => ({
  ...all(otherwise),
  ...some,
})
const live = (answer: string) => ({ granting: answer, scheduled: answer, active: answer })

const BEFORE_END = after(300)
/** When what began at once is over, and what was scheduled is on. */
const BETWEEN = after(7_260)
const NEXT_DAY = after(86_400)
const rule = { name: 'self_activation', maxSeconds: 3_600 }
const opening = {
  at: after(60),
  requester: alex,
  isSteppedUp: false,
  catalogueRevision: 'r',
  resource: anExtendable(),
}

const ROWS: readonly (readonly [string, Command, Answers])[] = [
  ['request', asking(), all('already-pending')],
  ['request-extension', extending(), all('already-pending')],
  ['approve', approving(), only({ pending: 'request.approved' }, 'already-decided')],
  [
    'auto-approve',
    { type: 'auto-approve', rule, ...opening },
    only({ pending: 'request.auto_approved' }, 'already-decided'),
  ],
  [
    'break-glass, of what was no emergency',
    { type: 'break-glass', ...opening },
    only({ pending: 'no-break-glass' }, 'already-decided'),
  ],
  ['deny', denying(), only({ pending: 'request.denied' }, 'already-decided')],
  ['cancel', cancelling(), only({ pending: 'request.cancelled' }, 'already-decided')],
  [
    'end',
    ending(),
    {
      ...all('not-started'),
      ...live('grant.ending'),
      ending: 'already-ending',
      ended: 'already-over',
      'never-active': 'already-over',
    },
  ],
  [
    'disqualify',
    { type: 'disqualify', at: BEFORE_END, why: 'deactivated' },
    only({ pending: 'request.cancelled', ...live('grant.ending') }),
  ],
  [
    'disqualify after the end',
    { type: 'disqualify', at: NEXT_DAY, why: 'deactivated' },
    only({ pending: 'request.cancelled' }),
  ],
  ['review', reviewing(), all('nothing-to-review')],
  [
    'confirm-active',
    { type: 'confirm-active', at: BEFORE_END },
    only({ granting: 'grant.activated' }),
  ],
  ['confirm-active too late', { type: 'confirm-active', at: BETWEEN }, all('nothing-due')],
  ['confirm-ended', { type: 'confirm-ended', at: BEFORE_END }, only({ ending: 'grant.ended' })],
  ['tick before the moment', ticking(BEFORE_END), all('nothing-due')],
  [
    'tick two hours later',
    ticking(BETWEEN),
    only({
      granting: 'grant.never_active',
      scheduled: 'grant.activated',
      active: 'grant.ended',
      ending: 'grant.ended',
    }),
  ],
  [
    'tick a day later',
    ticking(NEXT_DAY),
    only({
      pending: 'request.lapsed',
      granting: 'grant.never_active',
      scheduled: 'grant.ended',
      active: 'grant.ended',
      ending: 'grant.ended',
    }),
  ],
]

describe('decide, in every state', () => {
  for (const [name, command, expected] of ROWS)
    it(`answers ${name}`, () => {
      const states = requestsInEveryState()
      const answers = STATES.map((state) => [state, answerTo(states[state], command)])
      assert.deepEqual(Object.fromEntries(answers), expected)
    })

  it('knows no request before it is made', () => {
    const asks = new Set(['request', 'request-extension'])
    for (const [, command] of ROWS.filter(([, { type }]) => !asks.has(type)))
      assert.deepEqual(refusalOf(undefined, command), { code: 'no-such-request' })
  })

  it('makes a request of a wish only before there is one', () => {
    assert.equal(answerTo(undefined, asking()), 'request.created')
    assert.equal(answerTo(undefined, extending()), 'request.created')
    assert.equal(answerTo(aLiveRequest(), asking({ at: MORNING })), 'already-pending')
  })
})
