const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * Milliseconds since the epoch of an ISO 8601 text, `undefined` when it is none. A text without a zone is read as UTC:
 * the documentation shows that form and does not name its zone.
 */
export function parseInstant(text: string): number | undefined {
  const parts = DATE.exec(text)
  if (!parts) return undefined
  const [year, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const fields = [year, month, day, hour, minute, second].map((field) => field ?? 0)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields
  const wall = Date.UTC(y, mo - 1, d, h, mi, s)
  const back = new Date(wall)
  const isCalendarDate =
    back.getUTCFullYear() === y && back.getUTCMonth() === mo - 1 && back.getUTCDate() === d
  if (!isCalendarDate || h > 23 || mi > 59 || s > 59) return undefined
  const fraction = Number(`0.${parts[7] ?? '0'}`) * 1000
  const offset = offsetMs(parts[8])
  return offset === undefined ? undefined : wall + fraction - offset
}

function offsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** Days, 0 for Sunday, of a day-of-week matcher: `*`, a comma list or a dash range; `undefined` when it is none. */
export function parseDays(text: string): ReadonlySet<number> | undefined {
  if (text === '*') return new Set(DAYS.keys())
  const range = text.split('-')
  if (range.length === 2) {
    const [from, to] = range.map(parseDay)
    if (from === undefined || to === undefined) return undefined
    const length = ((to - from + 7) % 7) + 1
    return new Set(Array.from({ length }, (_, step) => (from + step) % 7))
  }
  const days = new Set<number>()
  for (const name of text.split(',')) {
    const day = parseDay(name)
    if (day === undefined) return undefined
    days.add(day)
  }
  return days
}

function parseDay(name: string): number | undefined {
  const day = DAYS.findIndex((full) => name === full || name === full.slice(0, 3))
  return day === -1 ? undefined : day
}

const TWELVE = /^(\d{1,2})(?::(\d{2}))? ?(AM|PM)$/
const TWENTY_FOUR = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?$/

/** Seconds since midnight of a time such as "3:04 PM", "3PM", "15:04" or "15:04:05.5"; `undefined` when it is none. */
export function parseTimeOfDay(text: string): number | undefined {
  const twelve = TWELVE.exec(text)
  if (twelve) {
    const hour = Number(twelve[1])
    const minute = Number(twelve[2] ?? 0)
    if (hour < 1 || hour > 12 || minute > 59) return undefined
    return ((hour % 12) + (twelve[3] === 'PM' ? 12 : 0)) * 3600 + minute * 60
  }
  const full = TWENTY_FOUR.exec(text)
  if (!full) return undefined
  const [hour, minute, second] = [Number(full[1]), Number(full[2]), Number(full[3] ?? 0)]
  if (hour > 23 || minute > 59 || second >= 60) return undefined
  return hour * 3600 + minute * 60 + second
}

/** Whether `name` is a zone of the tz database; offsets such as "+01:00" are not. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    // Intl throws a RangeError on an unknown zone.
    return false
  }
}

/** Seconds since midnight that a clock on the wall in `timeZone` shows at `at`. */
export function secondsOfDay(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at)
  const field = (type: string): number =>
    Number(parts.find((part) => part.type === type)?.value ?? Number.NaN)
  return field('hour') * 3600 + field('minute') * 60 + field('second') + at.getMilliseconds() / 1000
}
