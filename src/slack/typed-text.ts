import { cleanText } from '../domain/text.ts'

/** Addresses and links as Slack marks them in a command. Source: https://docs.slack.dev/messaging/formatting-message-text */
const MARKED = /<(?:mailto:([^<>|?]*)(?:\?[^<>|]*)?|(https?:\/\/[^<>|]*))(?:\|[^<>]*)?>/g

/** People, user groups, channels and everybody, as Slack marks them in a command. Source as above. */
const MENTIONED =
  /<(?:(@|#|!subteam\^)(\w+)|!(here|channel|everyone)|![^<>|]*(?=\|))(?:\|([^<>]*))?>/g

/** The text of a command as it was typed, cleaned; links, addresses and mentions are plain again. */
export function typedText(text: string): string {
  const plain = text
    .replaceAll(
      MARKED,
      (_, address: string | undefined, url: string | undefined) => address ?? url ?? '',
    )
    .replaceAll(MENTIONED, (_, ...parts: (string | undefined)[]) => mentionText(parts))
  return cleanText(decode(plain), { multiline: true })
}

function mentionText([kind, id = '', everybody, label = '']: (string | undefined)[]): string {
  if (everybody !== undefined) return `@${everybody}`
  if (kind === undefined) return label
  const sign = kind === '#' ? '#' : '@'
  const name = label.startsWith(sign) ? label.slice(1) : label
  return `${sign}${name === '' ? id : name}`
}

/** The first word, and what comes after it. */
export function cutWord(line: string): { readonly word: string; readonly rest: string } {
  const trimmed = line.trim()
  const end = trimmed.search(/\s/)
  return end < 0
    ? { word: trimmed, rest: '' }
    : { word: trimmed.slice(0, end), rest: trimmed.slice(end).trim() }
}

/** Slack escapes these three, and nothing else. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
