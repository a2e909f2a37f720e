import type { Refusal } from '../domain/refusal.ts'
import { fieldProblem } from './wording-field.ts'

/** Too late, or already so: what was asked for does not fit what is the case now. */
const CONFLICTS: ReadonlySet<Refusal['code']> = new Set([
  'busy',
  'resource-gone',
  'approved-by-you-already',
  'approved-without-step-up',
  'stage-not-open',
  'requester-not-eligible',
  'already-decided',
  'request-lapsed',
  'not-started',
  'already-over',
  'already-ending',
  'not-extendable',
  'extended-too-often',
  'nothing-to-review',
  'already-reviewed',
  'nothing-due',
  'not-linked',
  'link-subject-taken',
  'too-many-open-requests',
  'too-many-grants',
  'too-many-requests',
])

/** The HTTP status of a page that says why a wish was not carried out. */
export function refusalStatus(refusal: Refusal): 403 | 404 | 409 | 422 | 503 {
  if (refusal.code === 'directory-unavailable' || refusal.code === 'rego-silent') return 503
  if (refusal.code === 'no-such-request' || refusal.code === 'no-pages') return 404
  if (fieldProblem(refusal) !== undefined) return 422
  return CONFLICTS.has(refusal.code) ? 409 : 403
}
