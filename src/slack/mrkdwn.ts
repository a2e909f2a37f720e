import { formatDuration } from '../domain/duration.ts'
import { cleanText, cutText } from '../domain/text.ts'

const URL_MAX = 1_000
const ID_MAX = 64

/** A text without Slack's control characters. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Somebody's words on one line: cleaned, escaped, and at most `maxChars` long after escaping. */
export function inline(text: string, maxChars: number): string {
  const clean = cleanText(text, { multiline: false })
  let room = Math.min(maxChars, clean.length)
  let escaped = escapeMrkdwn(cutText(clean, maxChars))
  while (escaped.length > maxChars) {
    // An escaped character is at most five long, so this never takes away too much.
    room -= Math.max(1, Math.floor((escaped.length - maxChars) / 5))
    escaped = escapeMrkdwn(cutText(clean, room))
  }
  return escaped
}

/** Somebody's words in fixed-width letters. */
export function code(text: string, maxChars: number): string {
  const words = inline(text, maxChars).replaceAll('`', "'")
  return words === '' ? '' : `\`${words}\``
}

/** Slack's mark for a person; the id itself when it is not one. */
export function userMention(id: string): string {
  return isId(id) ? `<@${id}>` : inline(id, ID_MAX)
}

/** Slack's mark for a user group, which notifies its members; the id itself when it is not one. */
export function groupMention(id: string): string {
  return isId(id) ? `<!subteam^${id}>` : inline(id, ID_MAX)
}

/** Slack's mark for a channel; the id itself when it is not one. */
export function channelMention(id: string): string {
  return isId(id) ? `<#${id}>` : inline(id, ID_MAX)
}

/** An instant in the reader's own time zone; in UTC where Slack cannot render it. */
export function time(at: Date): string {
  if (Number.isNaN(at.getTime())) return 'an unknown time'
  const utc = at
    .toISOString()
    .replace('T', ' ')
    .replace(/:\d\d\.\d+Z$/, ' UTC')
  return `<!date^${Math.floor(at.getTime() / 1_000)}^{date_short_pretty} {time}|${utc}>`
}

/** The shortest typed form of a duration, e.g. `1h30m`. */
export function duration(seconds: number): string {
  return formatDuration(seconds)
}

/** A link with an escaped label; the label alone unless the address is http or https. */
export function link(url: string, label: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return label
  const href = escapeMrkdwn(parsed.href.replaceAll('|', '%7C'))
  return href.length > URL_MAX ? label : `<${href}|${label}>`
}

/** Names as a sentence has them: `a`, `a and b`, `a, b and 3 more`; at most `max`, and as many as `maxChars` take. */
export function enumerate(names: readonly string[], max = 10, maxChars = 1_000): string {
  let count = names.length > max ? max - 1 : names.length
  let text = sentenceOf(names, count)
  while (text.length > maxChars && count > 0) {
    count -= 1
    text = sentenceOf(names, count)
  }
  return text
}

function sentenceOf(names: readonly string[], count: number): string {
  const rest = names.length - count
  const all = rest > 0 ? [...names.slice(0, count), `${rest} more`] : names
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

/** A number with its noun: `1 approval`, `2 approvals`. */
export function several(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function isId(id: string): boolean {
  return id.length <= ID_MAX && /^[A-Za-z0-9_-]+$/.test(id)
}
