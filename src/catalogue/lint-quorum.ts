import { mostSeated } from '../domain/matching.ts'
import type { Finding, Scope } from './finding.ts'
import { undenied } from './lint-people.ts'
import type { PeopleEntry } from './people-schema.ts'
import type { Terms } from './schema.ts'
import { given, stagesIn } from './terms.ts'

/** A stage whose approvers are all named one by one. */
interface Closed {
  readonly people: ReadonlySet<string>
  readonly approvals: number
}

/** Whether those who are needed can come together, as far as they are named one by one. */
export function quorumFindings(scope: Scope): readonly Finding[] {
  return [...approvalFindings(scope), ...reviewFindings(scope)]
}

/** Each approval is by a person of their own, who has not asked. */
function approvalFindings({ terms, clash }: Scope): readonly Finding[] {
  const stages = closedStages(terms)
  const needed = neededBy(stages)
  const isStaged = terms.stages !== undefined
  if (filled(stages) < needed) {
    const people = new Set(stages.flatMap((stage) => [...stage.people])).size
    const who = people === 1 ? 'one person' : people === 0 ? 'nobody' : `${people} people`
    const message = isStaged
      ? `can never be filled, since each approval is by somebody else: ${needed} are needed of ${who}; name more approvers or ask for fewer approvals`
      : `can never be reached, since approvers names ${who}; name more approvers or ask for fewer approvals`
    return [clash([isStaged ? 'stages' : 'approvals'], message)]
  }
  const findings: Finding[] = []
  const requesters = terms.requesters && namedIn([terms.requesters])
  const isStuck = (requester: string) => filled(stages, requester) < needed
  if (requesters !== undefined && requesters.size > 0 && [...requesters].every(isStuck))
    findings.push(
      clash(
        [isStaged ? 'stages' : 'approvers'],
        'names too few people besides those who may ask, and nobody approves their own request; name further approvers',
      ),
    )
  const sponsors = sponsorStage(terms)
  if (sponsors !== undefined && filled([sponsors, ...stages]) <= needed)
    findings.push(
      clash(
        ['vendors', 'sponsors'],
        'names too few people besides those who approve, and nobody gives both words for a vendor; name further sponsors or approvers',
      ),
    )
  return findings
}

/** Nobody reviews the emergency access that they opened. */
function reviewFindings({ terms, clash, draft }: Scope): readonly Finding[] {
  const { admins } = draft.file
  const openers = namedIn([given(terms.break_glass)?.requesters])
  const isReadable = admins !== undefined || !draft.has(['admins'])
  if (openers === undefined || openers.size === 0 || !isReadable) return []
  const sets = stagesIn(terms).flatMap(({ approvers }) => [approvers, approvers.silent])
  const reviewers = sets.length === 0 ? undefined : namedIn([...sets, laterIn(terms), admins])
  const isAlone = (opener: string) => [...(reviewers ?? [])].every((name) => name === opener)
  if (reviewers === undefined || ![...openers].every(isAlone)) return []
  const message =
    'names nobody whose emergency access anybody else could review, as approvers and admins do; name further approvers or admins'
  return [clash(['break_glass', 'requesters'], message)]
}

function neededBy(stages: readonly Closed[]): number {
  return stages.reduce((sum, { approvals }) => sum + approvals, 0)
}

/** Which goes before the others where a vendor asks; a sponsor who asks for one is no approver either. */
function sponsorStage(terms: Terms): Closed | undefined {
  const sponsors = given(terms.vendors)?.sponsors
  const people = sponsors && namedIn([sponsors])
  return people && { people, approvals: 1 }
}

function laterIn(terms: Terms): PeopleEntry | undefined {
  return given(terms.escalate)?.to
}

function closedStages(terms: Terms): readonly Closed[] {
  return stagesIn(terms).flatMap(({ approvers, approvals }) => {
    const people = namedIn([approvers, approvers.silent, laterIn(terms)])
    return people === undefined ? [] : [{ people, approvals }]
  })
}

/** The people of sets that name them one by one; `undefined` when groups, domains or everyone are among them. */
function namedIn(sets: readonly (PeopleEntry | undefined)[]): ReadonlySet<string> | undefined {
  const named = new Set<string>()
  for (const set of sets) {
    if (set === undefined) continue
    const { groups, domains, users, emails } = undenied(set)
    if (set.everyone === true || groups.length > 0 || domains.length > 0) return undefined
    for (const name of [...users, ...emails]) named.add(name)
  }
  return named
}

/** How many approvals distinct people can give in all, but for one who may not. */
function filled(stages: readonly Closed[], without?: string): number {
  const places = stages.flatMap(({ people, approvals }) => {
    const crowd = new Set([...people].filter((person) => person !== without))
    return Array.from({ length: approvals }, () => crowd)
  })
  return mostSeated(places)
}
