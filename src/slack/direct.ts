import type { Button, KnownBlock } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { endButton } from './card.ts'
import { duration, time, userMention } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { actions, button, confirm, context, header, quote, section } from './wording-blocks.ts'
import {
  approverMentions,
  requestName,
  resourceLink,
  resourceTitle,
  STATE_TITLES,
  stateHeading,
  stateOf,
} from './wording-state.ts'

export const CANCEL_ACTION = 'jit:cancel'

/** The requester's own message: how their request stands, what they may reach until when, and why not. */
export function direct(view: RequestView): Message {
  const { request } = view
  const block = (name: string) => `${name}-v${request.version}`
  return {
    text: `${STATE_TITLES[stateOf(request)]}: ${resourceTitle(view)}. ${sentence(view, resourceTitle(view))}`,
    blocks: [
      header(block('state'), stateHeading(view)),
      section(block('now'), sentence(view, resourceLink(view))),
      ...words(view, block('words')),
      context(block('id'), smallPrint(view)),
      ...actions(block('actions'), buttons(view)),
    ],
  }
}

function sentence({ request }: RequestView, resource: string): string {
  switch (request.status) {
    case 'pending': {
      const names = approverMentions(request)
      const sofar =
        names === ''
          ? ''
          : ` ${request.approvals.length} of ${request.approvalsNeeded} approvals so far: ${names}.`
      return `You asked for ${resource} for ${duration(request.durationSeconds)}.${sofar} The request lapses ${time(request.lapsesAt)} if it is not approved by then.`
    }
    case 'denied':
      return `${userMention(request.deniedBy.userId)} denied your request for ${resource}.`
    case 'cancelled':
      return `You cancelled your request for ${resource}.`
    case 'lapsed':
      return `Your request for ${resource} was not approved in time. You can ask again.`
    case 'approved':
      break
    default:
      return request satisfies never
  }
  const { grant } = request
  switch (grant.state) {
    case 'granting':
      return `Your request for ${resource} is approved. Pomerium has not confirmed the rule yet; access may not work until it has. It ends ${time(grant.endsAt)}.`
    case 'active':
      return `You have access to ${resource} until ${time(grant.endsAt)}.`
    case 'ending':
      return grant.cause === 'returned'
        ? `You gave back your access to ${resource}. It may still work until Pomerium confirms that the rule is gone.`
        : `${userMention(grant.endedBy.userId)} ended your access to ${resource}. It may still work until Pomerium confirms that the rule is gone.`
    case 'ended': {
      if (grant.cause === 'expired')
        return `Your access to ${resource} ended ${time(grant.endsAt)}: its time was over.`
      if (grant.cause === 'returned')
        return `Your access to ${resource} ended ${time(grant.endedAt)}: you gave it back.`
      return `${grant.endedBy === undefined ? 'Somebody' : userMention(grant.endedBy.userId)} ended your access to ${resource}; it ended ${time(grant.endedAt)}.`
    }
    case 'never-active':
      return `Your request for ${resource} was approved, but Pomerium never confirmed the rule. The access is over now; you can ask again.`
    default:
      return grant satisfies never
  }
}

function words({ request }: RequestView, blockId: string): KnownBlock[] {
  if (request.status === 'denied')
    return [quote(blockId, request.denyReason, { label: 'Reason of the denial' })]
  if (request.status !== 'approved') return []
  const { grant } = request
  return 'endReason' in grant && grant.endReason !== undefined && grant.cause === 'revoked'
    ? [quote(blockId, grant.endReason, { label: 'Reason of the end' })]
    : []
}

function smallPrint({ request }: RequestView): string {
  const approvers = request.status === 'approved' ? approverMentions(request) : ''
  const by = approvers === '' ? '' : `; approved by ${approvers}`
  return `${requestName(request)}${by}`
}

function buttons(view: RequestView): readonly Button[] {
  const state = stateOf(view.request)
  if (state === 'pending') return [cancelButton(view)]
  return state === 'granting' || state === 'active' ? [endButton(view)] : []
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
