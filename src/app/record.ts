import type { Transition } from '../domain/decide.ts'
import type { Actor, AuditEvent, RefusedAction, Via } from '../domain/event.ts'
import type { RequestId, ResourceId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest, Pending } from '../domain/request.ts'
import { isRuleDue, nextMoment } from '../domain/request.ts'
import type { Transaction } from './store.ts'

/** Who acts, and from where, as the audit trail has it. */
export interface RecordedAct {
  readonly actor: Actor
  readonly via: Via
}

/** Stores a new request with its audit event, and marks what is now out of date. */
export async function recordNew(
  tx: Transaction,
  transition: Transition & { readonly next: AccessRequest },
  act: RecordedAct,
  idempotencyKey: string,
): Promise<void> {
  await tx.requests.insert(transition.next as Pending, idempotencyKey)
  await recordConsequences(tx, undefined, transition, act)
}

/** Stores the next state of a locked request with its audit event, and marks what is now out of date. */
export async function recordChange(
  tx: Transaction,
  from: AccessRequest,
  transition: Transition,
  act: RecordedAct,
): Promise<void> {
  await tx.requests.save(from, transition.next)
  await recordConsequences(tx, from, transition, act)
}

async function recordConsequences(
  tx: Transaction,
  from: AccessRequest | undefined,
  { next, action, details }: Transition,
  act: RecordedAct,
): Promise<void> {
  if (hasRule(from) !== hasRule(next)) await tx.work.mark('policy', next.resourceId)
  const moment = nextMoment(next)
  if (from === undefined || moment?.getTime() !== nextMoment(from)?.getTime())
    await tx.work.schedule('moment', next.id, moment)
  await tx.work.mark('messages', next.id)
  await tx.audit.append({
    ...act,
    action,
    requestId: next.id,
    requestVersion: next.version,
    resourceId: next.resourceId,
    alert: false,
    details,
  })
}

function hasRule(request: AccessRequest | undefined): boolean {
  return request?.status === 'approved' && isRuleDue(request.grant)
}

/** Records an attempt that was refused. */
export async function recordRefusal(
  tx: Transaction,
  attempt: RecordedAct & {
    readonly action: RefusedAction
    readonly refusal: Refusal
    readonly requestId?: RequestId
    readonly resourceId?: ResourceId
    readonly details?: AuditEvent['details']
  },
): Promise<void> {
  const { action, actor, via, refusal, requestId, resourceId } = attempt
  await tx.audit.append({
    action,
    actor,
    via,
    ...(requestId === undefined ? {} : { requestId }),
    ...(resourceId === undefined ? {} : { resourceId }),
    alert: false,
    details: { ...attempt.details, refusal: refusal.code },
  })
}
