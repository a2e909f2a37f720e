import { createHash } from 'node:crypto'
import type { RegoAnswer, RegoQuestion, RegoTrace } from '../app/rego-policy.ts'
import { canonicalJson } from '../domain/canonical.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { readDecision } from './decision.ts'

const DETAIL_MAX_CHARS = 300

export type Silence = Extract<RegoAnswer, { type: 'no-decision' }>['cause']

/** What an engine came to: the document at the decision's path (`undefined` when there is none), or why there is none. */
export type Evaluation = {
  /** What the engine tells of itself. */
  readonly facts?: Pick<RegoTrace, 'decisionId' | 'bundleRevision' | 'bundleHash'>
} & (
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly cause: Silence; readonly detail: string }
)

/**
 * Puts a question to an engine and reads what comes of it; never throws. `evaluate` gets the input as canonical JSON;
 * `now` is a clock in milliseconds that never goes back.
 */
export async function answerBy(
  engine: RegoTrace['engine'],
  now: () => number,
  question: RegoQuestion,
  evaluate: (inputText: string) => Evaluation | Promise<Evaluation>,
): Promise<RegoAnswer> {
  const startedAt = now()
  let inputHash = ''
  let evaluation: Evaluation
  try {
    const text = canonicalJson(question.input)
    inputHash = createHash('sha256').update(text).digest('hex')
    evaluation = await evaluate(text)
  } catch (error) {
    evaluation = { ok: false, cause: 'error', detail: `the question failed: ${String(error)}` }
  }
  const latencyMs = Math.max(0, Math.round((now() - startedAt) * 1_000) / 1_000)
  const trace = { engine, inputHash, latencyMs, ...evaluation.facts }
  const silent = (cause: Silence, detail: string): RegoAnswer => {
    const line = cutText(cleanText(detail, { multiline: false }), DETAIL_MAX_CHARS)
    return { type: 'no-decision', cause, detail: line, trace }
  }
  if (!evaluation.ok) return silent(evaluation.cause, evaluation.detail)
  if (evaluation.document === undefined)
    return silent('undefined', 'the policy defines no decision for this input')
  const read = readDecision(evaluation.document)
  if (!read.ok) return silent('invalid', `the decision document is unusable: ${read.why}`)
  const { decision, policyVersion } = read
  return {
    type: 'decision',
    decision,
    trace: policyVersion === undefined ? trace : { ...trace, policyVersion },
  }
}
