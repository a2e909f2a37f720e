import type { Refusal } from '../domain/refusal.ts'
import type { FieldName as AskedField } from '../words/field-problem.ts'
import { fieldProblem as askedProblem } from '../words/field-problem.ts'
import { spoken } from './wording.ts'

/** The fields of the forms on the pages that a refusal can be about. */
export type FieldName = AskedField | 'code'

export interface FieldProblem {
  readonly field: FieldName
  /** What to write there instead. */
  readonly text: string
}

/** The field of a form that a refusal is about, with what to write there; `undefined` when it is about none. */
export function fieldProblem(refusal: Refusal): FieldProblem | undefined {
  if (refusal.code !== 'link-code-wrong') return askedProblem(refusal, spoken)
  return {
    field: 'code',
    text: 'This code does not work: it was used already, is too old, or was mistyped. Get a new one with /jit link in Slack.',
  }
}
