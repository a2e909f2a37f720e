import { isStillEligible } from './decide-answer.ts'
import type { Opening } from './open-grant.ts'
import { opened } from './open-grant.ts'
import type { Person } from './person.ts'
import type { AccessRequest, Pending } from './request.ts'
import { needsStepUp, totalSeconds } from './request.ts'
import type { AutomaticRule, Resource } from './resource.ts'
import { belongsTo } from './rules.ts'
import { plusSeconds } from './time.ts'
import type { Decision } from './transition.ts'
import { refuse } from './transition.ts'

/** Approves by a rule instead of by people. */
export interface AutoApproveCommand extends Opening {
  readonly type: 'auto-approve'
  readonly rule: AutomaticRule
}

/** Opens emergency access. */
export interface BreakGlassCommand extends Opening {
  readonly type: 'break-glass'
}

/** The rule by which the Rego policy approves, where the resource leaves that to it. */
export function regoRule(resource: Resource): AutomaticRule {
  return { name: 'rego', maxSeconds: resource.duration.maxSeconds }
}

/** The first rule that approves a request without people, whatever its limit; `undefined` when people have to. */
export function automaticRule(...of: Parameters<typeof automaticRules>): AutomaticRule | undefined {
  return automaticRules(...of)[0]
}

/** The rules that approve a request without people, in the order in which they are tried. */
export function automaticRules(
  request: Pending,
  requester: Person,
  resource: Resource,
  extended: AccessRequest | undefined,
): readonly AutomaticRule[] {
  return resource.automatic.filter((rule) => applies(rule, request, requester, extended))
}

function applies(
  rule: AutomaticRule,
  request: Pending,
  requester: Person,
  extended: AccessRequest | undefined,
): boolean {
  if (request.kind !== 'standard' || request.startsAt !== undefined) return false
  if (requester.standing !== 'member') return false
  if (rule.requesters !== undefined && !belongsTo(rule.requesters, requester)) return false
  // An extension counts with what it extends: a rule for an hour is not stretched to two.
  return (totalSeconds(request, extended) ?? Infinity) <= rule.maxSeconds
}

/** The approval of a rule; it holds for members who ask for themselves only. */
export function autoApprove(request: AccessRequest, command: AutoApproveCommand): Decision {
  const { rule, requester, resource, at } = command
  if (request.status !== 'pending' || at >= request.lapsesAt)
    return refuse({ code: 'already-decided', request })
  if (!isStillEligible(request, requester, resource))
    return refuse({ code: 'requester-not-eligible' })
  // A Rego policy that asks for approvals wants people, whatever the catalogue leaves to rules.
  const wantsPeople = (command.narrowing?.approvals ?? 0) > 0
  const isByPeople = wantsPeople || (needsStepUp(request, resource) && !command.isSteppedUp)
  if (isByPeople || !applies(rule, request, requester, command.extended))
    return refuse({ code: 'nothing-due' })
  return opened(request, { automatic: rule.name }, command, 'request.auto_approved', {
    rule: rule.name,
    ...(command.isSteppedUp ? { steppedUp: true } : {}),
  })
}

/** Emergency access at once, to be reviewed afterwards. */
export function breakGlass(request: AccessRequest, command: BreakGlassCommand): Decision {
  const { requester, resource, at } = command
  if (request.status !== 'pending' || at >= request.lapsesAt)
    return refuse({ code: 'already-decided', request })
  if (request.kind !== 'break-glass' || resource.breakGlass === undefined)
    return refuse({ code: 'no-break-glass' })
  if (needsStepUp(request, resource) && !command.isSteppedUp)
    return refuse({ code: 'step-up-needed' })
  if (!isStillEligible(request, requester, resource))
    return refuse({ code: 'requester-not-eligible' })
  const { reviewSeconds } = resource.breakGlass
  const dueAt = plusSeconds(at, reviewSeconds)
  const remindAt = plusSeconds(at, Math.ceil(reviewSeconds / 2))
  const review = { state: 'due', dueAt, remindAt, isOverdue: false } as const
  return opened(request, { review }, command, 'request.break_glass', {
    reason: request.reason,
    reviewDueAt: dueAt.toISOString(),
    ...(request.level === undefined ? {} : { level: request.level }),
    ...(command.isSteppedUp ? { steppedUp: true } : {}),
  })
}
