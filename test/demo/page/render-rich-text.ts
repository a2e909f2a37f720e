import type { Json } from '../../simulators/slack/json.ts'
import { isJson, objectsOf, textOf } from '../../simulators/slack/json.ts'
import type { Html } from './html.ts'
import { html, lines } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { instant, linkTo, mentioned } from './mrkdwn.ts'

/** A rich text block, in which every text means itself. Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export function renderRichText(block: Json, names: Names): Html {
  return html`${objectsOf(block['elements']).map((element) => renderPart(element, names))}`
}

function renderPart(part: Json, names: Names): Html {
  const inside = objectsOf(part['elements'])
  switch (part['type']) {
    case 'rich_text_quote':
      return html`<blockquote>${inside.map((each) => renderInline(each, names))}</blockquote>`
    case 'rich_text_preformatted':
      return html`<pre>${inside.map((each) => renderInline(each, names))}</pre>`
    case 'rich_text_list':
      return html`<ul>
        ${inside.map((item) => html`<li>${renderPart(item, names)}</li>`)}
      </ul>`
    default:
      return html`<p>${inside.map((each) => renderInline(each, names))}</p>`
  }
}

function renderInline(element: Json, names: Names): Html {
  const field = (name: string): string => textOf(element[name]) ?? ''
  switch (element['type']) {
    case 'text':
      return styled(field('text'), element['style'])
    case 'link':
      return linkTo(field('url'), field('text') || field('url'))
    case 'user':
      return mentioned('@', names.person(field('user_id')) ?? field('user_id'))
    case 'usergroup':
      return mentioned('@', names.group(field('usergroup_id')) ?? field('usergroup_id'))
    case 'channel':
      return mentioned('#', names.channel(field('channel_id')) ?? field('channel_id'))
    case 'date':
      return instant(Number(element['timestamp']), field('format'), field('fallback'))
    case 'emoji':
      return html`:${field('name')}:`
    default:
      return html``
  }
}

function styled(text: string, style: unknown): Html {
  const has = (name: string): boolean => isJson(style) && style[name] === true
  const code = has('code') ? html`<code>${text}</code>` : lines(text)
  const bold = has('bold') ? html`<strong>${code}</strong>` : code
  const italic = has('italic') ? html`<em>${bold}</em>` : bold
  return has('strike') ? html`<s>${italic}</s>` : italic
}
