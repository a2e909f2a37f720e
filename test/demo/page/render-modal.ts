import type { Json } from '../../simulators/slack/json.ts'
import { isJson, objectsOf, textOf } from '../../simulators/slack/json.ts'
import type { View } from '../../simulators/slack/workspace.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { renderBlocks, renderText } from './render-blocks.ts'

/** The modal in front of somebody, as a form. */
export function renderModal(view: View, names: Names): Html {
  const { content } = view
  const hasSubmit = isJson(content['submit'])
  return html`<form class="modal" data-view="${view.id}">
    <header>
      <h2>${renderText(content['title'], names)}</h2>
      <button
        type="button"
        class="quiet"
        data-act="close"
        data-view="${view.id}"
        data-all="yes"
        aria-label="Close"
      >
        ✕
      </button>
    </header>
    <div class="modal-body">
      ${view.blocks.map((block) =>
        block['type'] === 'input'
          ? renderInput(block, view, names)
          : renderBlocks([block], names, { view: view.id }),
      )}
    </div>
    <footer>
      <button type="button" class="button" data-act="close" data-view="${view.id}">
        ${isJson(content['close']) ? renderText(content['close'], names) : 'Close'}
      </button>
      ${hasSubmit && html`<button class="button primary">${renderText(content['submit'], names)}</button>`}
    </footer>
  </form>`
}

function renderInput(block: Json, view: View, names: Names): Html {
  const element = isJson(block['element']) ? block['element'] : {}
  const [blockId, actionId] = [textOf(block['block_id']) ?? '', textOf(element['action_id']) ?? '']
  const id = `input-${blockId}-${actionId}`
  const state = view.values[blockId]?.[actionId] ?? {}
  const error = view.errors[blockId]
  const isOptional = block['optional'] === true
  const attributes = html`id="${id}" data-block="${blockId}" data-input="${actionId}"
  ${!isOptional && html`required`} ${error !== undefined && html`aria-invalid="true"`}
  ${element['focus_on_load'] === true && html`autofocus`}`
  return html`<div class="field">
    <label for="${id}"
      >${renderText(block['label'], names)}${isOptional && html` <small>(optional)</small>`}</label
    >
    ${renderControl(element, state, attributes, names)}
    ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
    ${isJson(block['hint']) && html`<p class="hint">${renderText(block['hint'], names)}</p>`}
  </div>`
}

function renderControl(element: Json, state: Json, attributes: Html, names: Names): Html {
  const type = String(element['type'])
  const value = textOf(state['value']) ?? ''
  const lengths = html`${limit('minlength', element['min_length'])}
  ${limit('maxlength', element['max_length'])}`
  const placeholder = isJson(element['placeholder']) ? textOf(element['placeholder']['text']) : ''
  switch (type) {
    case 'plain_text_input':
      // The first line break after the tag is not part of the text.
      return element['multiline'] === true
        ? html`<textarea rows="3" ${attributes} ${lengths} placeholder="${placeholder}">
${value}</textarea>`
        : html`<input
            type="text"
            autocomplete="off"
            ${attributes}
            ${lengths}
            value="${value}"
            placeholder="${placeholder}"
          />`
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
      return html`<input
        type="${type.split('_')[0]}"
        autocomplete="off"
        ${attributes}
        value="${value}"
        placeholder="${placeholder}"
      />`
    case 'datepicker':
      return html`<input type="date" ${attributes} value="${textOf(state['selected_date'])}" />`
    case 'timepicker':
      return html`<input type="time" ${attributes} value="${textOf(state['selected_time'])}" />`
    case 'static_select':
    case 'radio_buttons':
    case 'multi_static_select':
    case 'checkboxes':
      return renderOptions(element, state, attributes, placeholder, names)
    default:
      return html`<p class="hint">This page cannot show an input of type ${type}.</p>`
  }
}

function renderOptions(
  element: Json,
  state: Json,
  attributes: Html,
  placeholder: string | undefined,
  names: Names,
): Html {
  const isMultiple = /^(?:multi|checkboxes)/.test(String(element['type']))
  const chosen = [state['selected_option'], ...objectsOf(state['selected_options'])]
    .filter(isJson)
    .map((option) => option['value'])
  const options = [
    ...objectsOf(element['options']),
    ...objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options'])),
  ]
  return html`<select ${attributes} ${isMultiple && html`multiple`}>
    ${!isMultiple && html`<option value="">${placeholder || 'Choose…'}</option>`}
    ${options.map(
      (option) =>
        html`<option
          value="${textOf(option['value'])}"
          ${chosen.includes(option['value']) && html`selected`}
        >
          ${renderText(option['text'], names)}${isJson(option['description']) && html` – ${renderText(option['description'], names)}`}
        </option>`,
    )}
  </select>`
}

function limit(name: string, value: unknown): Html | false {
  return typeof value === 'number' && html`${name}="${value}"`
}
