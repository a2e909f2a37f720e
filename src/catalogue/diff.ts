import { formatDuration } from '../domain/duration.ts'
import type { Catalogue, Limits, RegoSettings, Resource } from '../domain/resource.ts'
import { askable, refOf } from '../domain/resource.ts'
import type { Change, Report } from './diff-parts.ts'
import { lists, numbers, peopleSets, plain, reporter } from './diff-parts.ts'
import { diffTerms } from './diff-terms.ts'
import { peopleText, stagesText } from './people-text.ts'

/** What another catalogue changes, as far as it matters to people: the file's own settings first, then in the order of the file. */
export function diffCatalogues(before: Catalogue, after: Catalogue): readonly Change[] {
  const changes: Change[] = []
  diffTop(before, after, reporter('the file', changes))
  for (const [id, resource] of after.resources) {
    const was = before.resources.get(id)
    if (was !== undefined) diffShared(was, resource, reporter(id, changes))
  }
  const [known, next] = [refs(before), refs(after)]
  for (const [ref, resource] of next) {
    const was = known.get(ref)
    const report = reporter(ref, changes)
    if (was !== undefined) diffTerms(was, resource, report)
    else report('wider', `can be asked for: ${summary(resource)}`)
  }
  for (const ref of known.keys())
    if (!next.has(ref)) reporter(ref, changes)('narrower', 'cannot be asked for any more')
  return changes
}

/** One line: `+ wider`, `- narrower` or `~ changed`, what it is about, and the change. */
export function formatChange({ effect, subject, text }: Change): string {
  const sign = { wider: '+', narrower: '-', changed: '~' }[effect]
  return `${sign} ${effect.padEnd(8)} ${subject}: ${text}`
}

function refs(catalogue: Catalogue): ReadonlyMap<string, Resource> {
  return new Map(askable(catalogue).map((resource) => [refOf(resource), resource]))
}

function summary(resource: Resource): string {
  const { requesters, stages, duration, automatic, breakGlass, vendors } = resource
  const upTo = (seconds: number) => `for up to ${formatDuration(seconds)}`
  return [
    `by ${peopleText(requesters)}`,
    `approved by ${stagesText(stages)}`,
    upTo(duration.maxSeconds),
    ...automatic.map(
      (rule) =>
        `without an approver (${rule.name}) by ${rule.requesters === undefined ? 'all of them' : peopleText(rule.requesters)} ${upTo(rule.maxSeconds)}`,
    ),
    ...(breakGlass === undefined
      ? []
      : [`in an emergency by ${peopleText(breakGlass.requesters)} ${upTo(breakGlass.maxSeconds)}`]),
    ...(vendors === undefined
      ? []
      : [
          `for vendors ${peopleText(vendors.people)}, sponsored by ${peopleText(vendors.sponsors)}`,
        ]),
    ...(resource.needsStepUp ? ['with step_up'] : []),
  ].join('; ')
}

function diffTop(before: Catalogue, after: Catalogue, report: Report): void {
  lists(report, 'domains', before.domains, after.domains)
  peopleSets(report, 'admins', before.admins, after.admins)
  peopleSets(report, 'auditors', before.auditors, after.auditors)
  plain(report, 'audit_channel', before.auditChannel, after.auditChannel)
  plain(report, 'fallback_channel', before.fallbackChannel, after.fallbackChannel)
  diffLimits(before.limits, after.limits, report)
  numbers(report, 'outage', before.outageSeconds, after.outageSeconds, {
    more: 'wider',
    show: (value) => (value === 0 ? 'off' : formatDuration(value)),
  })
  diffRego(before.rego, after.rego, report)
}

function diffLimits(before: Limits, after: Limits, report: Report): void {
  const names = {
    openRequests: 'limits.open_requests',
    grants: 'limits.grants',
    requestsPerHour: 'limits.requests_per_hour',
  } as const
  for (const key of Object.keys(names) as (keyof typeof names)[]) {
    const show = (most: number) => (most === Infinity ? 'none' : String(most))
    numbers(report, names[key], before[key] ?? Infinity, after[key] ?? Infinity, {
      more: 'wider',
      show,
    })
  }
}

function diffRego(
  before: RegoSettings | undefined,
  after: RegoSettings | undefined,
  report: Report,
): void {
  if (before === undefined && after !== undefined)
    report('narrower', `a Rego policy is asked too, at ${after.path}`)
  if (before !== undefined && after === undefined)
    report('wider', 'the Rego policy is not asked any more')
  if (before === undefined || after === undefined) return
  plain(report, 'rego.path', before.path, after.path)
  plain(report, 'rego.bundle', before.bundle, after.bundle)
  plain(report, 'rego.share_reason', String(before.shareReason), String(after.shareReason))
}

/** What a resource has in common with its levels. */
function diffShared(before: Resource, after: Resource, report: Report): void {
  plain(report, 'title', before.title, after.title)
  plain(report, 'url', before.url, after.url)
  plain(report, 'policy', before.policy, after.policy)
  plain(report, 'channel', before.channel, after.channel)
  const others = ({ removesForeignRules }: Resource) => (removesForeignRules ? 'remove' : 'keep')
  plain(report, 'foreign_rules', others(before), others(after))
  if (before.regoMayApprove === after.regoMayApprove) return
  if (after.regoMayApprove) report('wider', 'the Rego policy may approve by itself')
  else report('narrower', 'the Rego policy may not approve by itself any more')
}
