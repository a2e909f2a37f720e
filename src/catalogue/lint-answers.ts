import type { Finding, Scope } from './finding.ts'
import { isBroad, undenied } from './lint-people.ts'
import type { ApproversEntry, PeopleEntry } from './people-schema.ts'
import type { Path } from './problem.ts'
import type { Terms } from './schema.ts'
import { given, stagesIn } from './terms.ts'

const WARNING = { severity: 'warning' } as const

/** What is risky about who answers: that anybody does, or that nobody hears of it. */
export function answerFindings(scope: Scope): readonly Finding[] {
  return [...anybodyAnswers(scope), ...unheard(scope)]
}

function answerers(terms: Terms): readonly { steps: Path; set: ApproversEntry }[] {
  return stagesIn(terms).map(({ steps, approvers }) => ({ steps, set: approvers }))
}

/** Everyone may ask, and no stage is left to somebody in particular. */
function anybodyAnswers({ terms, clash }: Scope): readonly Finding[] {
  const sets = answerers(terms).map(({ set }) => set)
  if (terms.requesters === undefined || !isBroad(terms.requesters) || sets.length === 0) return []
  const later = given(terms.escalate)?.to
  const remedy = 'so that any two people let each other in; name groups, users or emails instead'
  if (sets.every((set) => isBroad(set) || (set.silent !== undefined && isBroad(set.silent)))) {
    const message = `lets everyone approve what everyone may ask for, ${remedy}`
    return [clash([terms.stages === undefined ? 'approvers' : 'stages'], message, WARNING)]
  }
  if (later === undefined || !isBroad(later)) return []
  const message = `lets everyone approve, in the end, what everyone may ask for, ${remedy}`
  return [clash(['escalate', 'to'], message, WARNING)]
}

/** Slack notifies people by id and by group; whoever else may answer has to look. */
function unheard({ terms, at }: Scope): readonly Finding[] {
  const sets: readonly { steps: Path; set: ApproversEntry | PeopleEntry | undefined }[] = [
    ...answerers(terms),
    { steps: ['escalate', 'to'], set: given(terms.escalate)?.to },
    { steps: ['vendors', 'sponsors'], set: given(terms.vendors)?.sponsors },
  ]
  return sets.flatMap(({ steps, set }): readonly Finding[] => {
    if (set === undefined || isPinged(set)) return []
    const isSilent = set.everyone !== true && Object.values(undenied(set)).every(isEmpty)
    // Somebody whom deny leaves out altogether is another finding.
    if (isSilent && !('silent' in set && set.silent !== undefined)) return []
    const message = isSilent
      ? 'has silent approvers only, so that nobody is pinged; name somebody outside silent'
      : 'has nobody who is pinged, since only groups and users are; name some of them too'
    return [{ path: at(steps), message, ...WARNING }]
  })
}

function isPinged(set: PeopleEntry): boolean {
  const { groups, users } = undenied(set)
  return groups.length + users.length > 0
}

function isEmpty(list: readonly string[]): boolean {
  return list.length === 0
}
