import { isJson, objectsOf, type Json } from './json.ts'

/**
 * What a person reads in a message or view: its title and the texts of its blocks (its own text when
 * it has no blocks), one per line, with Slack's `&amp;`, `&lt;` and `&gt;` turned back. Dialogs are
 * left out.
 */
export function visibleText(shown: object): string {
  const { title, blocks, text, content } = shown as Json
  const body = objectsOf(blocks).length > 0 ? blocks : typeof text === 'string' ? { text } : []
  return unescapeText(
    [...textsIn(title ?? (isJson(content) && content['title'])), ...textsIn(body)].join('\n'),
  )
}

/** Turns Slack's three escapes back into characters. */
export function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

/** Characters of all texts below the value, escapes counted as they are sent. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textLength(each), 0)
  if (!isJson(value)) return 0
  let sum = 0
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'text' && typeof inner === 'string') sum += inner.length
    else sum += textLength(inner)
  }
  return sum
}

const INLINE = new Set(['rich_text_section', 'rich_text_quote', 'rich_text_preformatted'])
const HIDDEN = new Set(['confirm', 'placeholder', 'initial_option', 'initial_options', 'filter'])

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (!isJson(value)) return []
  if (INLINE.has(String(value['type']))) {
    return [objectsOf(value['elements']).map(inlineText).join('')]
  }
  return Object.entries(value).flatMap(([name, inner]) => {
    if (HIDDEN.has(name)) return []
    return name === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner)
  })
}

function inlineText(element: Json): string {
  const shown = element['text'] ?? element['url'] ?? element['name']
  if (typeof shown === 'string') return shown
  const id = element['user_id'] ?? element['usergroup_id'] ?? element['channel_id']
  return typeof id === 'string' ? `<@${id}>` : ''
}
