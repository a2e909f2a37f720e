import { dirname, resolve } from 'node:path'
import type { SlackChannelId } from '../domain/ids.ts'
import type {
  AutomaticRule,
  Catalogue,
  Limits,
  Names,
  PeopleSet,
  ReasonRule,
  RegoSettings,
  Resource,
  Stage,
} from '../domain/resource.ts'
import type { ApproversEntry, NamesEntry, PeopleEntry } from './people-schema.ts'
import type { FileEntry, ResourceEntry, Terms } from './schema.ts'
import type { StageEntry } from './terms-schema.ts'
import {
  DEFAULT_LAPSE_SECONDS,
  DEFAULT_SCHEDULE_SECONDS,
  atLevel,
  durationOf,
  given,
} from './terms.ts'

/** A file without problems. */
export interface Entries {
  readonly file: FileEntry
  readonly resources: readonly ResourceEntry[]
}

/** The catalogue of a file; `name` is the file's path, from which the path of a bundle goes. */
export function buildCatalogue(
  revision: string,
  name: string,
  { file, resources }: Entries,
): Catalogue {
  const { audit_channel: auditChannel, fallback_channel: fallbackChannel } = file
  return {
    revision,
    admins: peopleSet(file.admins),
    auditors: peopleSet(file.auditors),
    domains: [...new Set(file.domains)],
    ...(auditChannel === undefined ? {} : { auditChannel }),
    ...(fallbackChannel === undefined ? {} : { fallbackChannel }),
    limits: limitsOf(file.limits),
    outageSeconds: given(file.outage) ?? 0,
    ...(file.rego === undefined ? {} : { rego: regoOf(file.rego, name) }),
    resources: new Map(resources.map((entry) => [entry.id, resourceOf(entry, file.channel)])),
  }
}

function limitsOf(entry: FileEntry['limits']): Limits {
  const { open_requests: openRequests, grants, requests_per_hour: requestsPerHour } = entry ?? {}
  return {
    ...(openRequests === undefined ? {} : { openRequests }),
    ...(grants === undefined ? {} : { grants }),
    ...(requestsPerHour === undefined ? {} : { requestsPerHour }),
  }
}

function regoOf(entry: NonNullable<FileEntry['rego']>, name: string): RegoSettings {
  const { path = 'jit/decision', bundle, share_reason: shareReason = false } = entry
  return {
    path,
    ...(bundle === undefined ? {} : { bundle: resolve(dirname(name), bundle) }),
    shareReason,
  }
}

function resourceOf(entry: ResourceEntry, sharedChannel: SlackChannelId | undefined): Resource {
  const { id, title, url, policy } = entry
  const channel = entry.channel ?? sharedChannel
  // The linter has refused the resource before.
  if (channel === undefined) throw new TypeError(`resource ${id} has no channel`)
  const common = {
    id,
    title,
    ...(url === undefined ? {} : { url }),
    policy,
    channel,
    regoMayApprove: entry.rego_may_approve === true,
    removesForeignRules: entry.foreign_rules === 'remove',
  }
  const levels = (entry.levels ?? []).map(
    (level) =>
      [
        level.id,
        {
          ...common,
          level: { id: level.id, title: level.title },
          levels: new Map(),
          ...termsOf(atLevel(entry, level)),
        },
      ] as const,
  )
  return { ...common, levels: new Map(levels), ...termsOf(entry) }
}

type CommonKey = 'id' | 'title' | 'level' | 'levels' | 'url' | 'policy' | 'channel'

function termsOf(
  terms: Terms,
): Omit<Resource, CommonKey | 'regoMayApprove' | 'removesForeignRules'> {
  const { risk = 'medium', lapse = DEFAULT_LAPSE_SECONDS } = terms
  const remindSeconds = given(terms.remind)
  const escalate = given(terms.escalate)
  const extend = given(terms.extend)
  const breakGlass = given(terms.break_glass)
  const vendors = given(terms.vendors)
  return {
    risk,
    requesters: peopleSet(terms.requesters),
    stages: stagesOf(terms),
    duration: durationOf(terms.duration),
    scheduleSeconds: given(terms.schedule ?? DEFAULT_SCHEDULE_SECONDS) ?? 0,
    reason: reasonRule(terms.reason),
    constraints: terms.constraints ?? [],
    lapseSeconds: lapse,
    ...(remindSeconds === undefined ? {} : { remindSeconds }),
    ...(escalate === undefined
      ? {}
      : { escalation: { afterSeconds: escalate.after, to: peopleSet(escalate.to) } }),
    ...(extend === undefined ? {} : { extension: { times: extend.times, maxSeconds: extend.max } }),
    automatic: automaticRules(terms),
    ...(breakGlass === undefined
      ? {}
      : {
          breakGlass: {
            requesters: peopleSet(breakGlass.requesters),
            maxSeconds: breakGlass.max,
            reviewSeconds: breakGlass.review,
          },
        }),
    ...(vendors === undefined
      ? {}
      : { vendors: { people: names(vendors.people), sponsors: peopleSet(vendors.sponsors) } }),
    needsStepUp: given(terms.step_up) === true,
  }
}

/** Without approvers, as a resource may be whose levels have their own, nobody can approve. */
function stagesOf({ stages, approvers = {}, approvals = 1 }: Terms): readonly Stage[] {
  return (stages ?? [{ approvers, approvals }]).map(stageOf)
}

function stageOf({ title, approvers, approvals }: StageEntry): Stage {
  const { silent } = approvers
  return {
    ...(title === undefined ? {} : { title }),
    approvers: peopleSet(approvers),
    ...(silent === undefined ? {} : { silent: peopleSet(silent) }),
    approvals,
  }
}

function automaticRules(terms: Terms): readonly AutomaticRule[] {
  const rules = (terms.auto_approve ?? []).map(
    ({ requesters, max, limit }, index): AutomaticRule => ({
      name: `auto_approve[${index}]`,
      requesters: peopleSet(requesters),
      maxSeconds: max,
      ...(limit === undefined ? {} : { limit }),
    }),
  )
  const self = given(terms.self_activation)
  if (self === undefined) return rules
  const { max: maxSeconds, limit } = self
  return [
    ...rules,
    { name: 'self_activation', maxSeconds, ...(limit === undefined ? {} : { limit }) },
  ]
}

function reasonRule({ min = 1, pattern, hint }: NonNullable<Terms['reason']> = {}): ReasonRule {
  return {
    minLength: min,
    ...(pattern === undefined ? {} : { pattern }),
    ...(hint === undefined ? {} : { hint }),
  }
}

function peopleSet(entry: PeopleEntry | ApproversEntry = {}): PeopleSet {
  return {
    ...names(entry),
    ...(entry.deny === undefined ? {} : { deny: names(entry.deny) }),
  }
}

function names(entry: NamesEntry & Pick<PeopleEntry, 'everyone'>): Names {
  const { groups = [], users = [], emails = [], domains = [], everyone = false } = entry
  return {
    groups: [...new Set(groups)],
    users: [...new Set(users)],
    emails: [...new Set(emails)],
    domains: [...new Set(domains)],
    everyone,
  }
}
