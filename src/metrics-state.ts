import type { Registry } from 'prom-client'
import { Gauge } from 'prom-client'
import type { Measured } from './app/measured.ts'
import { WORK_KINDS } from './app/work-list.ts'
import type { WorkMeasured } from './app/measured.ts'

const NOTHING_WAITS: Omit<WorkMeasured, 'kind'> = {
  due: 0,
  oldestSeconds: 0,
  failing: 0,
  blocked: 0,
}
const UNKNOWN: Omit<WorkMeasured, 'kind'> = {
  due: Number.NaN,
  oldestSeconds: Number.NaN,
  failing: Number.NaN,
  blocked: Number.NaN,
}

/**
 * What the database holds, as every replica tells it alike: take the highest of them, not the sum. All of it is NaN while
 * the database does not answer, so that nobody takes an old number for the truth.
 */
export function tellState(registry: Registry): (measured: Measured | undefined) => void {
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    ...labelNames: readonly Label[]
  ) => new Gauge({ name: `jit_${name}`, help, labelNames, registers: [registry] })
  const work = {
    due: gauge('work_due', 'Pieces of work that are due, by kind.', 'kind'),
    oldestSeconds: gauge('work_oldest_due_seconds', 'How long the first has been due.', 'kind'),
    failing: gauge(
      'work_failing',
      'Pieces that failed at the last try, to be tried again.',
      'kind',
    ),
    blocked: gauge('work_blocked', 'Pieces that were given up until their subject moves.', 'kind'),
  }
  const policies = {
    managed: gauge('policies', 'Policies that the bot manages.'),
    blocked: gauge('policies_blocked', 'Policies that the bot cannot write until somebody helps.'),
    withForeignRules: gauge('policies_with_foreign_rules', 'Policies with rules of others.'),
  }
  const pending = {
    count: gauge('requests_pending', 'Requests that wait for an answer.'),
    oldestSeconds: gauge('request_oldest_pending_seconds', 'How long the first has waited.'),
  }
  const grants = gauge('grants', 'Grants that are not over, by state.', 'state')
  const granting = gauge(
    'grant_oldest_granting_seconds',
    'How long the first grant has waited to be in force in Pomerium.',
  )
  const revocations = {
    unconfirmed: gauge(
      'revocations_unconfirmed',
      'Access that was taken away over a minute ago and was not seen to be gone.',
    ),
    oldestSeconds: gauge(
      'revocation_oldest_seconds',
      'How long ago the first access was taken away that was not seen to be gone.',
    ),
  }
  return (measured) => {
    for (const kind of WORK_KINDS) {
      const found = measured?.work.find((each) => each.kind === kind) ?? NOTHING_WAITS
      const of = measured === undefined ? UNKNOWN : found
      for (const key of keysOf(work)) work[key].set({ kind }, of[key])
    }
    for (const key of keysOf(policies)) policies[key].set(measured?.policies[key] ?? Number.NaN)
    for (const key of keysOf(pending)) pending[key].set(measured?.pending[key] ?? Number.NaN)
    for (const state of ['granting', 'scheduled', 'active', 'ending'] as const)
      grants.set({ state }, measured?.grants[state] ?? Number.NaN)
    granting.set(measured?.grants.oldestGrantingSeconds ?? Number.NaN)
    for (const key of keysOf(revocations))
      revocations[key].set(measured?.revocations[key] ?? Number.NaN)
  }
}

function keysOf<Key extends string>(of: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(of) as Key[]
}
