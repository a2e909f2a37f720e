import type { ParsedDuration } from '../domain/duration.ts'
import { parseDuration } from '../domain/duration.ts'
import { cutWord } from './typed-text.ts'

/**
 * Cuts a duration off the front of words, which may come in parts: `1h 30m` is `1h30m`. What cannot be added up, as in
 * `1h 2h`, is malformed; without its second part, it would mean something else than it says. At most `longestSeconds`; 30 days unless told.
 */
export function cutDuration(
  words: string,
  longestSeconds?: number,
): {
  readonly text: string
  readonly parsed: ParsedDuration
  readonly rest: string
} {
  const { word, rest } = cutWord(words)
  const cut = { text: word, parsed: parseDuration(word, longestSeconds), rest }
  while (cut.parsed.ok) {
    const next = cutWord(cut.rest)
    const part = next.word.replace(/[,;:.]$/, '')
    if (!/^(?:\d+[dhm])+$/i.test(part)) break
    const parsed = parseDuration(`${cut.text}${part}`, longestSeconds)
    cut.text = parsed.ok ? `${cut.text}${part}` : `${cut.text} ${part}`
    cut.parsed = parsed
    cut.rest = next.rest
  }
  return cut
}
