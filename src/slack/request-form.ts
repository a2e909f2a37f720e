import type { KnownBlock, ModalView } from '@slack/types'
import type { Offer } from '../app/use-cases.ts'
import { cleanText } from '../domain/text.ts'
import { form, noticeModal, problemBlock } from './form-parts.ts'
import type { ReadForm } from './form-state.ts'
import { readForm, textIn } from './form-state.ts'
import { duration } from './mrkdwn.ts'
import {
  beneficiaryField,
  durationField,
  durationNote,
  presetRef,
  reasonField,
  resourceField,
  startField,
} from './request-fields.ts'
import type { RequestMode } from './request-offers.ts'
import { isFor, offerFor, offersShown } from './request-offers.ts'
import { readResource } from './request-words.ts'
import { context, section } from './wording-blocks.ts'
import type { FieldName } from '../words/field-problem.ts'

export const REQUEST_CALLBACKS = {
  access: 'jit:request',
  'break-glass': 'jit:break-glass',
} as const satisfies { readonly [mode in RequestMode]: string }

export const REQUEST_TITLES = {
  access: 'Request access',
  'break-glass': 'Break-glass access',
} as const satisfies { readonly [mode in RequestMode]: string }

export interface RequestFormValues {
  /** As people write it: `grafana-prod`, or `grafana-prod:read`. */
  readonly resource?: string
  readonly duration?: string
  readonly reason?: string
  readonly beneficiary?: string
  /** As typed, on the asker's clock; or as picked. */
  readonly start?: string | Date
}

/** What is wrong with fields, as plain text. */
export type FieldTexts = { readonly [field in FieldName]?: string }

export interface RequestFormModel {
  readonly mode: RequestMode
  /** What the asker may ask for, in the order to show. */
  readonly offers: readonly Offer[]
  readonly values: RequestFormValues
  readonly problems: FieldTexts
}

/**
 * The modal that asks what, how long and why; with what was typed before, and what was wrong with it. It follows the
 * resource: its choices of durations, and whether access can start later or be had for somebody else.
 */
export function requestForm(model: RequestFormModel): ModalView {
  const { mode, values, problems } = model
  const isAccess = mode === 'access'
  const title = REQUEST_TITLES[mode]
  const mine = model.offers.filter((offer) => isFor(mode, offer))
  const offers = offersShown(mine, values.resource)
  if (offers.length === 0) return noticeModal(title, nothing(mode))
  const chosen = offerFor(offers, values.resource)
  const possible = chosen === undefined ? offers : [chosen]
  // What was entered is never left out in silence, whatever the resource offers.
  const isForOthers =
    isAccess &&
    (possible.some((offer) => offer.isSponsor) ||
      (values.beneficiary ?? '') !== '' ||
      problems.beneficiary !== undefined)
  const isLater =
    isAccess &&
    (possible.some(({ resource }) => resource.scheduleSeconds > 0) || values.start !== undefined)
  // A start that was not understood is picked instead.
  const start =
    problems.start !== undefined && typeof values.start === 'string' ? undefined : values.start
  const blocks: KnownBlock[] = [
    ...(isAccess ? [] : [section('meaning', meaning(chosen))]),
    resourceField(mode, offers, chosen),
    ...problemBlock('resource', problems.resource),
    ...hiddenNote(mine.length - offers.length, mode),
    ...(isForOthers ? [beneficiaryField(values.beneficiary, chosen)] : []),
    ...problemBlock('beneficiary', problems.beneficiary),
    durationField(mode, values.duration, chosen),
    ...problemBlock('duration', durationNote(mode, values.duration, chosen, problems.duration)),
    ...(isLater ? [startField(start)] : []),
    ...problemBlock('start', problems.start),
    reasonField(mode, values.reason, chosen),
    ...problemBlock('reason', problems.reason),
  ]
  const submit = isAccess ? 'Request' : 'Open access now'
  return form({ callbackId: REQUEST_CALLBACKS[mode], title, submit, blocks })
}

/** What the request form holds, cleaned; an empty field is an empty string. */
export interface RequestEntries {
  readonly resource: string
  readonly duration: string
  readonly reason: string
  readonly beneficiary: string
  readonly start?: string | Date
  /** The resource for which the form proposed a duration. */
  readonly presetRef?: string
}

/** What somebody entered into the request form, from `view.state.values`. */
export function readRequestForm(stateValues: unknown): ReadForm<RequestEntries> {
  const read = readForm(stateValues)
  if (!read.ok) return read
  const state = read.value
  const line = (block: string) => cleanText(textIn(state, block), { multiline: false })
  const start = state.get('start')?.at ?? line('start')
  const ref = presetRef(state.get('duration')?.actionId ?? '')
  return {
    ok: true,
    value: {
      resource: readResource(line('resource')),
      duration: line('duration'),
      reason: cleanText(textIn(state, 'reason'), { multiline: true }),
      beneficiary: line('beneficiary'),
      ...(start === '' ? {} : { start }),
      ...(ref === undefined ? {} : { presetRef: ref }),
    },
  }
}

function nothing(mode: RequestMode): string {
  return mode === 'access'
    ? 'There is nothing that you may ask for: ask an operator to add you to the catalogue.'
    : 'There is no break-glass access for you: ask for access with `/jit request`.'
}

function meaning(chosen: Offer | undefined): string {
  const seconds = chosen?.resource.breakGlass?.reviewSeconds
  const within = seconds === undefined ? '' : ` within ${duration(seconds)}`
  return `:rotating_light: *Access opens at once, without an approval.*\nEverybody in the audit channel reads it, your reason included, and the approvers say${within} whether it was justified.`
}

function hiddenNote(count: number, mode: RequestMode): KnownBlock[] {
  if (count <= 0) return []
  const command = mode === 'access' ? 'request' : 'break-glass'
  const line = `\`/jit ${command} resource duration reason\``
  return [context('more', `${count} more are not shown: ask for one of them with ${line}.`)]
}
