import { formatDuration } from '../domain/duration.ts'
import type { AutomaticRule, Names, PeopleSet, Stage } from '../domain/resource.ts'

/** Each name of lists as people read it: `group S0SRE`, `user U0KIM`, an address, `everyone at example.com`. */
export function nameTexts(names: Names): readonly string[] {
  return [
    ...(names.everyone ? ['everyone'] : []),
    ...names.groups.map((group) => `group ${group}`),
    ...names.users.map((user) => `user ${user}`),
    ...names.emails,
    ...names.domains.map((domain) => `everyone at ${domain}`),
  ]
}

/** A set of people in words, such as `group S0SRE, kim@example.com, but not user U0EVE`. */
export function peopleText(set: PeopleSet | Names): string {
  const names = nameTexts(set)
  const denied = 'deny' in set && set.deny !== undefined ? nameTexts(set.deny) : []
  const named = names.length === 0 ? 'nobody' : names.join(', ')
  return denied.length === 0 ? named : `${named}, but not ${denied.join(', ')}`
}

/** Those of a set whom Slack notifies, by group or id, and the others, in words; absent when there are none. */
export function pingedTexts(set: PeopleSet): {
  readonly pinged?: string
  readonly unpinged?: string
} {
  const pinged = { ...set, emails: [], domains: [], everyone: false }
  const unpinged = { ...set, groups: [], users: [] }
  return {
    ...(nameTexts(pinged).length === 0 ? {} : { pinged: peopleText(pinged) }),
    ...(nameTexts(unpinged).length === 0 ? {} : { unpinged: peopleText(unpinged) }),
  }
}

/** One step of an approval in words, such as `2 of group S0SRE (silently: user U0CTO)`. */
export function stageText({ title, approvers, silent, approvals }: Stage): string {
  const quiet = silent === undefined ? '' : ` (silently: ${peopleText(silent)})`
  const named = title === undefined ? '' : `${title}: `
  return `${named}${approvals} of ${peopleText(approvers)}${quiet}`
}

/** All steps of an approval in words. */
export function stagesText(stages: readonly Stage[]): string {
  return stages.map(stageText).join(', then ')
}

/** The limit of an automatic rule in words, such as `3 times in 1d`. */
export function limitText({ count, seconds }: NonNullable<AutomaticRule['limit']>): string {
  return `${count} ${count === 1 ? 'time' : 'times'} in ${formatDuration(seconds)}`
}
