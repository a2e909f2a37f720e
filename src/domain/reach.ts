import { neededBy } from './approvals.ts'
import type { SlackGroupId, SlackUserId } from './ids.ts'
import { mostSeated } from './matching.ts'
import { foldEmail } from './person.ts'
import type { Names, PeopleSet, Stage } from './resource.ts'
import type { Known } from './rules.ts'
import { domainOf } from './rules.ts'

/** The members of a user group, or `undefined` when nobody knows them. */
export type MembersOf = (group: SlackGroupId) => ReadonlySet<SlackUserId> | undefined

/** People who can be told apart, users by id and others by address; `countless` where there is no saying who. */
type Crowd = ReadonlySet<string> | 'countless'

/**
 * How many of the approvals that stages need could come together at most, each from a person of their own; that is all
 * of them when the stages can be filled. Never too few: `everyone`, domains and groups that nobody knows are as many as
 * it takes, and an address may be somebody else than every listed user. `further` may answer after an escalation.
 * With `accepted`, only members of one of these groups count.
 */
export function mostApprovers(
  stages: readonly Stage[],
  members: MembersOf,
  excluding: readonly Known[] = [],
  further?: PeopleSet,
  accepted?: readonly SlackGroupId[],
): number {
  const pool = poolOf(accepted, members, excluding)
  const crowdOf = (set: PeopleSet | undefined, denied: Names | undefined): Crowd =>
    set === undefined
      ? new Set()
      : among(pool, namedBy(set, [set.deny, denied], members, excluding))
  const crowds = stages.map(({ approvers, silent, isSponsors = false }) =>
    united(
      crowdOf(approvers, undefined),
      crowdOf(silent, approvers.deny),
      crowdOf(isSponsors ? undefined : further, undefined),
    ),
  )
  const free = stages.filter((_, index) => crowds[index] === 'countless')
  const seats = stages.flatMap((stage, index) => {
    const crowd = crowds[index] ?? 'countless'
    return crowd === 'countless' ? [] : Array.from({ length: stage.approvals }, () => crowd)
  })
  const most = neededBy(free) + mostSeated(seats)
  // Whoever is named by address is one of the pool too.
  return pool === 'countless' ? most : Math.min(most, pool.size)
}

/** Who is in one of these groups; `countless` when there is no such rule, and when nobody knows a group. */
function poolOf(
  groups: readonly SlackGroupId[] | undefined,
  members: MembersOf,
  excluding: readonly Known[],
): Crowd {
  const lists = groups?.map(members)
  if (lists === undefined || lists.includes(undefined)) return 'countless'
  const pool = new Set<string>(lists.flatMap((users) => [...(users ?? [])]))
  for (const name of excluding.flatMap(namesOf)) pool.delete(name)
  return pool
}

/** Those of a crowd who may be in the pool: an address may be that of anybody in it. */
function among(pool: Crowd, crowd: Crowd): Crowd {
  if (pool === 'countless') return crowd
  if (crowd === 'countless') return pool
  return new Set([...crowd].filter((name) => name.includes('@') || pool.has(name)))
}

function namedBy(
  set: Names,
  denied: readonly (Names | undefined)[],
  members: MembersOf,
  excluding: readonly Known[],
): Crowd {
  const deny = denied.filter((names) => names !== undefined)
  if (deny.some(({ everyone }) => everyone)) return new Set()
  const isDenied = (domain: string) => deny.some(({ domains }) => domains.includes(domain))
  if (set.everyone || set.domains.some((domain) => !isDenied(domain))) return 'countless'
  const groups = set.groups.map(members)
  if (groups.includes(undefined)) return 'countless'
  const crowd = new Set<string>([...set.users, ...groups.flatMap((users) => [...(users ?? [])])])
  for (const email of set.emails) if (!isDenied(domainOf(email))) crowd.add(email)
  const out = deny.flatMap(({ users, emails, groups }) => [
    ...users,
    ...emails,
    ...groups.flatMap((group) => [...(members(group) ?? [])]),
  ])
  for (const name of [...out, ...excluding.flatMap(namesOf)]) crowd.delete(name)
  return crowd
}

function namesOf({ userId, email }: Known): readonly string[] {
  return userId === undefined ? [foldEmail(email)] : [userId, foldEmail(email)]
}

function united(...crowds: readonly Crowd[]): Crowd {
  const all = new Set<string>()
  for (const crowd of crowds) {
    if (crowd === 'countless') return crowd
    for (const person of crowd) all.add(person)
  }
  return all
}
