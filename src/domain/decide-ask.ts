import type { RequestId } from './ids.ts'
import type { Person } from './person.ts'
import { hasEmail, identityOf, isSamePerson, knownBy } from './person.ts'
import type { Narrowing } from './rego.ts'
import type { Refusal } from './refusal.ts'
import type { AccessRequest, Approved, Asked, Attention, RequestKind } from './request.ts'
import { isOver, needsStepUp } from './request.ts'
import type { Resource } from './resource.ts'
import { neededBy, stagesOf } from './approvals.ts'
import {
  askProblems,
  ineligibility,
  isSponsor,
  kindsFor,
  longestSeconds,
  reasonProblems,
} from './rules.ts'
import { plusSeconds } from './time.ts'
import type { Decision } from './transition.ts'
import { refuse } from './transition.ts'

interface Wish {
  readonly at: Date
  readonly id: RequestId
  readonly by: Person
  readonly resource: Resource
  readonly durationSeconds: number
  readonly reason: string
  readonly catalogueRevision: string
  readonly narrowing?: Narrowing
}

export interface AskCommand extends Wish {
  readonly type: 'request'
  readonly isEmergency: boolean
  /** The address of somebody who is not in Slack. */
  readonly beneficiary?: string
  /** Absent: at once. */
  readonly startsAt?: Date
}

export interface AskExtensionCommand extends Wish {
  readonly type: 'request-extension'
  readonly extended: AccessRequest
}

/** A new request, when the person may ask for the resource so long and for this reason. */
export function ask(command: AskCommand): Decision {
  const { resource, beneficiary, startsAt, at } = command
  const kind = kindOf(command)
  const stranger = strangerProblem(command, kind)
  if (stranger !== undefined) return refuse(stranger)
  const [problem] = [...askProblems(resource, { ...command, kind }), ...startProblems(command)]
  if (problem !== undefined) return refuse(problem)
  const open = plusSeconds(at, resource.lapseSeconds)
  // What was to begin and end before anybody answered is of no use to the asker.
  const useful = startsAt === undefined ? open : plusSeconds(startsAt, command.durationSeconds)
  return created(command, {
    kind,
    ...(beneficiary === undefined ? {} : { beneficiary }),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(resource.needsStepUp ? { needsStepUp: true } : {}),
    lapsesAt: useful < open ? useful : open,
  })
}

function kindOf({ isEmergency, beneficiary, by }: AskCommand): RequestKind {
  if (isEmergency) return 'break-glass'
  return beneficiary !== undefined || by.standing !== 'member' ? 'sponsored' : 'standard'
}

/** Why this person may not ask for this; what they may not see at all reads as if it did not exist. */
function strangerProblem(command: AskCommand, kind: RequestKind): Refusal | undefined {
  const { resource, by, beneficiary } = command
  const unknown: Refusal = { code: 'no-such-resource', resource: resource.id }
  const kinds = kindsFor(resource, by)
  if (kinds.length === 0 && !isSponsor(resource, by)) return unknown
  if (beneficiary !== undefined) {
    const isListed = ineligibility({ kind, beneficiary }, by, resource) === undefined
    return isListed && !knownBy(by, beneficiary) && kind === 'sponsored'
      ? undefined
      : { code: 'beneficiary-not-listed', beneficiary }
  }
  if (kinds.includes(kind)) return undefined
  return kind === 'break-glass' ? { code: 'no-break-glass' } : unknown
}

function startProblems({ startsAt, resource, at, isEmergency }: AskCommand): readonly Refusal[] {
  if (startsAt === undefined) return []
  const { scheduleSeconds: maxSeconds } = resource
  if (isEmergency || maxSeconds === 0) return [{ code: 'start-not-offered' }]
  if (!(startsAt > at)) return [{ code: 'start-in-past' }]
  return startsAt > plusSeconds(at, maxSeconds) ? [{ code: 'start-too-far', maxSeconds }] : []
}

/** The wish that a grant last longer, within the limits of the resource and under its rules for reasons. */
export function askExtension(command: AskExtensionCommand): Decision {
  const { extended, by, resource, at, durationSeconds } = command
  if (!isSamePerson(extended.requester, by)) return refuse({ code: 'not-yours-to-extend' })
  const problem = extensionProblem(extended, resource, durationSeconds, at)
  if (problem !== undefined) return refuse(problem)
  if (extended.status !== 'approved') return refuse({ code: 'not-started' })
  // The rule lets in the address that was granted access, which may be somebody else's by now.
  const isStillThem = hasEmail(by, extended.requester.email)
  if (!isStillThem || ineligibility(extended, by, resource) !== undefined)
    return refuse({ code: 'requester-not-eligible' })
  const [badReason] = reasonProblems(resource, { reason: command.reason, kind: extended.kind })
  if (badReason !== undefined) return refuse(badReason)
  const open = plusSeconds(at, resource.lapseSeconds)
  const { endsAt } = extended.grant
  return created(command, {
    kind: extended.kind,
    ...(extended.beneficiary === undefined ? {} : { beneficiary: extended.beneficiary }),
    extends: extended.id,
    // What was opened behind Pomerium is lengthened there, whatever the catalogue says by now.
    ...(needsStepUp(extended, resource) ? { needsStepUp: true } : {}),
    lapsesAt: endsAt < open ? endsAt : open,
  })
}

/** What keeps a grant from lasting so much longer; asked when it is wished for, and when it is approved. */
export function extensionProblem(
  extended: AccessRequest,
  resource: Resource,
  durationSeconds: number,
  at: Date,
): Refusal | undefined {
  if (extended.status !== 'approved') return { code: 'not-started' }
  const { grant } = extended
  if (isOver(grant) || grant.state === 'ending' || at >= grant.endsAt)
    return { code: 'already-over', grant }
  const { extension } = resource
  if (extension === undefined || extended.kind === 'break-glass') return { code: 'not-extendable' }
  if (grant.extensions >= extension.times)
    return { code: 'extended-too-often', times: extension.times }
  if (!(durationSeconds >= 1 && durationSeconds <= extension.maxSeconds))
    return { code: 'extension-too-long', maxSeconds: extension.maxSeconds }
  const leftSeconds = leftToExtend(extended, resource)
  if (durationSeconds <= leftSeconds) return undefined
  const maxSeconds = Math.min(grant.maxSeconds, longestSeconds(resource, extended.kind))
  return { code: 'beyond-maximum', maxSeconds, leftSeconds }
}

/** How much longer a grant may become, in whole seconds. */
export function leftToExtend({ grant, kind }: Approved, resource: Resource): number {
  const most = Math.min(grant.maxSeconds, longestSeconds(resource, kind))
  const spent = (grant.endsAt.getTime() - grant.startsAt.getTime()) / 1_000
  return Math.max(0, Math.floor(most - spent))
}

function created(
  command: Wish & { readonly type: string },
  particulars: Pick<
    Asked,
    'kind' | 'lapsesAt' | 'beneficiary' | 'startsAt' | 'extends' | 'needsStepUp'
  >,
): Decision {
  const { resource, at, durationSeconds, reason } = command
  const { level } = resource
  const { kind, beneficiary, startsAt, extends: extendedId } = particulars
  const needed = neededBy(stagesOf(particulars, resource, command.narrowing?.approvals))
  return {
    ok: true,
    action: 'request.created',
    details: {
      durationSeconds,
      reason,
      kind,
      ...(level === undefined ? {} : { level: level.id }),
      ...(beneficiary === undefined ? {} : { beneficiary }),
      ...(startsAt === undefined ? {} : { startsAt: startsAt.toISOString() }),
      ...(extendedId === undefined ? {} : { extends: extendedId }),
      ...(particulars.needsStepUp === undefined ? {} : { stepUp: true }),
      catalogueRevision: command.catalogueRevision,
    },
    next: {
      ...particulars,
      ...attentionFor(resource, at),
      status: 'pending',
      id: command.id,
      version: 1,
      requester: identityOf(command.by),
      resourceId: resource.id,
      ...(level === undefined ? {} : { level: level.id }),
      durationSeconds,
      reason,
      requestedAt: at,
      approvalsNeeded: needed,
      approvalsCounted: 0,
      catalogueRevision: command.catalogueRevision,
      approvals: [],
    },
  }
}

function attentionFor({ remindSeconds, escalation }: Resource, at: Date): Attention {
  return {
    reminders: 0,
    ...(remindSeconds === undefined
      ? {}
      : { remindSeconds, remindAt: plusSeconds(at, remindSeconds) }),
    ...(escalation === undefined ? {} : { escalatesAt: plusSeconds(at, escalation.afterSeconds) }),
  }
}
