import type { KnownBlock } from '@slack/types'
import type { RequestView } from '../app/ports.ts'
import { several, userMention } from './mrkdwn.ts'
import { quote, section } from './wording-blocks.ts'

const NOTES_MAX = 4
/** For all notes together, in UTF-16 code units. */
const NOTES_CHARS = 1_200

/** What approvers said with their approvals, the latest last; the rest of many is in the thread. */
export function approvalNotes({ request }: RequestView, blockId: string): KnownBlock[] {
  const noted = request.approvals.flatMap(({ by, note }) =>
    note === undefined ? [] : [{ by, note }],
  )
  const shown = noted.slice(-NOTES_MAX)
  const maxChars = Math.floor(NOTES_CHARS / Math.max(1, shown.length))
  const rest = noted.length - shown.length
  return [
    ...(rest > 0
      ? [section(`${blockId}-more`, `${several(rest, 'earlier note')}: see the thread.`)]
      : []),
    ...shown.flatMap(({ by, note }, index) => [
      section(`${blockId}-by-${index}`, `*Note of* ${userMention(by.userId)}`),
      quote(`${blockId}-${index}`, note, { maxChars }),
    ]),
  ]
}

/** What was said with a denial, an end or a review; the end's own words for whoever did not say them. */
export function closingWords(
  { request }: RequestView,
  blockId: string,
  reader: 'approver' | 'requester',
): KnownBlock[] {
  if (request.status === 'denied')
    return [quote(blockId, request.denyReason, { label: 'Reason of the denial' })]
  if (request.status !== 'approved') return []
  const { grant, review } = request
  const isTheirs = reader === 'requester' && 'cause' in grant && grant.cause !== 'revoked'
  const end = 'endReason' in grant && !isTheirs ? grant.endReason : undefined
  const note = review?.state === 'done' ? review.note : undefined
  return [
    ...(end === undefined ? [] : [quote(blockId, end, { label: 'Reason of the end' })]),
    ...(note === undefined
      ? []
      : [quote(`${blockId}-review`, note, { label: 'Note of the review' })]),
  ]
}
