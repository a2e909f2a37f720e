import type { Button } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { leftToExtend } from '../domain/decide-ask.ts'
import { isOver, isRuleDue } from '../domain/request.ts'
import { AGAIN_ACTION, endButton, EXTEND_ACTION, isLive } from './card.ts'
import { approvalNotes, closingWords } from './card-notes.ts'
import { ownSentence, ownSmallPrint } from './direct-words.ts'
import type { Message } from './wording-blocks.ts'
import { actions, button, confirm, context, header, section } from './wording-blocks.ts'
import { resourceLink, resourceTitle, stateHeading, stateTitle } from './wording-state.ts'

export const CANCEL_ACTION = 'jit:cancel'

const SHORTEST_SECONDS = 60

/** The requester's own message: how their request stands, what they may reach until when, and why not. */
export function direct(view: RequestView): Message {
  const { request } = view
  const block = (name: string) => `${name}-v${request.version}`
  const title = resourceTitle(view)
  return {
    text: `${stateTitle(request)}: ${title}. ${ownSentence(view, title)}`,
    blocks: [
      header(block('state'), stateHeading(view)),
      section(block('now'), ownSentence(view, resourceLink(view))),
      ...approvalNotes(view, block('note')),
      ...closingWords(view, block('words'), 'requester'),
      context(block('id'), ownSmallPrint(view)),
      ...actions(block('actions'), buttons(view)),
    ],
  }
}

function buttons(view: RequestView): readonly Button[] {
  const { request } = view
  if (request.status === 'pending') return [cancelButton(view)]
  if (isLive(view))
    return [
      ...(mayLastLonger(view) ? [button(EXTEND_ACTION, 'Extend…', request.id)] : []),
      endButton(view),
    ]
  return mayAskAgain(view) ? [button(AGAIN_ACTION, 'Request again…', request.id)] : []
}

/** Whether the catalogue lets the grant last longer than it does; who may ask for that is looked at when they do. */
function mayLastLonger({ request, resource }: RequestView): boolean {
  const extension = resource?.extension
  if (request.status !== 'approved' || resource === undefined || extension === undefined)
    return false
  const { grant, kind } = request
  return (
    kind !== 'break-glass' &&
    isRuleDue(grant) &&
    grant.extensions < extension.times &&
    leftToExtend(request, resource) >= SHORTEST_SECONDS
  )
}

/** Whether the same can be asked for anew: it is over, still there, and not lost for good. */
function mayAskAgain({ request, resource }: RequestView): boolean {
  if (resource === undefined || request.extends !== undefined) return false
  switch (request.status) {
    case 'pending':
    case 'extended':
      return false
    case 'denied':
    case 'lapsed':
      return true
    case 'cancelled':
      return request.why === undefined
    case 'approved': {
      const { grant } = request
      return isOver(grant) && !(grant.state === 'ended' && grant.cause === 'ineligible')
    }
    default:
      return request satisfies never
  }
}

function cancelButton({ request }: RequestView): Button {
  return button(CANCEL_ACTION, 'Cancel request', request.id, {
    confirm: confirm('Cancel this request?', 'Nobody can approve it any more. You can ask again.', {
      yes: 'Cancel request',
      no: 'Keep it',
      style: 'danger',
    }),
  })
}
