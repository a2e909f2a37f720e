import { criterionProblems } from './ppl-criteria.ts'
import { anyJson } from './ppl-matchers.ts'
import {
  type Check,
  type PplProblem,
  type Problems,
  eachElement,
  eachMember,
  expect,
  isArray,
  isPlainObject,
  refuse,
} from './ppl-problem.ts'
import type { Ppl, Rule } from './ppl.ts'

export type PplParse =
  | { readonly ok: true; readonly ppl: Ppl }
  | { readonly ok: false; readonly problems: readonly PplProblem[] }

/**
 * A PPL document that Pomerium would compile, in its array form; its rules stay as they came. Else what
 * is wrong with it, at most 50 problems. Never throws on a JSON value, however deep.
 * Source: https://github.com/pomerium/pomerium/blob/main/pkg/policy/parser/grammar.go
 */
export function parsePpl(value: unknown): PplParse {
  const problems = isArray(value) ? eachElement(value, ruleProblems) : ruleProblems(value)
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, ppl: isArray(value) ? (value as Ppl) : [value as Rule] }
}

/**
 * The rules of a stored document as they came, whatever criteria they use: a foreign rule that this parser does not
 * know must neither stop the bot nor be changed by it. Refuses only what cannot be written back without loss.
 */
export function liveRules(value: unknown): PplParse {
  const carried: Check = (rule) =>
    isPlainObject(rule) && !isArray(rule) ? anyJson(rule) : expect(false, 'a rule object', rule)
  const problems = isArray(value) ? eachElement(value, carried) : carried(value)
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, ppl: isArray(value) ? (value as Ppl) : [value as Rule] }
}

/** What is wrong with one rule. */
export const ruleProblems: Check = (rule) => {
  if (!isPlainObject(rule)) return expect(false, 'a rule object', rule)
  return eachMember(rule, (action, body) =>
    action === 'allow' || action === 'deny'
      ? bodyProblems(body)
      : refuse('unknown action; known are allow, deny'),
  )
}

function bodyProblems(body: unknown): Problems {
  if (!isPlainObject(body)) return expect(false, 'an object of operators', body)
  return eachMember(body, (operator, criteria) => {
    switch (operator) {
      case 'and':
      case 'or':
      case 'not':
      case 'nor':
        return isArray(criteria)
          ? eachElement(criteria, criterionProblems)
          : expect(false, 'an array of criteria', criteria)
      case 'action':
        // Pomerium's parser tolerates this key and ignores its value.
        return anyJson(criteria)
      default:
        return refuse('unknown operator; known are and, or, not, nor')
    }
  })
}
