import type { Resource } from '../domain/resource.ts'
import type { Criterion } from '../domain/ppl.ts'
import { ruleKey } from '../domain/ppl-key.ts'
import { OFF } from './field-kinds.ts'
import type { LevelEntry, Terms } from './schema.ts'

/** What a resource gets when the file does not say; never longer than its maximum. */
const DEFAULT_SECONDS = 3_600
/** The longest duration when the file does not say. */
const DEFAULT_MAX_SECONDS = 8 * 3_600
/** An unanswered request lapses after this time when the file does not say. */
export const DEFAULT_LAPSE_SECONDS = 8 * 3_600
/** How far ahead access may start when the file does not say. */
export const DEFAULT_SCHEDULE_SECONDS = 7 * 86_400

/** What the file gives, where `off` is the same as nothing. */
export function given<T>(value: T | typeof OFF | undefined): T | undefined {
  return value === OFF ? undefined : value
}

/**
 * What holds at a level: what it says, and what it inherits of the resource. Durations and reasons are inherited key by
 * key, constraints add up, and whoever answers is inherited as a whole.
 */
export function atLevel<Entry extends Terms>(resource: Entry, level: LevelEntry): Entry {
  const { id: _id, title: _title, ...said } = level
  const reason = { ...resource.reason, ...said.reason }
  return {
    ...resource,
    ...(said.stages === undefined ? {} : { approvers: undefined, approvals: undefined }),
    ...(said.approvers === undefined ? {} : { stages: undefined }),
    ...said,
    duration: inheritedDuration(resource.duration, said.duration),
    reason,
    constraints: distinct([...(resource.constraints ?? []), ...(said.constraints ?? [])]),
  }
}

/** The duration of an entry with its defaults. Without choices, the maximum bounds the default; with some, it is one of them. */
export function durationOf(entry: Terms['duration']): Resource['duration'] {
  const choices = [...new Set(entry?.choices)].sort((a, b) => a - b)
  const maxSeconds = entry?.max ?? DEFAULT_MAX_SECONDS
  const usual = Math.min(DEFAULT_SECONDS, maxSeconds)
  const fallback = choices.findLast((choice) => choice <= usual) ?? choices[0] ?? usual
  return { defaultSeconds: entry?.default ?? fallback, maxSeconds, choices }
}

/** A default that does not fit what the level says itself is not inherited. */
function inheritedDuration(
  resource: Terms['duration'],
  level: Terms['duration'],
): Terms['duration'] {
  const merged = { ...resource, ...level }
  if (level === undefined || level.default !== undefined || merged.default === undefined)
    return merged
  const { choices, maxSeconds } = durationOf(merged)
  const fits = choices.length === 0 || choices.includes(merged.default)
  if (fits && merged.default <= maxSeconds) return merged
  const { default: _default, ...rest } = merged
  return rest
}

/** The criteria without repetitions, in whatever spelling. */
function distinct(criteria: readonly Criterion[]): Criterion[] {
  return [...new Map(criteria.map((criterion) => [constraintKey(criterion), criterion])).values()]
}

/** A text that criteria share when they are one in two spellings. */
export function constraintKey(criterion: Criterion): string {
  return ruleKey({ allow: { and: [criterion] } })
}

/** Who approves, stage by stage, with where the file says so; none when it does not. */
export function stagesIn({ approvers, approvals = 1, stages }: Terms) {
  const single = approvers === undefined ? [] : [{ steps: ['approvers'], approvers, approvals }]
  return (
    stages?.map((stage, index) => ({ ...stage, steps: ['stages', index, 'approvers'] })) ?? single
  )
}
