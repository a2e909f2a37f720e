import type { Json } from '../../simulators/slack/json.ts'
import { isJson, objectsOf, textOf } from '../../simulators/slack/json.ts'
import { visibleText } from '../../simulators/slack/visible-text.ts'
import type { View } from '../../simulators/slack/workspace.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { linkTo } from './mrkdwn.ts'
import { isControl, renderControl } from './render-control.ts'
import { renderRichText } from './render-rich-text.ts'
import { renderText } from './render-text.ts'

/** What a click in the blocks needs to say where it was; of a view, with what stands in it. */
export type Place =
  | { readonly channel: string; readonly ts: string }
  | { readonly view: string; readonly values: View['values'] }

/** Blocks of a message or a view as Slack would show them; inputs are left out. */
export function renderBlocks(blocks: readonly Json[], names: Names, place: Place): Html {
  return html`${blocks.map((block) => renderBlock(block, names, place))}`
}

function renderBlock(block: Json, names: Names, place: Place): Html {
  switch (block['type']) {
    case 'header':
      return html`<h3 class="b-header">${renderText(block['text'], names)}</h3>`
    case 'section':
      return renderSection(block, names, place)
    case 'context':
      return html`<p class="b-context">
        ${objectsOf(block['elements']).map((element) => renderText(element, names))}
      </p>`
    case 'divider':
      return html`<hr />`
    case 'rich_text':
      return renderRichText(block, names)
    case 'actions':
      return html`<div class="b-actions">
        ${objectsOf(block['elements']).map((element) => renderElement(element, block, place, names))}
      </div>`
    case 'image':
      return html`<p class="b-context">${textOf(block['alt_text'])}</p>`
    default:
      return html`<p>${visibleText({ blocks: [block] })}</p>`
  }
}

function renderSection(block: Json, names: Names, place: Place): Html {
  const fields = objectsOf(block['fields'])
  return html`<div class="b-section">
    ${isJson(block['text']) && html`<p>${renderText(block['text'], names)}</p>`}
    ${
      fields.length > 0 &&
      html`<div class="b-fields">
        ${fields.map((field) => html`<p>${renderText(field, names)}</p>`)}
      </div>`
    }
    ${isJson(block['accessory']) && renderElement(block['accessory'], block, place, names)}
  </div>`
}

function renderElement(element: Json, block: Json, place: Place, names: Names): Html {
  const [blockId, actionId] = [textOf(block['block_id']) ?? '', textOf(element['action_id']) ?? '']
  const isView = 'view' in place
  const where = isView
    ? html`data-view="${place.view}"`
    : html`data-channel="${place.channel}" data-ts="${place.ts}"`
  const what = isView ? 'click-in-view' : 'click'
  const marks = html`${where} data-action="${actionId}" data-block="${blockId}"
  ${isJson(element['confirm']) && confirmation(element['confirm'])}`
  if (isControl(element)) {
    const entered = isView ? place.values[blockId]?.[actionId] : undefined
    return renderControl({
      element,
      state: entered ?? initialState(element),
      marks: html`data-choose="${what}" ${marks}`,
      id: `choice-${isView ? place.view : place.ts}-${blockId}-${actionId}`,
      names,
    })
  }
  const label = isJson(element['text']) ? (textOf(element['text']['text']) ?? '') : ''
  const url = textOf(element['url'])
  if (element['type'] !== 'button')
    return html`<span class="b-context">${visibleText({ blocks: [element] })}</span>`
  if (url !== undefined) return linkTo(url, label)
  return html`<button
    type="button"
    class="button ${textOf(element['style']) ?? ''}"
    data-act="${what}"
    ${marks}
  >
    ${label}
  </button>`
}

/** The state of an element that nobody has touched. */
function initialState(element: Json): Json {
  return {
    selected_option: element['initial_option'],
    selected_options: element['initial_options'],
    selected_date_time: element['initial_date_time'],
    selected_date: element['initial_date'],
    selected_time: element['initial_time'],
  }
}

/** The question before the click, as attributes for the page's own dialog. */
function confirmation(confirm: Json): Html {
  const words = (name: string): string => {
    const text = confirm[name]
    return isJson(text) ? (textOf(text['text']) ?? '') : ''
  }
  return html`data-confirm-title="${words('title')}" data-confirm-text="${words('text')}"
  data-confirm-yes="${words('confirm')}" data-confirm-no="${words('deny')}"
  data-confirm-style="${textOf(confirm['style']) ?? 'primary'}"`
}
