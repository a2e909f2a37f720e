import { formatDuration } from '../domain/duration.ts'
import type { Finding, Scope } from './finding.ts'
import { isBroad, tooBroad } from './lint-people.ts'
import type { NamesEntry } from './people-schema.ts'
import { durationOf, given } from './terms.ts'

const BREAK_GLASS_LONG_SECONDS = 4 * 3_600
const REVIEW_SHORT_SECONDS = 3_600
const REVIEW_LONG_SECONDS = 7 * 86_400
/** A reason shorter than this says nothing. */
const REASON_MIN = 10
const WARNING = { severity: 'warning' } as const

/** What is wrong or risky about access without an approver. */
export function unattended(scope: Scope): readonly Finding[] {
  return [
    ...autoApproval(scope),
    ...selfActivation(scope),
    ...breakGlass(scope),
    ...regoApproval(scope),
  ]
}

function autoApproval(scope: Scope): readonly Finding[] {
  const { terms, clash } = scope
  const rules = terms.auto_approve ?? []
  const findings = rules.flatMap((rule, index) => [
    ...tooLong(scope, ['auto_approve', index, 'max'], rule.max),
    ...(isBroad(rule.requesters) && (terms.requesters === undefined || isBroad(terms.requesters))
      ? [clash(['auto_approve', index, 'requesters'], WIDE_OPEN, WARNING)]
      : []),
    ...(rule.limit === undefined ? [clash(['auto_approve', index], UNLIMITED, WARNING)] : []),
  ])
  if (rules.length > 0 && terms.risk === 'high')
    findings.push(
      clash(
        ['auto_approve'],
        'lets people into a resource of risk high without an approver; lower the risk or remove it, unless that is meant',
        { ...WARNING, onKey: true },
      ),
    )
  return findings
}

const WIDE_OPEN =
  'lets everyone in without an approver, since everyone may ask; name groups, users or emails in one of the two'
const UNLIMITED =
  'has no limit, so that one person gets in without an approver as often as they like; add limit, e.g. 3/24h'
/** A pattern that one of these matches asks for nothing. */
const SINGLE_CHARACTERS = Array.from({ length: 0x7f - 0x20 }, (_, index) =>
  String.fromCodePoint(0x20 + index),
).concat(['é', 'ß', 'я', 'ω', 'ע', 'ع', '中', 'あ', '한', '🙂'])

function selfActivation(scope: Scope): readonly Finding[] {
  const { terms, clash } = scope
  const self = given(terms.self_activation)
  if (self === undefined) return []
  const findings = [...tooLong(scope, ['self_activation', 'max'], self.max)]
  const { min = 1, pattern } = terms.reason ?? {}
  const isTrivial =
    pattern === undefined || SINGLE_CHARACTERS.some((text) => text.search(pattern) >= 0)
  if (min < REASON_MIN && isTrivial) {
    const remedy =
      pattern === undefined
        ? 'give reason.pattern'
        : 'give a reason.pattern that one character does not match'
    findings.push(
      clash(
        ['self_activation'],
        `needs a reason that says something; ${remedy}, or reason.min of ${REASON_MIN} or more`,
        { onKey: true },
      ),
    )
  }
  if (self.limit === undefined)
    findings.push(clash(['self_activation'], UNLIMITED, { ...WARNING, onKey: true }))
  if (terms.risk === 'high')
    findings.push(
      clash(
        ['self_activation'],
        'lets people into a resource of risk high without an approver; lower the risk or remove it',
        { onKey: true },
      ),
    )
  if (terms.requesters !== undefined && isBroad(terms.requesters))
    findings.push(clash(['self_activation'], WIDE_OPEN, { ...WARNING, onKey: true }))
  return findings
}

function breakGlass({ terms, clash, draft }: Scope): readonly Finding[] {
  const emergency = given(terms.break_glass)
  if (emergency === undefined) return []
  const steps = ['break_glass', 'requesters']
  const findings = tooBroad(emergency.requesters, 'open emergency access', (inner) => [
    ...steps,
    ...inner,
  ]).map(({ path, message, ...how }) => clash(path, message, how))
  const spared = spares(terms.requesters?.deny, emergency.requesters.deny)
  if (spared.length > 0)
    findings.push(
      clash(
        steps,
        `does not deny ${spared.join(', ')}, as requesters does; deny them here too, unless that is meant`,
        WARNING,
      ),
    )
  if (emergency.max > BREAK_GLASS_LONG_SECONDS)
    findings.push(
      clash(
        ['break_glass', 'max'],
        `is long for access that nobody approved; keep it under ${formatDuration(BREAK_GLASS_LONG_SECONDS)}`,
        WARNING,
      ),
    )
  if (emergency.review < REVIEW_SHORT_SECONDS || emergency.review > REVIEW_LONG_SECONDS)
    findings.push(
      clash(
        ['break_glass', 'review'],
        `is ${emergency.review < REVIEW_SHORT_SECONDS ? 'too soon for people to look at what happened' : 'so late that nobody remembers what happened'}; give ${formatDuration(REVIEW_SHORT_SECONDS)} to ${formatDuration(REVIEW_LONG_SECONDS)}`,
        WARNING,
      ),
    )
  if (!draft.has(['audit_channel']))
    findings.push(
      clash(
        ['break_glass'],
        'needs audit_channel at the top of the file, where every emergency is posted; add it',
        { onKey: true },
      ),
    )
  return findings
}

/** The names in one list of denials that another lacks. */
function spares(denied: NamesEntry = {}, others: NamesEntry = {}): readonly string[] {
  return (['groups', 'users', 'emails', 'domains'] as const).flatMap((key) => {
    const there: readonly string[] = others[key] ?? []
    return (denied[key] ?? []).filter((name) => !there.includes(name))
  })
}

function regoApproval({ terms, clash, draft, resource }: Scope): readonly Finding[] {
  if (resource.rego_may_approve !== true) return []
  const findings: Finding[] = []
  const onKey = { onKey: true }
  if (!draft.has(['rego']))
    findings.push(
      clash(
        ['rego_may_approve'],
        'needs a Rego policy; add rego at the top of the file, or remove this',
        onKey,
      ),
    )
  if (terms.risk === 'high')
    findings.push(
      clash(
        ['rego_may_approve'],
        'lets a policy open a resource of risk high without an approver; lower the risk or remove it, unless that is meant',
        { ...onKey, ...WARNING },
      ),
    )
  if (terms.requesters !== undefined && isBroad(terms.requesters))
    findings.push(
      clash(
        ['rego_may_approve'],
        'leaves it to the Rego policy alone who gets in, since everyone may ask; name groups, users or emails in requesters',
        { ...onKey, ...WARNING },
      ),
    )
  return findings
}

function tooLong({ terms, clash }: Scope, steps: readonly (string | number)[], seconds: number) {
  const { maxSeconds } = durationOf(terms.duration)
  if (seconds <= maxSeconds) return []
  const message = `is longer than the maximum of ${formatDuration(maxSeconds)}; shorten it or raise duration.max`
  return [clash(steps, message)]
}
