import type { Message } from './wording-blocks.ts'
import { context, quote, section } from './wording-blocks.ts'

const LIST_MAX = 20
/** Slack refuses a message whose texts are much longer. */
const TOTAL_MAX = 9_000
const WORDS_MAX = 120

/** What a list says of one thing as mrkdwn, and somebody's words with it. */
export interface Entry {
  readonly name: string
  readonly line: string
  readonly words?: string
}

/** A heading with as many entries as fit under it, and how many do not. */
export function list<T>(
  entries: readonly T[],
  heading: { readonly none: string; readonly some: string },
  entryOf: (entry: T) => Entry,
  hint = '',
): Message {
  if (entries.length === 0)
    return { text: heading.none, blocks: [section('heading', heading.none)] }
  const shown = fitting(entries.slice(0, LIST_MAX).map(entryOf))
  const rest = entries.length - shown.length
  const small = [rest > 0 ? `${rest} more are not shown.` : '', hint].filter((text) => text !== '')
  return {
    text: `${heading.some}: ${entries.length}`,
    blocks: [
      section('heading', `*${heading.some}*`),
      ...shown.flatMap(({ name, line, words }, index) => [
        section(`${name}-${index}`, line),
        ...(words === undefined ? [] : [quote(`words-${index}`, words, { maxChars: WORDS_MAX })]),
      ]),
      ...(small.length === 0 ? [] : [context('hint', small.join(' '))]),
    ],
  }
}

function fitting(entries: readonly Entry[]): readonly Entry[] {
  let room = TOTAL_MAX
  const misfit = entries.findIndex(({ line, words }) => {
    room -= line.length + (words === undefined ? 0 : WORDS_MAX)
    return room < 0
  })
  return misfit < 0 ? entries : entries.slice(0, misfit)
}
