import {
  type Check,
  type Problems,
  eachElement,
  eachMember,
  expect,
  isArray,
  isPlainObject,
  refuse,
} from './ppl-problem.ts'
import { named } from './ppl-text.ts'

const DEEPEST = 32
const MOST_VALUES = 10_000

/**
 * Any JSON value that survives being read and written again: well-formed text, finite numbers, integers
 * within ±(2^53 − 1), at most 32 levels and 10,000 values.
 */
export const anyJson: Check = (data) => {
  const open: { value: unknown; depth: number }[] = [{ value: data, depth: 0 }]
  let seen = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (depth > DEEPEST) return refuse(`nested deeper than ${DEEPEST} levels`)
    if (isArray(value) || isPlainObject(value)) {
      const values: readonly unknown[] = isArray(value) ? value : Object.values(value)
      seen += values.length
      if (seen > MOST_VALUES) return refuse(`holds more than ${MOST_VALUES} values`)
      if (!isArray(value) && !Object.keys(value).every((key) => key.isWellFormed()))
        return refuse('a key is not well-formed Unicode')
      for (const inner of values) open.push({ value: inner, depth: depth + 1 })
    } else if (!isExactScalar(value)) return refuse(`${named(value)} cannot be carried as JSON`)
  }
  return []
}

function isExactScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  }
  return value === null || typeof value === 'boolean'
}

/** Text without lone surrogates, which Go would replace. */
export const text: Check = (data) =>
  expect(typeof data === 'string' && data.isWellFormed(), 'well-formed text', data)

const anyArray: Check = (data) => (isArray(data) ? anyJson(data) : expect(false, 'an array', data))

/** An object whose members are all known, each with its own check. */
export function members(known: ReadonlyMap<string, Check>): Check {
  const names = [...known.keys()].join(', ')
  return (data) => {
    if (!isPlainObject(data)) return expect(false, 'an object', data)
    return eachMember(data, (key, value) => {
      const check = known.get(key)
      return check === undefined ? refuse(`unknown operator; known are ${names}`) : check(value)
    })
  }
}

// Numbers under contains, starts_with and ends_with compile as PPL and then fail the type check of
// Rego, which stops the cluster from loading any policy.
const stringOperators = members(
  new Map([
    ['is', anyJson],
    ['not', anyJson],
    ['in', anyArray],
    ['not_in', anyArray],
    ['contains', text],
    ['starts_with', text],
    ['ends_with', text],
  ]),
)

/** Source: https://github.com/pomerium/pomerium/blob/main/pkg/policy/criteria/matchers.go */
export const stringMatcher: Check = (data) =>
  isPlainObject(data) ? stringOperators(data) : anyJson(data)

const listOperators = members(
  new Map([
    ['has', anyJson],
    ['is', anyJson],
    ['exclude', anyJson],
  ]),
)

/** Source: https://github.com/pomerium/pomerium/blob/main/pkg/policy/criteria/matchers.go */
export const stringListMatcher: Check = (data) =>
  isPlainObject(data) ? listOperators(data) : anyJson(data)

/** One string or an array of strings that all satisfy `accepts`. */
export function oneOrMore(accepts: (value: string) => boolean, expected: string): Check {
  const one: Check = (value) =>
    expect(typeof value === 'string' && value.isWellFormed() && accepts(value), expected, value)
  return (data): Problems => (isArray(data) ? eachElement(data, one) : one(data))
}
