import { z } from 'zod'
import { canonicalJson } from '../domain/canonical.ts'
import type { SlackGroupId } from '../domain/ids.ts'
import { constraintProblems } from '../domain/ppl-constraint.ts'
import { eachElement, under } from '../domain/ppl-problem.ts'
import type { Criterion, Json } from '../domain/ppl.ts'
import type { Narrowing, RegoDecision } from '../domain/rego.ts'
import { REGO_VERSION } from '../domain/rego.ts'
import { cleanText, cutText } from '../domain/text.ts'

const REASONS_MAX = 20
const REASON_MAX_CHARS = 300
const GROUPS_MAX = 20
const APPROVALS_MAX = 20
const DURATION_MAX_S = 366 * 86_400
const CONSTRAINTS_MAX = 16
const CONSTRAINTS_MAX_CHARS = 16_384
const PROBLEMS_SHOWN = 3
const WHY_MAX_CHARS = 300

export type ReadDecision =
  | { readonly ok: true; readonly decision: RegoDecision; readonly policyVersion?: string }
  /** `why` is for operators; one line. */
  | { readonly ok: false; readonly why: string }

const reason = z.strictObject({
  code: z.string().regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits and any of _ . : -'),
  text: z
    .string()
    .transform((text) => cutText(cleanText(text, { multiline: false }), REASON_MAX_CHARS))
    .refine((text) => text !== '', 'must not be empty'),
})

// Strict, because a misspelled key would drop what it was to narrow.
const document = z.strictObject({
  v: z.literal(REGO_VERSION),
  effect: z.enum(['deny', 'needs_approval', 'allow']),
  reasons: z.array(reason).max(REASONS_MAX).default([]),
  required_approvals: z.int().min(0).max(APPROVALS_MAX).optional(),
  approver_groups: z
    .array(z.string().regex(/^S[A-Z0-9]{2,30}$/, 'must be the id of a Slack user group'))
    .min(1, 'must name a group; use "effect": "deny" when nobody may approve')
    .max(GROUPS_MAX)
    .optional(),
  max_duration_s: z.int().min(1).max(DURATION_MAX_S).optional(),
  constraints: z.array(z.unknown()).max(CONSTRAINTS_MAX).default([]),
  policy_version: z
    .string()
    .regex(/^[ -~]{1,100}$/, 'must be 1 to 100 printable ASCII characters')
    .optional(),
})

/**
 * The decision that a decision document states. Anything unexpected in it makes all of it unusable: no part of a
 * document that is wrong elsewhere counts.
 */
export function readDecision(value: unknown): ReadDecision {
  const parsed = document.safeParse(value)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      ({ path, message }) => `/${path.map(String).join('/')}: ${message}`,
    )
    return unusable(issues)
  }
  const { effect, reasons, policy_version: version, ...rest } = parsed.data
  const problems = constraintsProblems(rest.constraints)
  if (problems.length > 0) return unusable(problems)
  const narrowing: Narrowing = {
    ...(rest.max_duration_s === undefined ? {} : { maxSeconds: rest.max_duration_s }),
    ...(rest.required_approvals === undefined ? {} : { approvals: rest.required_approvals }),
    ...(rest.approver_groups === undefined
      ? {}
      : { groups: [...new Set(rest.approver_groups)] as SlackGroupId[] }),
    constraints: rest.constraints as readonly Criterion[],
  }
  return {
    ok: true,
    decision: { effect, reasons, narrowing },
    ...(version === undefined ? {} : { policyVersion: version }),
  }
}

function constraintsProblems(values: readonly unknown[]): readonly string[] {
  const problems = under('constraints', eachElement(values, constraintProblems))
  if (problems.length > 0) return problems.map(({ path, sentence }) => `${path}: ${sentence}`)
  const { length } = canonicalJson(values as Json)
  return length > CONSTRAINTS_MAX_CHARS
    ? [`/constraints: ${length} characters, more than ${CONSTRAINTS_MAX_CHARS}`]
    : []
}

function unusable(problems: readonly string[]): ReadDecision {
  const shown = problems.slice(0, PROBLEMS_SHOWN)
  const more = problems.length - shown.length
  const text = shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
  return { ok: false, why: cutText(cleanText(text, { multiline: false }), WHY_MAX_CHARS) }
}
