import { everywhere, inMessages } from './block-kit-blocks.ts'
import {
  anything,
  boolean,
  byType,
  list,
  object,
  plainText,
  string,
  type Check,
} from './block-kit-checks.ts'
import { LIMITS } from './block-kit-limits.ts'
import { isJson, objectsOf, type Json } from './json.ts'
import { textLength } from './visible-text.ts'

export type Surface = 'message' | 'modal' | 'home'

/**
 * What Slack would refuse in a message (`{ text, blocks }` or the bare array of blocks), a modal or a
 * Home view, one sentence with a JSON pointer each; empty when it may be sent. Stricter than Slack in
 * one point: two primary buttons in one block are a problem, as Slack's design rules ask.
 */
export function blockProblems(surface: Surface, payload: unknown): readonly string[] {
  const problems: string[] = []
  const report = (problem: string, pointer: string): void => {
    problems.push(`${problem} [json-pointer:${pointer}]`)
  }
  const whole: unknown = Array.isArray(payload) ? { blocks: payload as unknown[] } : payload
  SURFACES[surface](whole, '', report)
  if (isJson(whole)) together(surface, whole, report)
  return problems
}

/** Characters of all texts in the blocks, as the server's cap on one message counts them. */
export function blockTextLength(blocks: unknown): number {
  return textLength(blocks)
}

const view = {
  type: anything,
  blocks: list(byType(everywhere), LIMITS.viewBlocks, 0),
}
const viewExtras = {
  private_metadata: string(LIMITS.privateMetadata),
  callback_id: string(LIMITS.id),
  external_id: string(LIMITS.id),
}

const SURFACES: Readonly<Record<Surface, Check>> = {
  message: (payload, at, report) => {
    if (!isJson(payload)) return report('must be an object', at)
    if (payload['text'] !== undefined) string(LIMITS.messageText)(payload['text'], '/text', report)
    const blocks = payload['blocks']
    if (blocks === undefined) return
    list(inMessages, LIMITS.messageBlocks, 0)(blocks, '/blocks', report)
    const length = blockTextLength(blocks)
    if (length > LIMITS.blockTextTotal) {
      report(
        `all texts together must be less than ${LIMITS.blockTextTotal + 1} characters`,
        '/blocks',
      )
    }
  },
  modal: byType({
    modal: object(
      { ...view, title: plainText(LIMITS.viewTitle) },
      {
        ...viewExtras,
        submit: plainText(LIMITS.viewTitle),
        close: plainText(LIMITS.viewTitle),
        clear_on_close: boolean,
        notify_on_close: boolean,
        submit_disabled: boolean,
      },
    ),
  }),
  home: byType({ home: object(view, viewExtras) }),
}

function together(surface: Surface, payload: Json, report: Parameters<Check>[2]): void {
  const blocks = objectsOf(payload['blocks'])
  const seen = new Set<unknown>()
  let focused = 0
  blocks.forEach((each, index) => {
    const id = each['block_id']
    if (typeof id === 'string' && id !== '') {
      if (seen.has(id)) report(`block_id "${id}" already exists`, `/blocks/${index}/block_id`)
      seen.add(id)
    }
    const actions = new Set<unknown>()
    for (const element of elementsOf(each)) {
      const action = element['action_id']
      if (element['focus_on_load'] === true) focused += 1
      if (typeof action !== 'string' || action === '') continue
      if (actions.has(action)) report(`action_id "${action}" already exists`, `/blocks/${index}`)
      actions.add(action)
    }
  })
  if (focused > 1) report('only one element may have focus_on_load', '/blocks')
  const asks = blocks.some((each) => each['type'] === 'input')
  if (surface === 'modal' && asks && payload['submit'] === undefined) {
    report('missing required field: submit', '')
  }
  if (new TextEncoder().encode(JSON.stringify(payload)).length > LIMITS.viewBytes) {
    report(`must be less than ${LIMITS.viewBytes + 1} bytes`, '')
  }
}

/** The interactive elements of a block: those of an actions block, an accessory, an input's element. */
export function elementsOf(block: Json): readonly Json[] {
  const listed = objectsOf(block['elements']).filter(() => block['type'] !== 'context')
  return [...listed, ...[block['accessory'], block['element']].filter(isJson)]
}
