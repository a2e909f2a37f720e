const SAFE = Symbol('html')

/** Markup that may go into a page as it is. */
export interface Html {
  readonly [SAFE]: string
}

export type Part = string | number | false | undefined | Html | readonly Part[]

/** Markup from a template; every value that is not markup itself is escaped. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return safe(texts.reduce((sum, text, index) => sum + text + markupOf(parts[index]), ''))
}

/** Markup that somebody has made safe already. */
export function safe(markup: string): Html {
  return { [SAFE]: markup }
}

/** The markup as a string. */
export function markupOf(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string') return escapeHtml(part)
  if (typeof part === 'number') return String(part)
  return SAFE in part ? part[SAFE] : part.map(markupOf).join('')
}

/** A text that means itself in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** A text with its line breaks. */
export function lines(text: string): Html {
  return safe(escapeHtml(text).replaceAll('\n', '<br>'))
}
