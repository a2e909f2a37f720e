import { isJson, parseJson } from './json.ts'
import { Refusal } from './refusal.ts'
import { checkedView, closeView, findView, pushView, replaceView, updateView } from './views.ts'
import type { View, Workspace } from './workspace.ts'

/**
 * Does what the answer to a view_submission says; gives what Slack would object to.
 * Source: https://docs.slack.dev/surfaces/modals
 */
export function obeyAnswer(workspace: Workspace, viewId: string, body: string): string | undefined {
  const view = findView(workspace, (each) => each.id === viewId)
  if (!view) return undefined
  const parsed = body === '' ? {} : parseJson(body)
  if (!isJson(parsed)) return 'invalid_response'
  try {
    switch (parsed['response_action']) {
      case undefined:
        closeView(workspace, view)
        return undefined
      case 'clear':
        workspace.views.set(view.personId, [])
        workspace.changed()
        return undefined
      case 'errors':
        return showErrors(workspace, view, parsed['errors'])
      case 'update':
        updateView(workspace, viewId, checkedView('modal', parsed['view']))
        return undefined
      case 'push':
        pushView(workspace, view.personId, checkedView('modal', parsed['view']))
        return undefined
      default:
        return 'invalid_response_action'
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [error.code, JSON.stringify(error.extra)].join(' ')
  }
}

function showErrors(workspace: Workspace, view: View, errors: unknown): string | undefined {
  const shown = Object.entries(isJson(errors) ? errors : {})
  const inputs = view.blocks.filter((block) => block['type'] === 'input')
  const isAtInput = ([id, text]: [string, unknown]): boolean =>
    typeof text === 'string' && text !== '' && inputs.some((block) => block['block_id'] === id)
  if (shown.length === 0 || !shown.every(isAtInput)) return 'invalid_errors'
  const byBlock = Object.fromEntries(shown) as Record<string, string>
  replaceView(workspace, { ...view, errors: byBlock })
  return undefined
}
