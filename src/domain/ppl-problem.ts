import { cut, named, visible } from './ppl-text.ts'

/** Why a document, or a part of it, is refused. */
export interface PplProblem {
  /** A JSON pointer (RFC 6901) from the checked value; long keys are cut. */
  readonly path: string
  readonly sentence: string
}

export type Problems = readonly PplProblem[]
/** Gives what is wrong with the data of a criterion. */
export type Check = (data: unknown) => Problems

const MOST_PROBLEMS = 50
const NONE: Problems = []

/** One problem, at the checked value itself. */
export function refuse(sentence: string): Problems {
  return [{ path: '', sentence }]
}

/** Nothing when `holds`, else the sentence. */
export function expect(holds: boolean, expected: string, found: unknown): Problems {
  return holds ? NONE : refuse(`expected ${expected}, found ${named(found)}`)
}

/** The same problems, seen from one level up. */
export function under(key: string | number, problems: Problems): Problems {
  if (problems.length === 0) return problems
  const step = visible(cut(String(key), 80))
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
  return problems.map(({ path, sentence }) => ({ path: `/${step}${path}`, sentence }))
}

/** What is wrong with the elements of an array; the first 50 problems. */
export function eachElement(array: readonly unknown[], check: Check): Problems {
  let problems = NONE
  for (let index = 0; index < array.length; index++) {
    problems = joined(problems, under(index, check(array[index])))
    if (problems.length === MOST_PROBLEMS) break
  }
  return problems
}

/** What is wrong with the members of an object; the first 50 problems. */
export function eachMember(
  object: PlainObject,
  check: (key: string, value: unknown) => Problems,
): Problems {
  let problems = NONE
  for (const key of Object.keys(object)) {
    problems = joined(problems, under(key, check(key, object[key])))
    if (problems.length === MOST_PROBLEMS) break
  }
  return problems
}

function joined(before: Problems, more: Problems): Problems {
  if (more.length === 0) return before
  return [...before, ...more].slice(0, MOST_PROBLEMS)
}

export type PlainObject = Readonly<Record<string, unknown>>

/** Whether the value is an object as `JSON.parse` makes them: no array, no instance of a class. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** `Array.isArray` that keeps the elements unknown. */
export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

/** The key of an object that has exactly one. */
export function soleKey(object: object): string | undefined {
  const keys = Object.keys(object)
  return keys.length === 1 ? keys[0] : undefined
}
