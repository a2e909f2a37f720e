import type { ContextBlock, InputBlock, KnownBlock, ModalView, PlainTextOption } from '@slack/types'
import { z } from 'zod'
import { formatDuration } from '../domain/duration.ts'
import type { Resource } from '../domain/resource.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { termsOf } from './lists.ts'
import { inline } from './mrkdwn.ts'
import { context, plain, section } from './wording-blocks.ts'

export const REQUEST_CALLBACK = 'jit:request'

const OPTIONS_MAX = 100
/** The stricter of the two limits that Slack documents for an option's value. */
const OPTION_VALUE_MAX = 75
const METADATA_MAX = 3_000
const TYPED_MAX = 3_000

type FieldName = 'resource' | 'duration' | 'reason'
type Fields = { readonly [field in FieldName]?: string | undefined }

export interface RequestFormModel {
  /** What the asker may ask for, in the order to show. */
  readonly resources: readonly Resource[]
  /** What is filled in already; the resource by its id. */
  readonly values: Fields
  /** What is wrong with a field, as plain text. */
  readonly problems: Fields
  readonly privateMetadata?: string
}

/** What somebody typed into the request form, as it came. */
export type RequestFormAnswer =
  | { readonly ok: true; readonly values: { readonly [field in FieldName]: string } }
  | { readonly ok: false; readonly problem: string }

/** The modal that is shown while its contents are being looked up. Throws RangeError when the metadata is over 3000 characters. */
export function loadingForm(privateMetadata?: string): ModalView {
  return {
    ...modal('One moment', [section('loading', 'Looking things up…')]),
    ...metadata(privateMetadata),
  }
}

/** A modal that says one thing. The sentence is mrkdwn. */
export function noticeModal(title: string, sentence: string): ModalView {
  return modal(title, [section('notice', cutText(sentence, 3_000) || '–')])
}

/** The modal that asks what, how long and why; with what was typed before, and what was wrong with it. */
export function requestForm(model: RequestFormModel): ModalView {
  const { values, problems } = model
  const options = offered(model)
  if (options.length === 0)
    return noticeModal(
      'Request access',
      'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
    )
  const chosen = options.length === 1 ? options[0] : options.find((r) => r.id === values.resource)
  const hidden = model.resources.length - options.length
  const blocks: KnownBlock[] = [
    resourceInput(options, chosen),
    ...problem('resource', problems.resource),
    ...(hidden > 0
      ? [
          context(
            'more',
            `${hidden} more are not shown: ask for one of them with \`/jit request resource duration reason\`.`,
          ),
        ]
      : []),
    durationInput(values.duration, chosen),
    ...problem('duration', problems.duration),
    reasonInput(values.reason, chosen),
    ...problem('reason', problems.reason),
  ]
  return {
    ...modal('Request access', blocks),
    callback_id: REQUEST_CALLBACK,
    submit: plain('Request', 24),
    close: plain('Cancel', 24),
    ...metadata(model.privateMetadata),
  }
}

const typed = z
  .string()
  .max(TYPED_MAX)
  .nullish()
  .transform((text) => text ?? '')
const requestState = z.object({
  resource: z.object({
    resource: z.object({ selected_option: z.object({ value: typed }).nullish() }),
  }),
  duration: z.object({ duration: z.object({ value: typed }) }),
  reason: z.object({ reason: z.object({ value: typed }) }),
})

/** What the request form holds, from `view.state.values`; an empty field is an empty string. */
export function parseRequestForm(stateValues: unknown): RequestFormAnswer {
  const parsed = requestState.safeParse(stateValues)
  if (!parsed.success)
    return { ok: false, problem: `read the request form: ${z.prettifyError(parsed.error)}` }
  const { resource, duration, reason } = parsed.data
  return {
    ok: true,
    values: {
      resource: resource.resource.selected_option?.value ?? '',
      duration: duration.duration.value,
      reason: reason.reason.value,
    },
  }
}

/** The first resources that fit into a menu, the chosen one always among them. */
function offered({ resources, values }: RequestFormModel): readonly Resource[] {
  const fitting = resources.filter(({ id }) => id !== '' && id.length <= OPTION_VALUE_MAX)
  if (fitting.length <= OPTIONS_MAX) return fitting
  const first = fitting.slice(0, OPTIONS_MAX)
  const chosen = fitting.find(({ id }) => id === values.resource)
  return chosen === undefined || first.includes(chosen) ? first : [...first.slice(0, -1), chosen]
}

function resourceInput(resources: readonly Resource[], chosen: Resource | undefined): InputBlock {
  return {
    type: 'input',
    block_id: 'resource',
    label: plain('Resource', 75),
    element: {
      type: 'static_select',
      action_id: 'resource',
      placeholder: plain('Choose a resource', 150),
      options: resources.map(option),
      ...(chosen === undefined ? {} : { initial_option: option(chosen) }),
    },
  }
}

function option(resource: Resource): PlainTextOption {
  return {
    text: plain(cleanText(resource.title, { multiline: false }) || resource.id, 75),
    value: resource.id,
    description: plain(termsOf(resource), 75),
  }
}

function durationInput(value: string | undefined, chosen: Resource | undefined): InputBlock {
  const preset = chosen === undefined ? '' : formatDuration(chosen.duration.defaultSeconds)
  return {
    type: 'input',
    block_id: 'duration',
    label: plain('Duration', 75),
    hint: plain(
      chosen === undefined
        ? 'From 1m up to the maximum that the menu shows for the resource.'
        : `From 1m to ${formatDuration(chosen.duration.maxSeconds)} for ${cutText(cleanText(chosen.title, { multiline: false }), 75)}; the menu shows the maximum of the others.`,
      300,
    ),
    element: {
      type: 'plain_text_input',
      action_id: 'duration',
      placeholder: plain('e.g. 1h30m', 150),
      max_length: 40,
      ...initial(value ?? preset, 40, false),
    },
  }
}

function reasonInput(value: string | undefined, chosen: Resource | undefined): InputBlock {
  const hint = chosen?.reason.hint ?? ''
  return {
    type: 'input',
    block_id: 'reason',
    label: plain('Reason', 75),
    ...(hint.trim() === '' ? {} : { hint: plain(hint, 300) }),
    element: {
      type: 'plain_text_input',
      action_id: 'reason',
      multiline: true,
      placeholder: plain('Why you need it; the approvers read this', 150),
      max_length: REASON_MAX_LENGTH,
      ...initial(value ?? '', REASON_MAX_LENGTH, true),
    },
  }
}

function initial(
  text: string,
  maxChars: number,
  multiline: boolean,
): { readonly initial_value?: string } {
  const value = cutText(cleanText(text, { multiline }), maxChars)
  return value === '' ? {} : { initial_value: value }
}

function problem(field: FieldName, text: string | undefined): ContextBlock[] {
  const words = inline(text ?? '', 500)
  return words === '' ? [] : [context(`${field}-problem`, `:warning: ${words}`)]
}

function modal(title: string, blocks: KnownBlock[]): ModalView {
  return { type: 'modal', title: plain(title, 24), close: plain('Close', 24), blocks }
}

function metadata(text: string | undefined): { readonly private_metadata?: string } {
  if (text === undefined) return {}
  if (text.length > METADATA_MAX)
    throw new RangeError(
      `a modal carries ${METADATA_MAX} characters of metadata, not ${text.length}`,
    )
  return { private_metadata: text }
}
