import { mayEverAnswer } from './approvals.ts'
import { cancelled } from './decide-answer.ts'
import type { ChangeAction } from './event.ts'
import type { Person } from './person.ts'
import { identityOf, isSamePerson } from './person.ts'
import type {
  AccessRequest,
  Approved,
  EarlyEnd,
  Grant,
  GrantTerms,
  Ineligibility,
} from './request.ts'
import { isOver, isRuleDue } from './request.ts'
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

/** The loss of what a person may have: their request or access ends. */
export interface DisqualifyCommand {
  readonly type: 'disqualify'
  readonly at: Date
  readonly why: Ineligibility
}

/** The sight of a grant's rule in Pomerium's policy. */
export interface ConfirmActiveCommand {
  readonly type: 'confirm-active'
  readonly at: Date
  /** The end of the rule that was seen; absent: that of the grant. */
  readonly endsAt?: Date
}

/** The wish to end access early, by its holder or by somebody who may take it away. */
export function end(request: AccessRequest, command: EndCommand): Decision {
  const { by, resource, at, reason } = command
  const isHolder = isSamePerson(request.requester, by)
  const isApprover = resource !== undefined && mayEverAnswer(request, resource, by)
  if (!isHolder && !isApprover && !belongsTo(command.admins, by))
    return refuse({ code: 'not-yours-to-end' })
  if (request.status !== 'approved') return refuse({ code: 'not-started' })
  const { grant } = request
  if (isOver(grant) || at >= grant.endsAt) return refuse({ code: 'already-over', grant })
  if (grant.state === 'ending')
    return refuse(
      grant.cause === 'ineligible'
        ? { code: 'already-over', grant }
        : { code: 'already-ending', endedBy: grant.endedBy },
    )
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

/** The end of what somebody has who may not have it any more. */
export function disqualify(request: AccessRequest, { at, why }: DisqualifyCommand): Decision {
  if (request.status === 'pending') return cancelled(request, at, why)
  if (request.status !== 'approved' || !isRuleDue(request.grant) || at >= request.grant.endsAt)
    return refuse({ code: 'nothing-due' })
  return regranted(
    request,
    { ...termsOf(request.grant), state: 'ending', cause: 'ineligible', why },
    'grant.ending',
    { cause: 'ineligible', why },
  )
}

/** Pomerium's policy was read back with the rule: access is in force, or will be from its start on. */
export function confirmActive(
  request: AccessRequest,
  { at, endsAt }: ConfirmActiveCommand,
): Decision {
  if (request.status !== 'approved' || request.grant.state !== 'granting')
    return refuse({ code: 'nothing-due' })
  const { grant } = request
  // Extended since it was read: the rule in the policy is the shorter one.
  const isAnother = endsAt !== undefined && endsAt.getTime() !== grant.endsAt.getTime()
  if (isAnother || at >= grant.endsAt) return refuse({ code: 'nothing-due' })
  return grant.isScheduled && at < grant.startsAt
    ? regranted(
        request,
        { ...termsOf(grant), state: 'scheduled', confirmedAt: at },
        'grant.scheduled',
        { confirmedBy: 'pomerium' },
      )
    : activated(request, at, 'pomerium')
}

/** Access that was ended early is over: Pomerium's policy was read back without the rule. */
export function confirmEnded(request: AccessRequest, at: Date): Decision {
  if (request.status !== 'approved' || request.grant.state !== 'ending')
    return refuse({ code: 'nothing-due' })
  return ended(request, at, 'pomerium')
}

/** What shows that access begins or is over: Pomerium's policy as it was read back, or the time of a rule that it has. */
type Confirmation = 'pomerium' | 'clock'

/** The step to access that is in force. */
export function activated(request: Approved, at: Date, confirmedBy: Confirmation): Decision {
  const grant: Grant = { ...termsOf(request.grant), state: 'active', activeAt: at }
  return regranted(request, grant, 'grant.activated', {
    email: grant.email,
    confirmedBy,
  })
}

/** The step to the end of access, with what brought it about. */
export function ended(request: Approved, at: Date, confirmedBy: Confirmation): Decision {
  const { grant } = request
  const how = grant.state === 'ending' ? howItEnds(grant) : { cause: 'expired' as const }
  return regranted(
    request,
    { ...termsOf(grant), state: 'ended', endedAt: at, ...how },
    'grant.ended',
    { email: grant.email, cause: how.cause, confirmedBy },
  )
}

function howItEnds(grant: EarlyEnd): EarlyEnd {
  if (grant.cause === 'ineligible') return { cause: grant.cause, why: grant.why }
  const { cause, endedBy, endReason } = grant
  return { cause, endedBy, ...(endReason === undefined ? {} : { endReason }) }
}

/** The step that changes nothing but the grant. */
export function regranted(
  request: Approved,
  grant: Grant,
  action: ChangeAction,
  details: Transition['details'] = {},
): Decision {
  return changed(request, { ...request, grant }, action, details)
}

/** What of a grant does not change from state to state. */
export function termsOf(grant: Grant): GrantTerms {
  const { email, constraints, startsAt, isScheduled, endsAt, maxSeconds, extensions } = grant
  const terms = { email, constraints, startsAt, isScheduled, endsAt, maxSeconds, extensions }
  return grant.earlier === undefined ? terms : { ...terms, earlier: grant.earlier }
}
