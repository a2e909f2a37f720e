import type { Refusal } from './refusal.ts'

/** A day and time on the asker's clock, or an instant. */
export type Start =
  | { readonly type: 'instant'; readonly at: Date }
  | {
      readonly type: 'wall'
      /** `soonest`: today, or tomorrow when the time is over today. */
      readonly day: 'soonest' | 'tomorrow' | { readonly date: string }
      readonly hour: number
      readonly minute: number
    }

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/**
 * The instant that somebody in a time zone means by a start, on a whole minute and after `now`. A time that the clock
 * skips that day means the next one that it shows; one that it shows twice means the first.
 */
export function instantOf(start: Start, now: Date, timeZone: string | undefined): Date | Refusal {
  const at = start.type === 'instant' ? wholeMinute(start.at) : wallInstant(start, now, timeZone)
  if ('code' in at) return at
  return at > now ? at : { code: 'start-in-past' }
}

function wholeMinute(at: Date): Date | Refusal {
  const ms = Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS
  return Number.isNaN(ms) ? { code: 'start-unreadable' } : new Date(ms)
}

function wallInstant(
  { day, hour, minute }: Start & { readonly type: 'wall' },
  now: Date,
  timeZone: string | undefined,
): Date | Refusal {
  const clock = timeZone === undefined ? undefined : wallClock(timeZone)
  if (clock === undefined) return { code: 'time-zone-unknown' }
  if (!isWithin(hour, 23) || !isWithin(minute, 59)) return { code: 'start-unreadable' }
  const today = Math.floor(clock(now.getTime()) / DAY_MS) * DAY_MS
  const on = (midnight: number) =>
    instantAt(clock, midnight + hour * 60 * MINUTE_MS + minute * MINUTE_MS)
  if (day === 'tomorrow') return on(today + DAY_MS)
  if (day === 'soonest') {
    const at = on(today)
    return at > now ? at : on(today + DAY_MS)
  }
  const midnight = midnightOf(day.date)
  if (midnight === undefined) return { code: 'start-unreadable' }
  // Also keeps years away from the clock that it does not count like the calendar of today.
  return midnight < today ? { code: 'start-in-past' } : on(midnight)
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most
}

/** A day of the calendar, `YYYY-MM-DD`, in milliseconds as if it were in UTC; `undefined` when there is no such day. */
function midnightOf(date: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight)) return undefined
  return new Date(midnight).toISOString().startsWith(date) ? midnight : undefined
}

/** What a clock on the wall shows at an instant: milliseconds of the time that it would be in UTC. */
type WallClock = (instant: number) => number

/** The clock of a time zone by its IANA name; `undefined` when there is no such zone. */
function wallClock(timeZone: string): WallClock | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    return (instant) => {
      const parts = format.formatToParts(instant)
      const value = (type: string) => Number(parts.find((part) => part.type === type)?.value)
      const [year, month, day] = [value('year'), value('month'), value('day')]
      return Date.UTC(year, month - 1, day, value('hour'), value('minute'), value('second'))
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The first instant at which the clock shows a time, or the next one when it never shows it. */
function instantAt(clock: WallClock, wall: number): Date {
  // No zone is a day away from UTC, and none moves its clocks twice within two days.
  const shiftAt = (instant: number) => clock(instant) - instant
  const [before, after] = [shiftAt(wall - DAY_MS), shiftAt(wall + DAY_MS)]
  const tries = [wall - before, wall - after].sort((a, b) => a - b)
  const shown = tries.find((instant) => clock(instant) === wall)
  if (shown !== undefined) return new Date(shown)
  // The clock jumps over the time: between the two tries it moves.
  let [early = wall, late = wall] = tries
  while (late - early > MINUTE_MS) {
    const middle = early + Math.floor((late - early) / 2 / MINUTE_MS) * MINUTE_MS
    if (shiftAt(middle) === before) early = middle
    else late = middle
  }
  return new Date(late)
}
