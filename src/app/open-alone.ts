import { automaticRules, regoRule } from '../domain/decide-alone.ts'
import type { Decision } from '../domain/decide.ts'
import { decide } from '../domain/decide.ts'
import type { Opening } from '../domain/open-grant.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Pending } from '../domain/request.ts'
import type { AutomaticRule } from '../domain/resource.ts'
import { plusSeconds } from '../domain/time.ts'
import { isFresh, ruling, together } from './consult.ts'
import type { Deps } from './deps.ts'
import type { Opinions } from './opinions.ts'
import type { Transaction } from './store.ts'
import type { Notice } from './use-cases.ts'

/** So long people answer after somebody took access away, whatever the rules say. */
const TAKEN_AWAY_SECONDS = 24 * 3_600

export interface Alone {
  /** Absent when people have to answer. */
  readonly step?: Extract<Decision, { ok: true }>
  readonly refusal?: Refusal
  readonly notice?: Notice
}

/**
 * What a new request comes to without an approver: emergency access, or the approval of a rule. With a Rego policy in
 * force both of its answers, to the request and to the opening, must be to allow it.
 */
export async function openAlone(
  deps: Deps,
  tx: Transaction,
  pending: Pending,
  by: Omit<Opening, 'narrowing'>,
  { request, activate }: Opinions,
): Promise<Alone> {
  const { effect, narrowing, refusal, reasons } = ruling(together(request, activate))
  const isEmergency = pending.kind === 'break-glass'
  const hasRego = request !== undefined
  if (hasRego && !(effect === 'allow' && isFresh(deps, activate))) {
    if (!isEmergency) return {}
    const isAsked = activate !== undefined
    return { refusal: refusal ?? (isAsked ? { code: 'rego-denied', reasons } : { code: 'busy' }) }
  }
  const opening: Opening = { ...by, ...(narrowing === undefined ? {} : { narrowing }) }
  if (isEmergency) return stepOf(decide(pending, { type: 'break-glass', ...opening }))
  const { rule, notice } = await ruleFor(tx, pending, by, hasRego)
  if (rule === undefined) return notice === undefined ? {} : { notice }
  const isTakenAway = await tx.requests.takenAwaySince({
    requester: pending.requester.userId,
    resourceId: pending.resourceId,
    since: plusSeconds(by.at, -TAKEN_AWAY_SECONDS),
  })
  if (isTakenAway) return { notice: { code: 'taken-away-lately' } }
  return stepOf(decide(pending, { type: 'auto-approve', rule, ...opening }))
}

function stepOf(decision: Decision): Alone {
  return decision.ok ? { step: decision } : { refusal: decision.refusal }
}

async function ruleFor(
  tx: Transaction,
  pending: Pending,
  { requester, resource, at, extended }: Omit<Opening, 'narrowing'>,
  hasRego: boolean,
): Promise<{ readonly rule?: AutomaticRule; readonly notice?: Notice }> {
  let spent: AutomaticRule['limit']
  for (const rule of automaticRules(pending, requester, resource, extended)) {
    const { limit, name } = rule
    if (limit === undefined) return { rule }
    const used = await tx.requests.automaticApprovals({
      requester: pending.requester.userId,
      resourceId: pending.resourceId,
      rule: name,
      since: plusSeconds(at, -limit.seconds),
    })
    if (used < limit.count) return { rule }
    spent ??= limit
  }
  return {
    ...(hasRego && resource.regoMayApprove ? { rule: regoRule(resource) } : {}),
    ...(spent === undefined ? {} : { notice: { code: 'automatic-limit-reached', ...spent } }),
  }
}
