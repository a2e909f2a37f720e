import type { Json } from '../../simulators/slack/json.ts'
import { isJson, textOf } from '../../simulators/slack/json.ts'
import type { View } from '../../simulators/slack/workspace.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { renderBlocks } from './render-blocks.ts'
import { renderControl } from './render-control.ts'
import { renderText } from './render-text.ts'

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
          : renderBlocks([block], names, { view: view.id, values: view.values }),
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
  const error = view.errors[blockId]
  const isOptional = block['optional'] === true
  const chooses =
    block['dispatch_action'] === true &&
    html`data-choose="click-in-view" data-view="${view.id}" data-action="${actionId}"`
  const marks = html`data-block="${blockId}" data-input="${actionId}" ${chooses}
  ${!isOptional && element['type'] !== 'checkboxes' && html`required`}
  ${error !== undefined && html`aria-invalid="true"`}
  ${element['focus_on_load'] === true && html`autofocus`}`
  const state = view.values[blockId]?.[actionId] ?? {}
  return html`<div class="field">
    <label for="${id}"
      >${renderText(block['label'], names)}${isOptional && html` <small>(optional)</small>`}</label
    >
    ${renderControl({ element, state, marks, id, names })}
    ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
    ${isJson(block['hint']) && html`<p class="hint">${renderText(block['hint'], names)}</p>`}
  </div>`
}
