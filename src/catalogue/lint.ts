import type { Draft, Finding, Scope } from './finding.ts'
import { scopesOf } from './finding.ts'
import { unattended } from './lint-alone.ts'
import { answerFindings } from './lint-answers.ts'
import { levelFindings, missingPeople } from './lint-levels.ts'
import { PUBLIC_MAIL, memberFindings, setFindings, tooBroad } from './lint-people.ts'
import { quorumFindings } from './lint-quorum.ts'
import { stepUpFindings } from './lint-step-up.ts'
import { timeFindings } from './lint-time.ts'
import { vendorFindings } from './lint-vendors.ts'
import type { Path } from './problem.ts'
import { formatPath } from './problem.ts'

/** What is wrong, or risky, between fields that are each right: contradictions, repetitions and over-broad rights. */
export function lint(draft: Draft): readonly Finding[] {
  return [
    ...topFindings(draft),
    ...repetitions(draft, 'id', 'give each resource an id of its own'),
    ...repetitions(
      draft,
      'policy',
      'give each resource a policy of its own, since each rewrites the rules of its policy',
    ),
    ...draft.resources.flatMap((_, index) => [
      ...channelFindings(draft, index),
      ...missingPeople(draft, index),
      ...levelFindings(draft, index),
      ...scopesOf(draft, index).flatMap(scopeFindings),
    ]),
  ]
}

function scopeFindings(scope: Scope): readonly Finding[] {
  return [
    ...memberFindings(scope),
    ...answerFindings(scope),
    ...quorumFindings(scope),
    ...timeFindings(scope),
    ...unattended(scope),
    ...stepUpFindings(scope),
    ...vendorFindings(scope),
  ]
}

function topFindings({ file }: Draft): readonly Finding[] {
  const { admins, auditors, domains = [], channel, fallback_channel: fallback } = file
  const findings: Finding[] = []
  if (admins !== undefined) {
    findings.push(...tooBroad(admins, 'end any access', (steps) => ['admins', ...steps]))
    findings.push(...setFindings(admins, file.domains, (steps) => ['admins', ...steps]))
  }
  if (auditors !== undefined) {
    const at = (steps: Path) => ['auditors', ...steps]
    const broad = tooBroad(auditors, 'read everything that was ever recorded', at)
    findings.push(...broad.map((finding) => ({ ...finding, severity: 'warning' as const })))
    findings.push(...setFindings(auditors, file.domains, at))
  }
  for (const [index, domain] of domains.entries())
    if (PUBLIC_MAIL.has(domain))
      findings.push({
        path: ['domains', index],
        message: `counts everybody with a mailbox at ${domain} as yours; name domains that only your people have`,
        severity: 'warning',
      })
  if (fallback !== undefined && fallback === channel)
    findings.push({
      path: ['fallback_channel'],
      message: 'is channel, so that it is of no help when that does not take a card; name another',
      severity: 'warning',
    })
  return findings
}

function channelFindings(draft: Draft, index: number): readonly Finding[] {
  const path = ['resources', index, 'channel']
  if (draft.has(['channel']) || draft.has(path)) return []
  const message = 'is missing; give a channel id here, or for all at the top of the file'
  return [{ path, message }]
}

function repetitions(draft: Draft, field: 'id' | 'policy', remedy: string): readonly Finding[] {
  const first = new Map<string, number>()
  return draft.resources.flatMap((resource, index) => {
    const value = resource[field]
    if (value === undefined) return []
    const earlier = first.get(value)
    if (earlier === undefined) {
      first.set(value, index)
      return []
    }
    const other = formatPath(['resources', earlier, field])
    return [{ path: ['resources', index, field], message: `repeats ${other}; ${remedy}` }]
  })
}
