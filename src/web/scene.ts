import type { Deed } from '../app/page-cases.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { RequestId } from '../domain/ids.ts'
import type { PageContext, WebDeps } from './context.ts'
import { refusalStatus } from './refusal-status.ts'
import { refusalText } from './wording-refusal.ts'
import type { FieldName } from './wording-field.ts'
import { fieldProblem } from './wording-field.ts'

/** The page that a form stands on, to which a refusal leads back. */
export type From = 'home' | 'admin' | 'request'

/** What went wrong with a form, with what was typed into it. */
export interface Trouble {
  readonly status: 403 | 404 | 409 | 422 | 503
  readonly text: string
  /** Absent when it is about no field. */
  readonly field?: FieldName
  readonly typed: ReadonlyMap<string, string>
}

/** What went wrong with what somebody wanted to do with a request. */
export interface DeedTrouble extends Trouble {
  readonly id: RequestId
  readonly deed: Deed
}

/** A page while it is made. */
export interface Scene {
  readonly c: PageContext
  readonly deps: WebDeps
  readonly from: From
  readonly trouble?: DeedTrouble | undefined
}

/** A refusal as trouble with a form; the field is one that the form has. */
export function troubleOf(
  refusal: Refusal,
  typed: ReadonlyMap<string, string>,
  timeZone: string | undefined,
): Trouble {
  const about = fieldProblem(refusal)
  return {
    status: refusalStatus(refusal),
    text: refusalText(refusal, timeZone),
    typed,
    ...(about === undefined ? {} : { field: about.field }),
  }
}

/** A field that was typed wrongly. */
export function mistake(
  field: FieldName,
  text: string,
  typed: ReadonlyMap<string, string>,
): Trouble {
  return { status: 422, field, text, typed }
}
