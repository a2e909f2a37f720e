import type { SlackGroupId } from '../domain/ids.ts'
import type { Person } from '../domain/person.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Catalogue, Names, PeopleSet, Resource } from '../domain/resource.ts'
import { approverSets, belongsTo, groupsIn } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import { recognize } from './identify.ts'
import type { Visitor } from './page-cases.ts'

/** Somebody who looks at pages, with what is theirs; less is theirs while groups cannot be looked up. */
export interface Rights {
  readonly person: Person
  readonly isAdmin: boolean
  readonly isAuditor: boolean
  /** Whether all groups that matter were looked up. */
  readonly isComplete: boolean
}

/** What is a visitor's now, as far as it depends on these resources. */
export async function rightsOf(
  deps: Pick<Deps, 'directory' | 'store'>,
  catalogue: Catalogue,
  { actor }: Visitor,
  resources: readonly Resource[],
): Promise<({ readonly ok: true } & Rights) | { readonly ok: false; readonly refusal: Refusal }> {
  const { admins, auditors } = catalogue
  const groups: ReadonlySet<SlackGroupId> = groupsIn(
    admins,
    auditors,
    ...resources.flatMap(approverSets),
  )
  const found = await recognize({ ...deps, catalogue: () => catalogue }, actor, groups)
  if (!found.ok) return found
  const { person } = found
  const known = { person, isComplete: found.isComplete !== false }
  return { ok: true, ...known, isAdmin: isIn(admins, known), isAuditor: isIn(auditors, known) }
}

/** Whether somebody belongs to a set for certain: not where a group that could not be looked up may deny them. */
export function isIn(
  set: PeopleSet,
  { person, isComplete }: Pick<Rights, 'person' | 'isComplete'>,
): boolean {
  return (isComplete || !hasDenied([set])) && belongsTo(set, person)
}

/** Whether it is known well enough who answers for a resource to tell what is somebody's. */
export function isRuledBy(resource: Resource, { isComplete }: Pick<Rights, 'isComplete'>): boolean {
  return isComplete || !hasDenied(approverSets(resource))
}

/** Whether groups are denied, so that a failed look-up could show somebody more than is theirs. */
export function hasDenied(sets: readonly (PeopleSet | Names | undefined)[]): boolean {
  return sets.some((set) => set !== undefined && 'deny' in set && set.deny.groups.length > 0)
}
