import type { RequestView } from '../app/ports.ts'
import type { AccessRequest, Approval, Grant, Ineligibility } from '../domain/request.ts'
import { resourceRef } from '../domain/resource.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { stateOf } from '../domain/request-state.ts'
import type { RequestState } from '../domain/request-state.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { code, enumerate, inline, link, time, userMention } from './mrkdwn.ts'

const TITLE_MAX = 75
const LEVEL_MAX = 40
const NAME_MAX = TITLE_MAX + LEVEL_MAX + 3
const ID_MAX = 75

export const STATE_TITLES: Readonly<Record<RequestState, string>> = {
  pending: 'Waiting for approval',
  denied: 'Denied',
  cancelled: 'Cancelled',
  lapsed: 'Lapsed',
  extended: 'Approved',
  granting: 'Approved: granting…',
  scheduled: 'Scheduled',
  active: 'Active',
  ending: 'Ending…',
  ended: 'Ended',
  'never-active': 'Not confirmed',
}

const STATE_EMOJI: Readonly<Record<RequestState, string>> = {
  pending: '⏳',
  denied: '⛔',
  cancelled: '🚫',
  lapsed: '⌛',
  extended: '✅',
  granting: '🟡',
  scheduled: '🕒',
  active: '🟢',
  ending: '🟠',
  ended: '⚪',
  'never-active': '❔',
}

/** The same for whoever asked, who reads of themselves. */
export function ineligibleYou({ beneficiary }: AccessRequest, why: Ineligibility): string {
  if (why === 'not-a-requester') return 'you are no longer among those who may ask for it'
  if (why === 'not-a-sponsor' && beneficiary !== undefined)
    return 'you are no longer among those who may vouch for it'
  return ineligibleWords[why]
}

/** Where a request stands, and what kind it is when that is not the common one, in words. */
export function stateTitle(request: AccessRequest): string {
  const title = bareTitle(request)
  if (request.extends !== undefined) return `Extension: ${title}`
  return request.kind === 'break-glass' ? `Break-glass${reviewTitle(request)}: ${title}` : title
}

function bareTitle(request: AccessRequest): string {
  const state = stateOf(request)
  if (request.status !== 'approved' || request.grant.state !== 'granting')
    return STATE_TITLES[state]
  if (request.grant.inForceUntil !== undefined) return 'Extending…'
  return request.kind === 'break-glass' ? 'Granting…' : STATE_TITLES[state]
}

function reviewTitle(request: AccessRequest): string {
  const review = request.status === 'approved' ? request.review : undefined
  if (review === undefined) return ''
  if (review.state === 'due') return review.isOverdue ? ', review overdue' : ''
  return review.verdict === 'justified' ? ', justified' : ', not justified'
}

/** The heading of a message about a request: emoji, state, and the risk when it is high. */
export function stateHeading({ request, resource }: RequestView): string {
  const risk = resource?.risk === 'high' ? ' (high risk)' : ''
  const emoji = request.kind === 'break-glass' ? '🚨' : STATE_EMOJI[stateOf(request)]
  return `${emoji} ${stateTitle(request)}${risk}`
}

/** The resource's title and level, or its id when it has left the catalogue, as plain text of at most 118. */
export function plainTitle({ request, resource }: RequestView): string {
  const clean = (text: string, max: number) => cutText(cleanText(text, { multiline: false }), max)
  if (resource === undefined) return clean(resourceRef(request), TITLE_MAX)
  const title = clean(resource.title, TITLE_MAX) || clean(resource.id, TITLE_MAX)
  const level = resource.level && (clean(resource.level.title, LEVEL_MAX) || resource.level.id)
  return level === undefined ? title : `${title} – ${clean(level, LEVEL_MAX)}`
}

/** The resource's title and level in mrkdwn, or its id when it has left the catalogue. */
export function resourceTitle(view: RequestView, maxChars = NAME_MAX): string {
  return view.resource === undefined
    ? code(resourceRef(view.request), ID_MAX)
    : inline(plainTitle(view), maxChars)
}

/** The resource's title as a link to it when the catalogue has its address. */
export function resourceLink(view: RequestView): string {
  const url = view.resource?.url
  return url === undefined ? resourceTitle(view) : link(url, resourceTitle(view))
}

/** The resource's title and id. */
export function resourceName(view: RequestView): string {
  const id = code(resourceRef(view.request), ID_MAX)
  return view.resource === undefined ? id : `${resourceTitle(view)} (${id})`
}

/** People who approved, as mentions; empty when nobody did. */
export function mentionsOf(approvals: readonly Approval[], max = 10): string {
  return enumerate(
    approvals.map(({ by }) => userMention(by.userId)),
    max,
  )
}

/** How many approvals count of how many that are needed, and whose; those that do not count are said not to. */
export function progress(request: AccessRequest): string {
  const { approvals, approvalsCounted, approvalsNeeded } = request
  const names = mentionsOf(approvals)
  const count = `${approvalsCounted} of ${approvalsNeeded}`
  return names === '' ? count : `${count}: ${names}${uncounted(request)}`
}

/** That approvals on record do not count any more; empty when all do. */
export function uncounted({ approvals, approvalsCounted }: AccessRequest): string {
  const lost = approvals.length - approvalsCounted
  if (lost <= 0) return ''
  if (approvals.length === 1) return ' (does not count: has lost the right to approve this)'
  return lost === 1
    ? ' (one of these approvals does not count: its giver has lost the right to approve this)'
    : ` (${lost} of these approvals do not count: their givers have lost the right to approve this)`
}

/** A request's id as people type it. */
export function requestName(request: AccessRequest): string {
  return `Request ${code(request.id, ID_MAX)}`
}

/** The id of the request that an extension is about, within a sentence. */
export function extendedName({ request }: RequestView): string {
  return `request ${code(request.extends ?? '', ID_MAX)}`
}

/** When and why access came to its end. */
export function endSentence(grant: Grant & { readonly state: 'ended' }): string {
  if (grant.cause === 'expired') return `Access ended ${time(grant.endsAt)}: its time was over.`
  if (grant.cause === 'ineligible')
    return `Access ended ${time(grant.endedAt)}, because ${ineligibleWords[grant.why]}.`
  const how = grant.cause === 'returned' ? 'Given back' : 'Ended'
  return `${how} by ${userMention(grant.endedBy.userId)}; access ended ${time(grant.endedAt)}.`
}
