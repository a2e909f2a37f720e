import type { SlackUserId } from '../domain/ids.ts'
import type { PeopleSet } from '../domain/resource.ts'
import { askable } from '../domain/resource.ts'
import { approverSets, groupsIn } from '../domain/rules.ts'
import type { Assertion } from './assertion.ts'
import type { Deps } from './deps.ts'
import { recognize } from './identify.ts'
import { doorProblem } from './identify-actor.ts'
import type { Visitor } from './page-cases.ts'
import { DirectoryUnavailable } from './ports.ts'
import { isIn } from './rights.ts'
import type { Outcome } from './use-cases.ts'

/** Who in Slack somebody at the door is; see PageCases. A group that cannot be looked up only makes them see less. */
export async function visit(deps: Deps, assertion: Assertion): Promise<Outcome<Visitor>> {
  const who = await slackUserOf(deps, assertion)
  if (!who.ok) return who
  const { admins, auditors } = deps.catalogue()
  const deciders = askable(deps.catalogue()).flatMap(approverSets)
  const groups = groupsIn(admins, auditors, ...deciders)
  const found = await recognize(deps, who.value, groups)
  if (!found.ok) return found
  // They may have been linked, or unlinked, since they were looked up.
  const refusal = doorProblem(deps, found, assertion)
  if (refusal !== undefined) return { ok: false, refusal }
  const { person, timeZone, link } = found
  const known = { person, isComplete: found.isComplete !== false }
  const isOneOf = (sets: readonly (PeopleSet | undefined)[]) =>
    sets.some((set) => set !== undefined && isIn(set, known))
  const value = {
    actor: person.userId,
    assertion,
    isLinked: link !== undefined,
    ...(timeZone === undefined ? {} : { timeZone }),
    mayDecide: isOneOf([admins, ...deciders]),
    mayAudit: isOneOf([admins, auditors]),
  }
  return { ok: true, value }
}

/** By their link; else, where none is needed, by the address that Slack shows. */
async function slackUserOf(
  { store, directory, pages }: Deps,
  { subject, email }: Assertion,
): Promise<Outcome<SlackUserId>> {
  const link = await store.statement((db) => db.identities.linkOfSubject(subject))
  if (link !== undefined)
    return link.email === email
      ? { ok: true, value: link.userId }
      : { ok: false, refusal: { code: 'link-outdated' } }
  if (pages?.isLinkNeeded !== false) return { ok: false, refusal: { code: 'link-needed' } }
  try {
    const found = await directory.memberByEmail(email)
    if (!found.ok) return { ok: false, refusal: { code: 'not-a-member', why: found.why } }
    return { ok: true, value: found.member.userId }
  } catch (error) {
    if (error instanceof DirectoryUnavailable)
      return { ok: false, refusal: { code: 'directory-unavailable' } }
    throw error
  }
}
