import fc from 'fast-check'
import type { FaultEffect } from '../simulators/pomerium/faults.ts'
import type { Fault } from '../simulators/slack/faults.ts'
import type { Step } from './step.ts'
import { step } from './step.ts'

const EVER = 100_000

const EFFECTS: readonly (readonly [words: string, effect: FaultEffect])[] = [
  ['a 503', { kind: 'status', status: 503 }],
  ['a 500', { kind: 'status', status: 500 }],
  ['a 429 that asks for 20 s', { kind: 'status', status: 429, retryAfter: 20 }],
  ['a 403', { kind: 'status', status: 403, message: 'not permitted' }],
  ['a 401', { kind: 'status', status: 401 }],
  ['answers that are late by 40 ms', { kind: 'latency', ms: 40 }],
  ['answers that are late by 40 ms after the work', { kind: 'latency', ms: 40, when: 'after' }],
  ['a stop before the work', { kind: 'hold' }],
  ['a stop after the work', { kind: 'hold', when: 'after' }],
  ['no answer', { kind: 'hang' }],
  ['a reset', { kind: 'reset' }],
  ['a reset after the work', { kind: 'apply-then-reset' }],
  ['a 504 and late work', { kind: 'apply-late', answer: 504 }],
  ['no answer and late work', { kind: 'apply-late', answer: 'never' }],
  ['half an answer', { kind: 'truncated' }],
  ['an answer that is cut off', { kind: 'cut-off' }],
  ['a page of something else', { kind: 'html' }],
  ['ten megabytes', { kind: 'huge' }],
  ['plain text', { kind: 'wrong-type' }],
]

const CALLS = {
  'each write': { method: 'PUT', path: '/policies/*' },
  'each read': { method: 'GET', path: '/policies/*' },
  'each call about change sets': { path: /changesets/ },
  'each call': {},
} as const

/** Every kind of fault that the simulator of Pomerium has, on the next call or until it is lifted. */
export const pomeriumFault: fc.Arbitrary<Step> = fc
  .record({
    effect: fc.constantFrom(...EFFECTS),
    calls: fc.constantFrom<keyof typeof CALLS>('each write', 'each write', ...keysOf(CALLS)),
    count: fc.constantFrom(1, 2, EVER),
  })
  .map(({ effect: [words, effect], calls, count }) =>
    step(
      `Pomerium meets ${calls} with ${words}${times(count)}`,
      () => true,
      (plot, { town }) => {
        plot.wrong.pomerium += 1
        town.pomerium.faults.add({ ...CALLS[calls], count, effect })
      },
      true,
    ),
  )

const SLACK_FAULTS: readonly (readonly [words: string, fault: Fault])[] = [
  ['a 503', { kind: 'http', status: 503 }],
  ['a 500 after the work', { kind: 'http', status: 500, applied: true }],
  ['a 429 that asks for 10 s', { kind: 'rate-limited', retryAfterSeconds: 10 }],
  ['internal_error', { kind: 'error', error: 'internal_error' }],
  ['no answer', { kind: 'hang' }],
  ['no answer after the work', { kind: 'hang', applied: true }],
  ['a reset', { kind: 'reset' }],
  ['a reset after the work', { kind: 'reset', applied: true }],
  ['an answer that is late by 60 ms', { kind: 'slow', delayMs: 60 }],
]

const METHODS = [
  'chat.postMessage',
  'chat.update',
  'chat.postMessage',
  'chat.update',
  'users.info',
  'usergroups.list',
  'views.open',
  'response_url',
  '*',
] as const

/** Every kind of fault that the simulator of Slack has, on some calls or until it is lifted. */
export const slackFault: fc.Arbitrary<Step> = fc
  .record({
    fault: fc.constantFrom(...SLACK_FAULTS),
    method: fc.constantFrom(...METHODS),
    count: fc.constantFrom(1, 3, EVER),
  })
  .map(({ fault: [words, fault], method, count }) =>
    step(
      `Slack meets ${method === '*' ? 'each call' : `each ${method}`} with ${words}${times(count)}`,
      () => true,
      (plot, stage) => {
        plot.wrong.slack += 1
        stage.mayRepeat = true
        stage.town.slack.fail(method, fault, count)
      },
      true,
    ),
  )

export const slackOutage: fc.Arbitrary<Step> = fc.constant(
  step(
    'Slack goes down',
    ({ wrong }) => !wrong.isSlackOut,
    (plot, stage) => {
      plot.wrong.isSlackOut = true
      stage.mayRepeat = true
      stage.town.slack.outage(true)
    },
    true,
  ),
)

export const lifting: fc.Arbitrary<Step> = fc.constantFrom(
  step(
    'Slack is well again',
    ({ wrong }) => wrong.slack > 0 || wrong.isSlackOut,
    (plot, stage) => stage.liftSlack(plot),
  ),
  step(
    'Pomerium is well again',
    ({ wrong }) => wrong.pomerium > 0,
    (plot, stage) => stage.liftPomerium(plot),
  ),
  step(
    'the database is reached again',
    ({ wrong }) => wrong.database,
    (plot, stage) => stage.liftDatabase(plot),
  ),
)

function times(count: number): string {
  return count === EVER
    ? ', until it is well again'
    : `, ${count === 1 ? 'once' : `${count} times`}`
}

function keysOf<T extends object>(record: T): (keyof T)[] {
  return Object.keys(record) as (keyof T)[]
}
