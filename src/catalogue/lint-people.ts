import { domainOf } from '../domain/rules.ts'
import type { Finding, Scope } from './finding.ts'
import type { NamesEntry, PeopleEntry } from './people-schema.ts'
import type { Path } from './problem.ts'
import type { Terms } from './schema.ts'
import { given } from './terms.ts'

/** Mail providers where anybody gets an address. */
export const PUBLIC_MAIL: ReadonlySet<string> = new Set(
  `163.com aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.com icloud.com live.com
  mail.com mail.ru me.com msn.com orange.fr outlook.com pm.me proton.me protonmail.com qq.com t-online.de tutanota.com
  web.de yahoo.com yandex.ru ymail.com zoho.com`.split(/\s+/),
)

/** A list of members somewhere in a resource. */
export interface MemberSet {
  readonly steps: Path
  readonly people: PeopleEntry
  /** Whether they may answer. */
  readonly answers: boolean
}

/** Every list of members in a resource or level. */
export function memberSets(terms: Terms): readonly MemberSet[] {
  const stages = [
    ...(terms.approvers === undefined
      ? []
      : [{ steps: ['approvers'], approvers: terms.approvers }]),
    ...(terms.stages ?? []).map(({ approvers }, i) => ({
      steps: ['stages', i, 'approvers'],
      approvers,
    })),
  ]
  const sets: { steps: Path; people: PeopleEntry | undefined; answers: boolean }[] = [
    { steps: ['requesters'], people: terms.requesters, answers: false },
    ...stages.flatMap(({ steps, approvers }) => [
      { steps, people: approvers, answers: true },
      { steps: [...steps, 'silent'], people: approvers.silent, answers: true },
    ]),
    { steps: ['escalate', 'to'], people: given(terms.escalate)?.to, answers: true },
    ...(terms.auto_approve ?? []).map(({ requesters }, i) => ({
      steps: ['auto_approve', i, 'requesters'],
      people: requesters,
      answers: false,
    })),
    {
      steps: ['break_glass', 'requesters'],
      people: given(terms.break_glass)?.requesters,
      answers: false,
    },
    { steps: ['vendors', 'sponsors'], people: given(terms.vendors)?.sponsors, answers: false },
  ]
  return sets.flatMap(({ people, ...rest }) => (people === undefined ? [] : [{ people, ...rest }]))
}

/** What is wrong with the lists of members of a resource or level. */
export function memberFindings(scope: Scope): readonly Finding[] {
  const { terms, draft, at, clash } = scope
  return memberSets(terms).flatMap(({ steps, people, answers }) => [
    ...setFindings(people, draft.file.domains, (inner) => at([...steps, ...inner])),
    ...(answers && terms.risk === 'high'
      ? tooBroad(people, 'approve a resource of risk high', (inner) => [...steps, ...inner]).map(
          ({ path, message, ...how }) => clash(path, message, how),
        )
      : []),
  ])
}

/** What is wrong with one list of members by itself. */
export function setFindings(
  people: PeopleEntry,
  domains: readonly string[] | undefined,
  at: (steps: Path) => Path,
): readonly Finding[] {
  const { deny } = people
  return [
    ...strangers(people, domains, at),
    ...(deny === undefined ? [] : strangers(deny, domains, (steps) => at(['deny', ...steps]))),
    ...(isContradiction(people, domains)
      ? [
          {
            path: at(['deny']),
            message: 'has every name of the set, which leaves nobody; remove one or the other',
            onKey: true,
          },
        ]
      : []),
  ]
}

/** Whether a set names everybody at a domain, or everybody. */
export function isBroad({ everyone, domains = [] }: PeopleEntry): boolean {
  return everyone === true || domains.length > 0
}

/** That a right is given to everybody, or to everybody at a domain. */
export function tooBroad(
  { everyone, domains = [] }: PeopleEntry,
  right: string,
  at: (steps: Path) => Path,
): readonly Finding[] {
  const remedy = 'name groups, users or emails instead'
  return [
    ...(everyone === true
      ? [{ path: at(['everyone']), message: `lets everyone ${right}; ${remedy}`, onKey: true }]
      : []),
    ...domains.map((domain, index) => ({
      path: at(['domains', index]),
      message: `lets everyone at ${domain} ${right}; ${remedy}`,
    })),
  ]
}

/** Nobody outside the file's domains belongs to a set of members, so naming them is a mistake. */
function strangers(
  { emails = [], domains = [] }: NamesEntry,
  ours: readonly string[] | undefined,
  at: (steps: Path) => Path,
): readonly Finding[] {
  if (ours === undefined) return []
  const message = `is outside domains (${ours.join(', ')}), so it can never match; add its domain there or remove it`
  return [
    ...emails.flatMap((email, index) =>
      ours.includes(domainOf(email)) ? [] : [{ path: at(['emails', index]), message }],
    ),
    ...domains.flatMap((domain, index) =>
      ours.includes(domain) ? [] : [{ path: at(['domains', index]), message }],
    ),
  ]
}

/** What of a set its deny lists leave, going by names alone. */
export function undenied(people: PeopleEntry) {
  const { groups = [], users = [], emails = [], domains = [], deny = {} } = people
  const isDenied = (domain: string) => deny.domains?.includes(domain) === true
  return {
    groups: groups.filter((group) => deny.groups?.includes(group) !== true),
    users: users.filter((user) => deny.users?.includes(user) !== true),
    emails: emails.filter(
      (email) => deny.emails?.includes(email) !== true && !isDenied(domainOf(email)),
    ),
    domains: domains.filter((domain) => !isDenied(domain)),
  }
}

function isContradiction(people: PeopleEntry, ours: readonly string[] | undefined): boolean {
  const { deny } = people
  if (deny === undefined) return false
  if (ours?.every((domain) => deny.domains?.includes(domain)) === true) return true
  if (people.everyone === true) return false
  const named = [people.groups, people.users, people.emails, people.domains]
  const left = undenied(people)
  return (
    named.some((list) => list !== undefined && list.length > 0) &&
    Object.values(left).every((list) => list.length === 0)
  )
}
