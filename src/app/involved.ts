import { answerGroups } from '../domain/approvals.ts'
import { decide } from '../domain/decide.ts'
import type { SlackGroupId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest, Pending } from '../domain/request.ts'
import type { Catalogue, Resource } from '../domain/resource.ts'
import { resourceAt } from '../domain/resource.ts'
import { groupsIn, requesterSets } from '../domain/rules.ts'
import { isSteppedUp } from './assertion.ts'
import type { Change } from './change-request.ts'
import type { Opinion } from './consult.ts'
import { consult, ruling, together } from './consult.ts'
import type { Deps } from './deps.ts'
import { fixedIn } from './deps.ts'
import type { Identified } from './identify.ts'
import { identify } from './identify.ts'
import { identifyActor } from './identify-actor.ts'
import { questionOn } from './rego-question.ts'

/** Everybody who matters for a change as they are now, and what the Rego policy says of it. */
export interface Involved {
  /** What they were looked up by. */
  readonly catalogue: Catalogue
  /** The request as it was when they were looked up. */
  readonly found: AccessRequest | undefined
  readonly actor: Identified
  readonly requester: Identified | undefined
  /** Those who approved before, as far as they can still be identified. */
  readonly colleagues: readonly Person[]
  /** The same, with what became of their look-ups. */
  readonly approvers: readonly Identified[]
  /** Why nothing may be decided, whatever the rules say. */
  readonly problem: Refusal | undefined
  /** Absent when there is no Rego policy, and when the catalogue refuses the change anyway. */
  readonly opinion: Opinion | undefined
  /** The version of the request to extend that the opinion is about. */
  readonly extendedVersion?: number | undefined
}

/** Looks everybody up; outside any transaction, since it takes its time. */
export async function lookUp(current: Deps, change: Change): Promise<Involved> {
  const deps = fixedIn(current)
  const catalogue = deps.catalogue()
  const found = await deps.store.statement((db) => db.requests.find(change.id))
  const resource = found && resourceAt(catalogue, found.resourceId, found.level)
  const isOwn = found?.requester.userId === change.actor
  const groups = isOwn ? new Set<SlackGroupId>() : change.entitled(resource)
  const [actor, requester, others] = await Promise.all([
    identifyActor(deps, change, groups),
    found !== undefined && change.opensAccess
      ? identify(deps, found.requester.userId, groupsIn(...requesterSets(resource)))
      : undefined,
    colleaguesOf(deps, change, found, resource, groups),
  ])
  const involved = { catalogue, found, actor, requester, ...others }
  if (!change.opensAccess || deps.rego() === undefined || found?.status !== 'pending')
    return { ...involved, opinion: undefined }
  if (!actor.ok || requester?.ok !== true || resource === undefined)
    return { ...involved, opinion: undefined }
  const { opinion, extendedVersion } = await opinionOn(deps, change, found, resource, {
    actor,
    requester,
    colleagues: others.colleagues,
  })
  const asked = ruling(opinion).narrowing?.groups ?? []
  if (asked.every((group) => groups.has(group))) return { ...involved, opinion, extendedVersion }
  // The Rego policy names groups that the catalogue does not: the approvers are looked up in those too.
  const more = new Set([...groups, ...asked])
  const [again, colleagues] = await Promise.all([
    identifyActor(deps, change, more),
    colleaguesOf(deps, change, found, resource, more),
  ])
  return { ...involved, ...colleagues, actor: again, opinion, extendedVersion }
}

async function colleaguesOf(
  deps: Deps,
  change: Change,
  found: AccessRequest | undefined,
  resource: Resource | undefined,
  groups: ReadonlySet<SlackGroupId>,
): Promise<Pick<Involved, 'colleagues' | 'approvers' | 'problem'>> {
  if (!change.opensAccess || found === undefined || resource === undefined)
    return { colleagues: [], approvers: [], problem: undefined }
  const all = new Set([...groups, ...answerGroups(resource)])
  const looked = await Promise.all(found.approvals.map(({ by }) => identify(deps, by.userId, all)))
  const unknown = looked.find(
    (identified) => !identified.ok && identified.refusal.code === 'directory-unavailable',
  )
  return {
    colleagues: looked.flatMap((identified) => (identified.ok ? [identified.person] : [])),
    approvers: looked,
    problem: unknown === undefined || unknown.ok ? undefined : unknown.refusal,
  }
}

async function opinionOn(
  deps: Deps,
  change: Change,
  found: Pending,
  resource: Resource,
  people: {
    readonly actor: Extract<Identified, { ok: true }>
    readonly requester: Extract<Identified, { ok: true }>
    readonly colleagues: readonly Person[]
  },
): Promise<Pick<Involved, 'opinion' | 'extendedVersion'>> {
  const { now, extended, openRequests } = await deps.store.transaction(async (tx) => ({
    now: tx.now,
    extended: found.extends && (await tx.requests.find(found.extends)),
    openRequests: (await tx.requests.usage(found.requester.userId)).openRequests,
  }))
  const wish = change.command({
    request: found,
    actor: people.actor.person,
    requester: people.requester,
    colleagues: people.colleagues,
    resource,
    at: now,
    isSteppedUp: isSteppedUp(people.actor, change.assertion, now),
    catalogueRevision: deps.catalogue().revision,
    ...(extended ? { extended } : {}),
  })
  const tried = 'code' in wish ? undefined : decide(found, wish)
  if (tried?.ok !== true) return { opinion: undefined }
  const about = {
    now,
    request: found,
    resource,
    requester: people.requester.person,
    approver: people.actor.person,
    openRequests,
    ...(extended ? { extended } : {}),
  }
  const [clicked, opening] = await Promise.all([
    consult(deps, questionOn(deps, 'approve', about)),
    tried.next.status === 'pending'
      ? undefined
      : consult(deps, questionOn(deps, 'activate', about)),
  ])
  const opinion = together(clicked, opening)
  return { opinion, extendedVersion: extended ? extended.version : undefined }
}
