import type { Button, KnownBlock } from '@slack/types'
import { allowedSeconds } from '../domain/request.ts'
import { stateOf } from '../domain/request-state.ts'
import type { RequestView } from '../app/ports.ts'
import { approvalNotes, closingWords } from './card-notes.ts'
import {
  emergencyWords,
  extensionWords,
  factsOf,
  isOnPage,
  stateSentence,
  stepUpWords,
} from './card-words.ts'
import { channelMention, duration, inline, time, userMention } from './mrkdwn.ts'
import { progressWords, whyYou } from './wording-asked.ts'
import type { Message } from './wording-blocks.ts'
import {
  actions,
  button,
  confirm,
  context,
  facts,
  header,
  linkButton,
  paragraph,
  quote,
} from './wording-blocks.ts'
import {
  plainTitle,
  requestName,
  resourceTitle,
  stateHeading,
  stateTitle,
} from './wording-state.ts'

export const APPROVE_ACTION = 'jit:approve'
export const SHORTEN_ACTION = 'jit:shorten'
export const OPEN_PAGE_ACTION = 'jit:open-page'
export const DENY_ACTION = 'jit:deny'
export const END_ACTION = 'jit:end'
export const EXTEND_ACTION = 'jit:extend'
export const JUSTIFIED_ACTION = 'jit:justified'
export const NOT_JUSTIFIED_ACTION = 'jit:not-justified'
export const AGAIN_ACTION = 'jit:again'

/** The message for approvers: what is asked, by whom and why, how it stands, who may answer, and what can be done. */
export function card(view: RequestView): Message {
  const { request } = view
  const block = (name: string) => `${name}-v${request.version}`
  return {
    text: notification(view),
    blocks: [
      header(block('state'), stateHeading(view)),
      ...paragraph(block('emergency'), emergencyWords(view)),
      ...paragraph(block('extension'), extensionWords(view)),
      facts(block('facts'), factsOf(view)),
      ...paragraph(block('now'), stateSentence(view)),
      ...labelled(block('why'), 'Why you', whyYou(view)),
      ...paragraph(block('step-up'), stepUpWords(view)),
      ...labelled(
        block('progress'),
        'Progress',
        request.status === 'pending' ? progressWords(view) : '',
      ),
      quote(block('reason'), request.reason, { label: 'Reason' }),
      ...approvalNotes(view, block('note')),
      ...closingWords(view, block('closing'), 'approver'),
      context(block('id'), smallPrint(view)),
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

/** Whether there is access, or access to come, that can be ended. */
export function isLive({ request }: RequestView): boolean {
  const state = stateOf(request)
  return state === 'granting' || state === 'scheduled' || state === 'active'
}

function labelled(blockId: string, label: string, text: string): KnownBlock[] {
  return paragraph(blockId, text === '' ? '' : `*${label}*\n${text}`)
}

function smallPrint({ request, reroutedFrom }: RequestView): string {
  const parts = [`${requestName(request)}, asked ${time(request.requestedAt)}`]
  if (request.status === 'pending') {
    if (request.escalatesAt !== undefined) parts.push(`escalates ${time(request.escalatesAt)}`)
    parts.push(`lapses ${time(request.lapsesAt)}`)
  }
  const rerouted =
    reroutedFrom === undefined
      ? ''
      : `\nThis card belongs in ${channelMention(reroutedFrom)}, which did not take it: invite the bot there.`
  return `${parts.join('; ')}${rerouted}`
}

function buttons(view: RequestView): readonly Button[] {
  const { request, resource } = view
  const { id } = request
  // Whoever may answer is known by the catalogue: what has left it cannot be answered.
  if (request.status === 'pending' && resource === undefined) return []
  if (request.status === 'pending')
    return [
      ...(isOnPage(view)
        ? pageButtons(view)
        : [approveButton(view), button(SHORTEN_ACTION, 'Approve with…', id)]),
      button(DENY_ACTION, 'Deny…', id),
    ]
  const isReviewDue = request.status === 'approved' && request.review?.state === 'due'
  return [
    ...(isReviewDue
      ? [
          button(JUSTIFIED_ACTION, 'Justified', id),
          button(NOT_JUSTIFIED_ACTION, 'Not justified…', id),
        ]
      : []),
    ...(isLive(view) ? [endButton(view)] : []),
  ]
}

function pageButtons({ request, page }: RequestView): readonly Button[] {
  if (page === undefined) return []
  const style = 'primary'
  return [linkButton(OPEN_PAGE_ACTION, 'Approve on the page', request.id, { url: page, style })]
}

function approveButton(view: RequestView): Button {
  const { request, resource } = view
  const isLast = request.approvalsNeeded - request.approvalsCounted < 2
  const longer = request.extends === undefined ? '' : ' more'
  const what = `${plainTitle(view)} for ${duration(allowedSeconds(request))}${longer}`
  return button(APPROVE_ACTION, 'Approve', request.id, {
    style: 'primary',
    ...(resource?.risk === 'high'
      ? {
          confirm: confirm(
            'Approve high-risk access?',
            isLast ? `This opens ${what}.` : `This counts towards opening ${what}.`,
            { yes: 'Approve', no: 'Go back', style: 'primary' },
          ),
        }
      : {}),
  })
}

function notification(view: RequestView): string {
  const { request } = view
  const { beneficiary, reason } = request
  const who = userMention(request.requester.userId)
  const whom = beneficiary === undefined ? '' : ` on behalf of ${inline(beneficiary, 150)}`
  const more = request.extends === undefined ? '' : ' longer'
  const what = `${resourceTitle(view)} for ${duration(request.durationSeconds)}${more}${whom}`
  if (request.status === 'pending') return `${who} asks for ${what}: ${inline(reason, 500)}`
  const said = request.kind === 'break-glass' ? `: ${inline(reason, 500)}` : ''
  return `${stateTitle(request)} – ${who}, ${what}${said}`
}
