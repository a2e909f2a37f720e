import assert from 'node:assert/strict'

const VOID = new Set(['meta', 'link', 'input', 'br'])
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|[^"<>])*)>/g

interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

/** The opening tags of a page, in order; fails where one is left open, crosses another or is no tag. */
export function tagsOf(html: string): readonly Tag[] {
  const open: string[] = []
  const tags: Tag[] = []
  for (const [, slash, name = '', rest = ''] of html.matchAll(TAG)) {
    if (slash === '/') {
      assert.equal(open.pop(), name, `</${name}> closes another tag`)
      continue
    }
    tags.push({ name, attributes: attributesOf(rest) })
    if (!VOID.has(name) && !rest.trimEnd().endsWith('/')) open.push(name)
  }
  assert.deepEqual(open, [])
  assert.doesNotMatch(html.replace('<!doctype html>', '').replaceAll(TAG, ''), /[<>]/)
  return tags
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = [...text.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)]
  return new Map(found.map(([, name = '', value = '']) => [name, value]))
}

/** Fails on what no page may have, whoever reads it and by whatever means. */
export function assertSound(html: string): void {
  const tags = tagsOf(html)
  const all = (...names: readonly string[]) => tags.filter(({ name }) => names.includes(name))
  const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? [])
  assert.deepEqual(ids, [...new Set(ids)], 'ids are given once')
  for (const { name, attributes } of tags) {
    assert.ok(!['script', 'style', 'iframe', 'object', 'base'].includes(name), `<${name}>`)
    for (const [key, value] of attributes) {
      assert.doesNotMatch(key, /^on|^style$/)
      if (key === 'href' || key === 'action') assert.match(value, /^(?:\/(?!\/)|https?:\/\/|#)/)
      if (key === 'aria-describedby' || key === 'aria-labelledby')
        for (const id of value.split(' ')) assert.ok(ids.includes(id), `${key} names ${id}`)
    }
  }
  const labelled = new Set(all('label').map(({ attributes }) => attributes.get('for')))
  for (const { attributes } of all('input', 'select', 'textarea'))
    if (attributes.get('type') !== 'hidden')
      assert.ok(labelled.has(attributes.get('id')), `${attributes.get('id')} has a label`)
  for (const { attributes } of all('form'))
    if (attributes.get('method') === 'post') assert.ok(attributes.get('action')?.startsWith('/'))
  assertHeadings(all('h1', 'h2', 'h3', 'h4').map(({ name }) => Number(name.slice(1))))
}

function assertHeadings(levels: readonly number[]): void {
  assert.equal(levels.filter((level) => level === 1).length, 1)
  assert.equal(levels[0], 1)
  for (const [index, level] of levels.entries())
    assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading levels ${levels.join(' ')}`)
}

/** The paths that forms of a page are sent to, in order. */
export function actionsOf(html: string): readonly string[] {
  return tagsOf(html)
    .filter(({ name, attributes }) => name === 'form' && attributes.get('method') === 'post')
    .map(({ attributes }) => attributes.get('action') ?? '')
}

/** A page as it reads, on one line. */
export function textOf(html: string): string {
  return html
    .replace(/<head>[\s\S]*<\/head>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
