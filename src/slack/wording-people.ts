import type { Names, PeopleSet } from '../domain/resource.ts'
import { code, enumerate, groupMention, inline, userMention } from './mrkdwn.ts'

/** So many names are pinged at most; the rest is counted. */
const PINGED_MAX = 20
const PINGED_CHARS = 900
const FEW_CHARS = 200
const QUIET_MAX = 5
const QUIET_CHARS = 400

/** Who belongs to any of the sets, in mrkdwn that notifies the groups and people it names. */
export function people(...sets: readonly PeopleSet[]): string {
  const who = named(sets, groupMention, userMention, PINGED_MAX, PINGED_CHARS)
  const some = sets.some((set) => set.deny !== undefined && isAnybody(set.deny))
  return some ? `${who} (less those whom the catalogue rules out)` : who
}

/** The first of those who belong to a set, as mentions, for lists that only one person reads. */
export function fewPeople(set: PeopleSet): string {
  return named([set], groupMention, userMention, 4, FEW_CHARS)
}

/** Who belongs to any of the sets, in words that notify nobody: people and groups by their ids, for want of another way. */
export function quietPeople(...sets: readonly Names[]): string {
  const group = (id: string) => `group ${code(id, 64)}`
  return named(sets, group, (id) => code(id, 64), QUIET_MAX, QUIET_CHARS)
}

/** Whether lists name anybody at all. */
export function isAnybody({ groups, users, emails, domains, everyone }: Names): boolean {
  return everyone || groups.length + users.length + emails.length + domains.length > 0
}

function named(
  sets: readonly Names[],
  group: (id: string) => string,
  user: (id: string) => string,
  max: number,
  maxChars: number,
): string {
  if (sets.some(({ everyone }) => everyone)) return 'every member of the workspace'
  const names = [
    ...sets.flatMap(({ groups }) => groups.map(group)),
    ...sets.flatMap(({ users }) => users.map(user)),
    ...sets.flatMap(({ emails }) => emails.map((email) => inline(email, 100))),
    ...sets.flatMap(({ domains }) => domains.map((name) => `everybody at ${inline(name, 100)}`)),
  ]
  return names.length === 0 ? 'nobody' : enumerate([...new Set(names)], max, maxChars)
}
