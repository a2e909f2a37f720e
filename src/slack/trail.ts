import type { KnownBlock } from '@slack/types'
import type { RecordedEvent, RequestView } from '../app/ports.ts'
import type { AuditAction, ChangeAction } from '../domain/event.ts'
import { writtenWords } from '../words/written.ts'
import { inline } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { quote, section } from './wording-blocks.ts'
import { CHANGE_LINES } from './wording-change.ts'
import { EVENT_WORDS } from './wording-event.ts'

const FALLBACK_WORDS_MAX = 500
const FALLBACK_MAX = 3_900
/** For all quotations of one post together, and the longest of one, in UTF-16 code units. */
const WORDS_TOTAL = 3_500
const WORDS_MAX = 2_000

/** The post for the thread that says what changed, a line for each change, with the words that somebody gave for it. */
export function trailMessage(events: readonly RecordedEvent[], view: RequestView): Message {
  const spoken = events.filter((event) => wordsOf(event) !== undefined).length
  const wordsMax = Math.min(WORDS_MAX, Math.floor(WORDS_TOTAL / Math.max(1, spoken)))
  const lines = events.map((event) => trailLine(event, view, wordsMax))
  return {
    text: fallback(lines.map(({ text }) => text)),
    blocks: lines.flatMap(({ blocks }) => blocks),
  }
}

function fallback(lines: readonly string[]): string {
  let count = lines.length
  while (count > 1 && lines.slice(0, count).join('\n').length > FALLBACK_MAX) count -= 1
  const rest = lines.length - count
  return [...lines.slice(0, count), ...(rest > 0 ? [`${rest} more`] : [])].join('\n')
}

function trailLine(event: RecordedEvent, view: RequestView, wordsMax: number): Message {
  const words = wordsOf(event)
  const said = sentence(event, view)
  const line = words === undefined ? said : said.replace(/\.$/, ':')
  const blocks: KnownBlock[] = [section(`line-${event.seq}`, line)]
  if (words === undefined) return { text: line, blocks }
  return {
    text: `${line} ${inline(words, FALLBACK_WORDS_MAX)}`,
    blocks: [...blocks, quote(`words-${event.seq}`, words, { maxChars: wordsMax })],
  }
}

function sentence(event: RecordedEvent, view: RequestView): string {
  const { action } = event
  return isChange(action) ? CHANGE_LINES[action](event, view) : `${EVENT_WORDS[action].what}.`
}

function isChange(action: AuditAction): action is ChangeAction {
  return Object.hasOwn(CHANGE_LINES, action)
}

/** Words that somebody wrote for this act; the request's own reason stands on the card. */
function wordsOf(event: RecordedEvent): string | undefined {
  return event.action === 'request.created' ? undefined : writtenWords(event)
}
