import type { RecordedEvent, RequestView } from '../app/ports.ts'
import type { ChangeAction } from '../domain/event.ts'
import type { Json } from '../domain/ppl.ts'
import type { AccessRequest, Ineligibility } from '../domain/request.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { automaticWords } from './card-words.ts'
import { code, duration, inline, time, userMention } from './mrkdwn.ts'
import {
  askedFor,
  escalatedTo,
  pingedNow,
  reviewers,
  turnAfter,
  waitingStage,
} from './wording-asked.ts'
import { actorName, instantOf } from './wording-event.ts'
import { resourceTitle } from './wording-state.ts'

type Line = (event: RecordedEvent, view: RequestView) => string

const STAGE_MAX = 40

/** What each state change says in the thread. The view may be newer than the change, so only the change itself is told as done. */
export const CHANGE_LINES: Readonly<Record<ChangeAction, Line>> = {
  'request.created': (_event, view) =>
    `${userMention(view.request.requester.userId)} asked for ${wish(view)}.`,
  'request.approval_recorded': (event, view) =>
    `${actorName(event.actor)} approved${how(event)}.${turn(event, view)}`,
  'request.approved': (event) =>
    `${actorName(event.actor)} approved${how(event)}; Pomerium has not confirmed the rule yet.`,
  'request.auto_approved': ({ details }, { request }) => {
    const approved = `Approved by ${automaticWords(textOf(details['rule']))}, without an approver`
    return request.extends === undefined
      ? `${approved}; Pomerium has not confirmed the rule yet.`
      : `${approved}; Pomerium has not confirmed the new end${at(details['endsAt'])} yet.`
  },
  'request.break_glass': (event) =>
    `${actorName(event.actor)} opened break-glass access without an approval; Pomerium has not confirmed the rule yet.`,
  'request.extended': (event) =>
    `${actorName(event.actor)} approved the extension${how(event)}; Pomerium has not confirmed the new end${at(event.details['endsAt'])} yet.`,
  'request.denied': (event) => `${actorName(event.actor)} denied the request.`,
  'request.cancelled': (event) =>
    `${actorName(event.actor)} cancelled the request${because(event.details['why'])}.`,
  'request.lapsed': () => 'The request lapsed: it was not approved in time.',
  'request.reminded': (_event, view) => {
    const who = pingedNow(view)
    if (view.request.status !== 'pending' || view.resource === undefined)
      return 'A reminder was due.'
    const waits = `this request still waits for ${waitingStage(view) || 'approval'}`
    return who === '' ? `T${waits.slice(1)}; nobody is pinged.` : `Reminder to ${who}: ${waits}.`
  },
  'request.escalated': (_event, view) => {
    const who = escalatedTo(view)
    return who === ''
      ? 'The request was escalated.'
      : `Escalated, because it was not approved in time: ${who} may answer now too.`
  },
  'request.recounted': ({ details }, view) => {
    const { approvals, needed, was, open } = details
    const hasLost = typeof approvals === 'number' && typeof was === 'number' && approvals < was
    const why = hasLost
      ? 'somebody who approved has lost the right to'
      : 'somebody who approved has the right to again'
    const count = `${typeof approvals === 'number' ? approvals : 0} of ${typeof needed === 'number' ? needed : 0} approvals count now`
    const who = typeof open === 'number' ? askedFor(view, open) : ''
    return `${count}: ${why}.${who === '' ? '' : ` Asked again, ${who}.`}`
  },
  'grant.scheduled': (_event, { request }) =>
    request.status === 'approved'
      ? `Pomerium has the rule; access starts ${time(request.grant.startsAt)}.`
      : 'Pomerium has the rule.',
  'grant.activated': (_event, { request }) => {
    const until = confirmedUntil(request)
    return until === undefined ? 'Access became active.' : `Access is active until ${time(until)}.`
  },
  'grant.extended': ({ actor, details }) => {
    const by = code(textOf(details['by']), 75)
    const seconds = details['seconds']
    const longer = typeof seconds === 'number' ? ` by ${duration(seconds)}` : ''
    const was = instantOf(details['was'])
    const from = was === undefined ? '' : ` (was ${time(was)})`
    const request = by === '' ? '' : `, as request ${by} asked`
    return `${actorName(actor)} extended the access${longer}${until(details['endsAt'])}${from}${request}; Pomerium has not confirmed the new end yet.`
  },
  'grant.ending': (event) => {
    const { cause, why } = event.details
    const who = actorName(event.actor)
    if (cause === 'ineligible')
      return `${who} is ending the access${because(why)}; it may still work until Pomerium confirms.`
    const done = cause === 'returned' ? 'gave the access back' : 'ended the access'
    return `${who} ${done}; it may still work until Pomerium confirms.`
  },
  'grant.ended': (event, { request }) =>
    event.details['cause'] === 'expired'
      ? 'Access ended: its time was over.'
      : `Access ended${endedHow(request)}. ${OPEN_CONNECTIONS}`,
  'grant.never_active': () => 'Pomerium never confirmed the rule. The access is over now.',
  'grant.review_reminded': ({ details }, view) => {
    const who = isReviewDue(view) ? reviewers(view) : ''
    const due = instantOf(details['dueAt'])
    return who === ''
      ? 'A reminder of the review was due.'
      : `Reminder to ${who}: was the break-glass access justified? Its card asks${due === undefined ? '' : `, by ${time(due)}`}.`
  },
  'grant.review_overdue': ({ details }, view) => {
    const who = isReviewDue(view) ? reviewers(view) : ''
    const since = instantOf(details['dueAt'])
    const overdue = `The review is overdue${since === undefined ? '' : ` since ${time(since)}`}`
    return who === ''
      ? `${overdue}.`
      : `${overdue}: ${who}, was the break-glass access justified? Its card asks.`
  },
  'grant.reviewed': ({ actor, details }) =>
    `${actorName(actor)} found the break-glass access ${details['verdict'] === 'justified' ? 'justified' : 'not justified'}.`,
}

function wish(view: RequestView): string {
  const { durationSeconds, beneficiary, extends: extendedId } = view.request
  const whom = beneficiary === undefined ? '' : ` on behalf of ${inline(beneficiary, 150)}`
  const more = extendedId === undefined ? '' : ' longer'
  return `${resourceTitle(view)} for ${duration(durationSeconds)}${more}${whom}`
}

/** For which stage, as which approval of how many, and for how long, where there is something to tell. */
function how({ details }: RecordedEvent): string {
  const stage = inline(textOf(details['stage']), STAGE_MAX)
  const { approvals, needed, shortened } = details
  const tally =
    typeof approvals === 'number' && typeof needed === 'number' && needed > 1
      ? ` (${approvals} of ${needed})`
      : ''
  const shorter = typeof shortened === 'number' ? `, shortened to ${duration(shortened)}` : ''
  return `${stage === '' ? '' : ` for ${stage}`}${tally}${shorter}`
}

/** Who is asked now that this approval filled its stage. */
function turn({ actor }: RecordedEvent, view: RequestView): string {
  if (actor.kind !== 'person') return ''
  const { userId } = actor.identity
  const given = view.request.approvals.find(({ by }) => by.userId === userId)
  const next = given === undefined ? '' : turnAfter(view, given)
  return next === '' ? '' : ` Now asked, ${next}.`
}

function confirmedUntil(request: AccessRequest): Date | undefined {
  if (request.status !== 'approved') return undefined
  const { grant } = request
  if (grant.state === 'active') return grant.endsAt
  return grant.state === 'granting' ? grant.inForceUntil : undefined
}

function isReviewDue({ request }: RequestView): boolean {
  return request.status === 'approved' && request.review?.state === 'due'
}

/** Pomerium asks its policy once for each request, and a connection that is kept open is one. */
const OPEN_CONNECTIONS = 'A websocket or TCP connection that was open may last until it reconnects.'

function endedHow(request: AccessRequest): string {
  if (request.status !== 'approved') return ''
  const { grant } = request
  if ('why' in grant) return because(grant.why)
  return 'endedBy' in grant ? ` by ${userMention(grant.endedBy.userId)}` : ''
}

function because(why: Json | undefined): string {
  return typeof why === 'string' && Object.hasOwn(ineligibleWords, why)
    ? `, because ${ineligibleWords[why as Ineligibility]}`
    : ''
}

function at(value: Json | undefined): string {
  const instant = instantOf(value)
  return instant === undefined ? '' : ` ${time(instant)}`
}

function until(value: Json | undefined): string {
  const instant = instantOf(value)
  return instant === undefined ? '' : `, until ${time(instant)}`
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
