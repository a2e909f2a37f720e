import type { RequestId, ResourceId } from '../domain/ids.ts'
import type { Json } from '../domain/ppl.ts'
import type { Narrowing, RegoDecision, RegoStage } from '../domain/rego.ts'
import { strictest } from '../domain/rego.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Deps } from './deps.ts'
import type { RecordedAct } from './record.ts'
import type { RegoAnswer, RegoQuestion } from './rego-policy.ts'
import type { Transaction } from './store.ts'

/** An answer is good for so long; after that it is asked for again. */
const FRESH_MS = 10_000
/** Operators are told of a silent policy once in so many seconds. */
const QUIET_SECONDS = 15 * 60

/** What the Rego policy answered, question by question. */
export interface Opinion {
  readonly answers: readonly { readonly stage: RegoStage; readonly answer: RegoAnswer }[]
  readonly askedAtMs: number
}

/** Asks the Rego policy in force; `undefined` when there is none. */
export async function consult(
  deps: Pick<Deps, 'rego' | 'steady'>,
  question: RegoQuestion,
): Promise<Opinion | undefined> {
  const rego = deps.rego()
  if (rego === undefined) return undefined
  const askedAtMs = deps.steady()
  const answer = await rego.ask(question)
  return { askedAtMs, answers: [{ stage: question.stage, answer }] }
}

/** The answers of both, as old as the older. */
export function together(a: Opinion | undefined, b: Opinion | undefined): Opinion | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return {
    answers: [...a.answers, ...b.answers],
    askedAtMs: Math.min(a.askedAtMs, b.askedAtMs),
  }
}

/** Whether there is an opinion that may still be gone by. */
export function isFresh(deps: Pick<Deps, 'steady'>, opinion: Opinion | undefined): boolean {
  return opinion !== undefined && deps.steady() - opinion.askedAtMs < FRESH_MS
}

/** What an opinion comes to: the strictest of its answers, or why nothing may be decided by it. */
export interface Ruling {
  readonly effect?: RegoDecision['effect']
  readonly narrowing?: Narrowing
  readonly reasons: readonly string[]
  /** Present when the policy said no, or did not answer. */
  readonly refusal?: Refusal
}

/** See {@link Ruling}; empty when there is no Rego policy. */
export function ruling(opinion: Opinion | undefined): Ruling {
  if (opinion === undefined) return { reasons: [] }
  const decisions = opinion.answers.flatMap(({ answer }) =>
    answer.type === 'decision' ? [answer.decision] : [],
  )
  const all = strictest(decisions)
  const reasons = (all?.reasons ?? []).map(({ text }) => text)
  if (all?.effect === 'deny')
    return { effect: 'deny', reasons, refusal: { code: 'rego-denied', reasons } }
  if (all === undefined || decisions.length < opinion.answers.length)
    return { reasons, refusal: { code: 'rego-silent' } }
  return { effect: all.effect, narrowing: all.narrowing, reasons }
}

/** Puts every answer on record, and tells operators when there was none. */
export async function recordOpinion(
  tx: Transaction,
  opinion: Opinion | undefined,
  act: RecordedAct,
  about: { readonly requestId?: RequestId; readonly resourceId?: ResourceId },
): Promise<void> {
  for (const { stage, answer } of opinion?.answers ?? []) {
    const isSilent = answer.type === 'no-decision'
    const action = isSilent ? 'rego.no_decision' : 'rego.decided'
    const alert = isSilent && !(await tx.audit.alertedWithin(action, QUIET_SECONDS))
    const details = { stage, ...detailsOf(answer) }
    tx.audit.append({ ...act, ...about, action, alert, details })
  }
}

function detailsOf({ trace, ...answer }: RegoAnswer): { readonly [key: string]: Json } {
  const known = Object.entries(trace).filter(([, value]) => value !== undefined)
  const facts = Object.fromEntries(known)
  if (answer.type === 'no-decision') return { ...facts, cause: answer.cause, detail: answer.detail }
  const { effect, reasons, narrowing } = answer.decision
  return {
    ...facts,
    effect,
    reasons: reasons.map(({ code, text }) => ({ code, text })),
    narrowing: narrowing as unknown as Json,
  }
}
