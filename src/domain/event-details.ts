import type { AuditEvent } from './event.ts'
import type { Json } from './ppl.ts'

type Details = AuditEvent['details']

/**
 * Details that say nothing of a person and that nobody wrote by hand: ids that the product makes, counts, instants,
 * settings of the catalogue. Every other one counts as personal, so that a new one can be erased unless it is named here.
 */
const PUBLIC = new Set([
  'activity',
  'activityId',
  'approvals',
  'automatic',
  'before',
  'blocked',
  'breakGlass',
  'bundleHash',
  'bundleRevision',
  'by',
  'byResource',
  'catalogueRevision',
  'cause',
  'changedAt',
  'confirmedBy',
  'count',
  'decisionId',
  'denied',
  'destination',
  'drift',
  'dueAt',
  'durationSeconds',
  'effect',
  'ended',
  'endsAt',
  'engine',
  'events',
  'extends',
  'extensions',
  'failures',
  'file',
  'fileHash',
  'foreign',
  'format',
  'from',
  'grants',
  'hash',
  'id',
  'inputHash',
  'kept',
  'kind',
  'last',
  'latencyMs',
  'level',
  'lost',
  'month',
  'needed',
  'occasion',
  'open',
  'others',
  'policy',
  'policyId',
  'policyVersion',
  'problem',
  'pseudonym',
  'refusal',
  'reminders',
  'resources',
  'reviewDueAt',
  'revision',
  'right',
  'rule',
  'seconds',
  'seq',
  'seqs',
  'shortened',
  'slackAsOf',
  'stage',
  'startsAt',
  'stepUp',
  'steppedUp',
  'to',
  'unreviewed',
  'verdict',
  'why',
])

/** The names of all of them. */
export function publicDetails(): readonly string[] {
  return [...PUBLIC]
}

/** Whether a detail of this name may stay when the people of an event are erased. */
export function isPublicDetail(name: string): boolean {
  return PUBLIC.has(name)
}

/** The details of an event apart; `personal` is absent when there are none. */
export function splitDetails(details: Details): {
  readonly public: Details
  readonly personal?: Details
} {
  const open: Record<string, Json> = {}
  const personal: Record<string, Json> = {}
  for (const [name, value] of Object.entries(details))
    if (value !== undefined) (isPublicDetail(name) ? open : personal)[name] = value
  return { public: open, ...(Object.keys(personal).length === 0 ? {} : { personal }) }
}
