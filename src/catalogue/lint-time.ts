import { formatDuration } from '../domain/duration.ts'
import type { Finding, Scope } from './finding.ts'
import { DEFAULT_LAPSE_SECONDS, durationOf, given } from './terms.ts'

const REMIND_SHORT_SECONDS = 5 * 60

/** What does not fit together in time: durations, extensions, and what happens to unanswered requests. */
export function timeFindings(scope: Scope): readonly Finding[] {
  return [...durationFindings(scope), ...extensionFindings(scope), ...waitingFindings(scope)]
}

function durationFindings({ terms, clash }: Scope): readonly Finding[] {
  const { duration } = terms
  const { maxSeconds, choices } = durationOf(duration)
  const beyond = `is longer than the maximum of ${formatDuration(maxSeconds)}; shorten it or raise duration.max`
  const findings = (duration?.choices ?? []).flatMap((choice, index) =>
    choice > maxSeconds ? [clash(['duration', 'choices', index], beyond)] : [],
  )
  const usual = duration?.default
  if (usual !== undefined && usual > maxSeconds)
    findings.push(clash(['duration', 'default'], beyond))
  else if (usual !== undefined && choices.length > 0 && !choices.includes(usual))
    findings.push(
      clash(
        ['duration', 'default'],
        `is not among choices (${choices.map(formatDuration).join(', ')}); add it there or choose one of them`,
      ),
    )
  return findings
}

function extensionFindings({ terms, clash }: Scope): readonly Finding[] {
  const extend = given(terms.extend)
  if (extend === undefined) return []
  const { defaultSeconds, maxSeconds } = durationOf(terms.duration)
  const max = formatDuration(maxSeconds)
  const warning = { severity: 'warning' } as const
  if (defaultSeconds >= maxSeconds)
    return [
      clash(
        ['extend'],
        `has no room, since the default duration is the maximum of ${max} already; raise duration.max or shorten duration.default`,
        warning,
      ),
    ]
  if (extend.max < maxSeconds) return []
  const message = `can never be used in full, since no access lasts longer than ${max} in all; shorten it or raise duration.max`
  return [clash(['extend', 'max'], message, warning)]
}

const HASTY = `is so soon that approvers stop reading; give ${formatDuration(REMIND_SHORT_SECONDS)} or more`

function waitingFindings({ terms, clash }: Scope): readonly Finding[] {
  const lapse = terms.lapse ?? DEFAULT_LAPSE_SECONDS
  const message = `comes too late, since a request lapses after ${formatDuration(lapse)}; shorten it or raise lapse`
  const escalate = given(terms.escalate)
  const remind = given(terms.remind)
  return [
    ...(escalate !== undefined && escalate.after >= lapse
      ? [clash(['escalate', 'after'], message)]
      : []),
    ...(remind !== undefined && remind < REMIND_SHORT_SECONDS
      ? [clash(['remind'], HASTY, { severity: 'warning' })]
      : []),
    ...(remind !== undefined && remind >= lapse
      ? [clash(['remind'], message, { severity: 'warning' })]
      : []),
  ]
}
