import type { Start } from '../app/use-cases.ts'

/** What begins with a time, or with what somebody meant as one. */
export interface CutStart {
  /** As it was typed. */
  readonly text: string
  /** Absent when it is not a time that there is, or not written as it must be. */
  readonly start?: Start
  readonly rest: string
}

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const DAY_WORD = [
  '(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|tonight|noon|midnight|morning|afternoon|evening)\\b\\S*',
  // Short enough to begin other words, such as `next.js`.
  '(?:next(?:\\s+(?:week|month|hour|day))?|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)[,;:.]?(?!\\S)',
].join('|')
/** In this order: `2:30 pm` is no half past two at night. */
const CLOCK = [
  '\\d{1,2}(?:[:.]\\d{2})?\\s?[ap]\\.?m\\b\\.?',
  '\\d{1,2}:\\d{2}\\S*',
  '\\d{1,2}h\\d{2}(?!\\S)',
].join('|')
const DAY = [
  DAY_WORD,
  '\\d{4}-\\d{1,2}-\\d{1,2}\\S*',
  '\\d{1,4}[./]\\d{1,4}\\S*',
  '\\d{1,2}-\\d{1,2}(?:-\\d{2,4})?(?!\\S)',
  `${MONTH}\\.?\\s+\\d{1,2}(?:st|nd|rd|th)?(?![^\\s,;:.])[,;:.]?`,
  `\\d{1,2}(?:st|nd|rd|th|\\.)?\\s+${MONTH}(?![^\\s,;:.])[,;:.]?`,
].join('|')
/** What moves a time of the day to another day or zone; an address such as 10.0.0.5 does not. */
const MOVED = [
  DAY_WORD,
  '\\d{4}-\\d{1,2}-\\d{1,2}(?!\\S)',
  '\\d{1,2}(?:[./-]\\d{1,2}[./-]\\d{2,4}|/\\d{1,2})[,;:]?(?!\\S)',
  `${MONTH}\\.?\\s+\\d{1,2}(?![^\\s,;:.])`,
  `\\d{1,2}(?:st|nd|rd|th|\\.)?\\s+${MONTH}(?![^\\s,;:.])`,
  '(?:utc|gmt)(?:[+-]\\d{1,2}(?::?\\d{2})?)?[,;:.]?(?!\\S)',
  '(?:z|cest|cet|eest|eet|bst|ist|jst|msk|[ecmp][sd]t|[ecmp]t|ae[sd]t)[,;:.]?(?!\\S)',
  '[+-]\\d{1,2}:?\\d{2}(?!\\S)',
  '(?:europe|america|asia|africa|australia|pacific|atlantic)/\\S+',
].join('|')
const LATER = `(?:\\s+(?:on\\s+)?(?:${MOVED}))`
const DAYS = `(?:on\\s+|this\\s+|the\\s+)?(?:${DAY})(?:\\s+(?:${DAY}))*`
const TIME = `(?:at\\s+)?(?:${CLOCK})`
const STARTS = [new RegExp(`^(?:${TIME}|${DAYS}(?:\\s+${TIME})?)${LATER}*`, 'i')]
/** A day with a time, which reads like a start even without `from`. */
const BARE_STARTS = [
  new RegExp(`^${DAYS}\\s+(?:${TIME}|(?:at\\s+)?\\d{1,2}\\.\\d{2}(?!\\S))${LATER}*`, 'i'),
  new RegExp(`^${TIME}${LATER}+`, 'i'),
]

/**
 * Cuts a start off the front of words; `undefined` when they begin with nothing like a time. What looks like a time
 * and is none is cut too: as part of a reason, it would let access start at once.
 */
export function cutStart(words: string): CutStart | undefined {
  const cut = cutFirst(STARTS, words)
  if (cut === undefined) return undefined
  const start = parseStart(cut.text)
  return start === undefined ? cut : { ...cut, start }
}

/**
 * Cuts a day with a time off the front of words that have no `from` before it. It is a start to be confirmed, never
 * one to go by: it may belong to the reason.
 */
export function cutBareStart(words: string): CutStart | undefined {
  return cutFirst(BARE_STARTS, words)
}

function cutFirst(patterns: readonly RegExp[], words: string): CutStart | undefined {
  for (const pattern of patterns) {
    const [match] = pattern.exec(words) ?? []
    if (match === undefined) continue
    return { text: match.replace(/[,;:.]+$/, ''), rest: words.slice(match.length).trim() }
  }
  return undefined
}

/** The start that somebody typed: `14:00`, `tomorrow 9:00` or `2026-11-23 09:00`; `undefined` when it is none. */
export function parseStart(text: string): Start | undefined {
  const match = /^(?:(tomorrow|\d{4}-\d{2}-\d{2})\s+)?(?:at\s+)?(\d{1,2}):(\d{2})$/i.exec(
    text.trim(),
  )
  const [, day, hours, minutes] = match ?? []
  const [hour, minute] = [Number(hours), Number(minutes)]
  if (match === null || hour > 23 || minute > 59) return undefined
  if (day === undefined) return { type: 'wall', day: 'soonest', hour, minute }
  if (day.toLowerCase() === 'tomorrow') return { type: 'wall', day: 'tomorrow', hour, minute }
  return isDate(day) ? { type: 'wall', day: { date: day }, hour, minute } : undefined
}

/** A start as {@link parseStart} reads it. */
export function startText(start: Extract<Start, { readonly type: 'wall' }>): string {
  const { day, hour, minute } = start
  const clock = `${hour}:${String(minute).padStart(2, '0')}`
  if (day === 'soonest') return clock
  return `${day === 'tomorrow' ? day : day.date} ${clock}`
}

/** Whether there is such a day. */
function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}
