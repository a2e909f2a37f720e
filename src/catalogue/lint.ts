import { formatDuration } from '../domain/duration.ts'
import { domainOf } from '../domain/rules.ts'
import type { Path } from './problem.ts'
import { formatPath } from './problem.ts'
import type { FileEntry, PeopleEntry, ResourceEntry } from './schema.ts'

/** What a resource gets when the file does not say; never longer than its maximum. */
export const DEFAULT_SECONDS = 3_600
/** The longest duration when the file does not say. */
export const DEFAULT_MAX_SECONDS = 8 * 3_600

export interface Finding {
  readonly path: Path
  readonly message: string
  /** Whether the key is to blame rather than its value. */
  readonly onKey?: boolean
}

/** What could be read of a file: fields with mistakes of their own are missing. */
export interface Draft {
  readonly file: Partial<FileEntry>
  readonly resources: readonly Partial<ResourceEntry>[]
  /** Whether the file, or a resource, has the key at all, however wrong its value. */
  readonly has: (path: Path) => boolean
}

/** What is wrong between fields that are each right: contradictions, repetitions and over-broad rights. */
export function lint(draft: Draft): readonly Finding[] {
  const { admins, domains } = draft.file
  return [
    ...(admins === undefined ? [] : tooBroad(['admins'], admins, 'end any access')),
    ...(admins === undefined ? [] : strangers(['admins'], admins, domains)),
    ...repetitions(draft, 'id', 'give each resource an id of its own'),
    ...repetitions(
      draft,
      'policy',
      'give each resource a policy of its own, since each rewrites the rules of its policy',
    ),
    ...draft.resources.flatMap((resource, index) => resourceFindings(draft, resource, index)),
  ]
}

function resourceFindings(
  draft: Draft,
  resource: Partial<ResourceEntry>,
  index: number,
): readonly Finding[] {
  const path = ['resources', index] as const
  const { requesters, approvers, risk } = resource
  const { domains } = draft.file
  return [
    ...channelFindings(draft, path),
    ...durationFindings(path, resource.duration),
    ...quorumFindings(path, resource),
    ...(approvers === undefined || risk !== 'high'
      ? []
      : tooBroad([...path, 'approvers'], approvers, 'approve a resource of risk high')),
    ...(requesters === undefined ? [] : strangers([...path, 'requesters'], requesters, domains)),
    ...(approvers === undefined ? [] : strangers([...path, 'approvers'], approvers, domains)),
  ]
}

function channelFindings(draft: Draft, path: Path): readonly Finding[] {
  if (draft.has(['channel']) || draft.has([...path, 'channel'])) return []
  const message = 'is missing; give a channel id here, or for all at the top of the file'
  return [{ path: [...path, 'channel'], message }]
}

function durationFindings(
  path: Path,
  duration: ResourceEntry['duration'] | undefined,
): readonly Finding[] {
  if (duration?.default === undefined) return []
  const max = duration.max ?? DEFAULT_MAX_SECONDS
  if (duration.default <= max) return []
  return [
    {
      path: [...path, 'duration', 'default'],
      message: `is longer than the maximum of ${formatDuration(max)}; shorten it or raise duration.max`,
    },
  ]
}

function quorumFindings(path: Path, resource: Partial<ResourceEntry>): readonly Finding[] {
  const { approvals, approvers } = resource
  if (approvals === undefined || approvers === undefined) return []
  const { groups = [], domains = [], users = [], emails = [], everyone } = approvers
  if (groups.length > 0 || domains.length > 0 || everyone === true) return []
  const most = new Set(users).size + new Set(emails).size
  if (approvals <= most) return []
  return [
    {
      path: [...path, 'approvals'],
      message: `can never be reached, since approvers names ${most === 1 ? 'one person' : `${most} people`}; name more approvers or ask for fewer approvals`,
    },
  ]
}

function tooBroad(path: Path, people: PeopleEntry, right: string): readonly Finding[] {
  const remedy = 'name groups, users or emails instead'
  const findings: Finding[] = []
  if (people.everyone === true)
    findings.push({
      path: [...path, 'everyone'],
      message: `lets everyone ${right}; ${remedy}`,
      onKey: true,
    })
  for (const [index, domain] of (people.domains ?? []).entries())
    findings.push({
      path: [...path, 'domains', index],
      message: `lets everyone at ${domain} ${right}; ${remedy}`,
    })
  return findings
}

/** Nobody outside the file's domains is served, so naming them is a mistake. */
function strangers(
  path: Path,
  people: PeopleEntry,
  domains: readonly string[] | undefined,
): readonly Finding[] {
  if (domains === undefined) return []
  const message = `is outside domains (${domains.join(', ')}), so it can never match; add its domain there or remove it`
  const isStrange = (domain: string) => !domains.includes(domain)
  return [
    ...(people.emails ?? []).flatMap((email, index) =>
      isStrange(domainOf(email)) ? [{ path: [...path, 'emails', index], message }] : [],
    ),
    ...(people.domains ?? []).flatMap((domain, index) =>
      isStrange(domain) ? [{ path: [...path, 'domains', index], message }] : [],
    ),
  ]
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
