import type { Registry } from 'prom-client'
import { Counter, Histogram } from 'prom-client'
import type { OnCommitted } from './app/committed.ts'
import type { AuditAction, AuditEvent } from './domain/event.ts'
import type { AccessRequest } from './domain/request.ts'
import { VOCABULARY } from './trail/vocabulary.ts'

type Words = Readonly<Partial<Record<AuditAction, string>>>

/** What became of requests; a wish for more time is one. */
const REQUEST_OUTCOMES: Words = {
  'request.created': 'asked',
  'request.create_refused': 'refused',
  'grant.extend_refused': 'refused',
  'request.approved': 'approved',
  'request.extended': 'extended',
  'request.auto_approved': 'automatic',
  'request.break_glass': 'break-glass',
  'request.denied': 'denied',
  'request.cancelled': 'cancelled',
  'request.lapsed': 'lapsed',
}

/** What became of access; its end is counted by the cause. */
const GRANT_OUTCOMES: Words = {
  'grant.scheduled': 'scheduled',
  'grant.activated': 'active',
  'grant.extended': 'extended',
  'grant.never_active': 'never-active',
}
const END_CAUSES = ['expired', 'returned', 'revoked', 'ineligible'] as const

const DECISIONS: Words = {
  'request.approved': 'approved',
  'request.extended': 'approved',
  'request.denied': 'denied',
}

/** What others did to a policy; the first three were set right. */
const DRIFT: Words = {
  'policy.drift_repaired': 'rule-restored',
  'policy.rule_returned': 'rule-returned',
  'policy.foreign_removed': 'foreign-removed',
  'policy.foreign_rules': 'foreign-found',
  'policy.settings_changed': 'settings-changed',
  'policy.detached': 'detached',
  'policy.changed_outside': 'changed-outside',
}

const MINUTE = 60
const HOUR = 60 * MINUTE

/** Counts what commits, each event by the one process whose transaction it was: replicas are to be added up. */
export function countOutcomes(registry: Registry): OnCommitted {
  const registers = [registry]
  const events = new Counter({
    name: 'jit_events_total',
    help: 'Events that this process put on record, by their action.',
    labelNames: ['action'],
    registers,
  })
  const requests = new Counter({
    name: 'jit_requests_total',
    help: 'Requests, by what became of them.',
    labelNames: ['outcome'],
    registers,
  })
  const grants = new Counter({
    name: 'jit_grants_total',
    help: 'Grants, by what became of them; those that are over by why they ended.',
    labelNames: ['outcome'],
    registers,
  })
  const refusals = new Counter({
    name: 'jit_refusals_total',
    help: 'Attempts that were refused, by what was tried and by the code of why.',
    labelNames: ['action', 'code'],
    registers,
  })
  const drift = new Counter({
    name: 'jit_drift_total',
    help: 'Differences between a policy and what it should be, by what was found or repaired.',
    labelNames: ['kind'],
    registers,
  })
  const decided = new Histogram({
    name: 'jit_time_to_decision_seconds',
    help: 'From a request to the answer of people, by the answer.',
    labelNames: ['outcome'],
    buckets: [10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR],
    registers,
  })
  const inForce = new Histogram({
    name: 'jit_time_to_in_force_seconds',
    help: 'From an approval to the sight of its rule in force in Pomerium; without extensions.',
    buckets: [0.25, 0.5, 1, 2, 5, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR],
    registers,
  })
  // From zero on, so that the first of a kind is an increase.
  for (const action of Object.keys(VOCABULARY)) events.inc({ action }, 0)
  for (const outcome of wordsOf(REQUEST_OUTCOMES)) requests.inc({ outcome }, 0)
  for (const outcome of [...wordsOf(GRANT_OUTCOMES), ...END_CAUSES]) grants.inc({ outcome }, 0)
  for (const outcome of wordsOf(DECISIONS)) decided.zero({ outcome })
  for (const kind of wordsOf(DRIFT)) drift.inc({ kind }, 0)

  const count = (event: AuditEvent, at: Date, request: AccessRequest | undefined) => {
    const { action, details } = event
    events.inc({ action })
    const asked = REQUEST_OUTCOMES[action]
    if (asked !== undefined) requests.inc({ outcome: asked })
    const outcome = action === 'grant.ended' ? causeOf(details) : GRANT_OUTCOMES[action]
    if (outcome !== undefined) grants.inc({ outcome })
    if (action.endsWith('_refused')) refusals.inc({ action, code: codeOf(details) })
    const kind = DRIFT[action]
    if (kind !== undefined) drift.inc({ kind })
    if (request === undefined) return
    const decision = DECISIONS[action]
    if (decision !== undefined)
      decided.observe({ outcome: decision }, seconds(request.requestedAt, at))
    const openedAt = firstInForce(event, request)
    if (openedAt !== undefined) inForce.observe(seconds(openedAt, at))
  }
  return ({ at, events, requests }) => {
    const stored = new Map(requests.map((each) => [`${each.id} ${each.version}`, each]))
    for (const event of events)
      count(event, at, stored.get(`${event.requestId} ${event.requestVersion}`))
  }
}

/** When access was approved that Pomerium is now seen to have for the first time; a window that merely begins is no news of it. */
function firstInForce({ action, details }: AuditEvent, request: AccessRequest): Date | undefined {
  const isConfirmed = action === 'grant.activated' || action === 'grant.scheduled'
  if (!isConfirmed || details['confirmedBy'] !== 'pomerium') return undefined
  if (request.status !== 'approved' || request.grant.extensions > 0) return undefined
  const { isScheduled, startsAt } = request.grant
  return isScheduled ? (request.approvals.at(-1)?.at ?? request.requestedAt) : startsAt
}

function seconds(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1_000)
}

function causeOf({ cause }: AuditEvent['details']): string | undefined {
  return END_CAUSES.find((each) => each === cause)
}

/** A word from the program; what somebody typed stands elsewhere. */
function codeOf({ refusal }: AuditEvent['details']): string {
  return typeof refusal === 'string' && /^[a-z][a-z-]{0,39}$/.test(refusal) ? refusal : 'other'
}

function wordsOf(words: Words): ReadonlySet<string> {
  return new Set(Object.values(words))
}
