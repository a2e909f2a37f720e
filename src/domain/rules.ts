import type { SlackGroupId } from './ids.ts'
import type { Person } from './person.ts'
import { foldEmail } from './person.ts'
import type { Refusal } from './refusal.ts'
import type { Catalogue, PeopleSet, Resource } from './resource.ts'
import { countCharacters } from './text.ts'

/** The longest justification, note or answer that is kept, in characters. */
export const REASON_MAX_LENGTH = 1_000

/** Whether the set names the person, directly or by group, address or domain. */
export function belongsTo(set: PeopleSet, person: Person): boolean {
  if (set.everyone || set.users.includes(person.userId)) return true
  const email = foldEmail(person.email)
  if (set.emails.includes(email)) return true
  if (set.domains.includes(domainOf(email))) return true
  return set.groups.some((group) => person.groups.has(group))
}

/** The resources that a person may ask for, in the catalogue's order. */
export function requestableBy(catalogue: Catalogue, person: Person): readonly Resource[] {
  return [...catalogue.resources.values()].filter((r) => belongsTo(r.requesters, person))
}

/** What is wrong with asking for a resource this long for this reason; empty when it may be asked. */
export function askProblems(
  resource: Resource,
  ask: { readonly durationSeconds: number; readonly reason: string },
): readonly Refusal[] {
  const problems: Refusal[] = []
  if (ask.durationSeconds > resource.duration.maxSeconds)
    problems.push({ code: 'duration-too-long', maxSeconds: resource.duration.maxSeconds })
  const { minLength, pattern, hint } = resource.reason
  const withHint = hint === undefined ? {} : { hint }
  const length = countCharacters(ask.reason)
  if (length < Math.max(1, minLength))
    problems.push({ code: 'reason-too-short', minLength: Math.max(1, minLength), ...withHint })
  else if (length > REASON_MAX_LENGTH)
    problems.push({ code: 'reason-too-long', maxLength: REASON_MAX_LENGTH })
  // Not test(): it would remember where the last match of a global pattern ended.
  else if (pattern !== undefined && ask.reason.search(pattern) < 0)
    problems.push({ code: 'reason-mismatch', ...withHint })
  return problems
}

/** What is wrong with an optional text, once it is given: a note, or why something was denied or ended. */
export function textProblem(text: string): Refusal | undefined {
  if (text.trim() === '') return { code: 'reason-too-short', minLength: 1 }
  return countCharacters(text) > REASON_MAX_LENGTH
    ? { code: 'reason-too-long', maxLength: REASON_MAX_LENGTH }
    : undefined
}

/** The user groups that sets of people name. */
export function groupsIn(...sets: readonly (PeopleSet | undefined)[]): ReadonlySet<SlackGroupId> {
  return new Set(sets.flatMap((set) => set?.groups ?? []))
}

/** Every user group that the catalogue names. */
export function groupsOf(catalogue: Catalogue): ReadonlySet<SlackGroupId> {
  const resources = [...catalogue.resources.values()]
  return groupsIn(catalogue.admins, ...resources.flatMap((r) => [r.requesters, r.approvers]))
}

/** The part after the last `@`; empty when there is none. */
export function domainOf(email: string): string {
  const at = email.lastIndexOf('@')
  return at < 0 ? '' : email.slice(at + 1)
}
