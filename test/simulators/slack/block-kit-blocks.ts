import {
  all,
  among,
  anything,
  anyText,
  boolean,
  byType,
  integer,
  list,
  mrkdwn,
  object,
  plainText,
  string,
  url,
  type Check,
} from './block-kit-checks.ts'
import {
  actionsElement,
  cardButton,
  contextElement,
  imageElement,
  inputElement,
  sectionAccessory,
} from './block-kit-elements.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson, objectsOf } from './json.ts'

const block = (required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  object({ type: anything, ...required }, { block_id: string(LIMITS.id), ...optional })

const richText = block({
  elements: list(
    byType({
      rich_text_section: anything,
      rich_text_list: anything,
      rich_text_quote: anything,
      rich_text_preformatted: anything,
    }),
    LIMITS.options,
  ),
})

const cell = byType({
  rich_text: richText,
  raw_text: object({ type: anything, text: string(LIMITS.sectionText, 1) }),
  raw_number: object({ type: anything, value: anything, text: string(LIMITS.sectionText, 1) }),
})
const rows = list(list(cell, LIMITS.tableCells), LIMITS.tableRows)

const card = all(
  block(
    {},
    {
      hero_image: imageElement,
      icon: imageElement,
      title: mrkdwn(LIMITS.cardTitle),
      subtitle: mrkdwn(LIMITS.cardTitle),
      body: mrkdwn(LIMITS.cardBody),
      actions: list(cardButton, LIMITS.contextActions),
    },
  ),
  oneOf('hero_image', 'title', 'actions', 'body'),
)

/** The blocks that stand on every surface. */
export const everywhere: Record<string, Check> = {
  actions: all(block({ elements: list(actionsElement, LIMITS.actionsElements) }), onePrimary),
  alert: block(
    { text: anyText(LIMITS.sectionText) },
    { level: among('default', 'info', 'warning', 'error', 'success') },
  ),
  card,
  carousel: block({ elements: list(byType({ card }), LIMITS.cards) }),
  context: block({ elements: list(contextElement, LIMITS.contextElements) }),
  divider: block({}),
  header: block({ text: plainText(LIMITS.headerText) }),
  image: all(
    block(
      { alt_text: string(LIMITS.imageText, 1) },
      { image_url: url(LIMITS.url), slack_file: anything, title: plainText(LIMITS.imageText) },
    ),
    oneOf('image_url', 'slack_file'),
  ),
  input: block(
    { label: plainText(LIMITS.inputLabel), element: inputElement },
    { hint: plainText(LIMITS.inputLabel), optional: boolean, dispatch_action: boolean },
  ),
  rich_text: richText,
  section: all(
    block(
      {},
      {
        text: anyText(LIMITS.sectionText),
        fields: list(anyText(LIMITS.fieldText), LIMITS.sectionFields),
        accessory: sectionAccessory,
        expand: boolean,
      },
    ),
    oneOf('text', 'fields'),
  ),
  video: block(
    {
      video_url: url(LIMITS.url),
      thumbnail_url: url(LIMITS.url),
      alt_text: string(LIMITS.imageText, 1),
      title: plainText(LIMITS.videoTitle),
    },
    {
      title_url: url(LIMITS.url),
      author_name: string(LIMITS.videoAuthor),
      provider_name: string(LIMITS.id),
      provider_icon_url: url(LIMITS.url),
      description: plainText(LIMITS.sectionText),
    },
  ),
}

const contained = byType(everywhere)
/** A block of a message. */
export const inMessages = byType({
  ...everywhere,
  container: all(
    block(
      { child_blocks: list(contained, LIMITS.containerBlocks) },
      {
        title: plainText(LIMITS.cardTitle),
        rich_text_title: richText,
        subtitle: anyText(LIMITS.cardTitle),
        icon: imageElement,
        width: anything,
        is_collapsible: boolean,
        default_collapsed: boolean,
        has_header_divider: boolean,
      },
    ),
    oneOf('title', 'rich_text_title'),
  ),
  context_actions: block({
    elements: list(
      byType({ feedback_buttons: anything, icon_button: anything }),
      LIMITS.contextActions,
    ),
  }),
  data_table: block(
    { rows, caption: string(LIMITS.sectionText, 1) },
    { page_size: integer(1, LIMITS.dataTablePage), row_header_column_index: anything },
  ),
  file: block({ external_id: string(LIMITS.id, 1), source: string(LIMITS.id, 1) }),
  markdown: block({ text: string(LIMITS.markdownText, 1) }),
  plan: block({ title: string(LIMITS.sectionText, 1) }, { tasks: anything }),
  table: block({ rows }, { column_settings: list(anything, LIMITS.tableCells) }),
  task_card: block(
    {
      task_id: string(LIMITS.id, 1),
      title: string(LIMITS.sectionText, 1),
      status: among('pending', 'in_progress', 'complete', 'error'),
    },
    { details: richText, output: richText, sources: anything },
  ),
})

function onePrimary(...[value, at, report]: Parameters<Check>): void {
  const primary = isJson(value)
    ? objectsOf(value['elements']).filter((element) => element['style'] === 'primary')
    : []
  if (primary.length > 1) report('at most one primary button', `${at}/elements`)
}

function oneOf(...names: readonly string[]): Check {
  return (value, at, report) => {
    if (isJson(value) && names.every((name) => value[name] === undefined)) {
      report(`missing required field: ${names.join(' or ')}`, at)
    }
  }
}
