import {
  all,
  among,
  anything,
  anyText,
  boolean,
  byType,
  integer,
  list,
  plainText,
  string,
  url,
  type Check,
} from './block-kit-checks.ts'
import {
  choosers,
  confirmed,
  element,
  focusable,
  named,
  option,
  typed,
} from './block-kit-choosers.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson } from './json.ts'

const image: Check = all(
  element(
    { image_url: url(LIMITS.url), slack_file: anything },
    { alt_text: string(LIMITS.imageText, 1) },
  ),
  (value, at, report) => {
    if (
      isJson(value) &&
      (value['image_url'] === undefined) === (value['slack_file'] === undefined)
    ) {
      report('must have either image_url or slack_file', at)
    }
  },
)

const button = element(
  {
    ...confirmed,
    value: string(LIMITS.buttonValue),
    url: url(LIMITS.url),
    style: among('primary', 'danger'),
    accessibility_label: string(LIMITS.accessibilityLabel),
  },
  { text: plainText(LIMITS.buttonText) },
)

const datetimepicker = element({
  ...focusable,
  initial_date_time: integer(1_000_000_000, 9_999_999_999),
})

const plainTextInput = all(
  element({
    ...typed,
    initial_value: string(LIMITS.typedText),
    multiline: boolean,
    min_length: integer(0, LIMITS.typedText),
    max_length: integer(1, LIMITS.typedText),
  }),
  (value, at, report) => {
    if (!isJson(value)) return
    const { min_length: min, max_length: max, initial_value: initial } = value
    if (typeof max !== 'number') return
    if (typeof min === 'number' && min > max)
      report('must not exceed max_length', `${at}/min_length`)
    if (typeof initial === 'string' && initial.length > max) {
      report('must not exceed max_length', `${at}/initial_value`)
    }
  },
)

const richTextInput = element({ ...typed, initial_value: anything })

const overflow = element(confirmed, {
  options: list(
    option(plainText(LIMITS.optionText), { url: url(LIMITS.url) }),
    LIMITS.overflowOptions,
  ),
})
const workflowButton = element(
  { ...confirmed, style: among('primary', 'danger'), accessibility_label: string(75) },
  { text: plainText(LIMITS.buttonText), workflow: anything },
)

/** Elements of an actions block. */
export const actionsElement = byType({
  ...choosers,
  button,
  datetimepicker,
  overflow,
  rich_text_input: richTextInput,
  workflow_button: workflowButton,
})

/** The accessory of a section block. */
export const sectionAccessory = byType({
  ...choosers,
  button,
  image,
  overflow,
  workflow_button: workflowButton,
})

/** The element of an input block. */
export const inputElement = byType({
  ...choosers,
  datetimepicker,
  plain_text_input: plainTextInput,
  rich_text_input: richTextInput,
  email_text_input: element({ ...typed, initial_value: string(LIMITS.typedText) }),
  url_text_input: element({ ...typed, initial_value: string(LIMITS.typedText) }),
  number_input: element(
    { ...typed, initial_value: anything, min_value: anything, max_value: anything },
    { is_decimal_allowed: boolean },
  ),
  file_input: element({ ...named, filetypes: anything, max_files: integer(1, 10) }),
})

/** An element of a context block. */
export const contextElement: Check = (value, at, report) =>
  (isJson(value) && value['type'] === 'image' ? image : anyText(LIMITS.contextText))(
    value,
    at,
    report,
  )

/** A button of a card. */
export const cardButton = byType({ button })

/** An image inside another block. */
export const imageElement = byType({ image })
