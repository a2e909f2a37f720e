import type { Transition } from '../domain/decide.ts'
import { decide } from '../domain/decide.ts'
import type { Actor, AuditAction, AuditEvent, RefusedAction, Via } from '../domain/event.ts'
import type { RequestId, ResourceId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { AccessRequest, Pending } from '../domain/request.ts'
import { isRuleDue, nextMoment } from '../domain/request.ts'
import type { Transaction } from './store.ts'

/** Who acts, and from where, as the audit trail has it. */
export interface RecordedAct {
  readonly actor: Actor
  readonly via: Via
  /** The network address that it came from, where one is known. */
  readonly source?: string
}

/** What the bot does by itself. */
export const BY_BOT: RecordedAct = { actor: { kind: 'bot' }, via: 'bot' }

/** What the bot does by itself because of what it read in Pomerium. */
export const BY_RECONCILER: RecordedAct = { actor: { kind: 'bot' }, via: 'reconciler' }

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

/**
 * Stores the next state of a locked request with its audit event, and marks what is now out of date; so too the step of
 * another locked request that belongs to it, and the end of a wish to extend access that ends.
 */
export async function recordChange(
  tx: Transaction,
  from: AccessRequest,
  transition: Transition,
  act: RecordedAct,
): Promise<void> {
  const { also } = transition
  await tx.requests.save(from, transition.next)
  await recordConsequences(tx, from, transition, act)
  if (also !== undefined) await recordChange(tx, also.from, also, act)
  if (ruleOf(from) !== undefined && ruleOf(transition.next) === undefined)
    await cancelExtension(tx, transition.next.id)
}

/** A wish to extend does not outlive its grant. Locked after it, as whoever approves it does, so that nobody waits in a circle. */
async function cancelExtension(tx: Transaction, of: RequestId): Promise<void> {
  const waiting = await tx.requests.findPendingExtension(of)
  const wish = waiting && (await tx.requests.lock(waiting.id))
  if (wish === undefined) return
  // The time that it had to be answered in ends with the grant, when that ends by itself.
  const over = { type: 'disqualify', at: tx.now, why: 'grant-over' } as const
  const decision = decide(wish, tx.now < wish.lapsesAt ? over : { type: 'tick', at: tx.now })
  if (!decision.ok) return
  await recordChange(tx, wish, decision, BY_BOT)
}

/** What people are told of loudly, in the audit channel. */
const LOUD: ReadonlySet<AuditAction> = new Set(['request.break_glass', 'grant.review_overdue'])

async function recordConsequences(
  tx: Transaction,
  from: AccessRequest | undefined,
  { next, action, details }: Transition,
  act: RecordedAct,
): Promise<void> {
  const messages = { kind: 'messages', subject: next.id } as const
  const isUrgent = next.status === 'approved' && next.grant.state === 'ending'
  const policy = { kind: 'policy', subject: next.resourceId, isUrgent } as const
  await tx.work.markAll(ruleOf(from) === ruleOf(next) ? [messages] : [policy, messages])
  const moment = nextMoment(next)
  if (from === undefined || moment?.getTime() !== nextMoment(from)?.getTime())
    await tx.work.schedule('moment', next.id, moment)
  tx.audit.append({
    ...act,
    action,
    requestId: next.id,
    requestVersion: next.version,
    resourceId: next.resourceId,
    alert: LOUD.has(action),
    details,
  })
}

/** What about the request's rule may change, so that the policy is out of date when it did. */
function ruleOf(request: AccessRequest | undefined): number | undefined {
  return request?.status === 'approved' && isRuleDue(request.grant)
    ? request.grant.endsAt.getTime()
    : undefined
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
  const { refusal, details, ...act } = attempt
  tx.audit.append({ ...act, alert: false, details: { ...details, refusal: refusal.code } })
}
