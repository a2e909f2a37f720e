/**
 * Rego's functions of time that need no clock, for the compiled policy; `time.now_ns` is left out on purpose. What OPA
 * would call an error is undefined here. Source: https://www.openpolicyagent.org/docs/policy-reference/builtins/time
 */
export const TIME_BUILTINS: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  'time.clock': (moment) => fieldsOf(moment, ['hour', 'minute', 'second']),
  'time.date': (moment) => fieldsOf(moment, ['year', 'month', 'day']),
  'time.weekday': (moment) => partsOf(moment)?.get('weekday'),
  'time.parse_rfc3339_ns': (text) => (typeof text === 'string' ? nanoseconds(text) : undefined),
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/
/** What the zone database calls its zones; Intl knows offsets too, which OPA does not. */
const ZONE = /^[A-Za-z][\w+-]*(?:\/[A-Za-z][\w+-]*)*$/
const ZONES_MAX = 64

const formats = new Map<string, Intl.DateTimeFormat>()

function fieldsOf(moment: unknown, names: readonly string[]): readonly number[] | undefined {
  const parts = partsOf(moment)
  return parts && names.map((name) => Number(parts.get(name)))
}

/** A moment is nanoseconds since the epoch, in UTC, or an array of those and the name of a zone. */
function partsOf(moment: unknown): ReadonlyMap<string, string> | undefined {
  const [ns, zone = 'UTC', ...rest]: unknown[] = Array.isArray(moment) ? moment : [moment]
  if (typeof ns !== 'number' || typeof zone !== 'string' || rest.length > 0) return undefined
  const format = formatFor(zone === '' ? 'UTC' : zone)
  const date = new Date(Math.floor(ns / 1e6))
  if (format === undefined || Number.isNaN(date.getTime())) return undefined
  return new Map(format.formatToParts(date).map(({ type, value }) => [type, value]))
}

function formatFor(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone)
  if (known !== undefined) return known
  if (!ZONE.test(zone) || zone === 'Local') return undefined
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      weekday: 'long',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    if (formats.size >= ZONES_MAX) formats.clear()
    formats.set(zone, format)
    return format
  } catch {
    // No such zone.
    return undefined
  }
}

function nanoseconds(text: string): number | undefined {
  const [, day, clock, fraction = '', zone] = RFC_3339.exec(text) ?? []
  const ms = Date.parse(`${day}T${clock}${zone}`)
  // Date.parse takes the 31st of a short month for the 1st of the next.
  const isThere = new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day?.slice(-2))
  if (Number.isNaN(ms) || !isThere) return undefined
  // Whole seconds are exact: a multiple of 10⁹ is one of 512, and there are doubles for those until the year 2262.
  return ms * 1e6 + Number(fraction.padEnd(9, '0'))
}
