import type { Json } from '../../simulators/slack/json.ts'
import { isJson, objectsOf, textOf } from '../../simulators/slack/json.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { renderText } from './render-text.ts'

/** How a control is to be drawn. */
export interface Control {
  readonly element: Json
  /** What was typed or chosen, as Slack has it in `state.values`. */
  readonly state: Json
  /** Attributes of the element that takes the value; of each one when there are several. */
  readonly marks: Html
  /** Unique on the page. */
  readonly id: string
  readonly names: Names
}

/** Whether a person enters or chooses something with the element. */
export function isControl({ type }: Json): boolean {
  return typeof type === 'string' && CONTROLS.has(type)
}

/** An element with which a person enters or chooses something. */
export function renderControl(control: Control): Html {
  const { element, state, marks, id } = control
  const type = String(element['type'])
  const value = textOf(state['value']) ?? ''
  const placeholder = placeholderOf(element)
  switch (type) {
    case 'plain_text_input': {
      const lengths = html`${limit('minlength', element['min_length'])}
      ${limit('maxlength', element['max_length'])}`
      // The first line break after the tag is not part of the text.
      return element['multiline'] === true
        ? html`<textarea rows="3" id="${id}" ${marks} ${lengths} placeholder="${placeholder}">
${value}</textarea>`
        : html`<input
            type="text"
            autocomplete="off"
            id="${id}"
            ${marks}
            ${lengths}
            value="${value}"
            placeholder="${placeholder}"
          />`
    }
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
      return html`<input
        type="${type.split('_')[0]}"
        autocomplete="off"
        id="${id}"
        ${marks}
        value="${value}"
        placeholder="${placeholder}"
      />`
    case 'datepicker':
      return html`<input
        type="date"
        id="${id}"
        ${marks}
        value="${textOf(state['selected_date'])}"
      />`
    case 'timepicker':
      return html`<input
        type="time"
        id="${id}"
        ${marks}
        value="${textOf(state['selected_time'])}"
      />`
    case 'datetimepicker':
      // The page puts the instant into the reader's own zone.
      return html`<input
        type="datetime-local"
        id="${id}"
        ${marks}
        data-seconds="${secondsIn(state['selected_date_time'])}"
      />`
    case 'radio_buttons':
    case 'checkboxes':
      return renderChoices(control)
    case 'static_select':
    case 'multi_static_select':
    case 'overflow':
      return renderMenu(control)
    default:
      return html`<p class="hint">This page cannot show an input of type ${type}.</p>`
  }
}

const CONTROLS = new Set([
  'plain_text_input',
  'number_input',
  'email_text_input',
  'url_text_input',
  'datepicker',
  'timepicker',
  'datetimepicker',
  'radio_buttons',
  'checkboxes',
  'static_select',
  'multi_static_select',
  'overflow',
])

function renderMenu({ element, state, marks, id, names }: Control): Html {
  const isMultiple = element['type'] === 'multi_static_select'
  const nothing = element['type'] === 'overflow' ? '⋯' : placeholderOf(element) || 'Choose…'
  const isChosen = chosenIn(state)
  const offered = [
    ...objectsOf(element['options']),
    ...objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options'])),
  ]
  return html`<select id="${id}" ${marks} ${isMultiple && html`multiple`}>
    ${!isMultiple && html`<option value="">${nothing}</option>`}
    ${offered.map(
      (option) =>
        html`<option value="${textOf(option['value'])}" ${isChosen(option) && html`selected`}>
          ${renderText(option['text'], names)}${isJson(option['description']) && html` – ${renderText(option['description'], names)}`}
        </option>`,
    )}
  </select>`
}

function renderChoices({ element, state, marks, id, names }: Control): Html {
  const isRadio = element['type'] === 'radio_buttons'
  const isChosen = chosenIn(state)
  return html`<div class="choices" role="${isRadio ? 'radiogroup' : 'group'}">
    ${objectsOf(element['options']).map(
      (option) =>
        html`<label class="choice"
          ><input
            type="${isRadio ? 'radio' : 'checkbox'}"
            name="${id}"
            ${marks}
            value="${textOf(option['value'])}"
            ${isChosen(option) && html`checked`}
          /><span
            >${renderText(option['text'], names)}${isJson(option['description']) && html`<br /><small>${renderText(option['description'], names)}</small>`}</span
          ></label
        >`,
    )}
  </div>`
}

function chosenIn(state: Json): (option: Json) => boolean {
  const chosen = [state['selected_option'], ...objectsOf(state['selected_options'])]
    .filter(isJson)
    .map((option) => option['value'])
  return (option) => chosen.includes(option['value'])
}

function placeholderOf(element: Json): string {
  const { placeholder } = element
  return isJson(placeholder) ? (textOf(placeholder['text']) ?? '') : ''
}

function secondsIn(value: unknown): string {
  return typeof value === 'number' ? String(value) : ''
}

function limit(name: string, value: unknown): Html | false {
  return typeof value === 'number' && html`${name}="${value}"`
}
