import { html } from 'hono/html'
import type { Html } from './layout.ts'

export interface Control {
  /** Once on a page. */
  readonly id: string
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  /** What to write instead. */
  readonly problem?: string | undefined
  readonly isRequired?: boolean
  readonly value?: string | undefined
}

/** One line to type. */
export function textField(
  control: Control & {
    readonly type?: 'text' | 'search' | 'email' | 'datetime-local'
    readonly placeholder?: string
    /** Proposals, of which none has to be taken. */
    readonly proposals?: readonly string[]
    readonly autocomplete?: 'off' | 'one-time-code'
  },
): Html {
  const { id, name, value = '', type = 'text', placeholder, proposals = [] } = control
  const listId = `${id}-list`
  const list = html`<datalist id="${listId}">
    ${proposals.map((each) => html`<option value="${each}"></option>`)}
  </datalist>`
  return labelled(
    control,
    html`<input
        id="${id}"
        name="${name}"
        type="${type}"
        value="${value}"
        autocomplete="${control.autocomplete ?? 'off'}"
        ${placeholder === undefined ? '' : html`placeholder="${placeholder}"`}
        ${proposals.length === 0 ? '' : html`list="${listId}"`}
        ${attributes(control)}
      />${proposals.length === 0 ? '' : list}`,
  )
}

/** Several lines to type. */
export function textArea(control: Control & { readonly rows?: number }): Html {
  const { id, name, value = '', rows = 3 } = control
  return labelled(
    control,
    html`<textarea id="${id}" name="${name}" rows="${rows}" ${attributes(control)}>
${value}</textarea>`,
  )
}

export interface Choice {
  readonly value: string
  readonly label: string
}

/** One of several, in named groups; a group without a name stands by itself. */
export function selectField(
  control: Control & {
    readonly empty: string
    readonly groups: readonly { readonly label?: string; readonly choices: readonly Choice[] }[]
  },
): Html {
  const { id, name, value, empty, groups } = control
  const option = (choice: Choice) =>
    html`<option value="${choice.value}" ${choice.value === value ? SELECTED : ''}>
      ${choice.label}
    </option>`
  const group = ({ label, choices }: (typeof groups)[number]) =>
    label === undefined
      ? choices.map(option)
      : html`<optgroup label="${label}">${choices.map(option)}</optgroup>`
  return labelled(
    control,
    html`<select id="${id}" name="${name}" ${attributes(control)}>
      <option value="">${empty}</option>
      ${groups.filter(({ choices }) => choices.length > 0).map(group)}
    </select>`,
  )
}

/** A box to tick. */
export function checkBox(control: Control & { readonly isChecked: boolean }): Html {
  const { id, name, label, isChecked } = control
  return html`<div class="field tick">
    <input
      id="${id}"
      name="${name}"
      type="checkbox"
      value="yes"
      ${isChecked ? html`checked` : ''}
      ${attributes(control)}
    />
    <label for="${id}">${label}</label>
    ${hintOf(control)} ${problemOf(control)}
  </div>`
}

/** What went wrong with a form, above it, with the ways to the fields that it is about. */
export function alertBox(
  title: string,
  text: string | readonly { readonly text: string; readonly fieldId?: string }[],
): Html {
  const lines = typeof text === 'string' ? [{ text }] : text
  return html`<div class="alert" role="alert">
    <p class="alert-title">${title}</p>
    ${lines.map(
      ({ text, fieldId }: { readonly text: string; readonly fieldId?: string }) =>
        html`<p>${fieldId === undefined ? text : html`<a href="#${fieldId}">${text}</a>`}</p>`,
    )}
  </div>`
}

/** What is to be read before anything else, and is no mistake. */
export function noteBox(text: Html | string): Html {
  return html`<p class="note">${text}</p>`
}

function labelled(control: Control, body: Html): Html {
  return html`<div class="field">
    <label for="${control.id}"
      >${control.label}${control.isRequired === true ? '' : html` <span class="optional">optional</span>`}</label
    >
    ${hintOf(control)} ${body} ${problemOf(control)}
  </div>`
}

function hintOf({ id, hint }: Control): Html | '' {
  return hint === undefined ? '' : html`<p class="hint" id="${id}-hint">${hint}</p>`
}

function problemOf({ id, problem }: Control): Html | '' {
  return problem === undefined ? '' : html`<p class="problem" id="${id}-problem">${problem}</p>`
}

function attributes({ id, hint, problem, isRequired = false }: Control): Html {
  const described = [
    ...(problem === undefined ? [] : [`${id}-problem`]),
    ...(hint === undefined ? [] : [`${id}-hint`]),
  ].join(' ')
  return html`${isRequired ? html`required` : ''}
  ${described === '' ? '' : html`aria-describedby="${described}"`}
  ${problem === undefined ? '' : html`aria-invalid="true"`}`
}

const SELECTED = html`selected`
