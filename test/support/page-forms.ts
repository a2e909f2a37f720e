/** One form of a page, as a browser would send it. */
export interface PageForm {
  readonly action: string
  readonly method: 'get' | 'post'
  /** What its buttons show. */
  readonly buttons: readonly string[]
  /** What people read in it. */
  readonly text: string
  readonly controls: readonly Control[]
}

export interface Control {
  readonly name: string
  readonly kind: 'hidden' | 'text' | 'checkbox' | 'radio' | 'select' | 'button'
  /** What a button shows; the value of anything else. */
  readonly label: string
  readonly value: string
  /** Whether its value is sent unless something else is entered. */
  readonly isSent: boolean
  /** The values of a select. */
  readonly options: readonly string[]
}

/** The forms of a page in the order they stand there. Throws where a page has a form within a form. */
export function formsIn(html: string): PageForm[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(
    ([, head = '', inside = '']) => {
      if (inside.includes('<form')) throw new Error(`a form within a form: ${head}`)
      const controls = controlsIn(inside)
      return {
        action: attribute(head, 'action') ?? '',
        method: attribute(head, 'method')?.toLowerCase() === 'post' ? 'post' : 'get',
        buttons: controls.filter(({ kind }) => kind === 'button').map(({ label }) => label),
        text: visibleText(inside),
        controls,
      }
    },
  )
}

/**
 * What a browser sends when `button` is clicked after `entries` were made. Throws when an entry has no control, or is a
 * choice that its control does not offer.
 */
export function filledIn(
  form: PageForm,
  entries: Readonly<Record<string, string>>,
  button: string | undefined,
): URLSearchParams {
  const sent = new URLSearchParams()
  const left = new Set(Object.keys(entries))
  for (const control of form.controls) {
    const { name, kind, value, isSent } = control
    const entry = kind === 'hidden' || kind === 'button' ? undefined : entries[name]
    if (entry !== undefined && isOffered(control, entry)) left.delete(name)
    if (name === '') continue
    if (kind === 'button') {
      if (control.label === button) sent.append(name, value)
    } else if (kind === 'checkbox' || kind === 'radio') {
      if (entry === undefined ? isSent : entry === value) sent.append(name, value)
    } else if (entry !== undefined || isSent) {
      // Line breaks as browsers send them: HTML, "append an entry".
      sent.append(name, (entry ?? value).replace(/\r?\n/g, '\r\n'))
    }
  }
  if (left.size === 0) return sent
  throw new Error(
    `${form.action} does not take ${[...left].map((n) => `${n}=${entries[n]}`).join()}`,
  )
}

/** What people read, in one line. */
export function visibleText(html: string): string {
  const shown = html
    .replace(/<(head|style|script|template)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/<\/?(?:a|abbr|b|code|em|i|small|span|strong|time)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
  return decoded(shown).replace(/\s+/g, ' ').trim()
}

/** What only screen readers say. */
const HEARD_ONLY = /<span class="hidden">[\s\S]*?<\/span>/g

function isOffered({ kind, value, options }: Control, entry: string): boolean {
  if (kind === 'select') return options.includes(entry)
  // An empty entry unchecks a box.
  return kind === 'text' || entry === value || (kind === 'checkbox' && entry === '')
}

function controlsIn(html: string): Control[] {
  const found = html.matchAll(
    /<input\b([^>]*)>|<(select|textarea|button)\b([^>]*)>([\s\S]*?)<\/\2>/g,
  )
  return [...found]
    .map(([, input, kind, head, inside = '']) =>
      input === undefined ? block(kind ?? '', head ?? '', inside) : ofInput(input),
    )
    .filter((control) => control !== undefined)
}

function ofInput(head: string): Control | undefined {
  if (has(head, 'disabled')) return undefined
  const name = attribute(head, 'name') ?? ''
  const type = attribute(head, 'type') ?? 'text'
  const value = attribute(head, 'value')
  if (type === 'checkbox' || type === 'radio')
    return control(name, type, value ?? 'on', has(head, 'checked'))
  if (type === 'submit')
    return { ...control(name, 'button', value ?? '', false), label: value ?? '' }
  return control(name, type === 'hidden' ? 'hidden' : 'text', value ?? '', true)
}

function block(tag: string, head: string, inside: string): Control | undefined {
  if (has(head, 'disabled')) return undefined
  const name = attribute(head, 'name') ?? ''
  if (tag === 'textarea') return control(name, 'text', decoded(inside.replace(/^\r?\n/, '')), true)
  if (tag === 'button')
    return {
      ...control(name, 'button', attribute(head, 'value') ?? '', false),
      label: visibleText(inside.replace(HEARD_ONLY, '')),
    }
  const options = [...inside.matchAll(/<option\b([^>]*)>([\s\S]*?)(?=<\/option>)/g)].map(
    ([, head = '', text = '']) => ({
      value: attribute(head, 'value') ?? visibleText(text),
      isSelected: has(head, 'selected'),
    }),
  )
  const chosen = options.find(({ isSelected }) => isSelected) ?? options[0]
  return {
    ...control(name, 'select', chosen?.value ?? '', chosen !== undefined),
    options: options.map(({ value }) => value),
  }
}

const control = (name: string, kind: Control['kind'], value: string, isSent: boolean): Control => ({
  name,
  kind,
  value,
  isSent,
  label: value,
  options: [],
})

function attribute(head: string, name: string): string | undefined {
  const found = new RegExp(
    `(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`,
    'i',
  ).exec(head)
  return found === null ? undefined : decoded(found[1] ?? found[2] ?? found[3] ?? '')
}

/** Whether a head has an attribute of this name, with or without a value. */
function has(head: string, name: string): boolean {
  const bare = head.replace(/"[^"]*"|'[^']*'/g, '')
  return new RegExp(`(?:^|\\s)${name}(?=[\\s=/]|$)`, 'i').test(bare)
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
}

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return ENTITIES[String(name)] ?? all
  })
}
