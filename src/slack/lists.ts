import type { RequestView } from '../app/ports.ts'
import type { Offer } from '../app/use-cases.ts'
import { neededBy } from '../domain/approvals.ts'
import type { AccessRequest } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { list } from './list.ts'
import { code, duration, inline, several, time, userMention } from './mrkdwn.ts'
import { waitingStage } from './wording-asked.ts'
import type { Message } from './wording-blocks.ts'
import { offerName, offerWords } from './wording-offer.ts'
import { resourceTitle, stateTitle } from './wording-state.ts'

/** Somebody's own requests with how they stand. */
export function mineList(views: readonly RequestView[]): Message {
  return list(
    views,
    { none: 'You have not asked for anything yet: `/jit` opens the form.', some: 'Your requests' },
    (view) => {
      const { request } = view
      const line = `${idOf(request)} *${stateTitle(request)}* ${resourceTitle(view)}${forWhom(request)}, ${standing(request)}`
      return request.status === 'denied'
        ? { name: 'mine', line, words: request.denyReason }
        : { name: 'mine', line }
    },
  )
}

/** Requests that wait for somebody's answer: what `approve` and `deny` need to know. */
export function pendingList(views: readonly RequestView[]): Message {
  return list(
    views,
    { none: 'No request waits for your answer.', some: 'Requests that wait for your answer' },
    (view) => {
      const { request } = view
      const stage = waitingStage(view)
      const at = stage === '' ? '' : `, waits for ${stage}`
      const line = `${idOf(request)} ${userMention(request.requester.userId)} asks for ${wish(view)}${at}, ${tally(request)}, lapses ${time(request.lapsesAt)}`
      return { name: 'pending', line, words: request.reason }
    },
    'Answer with `/jit approve id [note]` or `/jit deny id reason`.',
  )
}

/** Break-glass access that waits for somebody's review: what `review` needs to know. */
export function reviewList(views: readonly RequestView[]): Message {
  return list(
    views,
    {
      none: 'No break-glass access waits for your review.',
      some: 'Break-glass access that waits for your review',
    },
    (view) => {
      const { request } = view
      const line = `${idOf(request)} ${userMention(request.requester.userId)} opened ${resourceTitle(view)}, ${standing(request)}${due(request)}`
      return { name: 'review', line, words: request.reason }
    },
    'Answer with the buttons on the card, or with `/jit review id justified` or `/jit review id not-justified note`.',
  )
}

/** What somebody may ask for, on which terms, and who approves it. */
export function resourceList(offers: readonly Offer[]): Message {
  return list(
    offers,
    {
      none: 'There is nothing that you may ask for: ask an operator to add you to the catalogue.',
      some: 'You may ask for',
    },
    (offer) => ({
      name: 'resource',
      line: `${offerName(offer)}, ${termsOf(offer.resource)}; ${offerWords(offer)}`,
    }),
    'Ask with `/jit`, or with `/jit request resource duration reason`.',
  )
}

/** How long a resource may be asked for and what it takes, as plain text of at most 75. */
export function termsOf(resource: Resource): string {
  const risk = resource.risk === 'high' ? ', high risk' : ''
  return `at most ${duration(resource.duration.maxSeconds)}, ${several(neededBy(resource.stages), 'approval')}${risk}`
}

function idOf(request: AccessRequest): string {
  return code(request.id, 75)
}

function forWhom({ beneficiary }: AccessRequest): string {
  return beneficiary === undefined ? '' : ` on behalf of ${inline(beneficiary, 150)}`
}

function wish(view: RequestView): string {
  const { request } = view
  const longer = request.extends === undefined ? '' : ' longer'
  const start = request.startsAt === undefined ? '' : ` from ${time(request.startsAt)}`
  return `${resourceTitle(view)} for ${duration(request.durationSeconds)}${longer}${start}${forWhom(request)}`
}

function tally({ approvalsCounted, approvalsNeeded }: AccessRequest): string {
  return `${approvalsCounted} of ${approvalsNeeded} approvals`
}

function due(request: AccessRequest): string {
  const review = request.status === 'approved' ? request.review : undefined
  if (review?.state !== 'due') return ''
  return review.isOverdue
    ? `; review overdue since ${time(review.dueAt)}`
    : `; review due ${time(review.dueAt)}`
}

function standing(request: AccessRequest): string {
  switch (request.status) {
    case 'pending': {
      const longer = request.extends === undefined ? '' : ' more'
      return `${duration(request.durationSeconds)}${longer} asked, ${tally(request)}, lapses ${time(request.lapsesAt)}`
    }
    case 'denied':
      return `by ${userMention(request.deniedBy.userId)} ${time(request.deniedAt)}`
    case 'cancelled':
      return request.why === undefined
        ? time(request.cancelledAt)
        : `${time(request.cancelledAt)}, because ${ineligibleWords[request.why]}`
    case 'lapsed':
      return time(request.lapsedAt)
    case 'extended':
      return `${time(request.extendedAt)}, for request ${code(request.extends ?? '', 75)}`
    case 'approved':
      break
    default:
      return request satisfies never
  }
  const { grant } = request
  switch (grant.state) {
    case 'granting':
      return grant.inForceUntil === undefined
        ? `not confirmed by Pomerium yet, ends ${time(grant.endsAt)}`
        : `confirmed until ${time(grant.inForceUntil)}, the new end ${time(grant.endsAt)} is not confirmed by Pomerium yet`
    case 'scheduled':
      return `from ${time(grant.startsAt)} to ${time(grant.endsAt)}`
    case 'active':
      return `until ${time(grant.endsAt)}`
    case 'ending':
      return 'may still work until Pomerium confirms'
    case 'ended':
      return `ended ${time(grant.cause === 'expired' ? grant.endsAt : grant.endedAt)}`
    case 'never-active':
      return 'never confirmed by Pomerium, over now'
    default:
      return grant satisfies never
  }
}
