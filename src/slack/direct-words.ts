import type { RequestView } from '../app/ports.ts'
import { allowedSeconds, isOver } from '../domain/request.ts'
import type { AccessRequest, Approved, Grant } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import { askedFor, automaticWords } from './card-words.ts'
import { duration, inline, time, userMention } from './mrkdwn.ts'
import { waitingStage } from './wording-asked.ts'
import { extendedName, ineligibleYou, mentionsOf, requestName, uncounted } from './wording-state.ts'

const STILL = 'It may still work until Pomerium confirms that the rule is gone.'

/** How somebody's own request stands, and what to expect; `resource` is how to call what they asked for. */
export function ownSentence(view: RequestView, resource: string): string {
  const { request } = view
  const wish = `your request ${wishFor(request, resource)}`
  switch (request.status) {
    case 'pending':
      return pendingSentence(view, resource)
    case 'denied':
      return `${userMention(request.deniedBy.userId)} denied ${wish}.`
    case 'cancelled':
      return request.why === undefined
        ? `You cancelled ${wish}.`
        : `The bot cancelled ${wish}, because ${ineligibleYou(request, request.why)}.`
    case 'lapsed':
      return `Y${wish.slice(1)} was not approved in time.${request.extends === undefined ? ' You can ask again.' : ''}`
    case 'extended':
      return `Y${wish.slice(1)} is approved. The message of ${extendedName(view)} says whether Pomerium has confirmed the new end.`
    case 'approved':
      return [grantSentence(request, resource), reviewSentence(request)]
        .filter((text) => text !== '')
        .join(' ')
    default:
      return request satisfies never
  }
}

/** The request's id, and who or what approved it. */
export function ownSmallPrint({ request }: RequestView): string {
  const isDecided = request.status === 'approved' || request.status === 'extended'
  const parts = [requestName(request)]
  if (isDecided && request.automatic !== undefined)
    parts.push(`approved by ${automaticWords(request.automatic)}, without an approver`)
  if (isDecided && request.approvals.length > 0)
    parts.push(`approved by ${mentionsOf(request.approvals)}${uncounted(request)}`)
  if (isDecided && allowedSeconds(request) < request.durationSeconds)
    parts.push(`asked for ${askedFor(request)}`)
  return parts.join('; ')
}

function pendingSentence(view: RequestView, resource: string): string {
  const { request, extended } = view
  const starts = request.startsAt === undefined ? '' : `, from ${time(request.startsAt)}`
  const isClear = extended !== undefined && !isOver(extended.grant)
  const until = isClear ? plusSeconds(extended.grant.endsAt, allowedSeconds(request)) : undefined
  const to = until === undefined ? '' : `, until ${time(until)}`
  const shorter =
    allowedSeconds(request) < request.durationSeconds ? ` It is ${askedFor(request)}.` : ''
  const lapses = `The request lapses ${time(request.lapsesAt)} if it is not approved by then.`
  return `You asked ${wishFor(request, resource)}${starts}${to}.${soFar(view)}${shorter} ${lapses}`
}

function soFar(view: RequestView): string {
  const { request } = view
  const { approvals, approvalsCounted, approvalsNeeded } = request
  const names = mentionsOf(approvals)
  const count =
    names === ''
      ? ''
      : ` ${approvalsCounted} of ${approvalsNeeded} approvals so far: ${names}${uncounted(request)}.`
  const stage = waitingStage(view)
  return stage === '' ? count : `${count} It waits for ${stage}.`
}

function wishFor(
  { extends: extendedId, durationSeconds, beneficiary }: AccessRequest,
  resource: string,
) {
  const whom = beneficiary === undefined ? '' : ` on behalf of ${inline(beneficiary, 150)}`
  return extendedId === undefined
    ? `for ${resource} for ${duration(durationSeconds)}${whom}`
    : `for ${duration(durationSeconds)} more of ${resource}${whom}`
}

function grantSentence(request: Approved, resource: string): string {
  const { grant, beneficiary } = request
  const access = `${beneficiary === undefined ? 'your' : 'the'} access ${beneficiary === undefined ? '' : `of ${inline(beneficiary, 150)} `}to ${resource}`
  const holder = beneficiary === undefined ? 'You have' : `${inline(beneficiary, 150)} has`
  switch (grant.state) {
    case 'granting':
      return grant.inForceUntil === undefined
        ? `${openedHow(request, resource, 'is')}. ${unconfirmed(grant)}`
        : `${access[0]?.toUpperCase()}${access.slice(1)} was confirmed until ${time(grant.inForceUntil)}. Pomerium has not confirmed the new end ${time(grant.endsAt)} yet: past the old one, access may not work until it has.`
    case 'scheduled':
      return `Pomerium has the rule for ${access}: it starts ${time(grant.startsAt)} and ends ${time(grant.endsAt)}.`
    case 'active':
      return `${holder} access to ${resource} until ${time(grant.endsAt)}.`
    case 'ending':
      return `${endingHow(request, grant, access)} ${STILL}`
    case 'ended':
      return endedHow(request, grant, access)
    case 'never-active':
      return `${openedHow(request, resource, 'was')}, but Pomerium never confirmed the rule. The access is over now; you can ask again.`
    default:
      return grant satisfies never
  }
}

function openedHow(request: Approved, resource: string, tense: 'is' | 'was'): string {
  const { kind, durationSeconds, beneficiary, automatic } = request
  const whom = beneficiary === undefined ? '' : ` on behalf of ${inline(beneficiary, 150)}`
  if (kind === 'break-glass')
    return `You opened ${resource} for ${duration(durationSeconds)} as an emergency, without an approval`
  const how = automatic === undefined ? '' : ` by ${automaticWords(automatic)}`
  return `Your request for ${resource}${whom} ${tense} approved${how}`
}

function unconfirmed(grant: Grant): string {
  return grant.isScheduled
    ? `Pomerium has not confirmed the rule yet. Access is to start ${time(grant.startsAt)} and to end ${time(grant.endsAt)}.`
    : `Pomerium has not confirmed the rule yet; access may not work until it has. It ends ${time(grant.endsAt)}.`
}

function endingHow(
  request: AccessRequest,
  grant: Grant & { readonly state: 'ending' },
  access: string,
): string {
  if (grant.cause === 'ineligible')
    return `The bot is ending ${access}, because ${ineligibleYou(request, grant.why)}.`
  return grant.cause === 'returned'
    ? `You gave back ${access}.`
    : `${userMention(grant.endedBy.userId)} ended ${access}.`
}

function endedHow(
  request: AccessRequest,
  grant: Grant & { readonly state: 'ended' },
  access: string,
): string {
  const ended = `${access[0]?.toUpperCase()}${access.slice(1)} ended`
  switch (grant.cause) {
    case 'expired':
      return `${ended} ${time(grant.endsAt)}: its time was over.`
    case 'ineligible':
      return `${ended} ${time(grant.endedAt)}, because ${ineligibleYou(request, grant.why)}.`
    case 'returned':
      return `${ended} ${time(grant.endedAt)}: you gave it back.`
    case 'revoked':
      return `${userMention(grant.endedBy.userId)} ended ${access}; it ended ${time(grant.endedAt)}.`
    default:
      return grant satisfies never
  }
}

function reviewSentence({ review }: Approved): string {
  if (review === undefined) return ''
  if (review.state === 'done')
    return `${userMention(review.by.userId)} reviewed it ${time(review.at)}: ${review.verdict === 'justified' ? 'justified' : 'not justified'}.`
  return review.isOverdue
    ? `Its review is overdue since ${time(review.dueAt)}.`
    : `Approvers have to say by ${time(review.dueAt)} whether it was justified.`
}
