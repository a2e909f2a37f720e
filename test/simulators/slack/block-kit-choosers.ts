import { isDeepStrictEqual } from 'node:util'
import {
  all,
  among,
  anything,
  anyText,
  boolean,
  integer,
  list,
  object,
  plainText,
  string,
  type Check,
} from './block-kit-checks.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson, objectsOf } from './json.ts'

/** Checks by the name of the field. */
export type Fields = Readonly<Record<string, Check>>

const confirm = object(
  { text: anyText(LIMITS.confirmText) },
  {
    title: plainText(LIMITS.confirmTitle),
    confirm: plainText(LIMITS.confirmButton),
    deny: plainText(LIMITS.confirmButton),
    style: among('primary', 'danger'),
  },
)

export const named: Fields = { action_id: string(LIMITS.id) }
export const confirmed: Fields = { ...named, confirm }
export const focusable: Fields = { ...confirmed, focus_on_load: boolean }
const placed: Fields = { ...focusable, placeholder: plainText(LIMITS.placeholder) }
const several: Fields = { max_selected_items: integer(1, Number.MAX_SAFE_INTEGER) }
export const typed: Fields = {
  ...named,
  focus_on_load: boolean,
  placeholder: plainText(LIMITS.placeholder),
  dispatch_action_config: object({
    trigger_actions_on: list(among('on_enter_pressed', 'on_character_entered'), 2),
  }),
}

/** An option with the text and further optional fields. */
export const option = (text: Check, more: Fields = {}): Check =>
  object(
    { text, value: string(LIMITS.optionValue, 1) },
    { description: anyText(LIMITS.optionText), ...more },
  )
const plainOption = option(plainText(LIMITS.optionText))
const richOption = option(anyText(LIMITS.optionText))
const optionGroup = object({
  label: plainText(LIMITS.optionText),
  options: list(plainOption, LIMITS.options),
})

/** An element with these fields beside its type. */
export const element = (optional: Fields, required: Fields = {}): Check =>
  object({ type: anything, ...required }, optional)

const menu = (initial: string, one: Check, more: Fields = {}): Check =>
  all(
    element({
      ...placed,
      ...more,
      options: list(plainOption, LIMITS.options),
      option_groups: list(optionGroup, LIMITS.optionGroups),
      [initial]: one,
    }),
    (value, at, report) => {
      if (!isJson(value)) return
      if ((value['options'] === undefined) === (value['option_groups'] === undefined)) {
        report('must have either options or option_groups', at)
      }
    },
    initialIsOffered,
  )

const choices = (initial: string, one: Check): Check =>
  all(
    element({ ...focusable, [initial]: one }, { options: list(richOption, LIMITS.choices) }),
    initialIsOffered,
  )

const ids = list(string(LIMITS.id, 1), LIMITS.options, 0)
const suggested: Fields = { min_query_length: integer(0, LIMITS.optionValue) }
const conversations: Fields = {
  ...placed,
  default_to_current_conversation: boolean,
  response_url_enabled: boolean,
  filter: anything,
}

/** Elements with which a person picks something, by type. */
export const choosers: Fields = {
  static_select: menu('initial_option', plainOption),
  external_select: element({ ...placed, ...suggested, initial_option: plainOption }),
  users_select: element({ ...placed, initial_user: string(LIMITS.id, 1) }),
  conversations_select: element({ ...conversations, initial_conversation: string(LIMITS.id, 1) }),
  channels_select: element({ ...conversations, initial_channel: string(LIMITS.id, 1) }),
  multi_static_select: menu('initial_options', list(plainOption, LIMITS.options), several),
  multi_external_select: element({
    ...placed,
    ...several,
    ...suggested,
    initial_options: list(plainOption, LIMITS.options),
  }),
  multi_users_select: element({ ...placed, ...several, initial_users: ids }),
  multi_conversations_select: element({ ...conversations, ...several, initial_conversations: ids }),
  multi_channels_select: element({ ...conversations, ...several, initial_channels: ids }),
  datepicker: element({
    ...placed,
    initial_date: string(10, 10, /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/),
  }),
  timepicker: element({
    ...placed,
    initial_time: string(5, 5, /^([01]\d|2[0-3]):[0-5]\d$/),
    timezone: string(LIMITS.id, 1),
  }),
  checkboxes: choices('initial_options', list(richOption, LIMITS.choices)),
  radio_buttons: choices('initial_option', richOption),
}

function initialIsOffered(...[value, at, report]: Parameters<Check>): void {
  if (!isJson(value)) return
  const offered = [
    ...objectsOf(value['options']),
    ...objectsOf(value['option_groups']).flatMap((group) => objectsOf(group['options'])),
  ]
  const initial = [value['initial_option'], ...objectsOf(value['initial_options'])]
  for (const each of initial.filter(isJson)) {
    if (!offered.some((option) => isDeepStrictEqual(option, each))) {
      report('initial option is not one of the options', at)
    }
  }
}
