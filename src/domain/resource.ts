import type { ResourceId, SlackChannelId, SlackGroupId, SlackUserId } from './ids.ts'
import type { Criterion } from './ppl.ts'

/** People named by the catalogue; somebody belongs when any of the lists has them. */
export interface PeopleSet {
  readonly groups: readonly SlackGroupId[]
  readonly users: readonly SlackUserId[]
  /** Folded addresses. */
  readonly emails: readonly string[]
  /** Lower-case domains, matched exactly. */
  readonly domains: readonly string[]
  readonly everyone: boolean
}

/** How a justification must look. */
export interface ReasonRule {
  readonly minLength: number
  readonly pattern?: RegExp
  readonly hint?: string
}

export type Risk = 'low' | 'medium' | 'high'

/** Something that can be asked for: one Pomerium policy, attached to one or more routes. */
export interface Resource {
  readonly id: ResourceId
  readonly title: string
  /** Shown to the holder. */
  readonly url?: string
  /** Name of the Pomerium policy. */
  readonly policy: string
  readonly risk: Risk
  readonly channel: SlackChannelId
  readonly requesters: PeopleSet
  readonly approvers: PeopleSet
  /** Distinct people who must approve. */
  readonly approvals: number
  readonly duration: { readonly defaultSeconds: number; readonly maxSeconds: number }
  readonly reason: ReasonRule
  /** Criteria joined with AND to identity and window in every rule. */
  readonly constraints: readonly Criterion[]
  /** An unanswered request lapses after this time. */
  readonly lapseSeconds: number
}

/** The reviewed file of resources and rules, as accepted. */
export interface Catalogue {
  /** SHA-256 of the accepted file, in hex. */
  readonly revision: string
  readonly admins: PeopleSet
  /** Lower-case e-mail domains that count as ours. */
  readonly domains: readonly string[]
  /** Where alerts go. */
  readonly auditChannel?: SlackChannelId
  readonly resources: ReadonlyMap<ResourceId, Resource>
}
