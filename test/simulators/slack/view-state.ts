import { elementsOf } from './block-kit.ts'
import { isJson, objectsOf, textOf, type Json } from './json.ts'
import type { View } from './workspace.ts'

/** What a person enters: text, an option's value, several values, nothing, or a raw option object. */
export type Entry = string | number | null | readonly string[] | Json
/** Entries by block_id; a block with several elements takes entries by action_id. */
export type Entries = Readonly<Record<string, Entry | Readonly<Record<string, Entry>>>>
type Values = View['values']

const STATE: Readonly<Record<string, readonly [field: string, initial: string, empty: unknown]>> = {
  plain_text_input: ['value', 'initial_value', null],
  email_text_input: ['value', 'initial_value', null],
  url_text_input: ['value', 'initial_value', null],
  number_input: ['value', 'initial_value', null],
  rich_text_input: ['rich_text_value', 'initial_value', null],
  static_select: ['selected_option', 'initial_option', null],
  external_select: ['selected_option', 'initial_option', null],
  radio_buttons: ['selected_option', 'initial_option', null],
  overflow: ['selected_option', '', null],
  multi_static_select: ['selected_options', 'initial_options', []],
  multi_external_select: ['selected_options', 'initial_options', []],
  checkboxes: ['selected_options', 'initial_options', []],
  users_select: ['selected_user', 'initial_user', null],
  multi_users_select: ['selected_users', 'initial_users', []],
  conversations_select: ['selected_conversation', 'initial_conversation', null],
  multi_conversations_select: ['selected_conversations', 'initial_conversations', []],
  channels_select: ['selected_channel', 'initial_channel', null],
  multi_channels_select: ['selected_channels', 'initial_channels', []],
  datepicker: ['selected_date', 'initial_date', null],
  timepicker: ['selected_time', 'initial_time', null],
  datetimepicker: ['selected_date_time', 'initial_date_time', null],
  file_input: ['files', '', []],
}

/** What Slack's client takes for an address or a number. */
const FORMATS: Readonly<Record<string, RegExp>> = {
  email_text_input: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  url_text_input: /^https?:\/\/\S+$/,
  number_input: /^-?\d+(?:\.\d+)?$/,
}

/**
 * The state values of blocks: what stands in `kept` for the same block_id, action_id and type,
 * otherwise the initial value. Source: https://docs.slack.dev/surfaces/modals
 */
export function stateOf(blocks: readonly Json[], kept: Values = {}): Values {
  const values: Record<string, Record<string, Json>> = {}
  for (const block of blocks) {
    for (const element of elementsOf(block)) {
      const type = String(element['type'])
      const [field, initial, empty] = STATE[type] ?? []
      if (field === undefined || initial === undefined || type === 'overflow') continue
      const [blockId, actionId] = [String(block['block_id']), String(element['action_id'])]
      const old = kept[blockId]?.[actionId]
      const state = old?.['type'] === type ? old : { type, [field]: element[initial] ?? empty }
      values[blockId] = { ...values[blockId], [actionId]: state }
    }
  }
  return values
}

/** The state values after the person entered something. Throws when no such input is on screen. */
export function enter(blocks: readonly Json[], values: Values, entries: Entries): Values {
  const entered: Record<string, Readonly<Record<string, Json>>> = { ...values }
  for (const [blockId, entry] of Object.entries(entries)) {
    const block = blocks.find((each) => each['block_id'] === blockId)
    const elements = (block ? elementsOf(block) : []).filter((each) => stateful(each))
    const first = elements[0]
    if (!first) {
      const ids = Object.keys(values).join(', ')
      throw new Error(`nothing to enter in block "${blockId}"; the view has ${ids || 'no inputs'}`)
    }
    for (const element of elements) {
      const actionId = String(element['action_id'])
      const byAction = isJson(entry) && Object.hasOwn(entry, actionId)
      if (!byAction && element !== first) continue
      const own = (byAction ? entry[actionId] : entry) as Entry
      entered[blockId] = { ...entered[blockId], [actionId]: choose(element, own) }
    }
  }
  return entered
}

/** The state value of an element with something chosen. Throws when that is not on offer. */
export function choose(element: Json, entry: Entry): Json {
  const type = String(element['type'])
  const [field, , empty] = STATE[type] ?? []
  if (field === undefined) throw new Error(`a ${type} takes no value`)
  if (entry === null || entry === '') return { type, [field]: empty }
  if (field === 'selected_option') return { type, [field]: optionFor(element, entry) }
  if (field === 'selected_options') {
    const chosen = Array.isArray(entry) ? (entry as readonly Entry[]) : [entry]
    return { type, [field]: chosen.map((each) => optionFor(element, each)) }
  }
  if (field === 'selected_date_time') return { type, [field]: secondsFrom(entry) }
  if (field !== 'value') return { type, [field]: entry }
  if (typeof entry === 'object') throw new Error(`a ${type} takes a text`)
  return { type, value: String(entry) }
}

/** Why Slack's client would not send the form: required inputs left empty, texts too short or long, no addresses. */
export function formProblems(view: View): readonly string[] {
  return view.blocks
    .filter((block) => block['type'] === 'input' && isJson(block['element']))
    .flatMap((block) => {
      const element = block['element'] as Json
      const [blockId, actionId] = [String(block['block_id']), String(element['action_id'])]
      const state = view.values[blockId]?.[actionId] ?? {}
      const entry = state[STATE[String(element['type'])]?.[0] ?? '']
      const isEmpty = entry === null || entry === undefined || (entry as string).length === 0
      if (isEmpty) return block['optional'] === true ? [] : [`block "${blockId}" is required`]
      if (typeof entry !== 'string') return []
      const { min_length: min, max_length: max } = element
      if (typeof min === 'number' && entry.length < min) return [`block "${blockId}" is too short`]
      if (typeof max === 'number' && entry.length > max) return [`block "${blockId}" is too long`]
      const fits = FORMATS[String(element['type'])]?.test(entry) ?? true
      return fits ? [] : [`block "${blockId}" is no ${String(element['type']).split('_')[0]}`]
    })
}

function stateful(element: Json): boolean {
  return Object.hasOwn(STATE, String(element['type'])) && element['type'] !== 'overflow'
}

function secondsFrom(entry: Entry): number {
  const digits = typeof entry === 'object' ? JSON.stringify(entry) : String(entry)
  if (/^\d{10}$/.test(digits)) return Number(digits)
  throw new Error(`a datetimepicker takes seconds since the epoch, ten digits, not ${digits}`)
}

function optionFor(element: Json, entry: Entry): Json {
  if (isJson(entry)) return entry
  const offered = [
    ...objectsOf(element['options']),
    ...objectsOf(element['option_groups']).flatMap((group) => objectsOf(group['options'])),
  ]
  const found = offered.find((option) => option['value'] === String(entry))
  if (found) return found
  const values = offered.map((option) => textOf(option['value'])).join(', ')
  throw new Error(`"${String(entry)}" is not on offer; the options are ${values || 'none'}`)
}
