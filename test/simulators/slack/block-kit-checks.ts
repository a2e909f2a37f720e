import { isJson } from './json.ts'

export type Report = (problem: string, pointer: string) => void
/** Reports what is wrong with the value that stands at the JSON pointer. */
export type Check = (value: unknown, pointer: string, report: Report) => void
type Fields = Readonly<Record<string, Check>>

/** Accepts everything. */
export const anything: Check = () => undefined

/** Runs every check on the same value. */
export function all(...checks: readonly Check[]): Check {
  return (value, at, report) => {
    for (const check of checks) check(value, at, report)
  }
}

/** A string of `min` to `max` characters, matching the pattern when there is one. */
export function string(max: number, min = 0, pattern?: RegExp): Check {
  return (value, at, report) => {
    if (typeof value !== 'string') return report('must be a string', at)
    if (value.length > max) report(`must be less than ${max + 1} characters`, at)
    if (value.length < min) report(`must be more than ${min - 1} characters`, at)
    if (pattern && !pattern.test(value)) report(`must match ${pattern.source}`, at)
  }
}

/** An absolute URL of at most `max` characters. */
export function url(max: number): Check {
  return all(string(max, 1), (value, at, report) => {
    if (typeof value === 'string' && !URL.canParse(value)) report('must be a valid URL', at)
  })
}

/** A whole number between `min` and `max`, both included. */
export function integer(min: number, max: number): Check {
  return (value, at, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value))
      return report('must be an integer', at)
    if (value < min || value > max) report(`must be between ${min} and ${max}`, at)
  }
}

export const boolean: Check = (value, at, report) => {
  if (typeof value !== 'boolean') report('must be a boolean', at)
}

/** One of the strings. */
export function among(...allowed: readonly string[]): Check {
  return (value, at, report) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      report(`must be one of: ${allowed.join(', ')}`, at)
    }
  }
}

/** An array of `min` to `max` items that each pass the check. */
export function list(item: Check, max: number, min = 1): Check {
  return (value, at, report) => {
    if (!Array.isArray(value)) return report('must be an array', at)
    if (value.length > max) report(`no more than ${max} items allowed`, at)
    if (value.length < min) report(`must have at least ${min} items`, at)
    value.forEach((each, index) => item(each, `${at}/${index}`, report))
  }
}

/** An object with the required fields, perhaps the optional ones, and no others. */
export function object(required: Fields, optional: Fields = {}): Check {
  return (value, at, report) => {
    if (!isJson(value)) return report('must be an object', at)
    for (const [name, check] of Object.entries(required)) {
      if (value[name] === undefined) report(`missing required field: ${name}`, at)
      else check(value[name], `${at}/${name}`, report)
    }
    for (const [name, check] of Object.entries(optional)) {
      if (value[name] !== undefined) check(value[name], `${at}/${name}`, report)
    }
    for (const name of Object.keys(value)) {
      if (!(name in required) && !(name in optional)) {
        report(`invalid additional property: ${name}`, at)
      }
    }
  }
}

/** An object whose `type` chooses the check. */
export function byType(kinds: Fields): Check {
  return (value, at, report) => {
    if (!isJson(value)) return report('must be an object', at)
    const kind = value['type']
    if (typeof kind !== 'string') return report('missing required field: type', at)
    const check = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (check) check(value, at, report)
    else report(`unsupported type: ${kind}`, `${at}/type`)
  }
}

/** A `plain_text` object of `min` to `max` characters. */
export function plainText(max: number, min = 1): Check {
  return byType({ plain_text: textObject(max, min, { emoji: boolean }) })
}

/** A `plain_text` or `mrkdwn` object of `min` to `max` characters. */
export function anyText(max: number, min = 1): Check {
  return byType({
    plain_text: textObject(max, min, { emoji: boolean }),
    mrkdwn: textObject(max, min, { verbatim: boolean }),
  })
}

/** A `mrkdwn` object of 1 to `max` characters. */
export function mrkdwn(max: number): Check {
  return byType({ mrkdwn: textObject(max, 1, { verbatim: boolean }) })
}

function textObject(max: number, min: number, optional: Fields): Check {
  return object({ type: anything, text: string(max, min) }, optional)
}
