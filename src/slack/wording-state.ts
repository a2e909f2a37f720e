import type { RequestView } from '../app/ports.ts'
import type { AccessRequest, Grant } from '../domain/request.ts'
import type { PeopleSet } from '../domain/resource.ts'
import { cleanText, cutText } from '../domain/text.ts'
import { code, enumerate, groupMention, inline, link, time, userMention } from './mrkdwn.ts'

/** Where a request stands, the states of its grant included. */
export type RequestState = Exclude<AccessRequest['status'], 'approved'> | Grant['state']

const TITLE_MAX = 75
const ID_MAX = 75
const MENTIONS_MAX = 10

export const STATE_TITLES: Readonly<Record<RequestState, string>> = {
  pending: 'Waiting for approval',
  denied: 'Denied',
  cancelled: 'Cancelled',
  lapsed: 'Lapsed',
  granting: 'Approved: granting…',
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
  granting: '🟡',
  active: '🟢',
  ending: '🟠',
  ended: '⚪',
  'never-active': '❔',
}

/** Where a request stands. */
export function stateOf(request: AccessRequest): RequestState {
  return request.status === 'approved' ? request.grant.state : request.status
}

/** The heading of a message about a request: emoji, state, and the risk when it is high. */
export function stateHeading({ request, resource }: RequestView): string {
  const state = stateOf(request)
  const risk = resource?.risk === 'high' ? ' (high risk)' : ''
  return `${STATE_EMOJI[state]} ${STATE_TITLES[state]}${risk}`
}

/** The resource's title, or its id when it has left the catalogue, as plain text of at most 75. */
export function plainTitle({ request, resource }: RequestView): string {
  const clean = (text: string) => cutText(cleanText(text, { multiline: false }), TITLE_MAX)
  return clean(resource?.title ?? '') || clean(request.resourceId)
}

/** The resource's title in mrkdwn, or its id when it has left the catalogue. */
export function resourceTitle(view: RequestView, maxChars = TITLE_MAX): string {
  return view.resource === undefined
    ? code(view.request.resourceId, ID_MAX)
    : inline(plainTitle(view), maxChars)
}

/** The resource's title as a link to it when the catalogue has its address. */
export function resourceLink(view: RequestView): string {
  const url = view.resource?.url
  return url === undefined ? resourceTitle(view) : link(url, resourceTitle(view))
}

/** The resource's title and id. */
export function resourceName(view: RequestView): string {
  const id = code(view.request.resourceId, ID_MAX)
  return view.resource === undefined ? id : `${resourceTitle(view)} (${id})`
}

/** Those who approved, as mentions; empty when nobody did. */
export function approverMentions(request: AccessRequest): string {
  return enumerate(
    request.approvals.map(({ by }) => userMention(by.userId)),
    MENTIONS_MAX,
  )
}

/** How many approvals there are of how many, and whose. */
export function progress(request: AccessRequest): string {
  const count = `${request.approvals.length} of ${request.approvalsNeeded}`
  const names = approverMentions(request)
  return names === '' ? count : `${count}: ${names}`
}

/** Who belongs to a set, in mrkdwn that notifies the groups and people it names. */
export function people(set: PeopleSet): string {
  if (set.everyone) return 'every member of the workspace'
  const names = [
    ...set.groups.map(groupMention),
    ...set.users.map(userMention),
    ...set.emails.map((email) => inline(email, 100)),
    ...set.domains.map((domain) => `everybody at ${inline(domain, 100)}`),
  ]
  return names.length === 0 ? 'nobody' : enumerate(names, MENTIONS_MAX)
}

/** A request's id as people type it. */
export function requestName(request: AccessRequest): string {
  return `Request ${code(request.id, ID_MAX)}`
}

/** When and why access came to its end. */
export function endSentence(grant: Grant & { readonly state: 'ended' }): string {
  if (grant.cause === 'expired') return `Access ended ${time(grant.endsAt)}: its time was over.`
  const by = grant.endedBy === undefined ? '' : ` by ${userMention(grant.endedBy.userId)}`
  const how = grant.cause === 'returned' ? 'Given back' : 'Ended'
  return `${how}${by}; access ended ${time(grant.endedAt)}.`
}
