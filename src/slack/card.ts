import type { Button, KnownBlock } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { duration, inline, time, userMention } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import {
  actions,
  button,
  confirm,
  context,
  facts,
  header,
  quote,
  section,
} from './wording-blocks.ts'
import {
  approverMentions,
  endSentence,
  people,
  plainTitle,
  progress,
  requestName,
  resourceName,
  resourceTitle,
  STATE_TITLES,
  stateHeading,
  stateOf,
} from './wording-state.ts'

export const APPROVE_ACTION = 'jit:approve'
export const DENY_ACTION = 'jit:deny'
export const END_ACTION = 'jit:end'

/** The message for approvers: what is asked, by whom and why, how it stands, and what can be done. */
export function card(view: RequestView): Message {
  const { request } = view
  const block = (name: string) => `${name}-v${request.version}`
  return {
    text: notification(view),
    blocks: [
      header(block('state'), stateHeading(view)),
      facts(block('facts'), factsOf(view)),
      section(block('now'), now(view)),
      quote(block('reason'), request.reason, { label: 'Reason' }),
      ...closingWords(view, block('closing')),
      context(
        block('id'),
        `${requestName(request)}, asked ${time(request.requestedAt)}${lapse(view)}`,
      ),
      ...actions(block('actions'), buttons(view)),
    ],
  }
}

/** The button by which a holder or an approver ends access. */
export function endButton(view: RequestView): Button {
  return button(END_ACTION, 'End now', view.request.id, {
    style: 'danger',
    confirm: confirm(
      'End this access?',
      `The rule for ${plainTitle(view)} is removed from Pomerium. It cannot be given back without a new request.`,
      { yes: 'End now', no: 'Keep it', style: 'danger' },
    ),
  })
}

function factsOf(view: RequestView): readonly (readonly [string, string])[] {
  const { request } = view
  const entries: [string, string][] = [
    ['Requester', userMention(request.requester.userId)],
    ['Resource', resourceName(view)],
    ['Asked for', duration(request.durationSeconds)],
  ]
  if (request.status === 'approved') {
    const { startsAt, endsAt } = request.grant
    entries.push(['Window', `${time(startsAt)} to ${time(endsAt)}`])
  }
  if (request.approvals.length > 0 && request.status !== 'pending')
    entries.push(['Approved by', approverMentions(request)])
  return entries
}

function now({ request, resource }: RequestView): string {
  switch (request.status) {
    case 'pending': {
      const count = request.approvalsNeeded
      const needed = `${count} ${count === 1 ? 'approval' : 'approvals'} needed`
      const sofar = request.approvals.length === 0 ? '' : `\nApproved so far: ${progress(request)}.`
      return resource === undefined
        ? `The resource has left the catalogue, so nobody may approve this request.${sofar}`
        : `May answer: ${people(resource.approvers)}, but not the requester; ${needed}.${sofar}`
    }
    case 'denied':
      return `Denied by ${userMention(request.deniedBy.userId)} ${time(request.deniedAt)}.`
    case 'cancelled':
      return `The requester cancelled it ${time(request.cancelledAt)}.`
    case 'lapsed':
      return `It lapsed ${time(request.lapsedAt)} with ${request.approvals.length} of ${request.approvalsNeeded} approvals.`
    case 'approved':
      break
    default:
      return request satisfies never
  }
  const { grant } = request
  switch (grant.state) {
    case 'granting':
      return 'Pomerium has not confirmed the rule yet; access may not work until it has.'
    case 'active':
      return `Pomerium has confirmed the rule. Access is active until ${time(grant.endsAt)}.`
    case 'ending':
      return `${userMention(grant.endedBy.userId)} ended it. Access may still work until Pomerium confirms that the rule is gone.`
    case 'ended':
      return endSentence(grant)
    case 'never-active':
      return 'Pomerium never confirmed the rule. The access is over now.'
    default:
      return grant satisfies never
  }
}

function closingWords({ request }: RequestView, blockId: string): KnownBlock[] {
  if (request.status === 'denied')
    return [quote(blockId, request.denyReason, { label: 'Reason of the denial' })]
  if (request.status !== 'approved') return []
  const { grant } = request
  return 'endReason' in grant && grant.endReason !== undefined
    ? [quote(blockId, grant.endReason, { label: 'Reason of the end' })]
    : []
}

function lapse({ request }: RequestView): string {
  return request.status === 'pending' ? `; lapses ${time(request.lapsesAt)}` : ''
}

function buttons(view: RequestView): readonly Button[] {
  const state = stateOf(view.request)
  if (state === 'pending')
    return [approveButton(view), button(DENY_ACTION, 'Deny…', view.request.id)]
  return state === 'granting' || state === 'active' ? [endButton(view)] : []
}

function approveButton(view: RequestView): Button {
  const { request, resource } = view
  const asked = `${plainTitle(view)} for ${duration(request.durationSeconds)}`
  return button(APPROVE_ACTION, 'Approve', request.id, {
    style: 'primary',
    ...(resource?.risk === 'high'
      ? {
          confirm: confirm('Approve high-risk access?', `This opens ${asked}.`, {
            yes: 'Approve',
            no: 'Go back',
            style: 'primary',
          }),
        }
      : {}),
  })
}

function notification(view: RequestView): string {
  const { request } = view
  const who = userMention(request.requester.userId)
  const what = `${resourceTitle(view)} for ${duration(request.durationSeconds)}`
  return request.status === 'pending'
    ? `${who} asks for ${what}: ${inline(request.reason, 500)}`
    : `${STATE_TITLES[stateOf(request)]} – ${who}, ${what}`
}
