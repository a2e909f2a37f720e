import { html } from 'hono/html'
import type { Html } from './layout.ts'
import { spoken } from './wording.ts'

const ZONES_KEPT = 100
const formats = new Map<string, Intl.DateTimeFormat>()

/** An instant in words on a clock of a time zone, which is always named: `Fri 20 Nov 2026, 14:05 CET`. */
export function timeWords(at: Date, timeZone: string | undefined): string {
  if (Number.isNaN(at.getTime())) return 'an unknown time'
  const { day, clock, zone } = partsOf(at, timeZone)
  return `${day}, ${clock} ${zone}`
}

/**
 * A span of time in words: `Fri 20 Nov 2026, 14:05 – 15:00 CET`, with both days when it ends on another one, and one
 * time when it ends within the minute.
 */
export function spanWords(from: Date, to: Date, timeZone: string | undefined): string {
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime()))
    return `${timeWords(from, timeZone)} – ${timeWords(to, timeZone)}`
  const [start, end] = [partsOf(from, timeZone), partsOf(to, timeZone)]
  if (timeWords(from, timeZone) === timeWords(to, timeZone)) return timeWords(from, timeZone)
  return start.day === end.day && start.zone === end.zone
    ? `${start.day}, ${start.clock} – ${end.clock} ${end.zone}`
    : `${timeWords(from, timeZone)} – ${timeWords(to, timeZone)}`
}

/** An instant on the visitor's clock, which names its zone; in UTC when theirs is not known. */
export function time(at: Date, timeZone: string | undefined): Html {
  if (Number.isNaN(at.getTime())) return html`an unknown time`
  return html`<time datetime="${at.toISOString()}">${timeWords(at, timeZone)}</time>`
}

/** What the visitor's clock is called: `Europe/Brussels`, or `UTC`. */
export function zoneName(timeZone: string | undefined): string {
  return formatOf(timeZone).resolvedOptions().timeZone
}

/** How long it is until an instant: `40 min left`; `less than a minute left` near it and after it. */
export function timeLeft(until: Date, now: number): string {
  const seconds = (until.getTime() - now) / 1_000
  return seconds < 60 ? 'less than a minute left' : `${spoken(coarse(seconds))} left`
}

/** How long ago an instant was: `5 min ago`. */
export function timeAgo(at: Date, now: number): string {
  const seconds = (now - at.getTime()) / 1_000
  return seconds < 60 ? 'just now' : `${spoken(coarse(seconds))} ago`
}

/** Beyond two days nobody counts minutes. */
function coarse(seconds: number): number {
  return seconds < 2 * 86_400 ? seconds : Math.floor(seconds / 3_600) * 3_600
}

function partsOf(at: Date, timeZone: string | undefined) {
  const parts = formatOf(timeZone).formatToParts(at)
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? ''
  return {
    day: `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}`,
    clock: `${part('hour')}:${part('minute')}`,
    // A minus sign, at which no line breaks, as it would after the hyphen of `GMT-5`.
    zone: part('timeZoneName').replace('-', '−'),
  }
}

/** Made once for each zone, since that takes longer than a whole page. */
function formatOf(timeZone = 'UTC'): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = formatIn(timeZone)
  if (formats.size >= ZONES_KEPT) formats.clear()
  formats.set(timeZone, format)
  return format
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const options = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  } as const
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone })
  } catch (error) {
    // Slack may know a zone that this machine does not.
    if (error instanceof RangeError)
      return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
    throw error
  }
}
