import { type Check, expect, isPlainObject, refuse } from './ppl-problem.ts'
import { members } from './ppl-matchers.ts'

const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/

/** Whether the text is a calendar date, or a date and time with or without a zone, in ISO 8601. */
export function isIsoDate(text: string): boolean {
  const match = ISO_8601.exec(text)
  if (match === null) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const last = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return last !== undefined && day >= 1 && day <= last
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const isoDate: Check = (data) =>
  expect(typeof data === 'string' && isIsoDate(data), 'an ISO 8601 date', data)

/** Source: https://www.pomerium.com/docs/internals/ppl#date-matcher */
export const dateMatcher: Check = members(
  new Map([
    ['after', isoDate],
    ['before', isoDate],
  ]),
)

const DAY =
  '(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)'
const DAYS = new RegExp(`^(?:\\*|${DAY}(?:,${DAY})*|${DAY}-${DAY})$`, 'i')

/** Source: https://www.pomerium.com/docs/internals/ppl#day-of-week-matcher */
export const dayOfWeek: Check = (data) =>
  expect(
    typeof data === 'string' && DAYS.test(data),
    '"*", days such as "mon,wed" or a range such as "mon-fri"',
    data,
  )

const CLOCK_12 = /^(?:0?[1-9]|1[0-2])(?::[0-5]\d)? ?[AP]M$/
const CLOCK_24 = /^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?$/

const clockTime: Check = (data) =>
  expect(
    typeof data === 'string' && (CLOCK_12.test(data) || CLOCK_24.test(data)),
    'a time such as "17:30" or "5:30 PM"',
    data,
  )

const zone: Check = (data) =>
  expect(
    typeof data === 'string' && isTimeZone(data),
    'a time zone such as "Europe/Brussels"',
    data,
  )

const timeMembers = members(
  new Map([
    ['timezone', zone],
    ['after', clockTime],
    ['before', clockTime],
  ]),
)

/** Source: https://www.pomerium.com/docs/internals/ppl#time-of-day-matcher */
export const timeOfDay: Check = (data) =>
  isPlainObject(data) && data['timezone'] === undefined
    ? refuse('expected a timezone, found none')
    : timeMembers(data)

let commonZones: ReadonlySet<string> | undefined

function isTimeZone(name: string): boolean {
  commonZones ??= new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])
  if (commonZones.has(name)) return true
  if (name.length > 64 || !/^[A-Z][\w+-]*(?:\/[A-Z][\w+-]*)*$/.test(name)) return false
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
    // Intl ignores case; Go's time.LoadLocation does not.
    return known === name || known.toLowerCase() !== name.toLowerCase()
  } catch {
    // Intl refuses an unknown zone by throwing.
    return false
  }
}
