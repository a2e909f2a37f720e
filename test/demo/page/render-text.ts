import { isJson, textOf } from '../../simulators/slack/json.ts'
import type { Html } from './html.ts'
import { html, lines } from './html.ts'
import type { Names } from './mrkdwn.ts'
import { mrkdwn } from './mrkdwn.ts'

/** A text object: plain or marked up. */
export function renderText(text: unknown, names: Names): Html {
  if (!isJson(text)) return html``
  const words = textOf(text['text']) ?? ''
  return text['type'] === 'mrkdwn' ? mrkdwn(words, names) : lines(words)
}
