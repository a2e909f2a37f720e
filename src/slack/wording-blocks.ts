import type {
  ActionsBlock,
  Button,
  Confirm,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  PlainTextElement,
  RichTextBlock,
  SectionBlock,
} from '@slack/types'
import { cleanText, cutText } from '../domain/text.ts'

/** What `chat.postMessage` and its kin take: blocks, and the text for notifications and screen readers. */
export interface Message {
  readonly text: string
  readonly blocks: KnownBlock[]
}

/** Longest quotation in UTF-16 code units: a whole justification of any characters. */
const QUOTE_MAX = 2_000

/** Words of ours or somebody's, shown as they are. */
export function plain(text: string, maxChars: number): PlainTextElement {
  const words = cutText(cleanText(text, { multiline: true }), maxChars)
  return { type: 'plain_text', text: words === '' ? '–' : words, emoji: false }
}

/** A heading: one emoji and a few words of ours. */
export function header(blockId: string, text: string): HeaderBlock {
  return {
    type: 'header',
    block_id: blockId,
    text: { type: 'plain_text', text: cutText(text, 150), emoji: true },
  }
}

/** A paragraph of mrkdwn whose foreign parts are escaped. Bare addresses and names are left alone. */
export function section(blockId: string, mrkdwn: string): SectionBlock {
  return {
    type: 'section',
    block_id: blockId,
    text: { type: 'mrkdwn', text: mrkdwn, verbatim: true },
  }
}

/** Like {@link section}; no block when there is nothing to say, because Slack refuses an empty one. */
export function paragraph(blockId: string, mrkdwn: string): SectionBlock[] {
  return mrkdwn === '' ? [] : [section(blockId, mrkdwn)]
}

/** Labelled facts in two columns, ten at most; labels are ours, values are escaped mrkdwn. */
export function facts(
  blockId: string,
  entries: readonly (readonly [label: string, value: string])[],
): SectionBlock {
  return {
    type: 'section',
    block_id: blockId,
    fields: entries.map(([label, value]) => ({
      type: 'mrkdwn',
      text: `*${label}*\n${value}`,
      verbatim: true,
    })),
  }
}

/** Small print of escaped mrkdwn. */
export function context(blockId: string, mrkdwn: string): ContextBlock {
  return {
    type: 'context',
    block_id: blockId,
    elements: [{ type: 'mrkdwn', text: mrkdwn, verbatim: true }],
  }
}

/** Somebody's own words, quoted as they are: nothing in them is markup. */
export function quote(
  blockId: string,
  text: string,
  options: { readonly label?: string; readonly maxChars?: number } = {},
): RichTextBlock {
  const words = cutText(cleanText(text, { multiline: true }), options.maxChars ?? QUOTE_MAX)
  const label: RichTextBlock['elements'] =
    options.label === undefined
      ? []
      : [
          {
            type: 'rich_text_section',
            elements: [{ type: 'text', text: options.label, style: { bold: true } }],
          },
        ]
  return {
    type: 'rich_text',
    block_id: blockId,
    elements: [
      ...label,
      { type: 'rich_text_quote', elements: [{ type: 'text', text: words === '' ? '–' : words }] },
    ],
  }
}

/** Lines in fixed-width letters, as they are. */
export function preformatted(blockId: string, text: string): RichTextBlock {
  return {
    type: 'rich_text',
    block_id: blockId,
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
  }
}

/** A button that carries a request's id and nothing else. */
export function button(
  actionId: string,
  label: string,
  value: string,
  more: { readonly style?: 'primary' | 'danger'; readonly confirm?: Confirm } = {},
): Button {
  return {
    type: 'button',
    action_id: actionId,
    text: { type: 'plain_text', text: label, emoji: false },
    value,
    ...more,
  }
}

/** A button that opens a page in the browser; Slack tells of the click all the same. */
export function linkButton(
  actionId: string,
  label: string,
  value: string,
  page: { readonly url: string; readonly style?: 'primary' },
): Button {
  return { ...button(actionId, label, value), ...page }
}

/** A row of buttons; no block when there are none, because Slack refuses an empty row. */
export function actions(blockId: string, buttons: readonly Button[]): ActionsBlock[] {
  return buttons.length === 0
    ? []
    : [{ type: 'actions', block_id: blockId, elements: [...buttons] }]
}

/** The question that Slack asks before it sends a click. */
export function confirm(
  title: string,
  text: string,
  answers: { readonly yes: string; readonly no: string; readonly style: 'primary' | 'danger' },
): Confirm {
  return {
    title: plain(title, 100),
    text: plain(text, 300),
    confirm: plain(answers.yes, 30),
    deny: plain(answers.no, 30),
    style: answers.style,
  }
}
