import type { RequestView } from '../app/ports.ts'
import type { AccessRequest, Approved, Grant } from '../domain/request.ts'
import { stateOf } from '../domain/request-state.ts'
import type { RequestState } from '../domain/request-state.ts'
import { ineligibleWords } from '../words/ineligible.ts'
import { timeWords } from './times.ts'
import { person, several } from './wording.ts'

/** How a state looks; its words always stand beside it. */
export type Tone = 'wait' | 'work' | 'good' | 'bad' | 'quiet'

const TONES: Readonly<Record<RequestState, Tone>> = {
  pending: 'wait',
  denied: 'bad',
  cancelled: 'quiet',
  lapsed: 'quiet',
  extended: 'good',
  granting: 'work',
  scheduled: 'work',
  active: 'good',
  ending: 'work',
  ended: 'quiet',
  'never-active': 'bad',
}

const TITLES: Readonly<Record<RequestState, string>> = {
  pending: 'Waiting for approval',
  denied: 'Rejected',
  cancelled: 'Cancelled',
  lapsed: 'Lapsed',
  extended: 'Approved',
  granting: 'Approved: waiting for Pomerium',
  scheduled: 'Scheduled',
  active: 'Active',
  ending: 'Ending: waiting for Pomerium',
  ended: 'Ended',
  'never-active': 'Not confirmed',
}

export function toneOf(request: AccessRequest): Tone {
  return TONES[stateOf(request)]
}

/** Where a request stands, in a word or two that claim no more than Pomerium has confirmed. */
export function stateTitle(request: AccessRequest): string {
  if (request.status !== 'approved' || request.grant.state !== 'granting')
    return TITLES[stateOf(request)]
  if (request.grant.inForceUntil !== undefined) return 'Extending: waiting for Pomerium'
  return request.kind === 'break-glass' ? 'Opened: waiting for Pomerium' : TITLES.granting
}

/** Whether the state is about to change by itself, so that it is worth looking again soon. */
export function isMoving(request: AccessRequest): boolean {
  return (
    request.status === 'approved' &&
    (request.grant.state === 'granting' || request.grant.state === 'ending')
  )
}

/** How a request stands, in a sentence; times on the visitor's clock. */
export function stateSentence(view: RequestView, timeZone: string | undefined): string {
  const { request } = view
  const when = (at: Date) => timeWords(at, timeZone)
  switch (request.status) {
    case 'pending':
      return `${needed(request)} It lapses ${when(request.lapsesAt)} unless it is approved by then.`
    case 'denied':
      return `${person(request.deniedBy)} rejected it ${when(request.deniedAt)}.`
    case 'cancelled':
      return request.why === undefined
        ? `The requester cancelled it ${when(request.cancelledAt)}.`
        : `The bot cancelled it ${when(request.cancelledAt)}, because ${ineligibleWords[request.why]}.`
    case 'lapsed':
      return `It lapsed ${when(request.lapsedAt)} with ${request.approvalsCounted} of ${several(request.approvalsNeeded, 'approval')}.`
    case 'extended':
      return `Approved ${when(request.extendedAt)}. The page of the access that it extends says whether Pomerium has confirmed the new end.`
    case 'approved':
      return grantSentence(request, when)
    default:
      return request satisfies never
  }
}

function needed({ approvalsNeeded, approvalsCounted }: AccessRequest): string {
  return approvalsNeeded === 1
    ? 'It waits for one approval.'
    : `It has ${approvalsCounted} of the ${approvalsNeeded} approvals that it takes.`
}

function grantSentence({ grant }: Approved, when: (at: Date) => string): string {
  switch (grant.state) {
    case 'granting':
      return grantingSentence(grant, when)
    case 'scheduled':
      return `Pomerium has the rule: access starts ${when(grant.startsAt)} and ends ${when(grant.endsAt)}.`
    case 'active':
      return `Pomerium has confirmed the rule: access is active until ${when(grant.endsAt)}.`
    case 'ending': {
      const still = 'Access may still work until Pomerium confirms that the rule is gone.'
      return grant.cause === 'ineligible'
        ? `The bot is ending it, because ${ineligibleWords[grant.why]}. ${still}`
        : `${person(grant.endedBy)} ended it. ${still}`
    }
    case 'ended':
      return endSentence(grant, when)
    case 'never-active':
      return 'Pomerium never confirmed the rule. The access is over now.'
    default:
      return grant satisfies never
  }
}

function grantingSentence(
  grant: Grant & { readonly state: 'granting' },
  when: (at: Date) => string,
): string {
  const { inForceUntil, isScheduled, startsAt, endsAt } = grant
  if (inForceUntil !== undefined)
    return `Access is confirmed until ${when(inForceUntil)}; Pomerium has not confirmed the new end ${when(endsAt)} yet.`
  return isScheduled
    ? `Pomerium has not confirmed the rule yet. Access is to start ${when(startsAt)}, and may not work until Pomerium has.`
    : 'Pomerium has not confirmed the rule yet: access may not work until it has.'
}

function endSentence(
  grant: Grant & { readonly state: 'ended' },
  when: (at: Date) => string,
): string {
  if (grant.cause === 'expired') return `Access ended ${when(grant.endsAt)}: its time was over.`
  if (grant.cause === 'ineligible')
    return `Access ended ${when(grant.endedAt)}, because ${ineligibleWords[grant.why]}.`
  const how = grant.cause === 'returned' ? 'Given back' : 'Ended'
  return `${how} by ${person(grant.endedBy)}; access ended ${when(grant.endedAt)}.`
}
