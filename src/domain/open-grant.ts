import { canonicalJson } from './canonical.ts'
import type { Person } from './person.ts'
import type { Criterion } from './ppl.ts'
import type { Narrowing } from './rego.ts'
import type { Refusal } from './refusal.ts'
import type { AccessRequest, Approved, Asked, Grant, Pending } from './request.ts'
import { allowedSeconds, settled } from './request.ts'
import type { Resource } from './resource.ts'
import { extensionProblem } from './decide-ask.ts'
import { longestSeconds } from './rules.ts'
import { plusSeconds, wholeSecond } from './time.ts'
import type { ChangeAction } from './event.ts'
import type { Decision, Transition } from './transition.ts'
import { changed, refuse } from './transition.ts'

/** What opens access, or lengthens it. */
export interface Opening {
  readonly at: Date
  /** As they are now. */
  readonly requester: Person
  readonly resource: Resource
  readonly catalogueRevision: string
  /** Whether whoever opens it was verified behind Pomerium at this moment as the identity that they linked. */
  readonly isSteppedUp: boolean
  readonly narrowing?: Narrowing
  /** The request whose grant is to last longer, when that is what was asked. */
  readonly extended?: AccessRequest
}

/** How a waiting request came to be approved; by the approvals that it has, unless told. */
export type Settlement = Partial<
  Pick<Asked, 'approvals' | 'approvalsNeeded' | 'approvalsCounted'>
> &
  Pick<Approved, 'automatic' | 'review'>

/** The end of the question: the request gets its grant, or the grant that it is about lasts longer. */
export function opened(
  pending: Pending,
  settlement: Settlement,
  opening: Opening,
  action: ChangeAction,
  details: Transition['details'],
): Decision {
  const request = { ...settled(pending), ...settlement }
  const noted = { ...details, catalogueRevision: opening.catalogueRevision }
  if (request.extends !== undefined) return lengthened(pending, request, opening, action, noted)
  const grant = newGrant(request, opening)
  // Too late for any of the window that was asked for.
  if (grant.endsAt <= grant.startsAt) return refuse({ code: 'request-lapsed' })
  return changed(pending, { ...request, status: 'approved', grant }, action, {
    ...noted,
    email: grant.email,
    startsAt: grant.startsAt.toISOString(),
    endsAt: grant.endsAt.toISOString(),
    constraints: grant.constraints,
  })
}

/** How long access may last by everybody's word: the asker's, each approver's, the resource's and the Rego policy's. */
function grantedSeconds(request: Asked, { resource, narrowing }: Opening): number {
  return Math.min(
    allowedSeconds(request),
    longestSeconds(resource, request.kind),
    narrowing?.maxSeconds ?? Infinity,
  )
}

function newGrant(request: Asked, opening: Opening): Grant {
  const { at, resource, narrowing, requester } = opening
  const { startsAt: asked = at, durationSeconds } = request
  const isScheduled = asked > at
  const startsAt = isScheduled ? asked : at
  const allowed = plusSeconds(startsAt, grantedSeconds(request, opening))
  // An answer that comes late does not move the window past what its giver was shown.
  const shown = plusSeconds(asked, durationSeconds)
  return {
    state: 'granting',
    email: request.beneficiary ?? requester.email,
    constraints: joined(resource.constraints, narrowing?.constraints ?? []),
    startsAt,
    isScheduled,
    endsAt: wholeSecond(allowed < shown ? allowed : shown),
    maxSeconds: longestSeconds(resource, request.kind),
    extensions: 0,
  }
}

function lengthened(
  from: Pending,
  request: Asked & Pick<Approved, 'automatic'>,
  opening: Opening,
  action: ChangeAction,
  details: Transition['details'],
): Decision {
  const { extended, at } = opening
  if (extended === undefined || extended.id !== request.extends)
    return refuse({ code: 'no-such-request' })
  const seconds = grantedSeconds(request, opening)
  const step = extend(extended, request, seconds, opening)
  if ('code' in step) return refuse(step)
  const { endsAt } = step.next.grant
  const decision = changed(from, { ...request, status: 'extended', extendedAt: at }, action, {
    ...details,
    endsAt: endsAt.toISOString(),
  })
  return decision.ok ? { ...decision, also: { from: extended, ...step } } : decision
}

function extend(
  extended: AccessRequest,
  by: Asked,
  seconds: number,
  { resource, at, narrowing }: Opening,
): Refusal | (Transition & { readonly next: Approved }) {
  const problem = extensionProblem(extended, resource, seconds, at)
  if (problem !== undefined) return problem
  if (extended.status !== 'approved') return { code: 'not-started' }
  const { grant } = extended
  const { email, constraints, startsAt, isScheduled, maxSeconds } = grant
  const inForceUntil = inForce(grant)
  // What the catalogue asks for by now holds for the whole grant: nobody keeps a wider rule by extending it.
  const added = [...resource.constraints, ...(narrowing?.constraints ?? [])]
  const longer: Grant = {
    state: 'granting',
    email,
    constraints: joined(constraints, added),
    startsAt,
    isScheduled,
    endsAt: wholeSecond(plusSeconds(grant.endsAt, seconds)),
    maxSeconds,
    extensions: grant.extensions + 1,
    earlier: [...(grant.earlier ?? []), { endsAt: grant.endsAt, constraints }],
    ...(inForceUntil === undefined ? {} : { inForceUntil }),
  }
  return {
    next: { ...extended, version: extended.version + 1, grant: longer },
    action: 'grant.extended',
    details: {
      by: by.id,
      seconds,
      was: grant.endsAt.toISOString(),
      endsAt: longer.endsAt.toISOString(),
      extensions: longer.extensions,
    },
  }
}

/** The end of the rule that Pomerium has. */
function inForce(grant: Grant): Date | undefined {
  if (grant.state === 'active' || grant.state === 'scheduled') return grant.endsAt
  return grant.state === 'granting' ? grant.inForceUntil : undefined
}

/** The criteria of both, without those of `added` that are there already. */
function joined(criteria: readonly Criterion[], added: readonly Criterion[]): readonly Criterion[] {
  const known = new Set(criteria.map(canonicalJson))
  return [...criteria, ...added.filter((criterion) => !known.has(canonicalJson(criterion)))]
}
