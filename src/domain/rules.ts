import type { SlackGroupId, SlackUserId } from './ids.ts'
import type { Person } from './person.ts'
import { foldEmail } from './person.ts'
import type { Refusal } from './refusal.ts'
import type { Asked, Ineligibility, RequestKind } from './request.ts'
import type { Catalogue, Names, PeopleSet, Resource } from './resource.ts'
import { askable } from './resource.ts'
import { countCharacters } from './text.ts'

/** The longest justification, note or answer that is kept, in characters. */
export const REASON_MAX_LENGTH = 1_000
/** Nobody opens emergency access with a shorter reason. */
export const BREAK_GLASS_REASON_MIN = 10

/** Whether the set has the person: named by it, directly or by group, address or domain, and not denied. Only members belong anywhere. */
export function belongsTo(set: PeopleSet, person: Person): boolean {
  if (person.standing !== 'member') return false
  return isNamed(set, person) && !isDenied(set, person)
}

/** Whether the set denies the person, by any address of theirs: a linked one evades nothing. */
export function isDenied({ deny }: PeopleSet, person: Person): boolean {
  if (deny === undefined) return false
  const { slackEmail } = person
  return isNamed(deny, person) || (slackEmail !== undefined && isNamed(deny, { email: slackEmail }))
}

/** Somebody as far as they are known: a vendor may be an address alone. */
export interface Known {
  readonly email: string
  readonly userId?: SlackUserId
  readonly groups?: ReadonlySet<SlackGroupId>
}

/** Whether lists name somebody, whoever they are. */
export function isNamed(names: Names, who: Known): boolean {
  if (names.everyone || (who.userId !== undefined && names.users.includes(who.userId))) return true
  const email = foldEmail(who.email)
  if (names.emails.includes(email) || names.domains.includes(domainOf(email))) return true
  return who.groups !== undefined && names.groups.some((group) => who.groups?.has(group))
}

/** The kinds of request that a person may make of a resource for themselves; empty when it is not theirs to see. */
export function kindsFor(resource: Resource, person: Person): readonly RequestKind[] {
  if (person.standing !== 'member')
    return resource.vendors !== undefined && isNamed(resource.vendors.people, person)
      ? ['sponsored']
      : []
  const kinds: RequestKind[] = []
  if (belongsTo(resource.requesters, person)) kinds.push('standard')
  if (resource.breakGlass !== undefined && belongsTo(resource.breakGlass.requesters, person))
    kinds.push('break-glass')
  return kinds
}

/** Whether a person may ask for a vendor who is not in Slack. */
export function isSponsor(resource: Resource, person: Person): boolean {
  return resource.vendors !== undefined && belongsTo(resource.vendors.sponsors, person)
}

/** Why the requester, as they are now, may not have what they have or asked for; `undefined` when they may. */
export function ineligibility(
  request: Pick<Asked, 'kind' | 'beneficiary'>,
  requester: Person,
  resource: Resource,
): Ineligibility | undefined {
  const { kind, beneficiary } = request
  if (kind === 'sponsored' && beneficiary !== undefined) {
    if (!isSponsor(resource, requester)) return 'not-a-sponsor'
    const isListed =
      resource.vendors !== undefined && isNamed(resource.vendors.people, { email: beneficiary })
    return isListed ? undefined : 'not-a-vendor'
  }
  if (kindsFor(resource, requester).includes(kind)) return undefined
  if (kind === 'sponsored') return 'not-a-vendor'
  if (requester.standing === 'guest') return 'guest'
  return requester.standing === 'outsider' ? 'email-domain' : 'not-a-requester'
}

/** What is wrong with asking for a resource this long for this reason; empty when it may be asked. */
export function askProblems(
  resource: Resource,
  ask: { readonly durationSeconds: number; readonly reason: string; readonly kind: RequestKind },
): readonly Refusal[] {
  return [...durationProblems(resource, ask), ...reasonProblems(resource, ask)]
}

/** The longest time for which a resource may be had, in seconds. */
export function longestSeconds(resource: Resource, kind: RequestKind): number {
  return kind === 'break-glass' && resource.breakGlass !== undefined
    ? resource.breakGlass.maxSeconds
    : resource.duration.maxSeconds
}

function durationProblems(
  resource: Resource,
  { durationSeconds, kind }: { readonly durationSeconds: number; readonly kind: RequestKind },
): readonly Refusal[] {
  const maxSeconds = longestSeconds(resource, kind)
  if (!(durationSeconds >= 1 && durationSeconds <= maxSeconds))
    return [{ code: 'duration-too-long', maxSeconds }]
  const { choices } = resource.duration
  if (kind === 'break-glass' || choices.length === 0 || choices.includes(durationSeconds)) return []
  return [{ code: 'duration-not-offered', choices }]
}

/** What is wrong with a justification; empty when it will do. */
export function reasonProblems(
  resource: Resource,
  { reason, kind }: { readonly reason: string; readonly kind: RequestKind },
): readonly Refusal[] {
  const { pattern, hint } = resource.reason
  const minLength = Math.max(
    resource.reason.minLength,
    kind === 'break-glass' ? BREAK_GLASS_REASON_MIN : 1,
  )
  const withHint = hint === undefined ? {} : { hint }
  const length = countCharacters(reason)
  if (reason.trim() === '' || length < minLength)
    return [{ code: 'reason-too-short', minLength, ...withHint }]
  if (length > REASON_MAX_LENGTH) return [{ code: 'reason-too-long', maxLength: REASON_MAX_LENGTH }]
  // Not test(): it would remember where the last match of a global pattern ended.
  if (pattern !== undefined && reason.search(pattern) < 0)
    return [{ code: 'reason-mismatch', ...withHint }]
  return []
}

/** What is wrong with an optional text, once it is given: a note, or why something was denied or ended. */
export function textProblem(text: string): Refusal | undefined {
  if (text.trim() === '') return { code: 'reason-too-short', minLength: 1 }
  return countCharacters(text) > REASON_MAX_LENGTH
    ? { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH }
    : undefined
}

/** The user groups that lists of people name. */
export function groupsIn(
  ...sets: readonly (PeopleSet | Names | undefined)[]
): ReadonlySet<SlackGroupId> {
  return new Set(
    sets.flatMap((set) => [
      ...(set?.groups ?? []),
      ...(set !== undefined && 'deny' in set ? (set.deny?.groups ?? []) : []),
    ]),
  )
}

/** The lists by which people may ask for a resource, in any way. */
export function requesterSets(
  resource: Resource | undefined,
): readonly (PeopleSet | Names | undefined)[] {
  return [
    resource?.requesters,
    resource?.breakGlass?.requesters,
    resource?.vendors?.people,
    resource?.vendors?.sponsors,
    ...(resource?.automatic ?? []).map((rule) => rule.requesters),
  ]
}

/** The lists by which people may answer requests for a resource. */
export function approverSets(resource: Resource | undefined): readonly (PeopleSet | undefined)[] {
  return [
    ...(resource?.stages ?? []).flatMap((stage) => [stage.approvers, stage.silent]),
    resource?.escalation?.to,
    resource?.vendors?.sponsors,
  ]
}

/** Every user group that the catalogue names. */
export function groupsOf(catalogue: Catalogue): ReadonlySet<SlackGroupId> {
  return groupsIn(
    catalogue.admins,
    catalogue.auditors,
    ...askable(catalogue).flatMap((r) => [...requesterSets(r), ...approverSets(r)]),
  )
}

/** The part after the last `@`; empty when there is none. */
export function domainOf(email: string): string {
  const at = email.lastIndexOf('@')
  return at < 0 ? '' : email.slice(at + 1)
}
