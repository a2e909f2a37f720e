import type { RequestView } from '../app/ports.ts'
import type { AccessRequest, Approved, Grant } from '../domain/request.ts'
import { allowedSeconds, isOver, needsStepUp } from '../domain/request.ts'
import { plusSeconds } from '../domain/time.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { code, duration, inline, several, time, userMention } from './mrkdwn.ts'
import { reviewers } from './wording-asked.ts'
import {
  endSentence,
  extendedName,
  mentionsOf,
  resourceName,
  resourceTitle,
  uncounted,
} from './wording-state.ts'

const ADDRESS_MAX = 150

type Fact = readonly [label: string, value: string]

/** What approvers need to know at a glance, labelled. */
export function factsOf(view: RequestView): readonly Fact[] {
  const { request } = view
  const { requester, beneficiary, startsAt } = request
  const who = userMention(requester.userId)
  const isVendor = request.kind === 'sponsored' && beneficiary === undefined
  const facts: Fact[] =
    beneficiary === undefined
      ? [['Requester', isVendor ? `${who} (vendor)` : who]]
      : [
          ['Sponsor', who],
          ['For', `${inline(beneficiary, ADDRESS_MAX)} (vendor, not in Slack)`],
        ]
  facts.push(['Resource', resourceName(view)], ['Asked for', askedFor(request)])
  if (startsAt !== undefined && request.status !== 'approved')
    facts.push(['Window', window(startsAt, plusSeconds(startsAt, allowedSeconds(request)), 0)])
  if (request.status === 'approved') {
    const { grant } = request
    facts.push(['Window', window(grant.startsAt, grant.endsAt, grant.extensions)])
  }
  return request.status === 'pending' ? facts : [...facts, ...approvedBy(request)]
}

/** How long was asked for, and how long is allowed when that is shorter. */
export function askedFor(request: AccessRequest): string {
  const { durationSeconds, approvals } = request
  const allowed = allowedSeconds(request)
  const by = approvals.filter((each) => each.durationSeconds === allowed)
  const asked = `${duration(durationSeconds)}${request.extends === undefined ? '' : ' longer'}`
  return allowed < durationSeconds
    ? `${asked}, shortened to ${duration(allowed)} by ${mentionsOf(by, 3)}`
    : asked
}

/** What would become of the window by an extension; empty for any other request. */
export function extensionWords(view: RequestView): string {
  const { request, extended } = view
  if (request.extends === undefined) return ''
  const wish = `Extend ${resourceTitle(view)} by ${duration(allowedSeconds(request))}`
  const about = extendedName(view)
  const isAsked = request.status === 'pending'
  if (extended === undefined || !(isAsked || request.status === 'extended'))
    return `${wish}: ${about}.`
  const { endsAt } = extended.grant
  if (isOver(extended.grant) || extended.grant.state === 'ending')
    return `${wish}: ${about}, whose access is over or being ended.`
  if (!isAsked) return `${wish}: ${about}, which is to end ${time(endsAt)}.`
  const until = plusSeconds(endsAt, allowedSeconds(request))
  return `${wish}, until ${time(until)} (was ${time(endsAt)}): ${about}.`
}

/** Whether a waiting request is approved on its page behind Pomerium, and not in Slack. */
export function isOnPage({ request, resource }: RequestView): boolean {
  return request.status === 'pending' && needsStepUp(request, resource)
}

/** Where a waiting request is approved when that is not here; empty for any other request. */
export function stepUpWords(view: RequestView): string {
  if (!isOnPage(view)) return ''
  const { approvals } = view.request
  if (view.page === undefined)
    return '*Nobody can approve this in Slack*, and there are no pages behind Pomerium where it could be: ask an operator. Deny works here.'
  const before = approvals.some(({ isSteppedUp }) => isSteppedUp !== true)
    ? ' Approvals that were given in Slack do not count.'
    : ''
  return `*Approved on its page behind Pomerium only*, by people who linked their Slack account to their Pomerium identity (${code('/jit link', 20)}). Deny works here too.${before}`
}

/** What break-glass means, and how its review stands; empty for any other request. */
export function emergencyWords(view: RequestView): string {
  const { request } = view
  if (request.kind !== 'break-glass' || request.status !== 'approved') return ''
  const opened = `*Nobody approved this:* ${userMention(request.requester.userId)} opened it as an emergency.`
  const { review } = request
  if (review === undefined) return opened
  if (review.state === 'done')
    return `${opened} ${userMention(review.by.userId)} reviewed it ${time(review.at)}: ${review.verdict === 'justified' ? '*justified*' : '*not justified*'}.`
  const who = reviewers(view) || 'approvers'
  return review.isOverdue
    ? `${opened} *The review is overdue since ${time(review.dueAt)}:* ${who}, but not the requester, have to say whether it was justified.`
    : `${opened} It has to be reviewed by ${time(review.dueAt)}: ${who}, but not the requester, say whether it was justified.`
}

/** How a request stands that waits no more. */
export function stateSentence(view: RequestView): string {
  const { request } = view
  switch (request.status) {
    case 'pending':
      return ''
    case 'denied':
      return `Denied by ${userMention(request.deniedBy.userId)} ${time(request.deniedAt)}.`
    case 'cancelled':
      return request.why === undefined
        ? `The requester cancelled it ${time(request.cancelledAt)}.`
        : `The bot cancelled it ${time(request.cancelledAt)}, because ${ineligibleWords[request.why]}.`
    case 'lapsed':
      return `It lapsed ${time(request.lapsedAt)} with ${request.approvalsCounted} of ${request.approvalsNeeded} approvals.`
    case 'extended':
      return `Approved ${time(request.extendedAt)}. The card of ${extendedName(view)} says whether Pomerium has confirmed the new end.`
    case 'approved':
      return grantSentence(request)
    default:
      return request satisfies never
  }
}

function grantSentence({ grant }: Approved): string {
  switch (grant.state) {
    case 'granting':
      return grantingSentence(grant)
    case 'scheduled':
      return `Pomerium has the rule; access starts ${time(grant.startsAt)} and ends ${time(grant.endsAt)}.`
    case 'active':
      return `Pomerium has confirmed the rule. Access is active until ${time(grant.endsAt)}.`
    case 'ending': {
      const still = 'Access may still work until Pomerium confirms that the rule is gone.'
      return grant.cause === 'ineligible'
        ? `The bot is ending it, because ${ineligibleWords[grant.why]}. ${still}`
        : `${userMention(grant.endedBy.userId)} ended it. ${still}`
    }
    case 'ended':
      return endSentence(grant)
    case 'never-active':
      return 'Pomerium never confirmed the rule. The access is over now.'
    default:
      return grant satisfies never
  }
}

function grantingSentence(grant: Grant & { readonly state: 'granting' }): string {
  const { inForceUntil, isScheduled, startsAt, endsAt } = grant
  if (inForceUntil !== undefined)
    return `Access was confirmed until ${time(inForceUntil)}; Pomerium has not confirmed the new end ${time(endsAt)} yet. Past the old end, access may not work until it has.`
  return isScheduled
    ? `Pomerium has not confirmed the rule yet. Access is to start ${time(startsAt)}, and may not work until Pomerium has.`
    : 'Pomerium has not confirmed the rule yet; access may not work until it has.'
}

/** What approved a request instead of people. */
export function automaticWords(rule: string): string {
  return rule === 'rego' ? 'the Rego policy' : `rule ${code(rule, 75)} of the catalogue`
}

function approvedBy(request: AccessRequest): readonly Fact[] {
  const { approvals } = request
  const automatic = 'automatic' in request ? request.automatic : undefined
  const rule: readonly Fact[] =
    automatic === undefined
      ? []
      : [['Approved by', `${automaticWords(automatic)}, without an approver`]]
  if (approvals.length === 0) return rule
  const vouched = request.kind === 'sponsored' && request.beneficiary === undefined
  // The last one for the sponsor's stage: whoever gave their word for it before made room, and counts for another.
  const sponsor =
    vouched && uncounted(request) === ''
      ? approvals.findLast(({ stage }) => stage === 0)
      : undefined
  const others = approvals.filter((approval) => approval !== sponsor)
  return [
    ...rule,
    ...(sponsor === undefined ? [] : [['Sponsor', mentionsOf([sponsor])] as const]),
    ...(others.length === 0
      ? []
      : [['Approved by', `${mentionsOf(others)}${uncounted(request)}`] as const]),
  ]
}

function window(from: Date, to: Date, extensions: number): string {
  const times = extensions === 1 ? 'once' : several(extensions, 'time')
  const extended = extensions === 0 ? '' : ` (extended ${times})`
  return `${time(from)} to ${time(to)}${extended}`
}
