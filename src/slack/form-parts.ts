import type { ContextBlock, InputBlock, KnownBlock, ModalView, PlainTextOption } from '@slack/types'
import { formatDuration } from '../domain/duration.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { inline } from './mrkdwn.ts'
import { context, plain, section } from './wording-blocks.ts'

const METADATA_MAX = 3_000
const DURATION_MAX = 40
const OPTIONS_MAX = 100

/** The modal that is shown while its contents are being looked up. */
export function loadingForm(): ModalView {
  return modal('One moment', [section('loading', 'Looking things up…')])
}

/** A modal that says one thing. The sentence is mrkdwn. */
export function noticeModal(title: string, sentence: string): ModalView {
  return modal(title, [section('notice', cutText(sentence, 3_000) || '–')])
}

/** A modal that is sent with a button. Throws RangeError when the metadata is over 3000 characters. */
export function form(of: {
  readonly callbackId: string
  readonly title: string
  readonly submit: string
  readonly blocks: KnownBlock[]
  /** Ids only: it comes back from the outside. */
  readonly metadata?: string
}): ModalView {
  const { metadata = '' } = of
  if (metadata.length > METADATA_MAX)
    throw new RangeError(
      `a modal carries ${METADATA_MAX} characters of metadata, not ${metadata.length}`,
    )
  return {
    ...modal(of.title, of.blocks),
    callback_id: of.callbackId,
    submit: plain(of.submit, 24),
    close: plain('Cancel', 24),
    ...(metadata === '' ? {} : { private_metadata: metadata }),
  }
}

function modal(title: string, blocks: KnownBlock[]): ModalView {
  return { type: 'modal', title: plain(title, 24), close: plain('Close', 24), blocks }
}

/** Words beside a field about what is wrong with it; no block when nothing is. */
export function problemBlock(field: string, text: string | undefined): ContextBlock[] {
  const words = inline(text ?? '', 500)
  return words === '' ? [] : [context(`${field}-problem`, `:warning: ${words}`)]
}

/** A field for a duration: a menu where there are choices, else a line of text. */
export function durationInput(of: {
  readonly label: string
  readonly hint: string
  readonly actionId?: string
  readonly value?: string | undefined
  readonly choices?: readonly number[]
  readonly placeholder?: string
  readonly isOptional?: boolean
}): InputBlock {
  const { value = '', choices = [], actionId = 'duration' } = of
  const options = choices.slice(0, OPTIONS_MAX).map(durationOption)
  const chosen = options.find((option) => option.value === value)
  return {
    type: 'input',
    block_id: 'duration',
    label: plain(of.label, 75),
    hint: plain(of.hint, 300),
    ...(of.isOptional === true ? { optional: true } : {}),
    element:
      options.length > 0
        ? {
            type: 'static_select',
            action_id: actionId,
            placeholder: plain(of.placeholder ?? 'Choose a duration', 150),
            options,
            ...(chosen === undefined ? {} : { initial_option: chosen }),
          }
        : {
            type: 'plain_text_input',
            action_id: actionId,
            placeholder: plain(of.placeholder ?? 'e.g. 1h30m', 150),
            max_length: DURATION_MAX,
            ...initial(value, DURATION_MAX, false),
          },
  }
}

function durationOption(seconds: number): PlainTextOption {
  const text = formatDuration(seconds)
  return { text: plain(text, 75), value: text }
}

/** A field for a reason or a note, in several lines. */
export function wordsInput(of: {
  readonly blockId: string
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  readonly value?: string | undefined
  readonly isOptional?: boolean
  readonly isFocused?: boolean
}): InputBlock {
  const { hint = '', placeholder = '' } = of
  return {
    type: 'input',
    block_id: of.blockId,
    label: plain(of.label, 75),
    ...(hint.trim() === '' ? {} : { hint: plain(hint, 300) }),
    ...(of.isOptional === true ? { optional: true } : {}),
    element: {
      type: 'plain_text_input',
      action_id: of.blockId,
      multiline: true,
      ...(placeholder === '' ? {} : { placeholder: plain(placeholder, 150) }),
      ...(of.isOptional === true ? {} : { min_length: 1 }),
      max_length: REASON_MAX_LENGTH,
      ...(of.isFocused === true ? { focus_on_load: true } : {}),
      ...initial(of.value ?? '', REASON_MAX_LENGTH, true),
    },
  }
}

/** What a text field holds from the beginning; nothing when that is empty. */
export function initial(
  text: string,
  maxChars: number,
  multiline: boolean,
): { readonly initial_value?: string } {
  const value = cutText(cleanText(text, { multiline }), maxChars)
  return value === '' ? {} : { initial_value: value }
}
