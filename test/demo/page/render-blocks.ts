import type { Json } from '../../simulators/slack/json.ts'
import { isJson, objectsOf, textOf } from '../../simulators/slack/json.ts'
import { visibleText } from '../../simulators/slack/visible-text.ts'
import type { Html } from './html.ts'
import { html, lines } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { linkTo, mrkdwn } from './mrkdwn.ts'
import { renderRichText } from './render-rich-text.ts'

/** What a click in the blocks needs to say where it was. */
export type Place = { readonly channel: string; readonly ts: string } | { readonly view: string }

/** Blocks of a message or a view as Slack would show them; inputs are left out. */
export function renderBlocks(blocks: readonly Json[], names: Names, place: Place): Html {
  return html`${blocks.map((block) => renderBlock(block, names, place))}`
}

/** A text object: plain or marked up. */
export function renderText(text: unknown, names: Names): Html {
  if (!isJson(text)) return html``
  const words = textOf(text['text']) ?? ''
  return text['type'] === 'mrkdwn' ? mrkdwn(words, names) : lines(words)
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
        ${objectsOf(block['elements']).map((element) => renderElement(element, block, place))}
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
    ${isJson(block['accessory']) && renderElement(block['accessory'], block, place)}
  </div>`
}

function renderElement(element: Json, block: Json, place: Place): Html {
  const label = isJson(element['text']) ? (textOf(element['text']['text']) ?? '') : ''
  const url = textOf(element['url'])
  if (element['type'] !== 'button')
    return html`<span class="b-context">${visibleText({ blocks: [element] })}</span>`
  if (url !== undefined) return linkTo(url, label)
  const where =
    'view' in place
      ? html`data-act="click-in-view" data-view="${place.view}"`
      : html`data-act="click" data-channel="${place.channel}" data-ts="${place.ts}"`
  return html`<button
    type="button"
    class="button ${textOf(element['style']) ?? ''}"
    ${where}
    data-action="${textOf(element['action_id']) ?? ''}"
    data-block="${textOf(block['block_id']) ?? ''}"
    ${isJson(element['confirm']) && confirmation(element['confirm'])}
  >
    ${label}
  </button>`
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
