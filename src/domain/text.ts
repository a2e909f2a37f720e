const COMBINING_MAX = 4
const BREAKS = /\r\n?|[\v\f\u0085\u2028\u2029]/g
const BLANKS = /[\t\p{Zs}\u2800]/gu
/**
 * What cannot be seen: controls, bidirectional marks, overrides and isolates, joiners, zero-width
 * characters, fillers, variation selectors, tags, annotation marks and noncharacters.
 * Source: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const UNSEEN =
  /(?!\n)[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/gu
const STACKED = new RegExp(`(\\p{M}{${COMBINING_MAX}})\\p{M}+`, 'gu')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * A text as everybody sees it: NFC, nothing invisible, at most four combining marks in a row, and no
 * more than one empty line at a time; on a single line unless `multiline`. Emoji made with joiners
 * come apart into their members. Cleaning twice changes nothing.
 */
export function cleanText(text: string, options: { readonly multiline: boolean }): string {
  const seen = text
    .toWellFormed()
    .replace(BREAKS, '\n')
    .replace(BLANKS, ' ')
    .replace(UNSEEN, '')
    // Before NFC, which takes 6 s to order 100,000 marks; and after it, because it splits some of them.
    .replace(STACKED, '$1')
    .normalize('NFC')
    .replace(STACKED, '$1')
  if (!options.multiline) return seen.replace(/[ \n]+/g, ' ').trim()
  return seen
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** The number of Unicode code points. */
export function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

/**
 * The text when it has at most `maxChars` UTF-16 code units, else its beginning and `…` within that
 * length. Graphemes stay whole unless the first one alone is too long; surrogate pairs always do.
 */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  if (maxChars < 1) return ''
  const room = maxChars - 1
  let end = 0
  // One pair beyond the room is enough to know whether a grapheme goes on.
  for (const { index, segment } of graphemes.segment(text.slice(0, room + 2))) {
    if (index + segment.length > room) break
    end = index + segment.length
  }
  if (end === 0) end = isHighSurrogate(text, room - 1) ? room - 1 : room
  return `${text.slice(0, end).trimEnd()}…`
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff
}
