const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text with control, format, bidi and line-breaking characters spelled as `\u{…}`, so that it stays on one line and hides nothing. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
}

/** At most `length` UTF-16 units of the text, ended by `…` when something was left out; never half a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const kept = text.slice(0, length - 1)
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`
}

/** How a sentence names a value: short text in quotes, anything else by its type. */
export function named(value: unknown): string {
  if (typeof value === 'string') return `"${visible(cut(value, 60))}"`
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : typeof value
}
