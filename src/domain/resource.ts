import type { LevelId, ResourceId, SlackChannelId, SlackGroupId, SlackUserId } from './ids.ts'
import type { Criterion } from './ppl.ts'

/** People named in lists; somebody is named when any of the lists has them. */
export interface Names {
  readonly groups: readonly SlackGroupId[]
  readonly users: readonly SlackUserId[]
  /** Folded addresses. */
  readonly emails: readonly string[]
  /** Lower-case domains, matched exactly. */
  readonly domains: readonly string[]
  readonly everyone: boolean
}

/** People named by the catalogue; whoever `deny` names does not belong, whatever else names them. */
export interface PeopleSet extends Names {
  readonly deny?: Names
}

/** How a justification must look. */
export interface ReasonRule {
  readonly minLength: number
  readonly pattern?: RegExp
  readonly hint?: string
}

export type Risk = 'low' | 'medium' | 'high'

/** One step of an approval: so many distinct people of a set. */
export interface Stage {
  /** Shown to people, e.g. `Security`. */
  readonly title?: string
  readonly approvers: PeopleSet
  /** May answer like the approvers, and are not pinged. */
  readonly silent?: PeopleSet
  readonly approvals: number
  /** Whether it is the word of a vendor's sponsor, for whom nobody stands in. */
  readonly isSponsors?: boolean
}

/** Lets requests through without an approver. */
export interface AutomaticRule {
  /** As the audit trail names it: `auto_approve[0]`, `self_activation`. */
  readonly name: string
  /** Absent: everybody who may ask. */
  readonly requesters?: PeopleSet
  readonly maxSeconds: number
  /** At most so many automatic approvals of one person by this rule in so many seconds. */
  readonly limit?: { readonly count: number; readonly seconds: number }
}

/** Access at once in an emergency, reviewed by approvers afterwards. */
export interface BreakGlass {
  readonly requesters: PeopleSet
  readonly maxSeconds: number
  /** The review is due so long after the access was opened. */
  readonly reviewSeconds: number
}

/** Guests and people of other organisations, who always need a sponsor and an approval. */
export interface Vendors {
  /** By address, domain or Slack user. */
  readonly people: Names
  /** May ask for a vendor who is not in Slack, and vouch for one who asks. */
  readonly sponsors: PeopleSet
}

/**
 * Something that can be asked for: one Pomerium policy, attached to one or more routes. A resource with levels is
 * asked for at one of them only; a level is a resource too, with the same id and policy and everything else its own.
 */
export interface Resource {
  readonly id: ResourceId
  readonly title: string
  /** Present when this is a resource at one of its levels. */
  readonly level?: { readonly id: LevelId; readonly title: string }
  /** In the catalogue's order; empty when it is asked for as it is. */
  readonly levels: ReadonlyMap<LevelId, Resource>
  /** Shown to the holder. */
  readonly url?: string
  /** Name of the Pomerium policy. */
  readonly policy: string
  readonly risk: Risk
  readonly channel: SlackChannelId
  readonly requesters: PeopleSet
  /** In order, at least one: a stage opens when those before it are filled. */
  readonly stages: readonly Stage[]
  readonly duration: {
    readonly defaultSeconds: number
    readonly maxSeconds: number
    /** When not empty, nothing else may be asked for; ascending. */
    readonly choices: readonly number[]
  }
  /** How far ahead access may start; 0 when it cannot be scheduled. */
  readonly scheduleSeconds: number
  readonly reason: ReasonRule
  /** Criteria joined with AND to identity and window in every rule. */
  readonly constraints: readonly Criterion[]
  /** An unanswered request lapses after this time. */
  readonly lapseSeconds: number
  /** The first reminder comes after this time, each next one after twice as long. */
  readonly remindSeconds?: number
  /** After this time these people may answer too, and are asked to. */
  readonly escalation?: { readonly afterSeconds: number; readonly to: PeopleSet }
  /** How often a grant may be extended, and by how much at a time; absent: never. */
  readonly extension?: { readonly times: number; readonly maxSeconds: number }
  /** Tried in order. */
  readonly automatic: readonly AutomaticRule[]
  readonly breakGlass?: BreakGlass
  readonly vendors?: Vendors
  /** Whether access is opened on the page behind Pomerium only, by linked identities; never by a Slack account alone. */
  readonly needsStepUp: boolean
  /** Whether `allow` of the Rego policy approves a request. */
  readonly regoMayApprove: boolean
  /** Whether rules of others that allow something are taken out of its policy. */
  readonly removesForeignRules: boolean
}

/** What one person may have at a time; absent: no limit. */
export interface Limits {
  readonly openRequests?: number
  readonly grants?: number
  readonly requestsPerHour?: number
}

/** Where the Rego policy is, when there is one. */
export interface RegoSettings {
  /** Path of the decision document, e.g. `jit/decision`. */
  readonly path: string
  /** The compiled bundle (`policy.wasm` or the `bundle.tar.gz` of `opa build -t wasm`); absent: the OPA at OPA_URL. */
  readonly bundle?: string
  /** Whether the reason that people type is part of the input. */
  readonly shareReason: boolean
}

/** The reviewed file of resources and rules, as accepted. */
export interface Catalogue {
  /** SHA-256 of the accepted file, in hex. */
  readonly revision: string
  readonly admins: PeopleSet
  /** May read and export the audit trail, as admins may. */
  readonly auditors: PeopleSet
  /** Lower-case e-mail domains that count as ours. */
  readonly domains: readonly string[]
  /** Where alerts go. */
  readonly auditChannel?: SlackChannelId
  /** Where a card goes that its own channel does not take. */
  readonly fallbackChannel?: SlackChannelId
  readonly limits: Limits
  /** How old Slack's answers may be that acts on the pages go by while Slack cannot be asked; 0: never go by old ones. */
  readonly outageSeconds: number
  readonly rego?: RegoSettings
  readonly resources: ReadonlyMap<ResourceId, Resource>
}

/** The resource to be asked for by id and level; `undefined` when there is none, or when it has levels and none is named. */
export function resourceAt(
  catalogue: Catalogue,
  id: ResourceId,
  level: LevelId | undefined,
): Resource | undefined {
  const resource = catalogue.resources.get(id)
  if (resource === undefined) return undefined
  if (level !== undefined) return resource.levels.get(level)
  return resource.levels.size === 0 ? resource : undefined
}

/** Everything that can be asked for, in the catalogue's order: resources without levels, and each level of the others. */
export function askable(catalogue: Catalogue): readonly Resource[] {
  return [...catalogue.resources.values()].flatMap((resource) =>
    resource.levels.size === 0 ? [resource] : [...resource.levels.values()],
  )
}

/** How people write a resource: `grafana-prod`, or `grafana-prod:read`. */
export function refOf({ id, level }: Resource): string {
  return resourceRef({ resourceId: id, level: level?.id })
}

/** How people write what a request is for: `grafana-prod`, or `grafana-prod:read`. */
export function resourceRef(of: {
  readonly resourceId: ResourceId
  readonly level?: LevelId | undefined
}): string {
  return of.level === undefined ? of.resourceId : `${of.resourceId}:${of.level}`
}
