import type { ChangeAction } from './event.ts'
import type { Person } from './person.ts'
import { identityOf, isSamePerson } from './person.ts'
import type { AccessRequest, Approved, Grant, GrantTerms } from './request.ts'
import { isOver } from './request.ts'
import type { PeopleSet, Resource } from './resource.ts'
import { belongsTo, textProblem } from './rules.ts'
import type { Decision, Transition } from './transition.ts'
import { changed, refuse } from './transition.ts'

export interface EndCommand {
  readonly type: 'end'
  readonly at: Date
  readonly by: Person
  readonly admins: PeopleSet
  /** Absent when the resource has left the catalogue; holders and admins can still end. */
  readonly resource?: Resource
  readonly reason?: string
}

/** The wish to end access early, by its holder or by somebody who may take it away. */
export function end(request: AccessRequest, command: EndCommand): Decision {
  const { by, resource, at, reason } = command
  const isHolder = isSamePerson(request.requester, by)
  const mayRevoke =
    belongsTo(command.admins, by) || (resource !== undefined && belongsTo(resource.approvers, by))
  if (!isHolder && !mayRevoke) return refuse({ code: 'not-yours-to-end' })
  if (request.status !== 'approved') return refuse({ code: 'not-started' })
  const { grant } = request
  if (isOver(grant) || at >= grant.endsAt) return refuse({ code: 'already-over', grant })
  if (grant.state === 'ending') return refuse({ code: 'already-ending', endedBy: grant.endedBy })
  const problem = reason === undefined ? undefined : textProblem(reason)
  if (problem !== undefined) return refuse(problem)
  const cause = isHolder ? 'returned' : 'revoked'
  const why = reason === undefined ? {} : { endReason: reason }
  return regranted(
    request,
    { ...termsOf(grant), state: 'ending', cause, endedBy: identityOf(by), ...why },
    'grant.ending',
    { cause, ...(reason === undefined ? {} : { reason }) },
  )
}

/** Access is in force: Pomerium's policy was read back with the rule. */
export function confirmActive(request: AccessRequest, at: Date): Decision {
  if (
    request.status !== 'approved' ||
    request.grant.state !== 'granting' ||
    at >= request.grant.endsAt
  )
    return refuse({ code: 'nothing-due' })
  const grant: Grant = { ...termsOf(request.grant), state: 'active', activeAt: at }
  return regranted(request, grant, 'grant.activated', {})
}

/** Access that was ended early is over: Pomerium's policy was read back without the rule. */
export function confirmEnded(request: AccessRequest, at: Date): Decision {
  if (request.status !== 'approved' || request.grant.state !== 'ending')
    return refuse({ code: 'nothing-due' })
  return ended(request, at)
}

/** What time alone does: an unanswered request lapses, a grant's window closes. */
export function tick(request: AccessRequest, at: Date): Decision {
  if (request.status === 'pending') {
    if (at < request.lapsesAt) return refuse({ code: 'nothing-due' })
    return changed(request, { ...request, status: 'lapsed', lapsedAt: at }, 'request.lapsed')
  }
  if (request.status !== 'approved' || isOver(request.grant) || at < request.grant.endsAt)
    return refuse({ code: 'nothing-due' })
  if (request.grant.state !== 'granting') return ended(request, at)
  return regranted(
    request,
    { ...termsOf(request.grant), state: 'never-active', endedAt: at },
    'grant.never_active',
    {},
  )
}

function ended(request: Approved, at: Date): Decision {
  const { grant } = request
  const how = grant.state === 'ending' ? howItEnds(grant) : { cause: 'expired' as const }
  return regranted(
    request,
    { ...termsOf(grant), state: 'ended', endedAt: at, ...how },
    'grant.ended',
    { cause: how.cause },
  )
}

function howItEnds({ cause, endedBy, endReason }: Grant & { state: 'ending' }) {
  return { cause, endedBy, ...(endReason === undefined ? {} : { endReason }) }
}

function regranted(
  request: Approved,
  grant: Grant,
  action: ChangeAction,
  details: Transition['details'],
): Decision {
  return changed(request, { ...request, grant }, action, details)
}

function termsOf({ email, constraints, startsAt, endsAt, maxSeconds }: Grant): GrantTerms {
  return { email, constraints, startsAt, endsAt, maxSeconds }
}
