import type { Name } from '../support/story.ts'
import type { ResourceName, Terms } from './catalogue.ts'
import { ADMIN, REQUESTERS, TERMS } from './catalogue.ts'

/** A request as the database has it, with names for people. */
export interface Seen {
  readonly id: string
  readonly version: number
  readonly who: Name
  readonly resource: ResourceName
  readonly reason: string
  readonly minutes: number
  readonly status: 'pending' | 'approved' | 'denied' | 'cancelled' | 'lapsed' | 'extended'
  /** The request whose access it would prolong. */
  readonly extends: string | null
  readonly approvers: readonly Name[]
  readonly deniedBy: Name | null
  readonly requestedAt: Date
  readonly lapsesAt: Date
  readonly closedAt: Date | null
  readonly grant: {
    readonly state: 'granting' | 'active' | 'ending' | 'ended' | 'never-active' | 'scheduled'
    readonly startsAt: Date
    readonly endsAt: Date
    readonly extensions: number
    readonly cause: 'expired' | 'returned' | 'revoked' | 'ineligible' | null
    readonly endedBy: Name | null
    readonly endedAt: Date | null
  } | null
}

/** Something that somebody did, whatever came of it. */
export type Deed =
  | {
      readonly what: 'ask'
      readonly who: Name
      readonly resource: ResourceName
      readonly minutes: number
    }
  | { readonly what: 'extend'; readonly who: Name; readonly id: string; readonly minutes: number }
  | {
      readonly what: 'approve' | 'deny' | 'cancel' | 'end'
      readonly who: Name
      readonly id: string
    }

/** A deed and the words by which a request that came of it is known. */
export type Done = Deed & { readonly reason: string }

/** What is to become of a deed: it `happens`, or it is `refused` and nothing changes. */
export type Outcome = 'happens' | 'refused'

/** What the rules say that comes of a deed, by what is there before it. */
export function expected(deed: Deed, seen: readonly Seen[], now: Date): Outcome {
  return isAllowed(deed, seen, now) ? 'happens' : 'refused'
}

function isAllowed(deed: Deed, seen: readonly Seen[], now: Date): boolean {
  if (deed.what === 'ask') {
    const isWaiting = seen.some(
      (other) =>
        other.who === deed.who &&
        other.resource === deed.resource &&
        other.status === 'pending' &&
        other.extends === null,
    )
    const { maxMinutes } = TERMS[deed.resource]
    return REQUESTERS.includes(deed.who) && !isWaiting && deed.minutes <= maxMinutes
  }
  const request = seen.find(({ id }) => id === deed.id)
  if (request === undefined) return false
  const terms = TERMS[request.resource]
  const isWaiting = request.status === 'pending' && now < request.lapsesAt
  switch (deed.what) {
    case 'approve':
      return (
        isWaiting &&
        mayAnswer(deed.who, request, terms) &&
        !request.approvers.includes(deed.who) &&
        (request.extends === null || isExtendable(request.extends, request.minutes, seen, now))
      )
    case 'deny':
      return isWaiting && mayAnswer(deed.who, request, terms)
    case 'cancel':
      return request.status === 'pending' && deed.who === request.who
    case 'end':
      return isOpen(request, now) && mayEnd(deed.who, request, terms)
    case 'extend': {
      const isAsked = seen.some((other) => other.extends === deed.id && other.status === 'pending')
      return deed.who === request.who && !isAsked && isExtendable(deed.id, deed.minutes, seen, now)
    }
    default:
      return deed satisfies never
  }
}

const mayAnswer = (who: Name, request: Seen, { approvers }: Terms) =>
  approvers.includes(who) && who !== request.who

const mayEnd = (who: Name, request: Seen, { approvers }: Terms) =>
  who === request.who || who === ADMIN || approvers.includes(who)

export const isOpen = ({ grant }: Seen, now: Date) =>
  (grant?.state === 'granting' || grant?.state === 'active') && now < grant.endsAt

function isExtendable(id: string, minutes: number, seen: readonly Seen[], now: Date): boolean {
  const request = seen.find((other) => other.id === id)
  if (request?.grant === undefined || request.grant === null || !isOpen(request, now)) return false
  const { extensions, extensionMinutes, maxMinutes } = TERMS[request.resource]
  const { startsAt, endsAt } = request.grant
  const total = Math.ceil((endsAt.getTime() - startsAt.getTime()) / 60_000) + minutes
  return request.grant.extensions < extensions && minutes <= extensionMinutes && total <= maxMinutes
}

/**
 * What the database has that nobody's deed explains: a request that nobody asked for or that one deed made twice, a
 * decision of somebody who did not decide or may not, a window that nobody allowed, an end that neither time nor anybody
 * brought.
 */
export function unexplained(
  seen: readonly Seen[],
  done: readonly Done[],
  now: Date,
): readonly string[] {
  const did = (what: Deed['what'], who: Name | null, id: string) =>
    done.some((deed) => deed.what === what && deed.who === who && 'id' in deed && deed.id === id)
  const reasons = new Set<string>()
  return seen.flatMap((request) => {
    const { id, who, resource, reason, minutes, status, grant, deniedBy, lapsesAt } = request
    const terms = TERMS[resource]
    const problems: string[] = []
    const unless = (isSo: boolean, problem: string) => {
      if (!isSo) problems.push(`request ${id}: ${problem}`)
    }
    unless(!reasons.has(reason), 'one deed made two requests')
    reasons.add(reason)
    const deed = done.find((each) => each.reason === reason)
    const isAskedFor =
      deed?.who === who &&
      (deed.what === 'ask'
        ? deed.resource === resource && deed.minutes === minutes && request.extends === null
        : deed.what === 'extend' && deed.id === request.extends && deed.minutes === minutes)
    unless(isAskedFor, `${who} did not ask for ${minutes} minutes of ${resource} with these words`)
    for (const approver of request.approvers) {
      unless(did('approve', approver, id), `${approver} did not approve it`)
      unless(mayAnswer(approver, request, terms), `${approver} may not approve it`)
    }
    if (deniedBy !== null) {
      unless(did('deny', deniedBy, id), `${deniedBy} did not deny it`)
      unless(mayAnswer(deniedBy, request, terms), `${deniedBy} may not deny it`)
    }
    if (status === 'approved' || status === 'extended')
      unless(request.approvers.length >= terms.approvals, 'it was opened with too few approvals')
    if (status === 'lapsed') unless(lapsesAt <= now, 'it lapsed before its time')
    if (status === 'cancelled')
      unless(did('cancel', who, id) || isPointless(request, seen, now), 'nobody cancelled it')
    if (grant !== null) problems.push(...unexplainedWindow(request, seen, did))
    return problems
  })
}

/** Whether the access is over that it was to prolong. */
function isPointless({ extends: of }: Seen, seen: readonly Seen[], now: Date): boolean {
  const prolonged = seen.find(({ id }) => id === of)
  return prolonged !== undefined && !isOpen(prolonged, now)
}

function unexplainedWindow(
  request: Seen,
  seen: readonly Seen[],
  did: (what: Deed['what'], who: Name | null, id: string) => boolean,
): readonly string[] {
  const { id, resource, minutes, grant } = request
  if (grant === null) return []
  const { startsAt, endsAt, cause, endedBy, endedAt } = grant
  const terms = TERMS[resource]
  const longer = seen
    .filter((other) => other.extends === id && other.status === 'extended')
    .map((other) => other.minutes)
  const allowed = [minutes, ...longer].reduce((sum, each) => sum + each, 0) * 60
  const lasts = (endsAt.getTime() - startsAt.getTime()) / 1_000
  const isByTime = endedAt === null || endedAt >= endsAt
  const checks: readonly (readonly [isSo: boolean, problem: string])[] = [
    [
      lasts <= allowed && lasts > allowed - 1,
      `access lasts ${lasts} s, and ${allowed} s were allowed`,
    ],
    [lasts <= terms.maxMinutes * 60, 'access lasts longer than anybody may have it'],
    [longer.length === grant.extensions, `it was extended ${grant.extensions} times`],
    [isByTime || cause !== 'expired', 'access ended before its time'],
    [isByTime || grant.state !== 'never-active', 'access was given up before its time'],
    [cause !== 'returned' || endedBy === request.who, `${endedBy} gave back what is not theirs`],
    [endedBy === null || did('end', endedBy, id), `${endedBy} did not end it`],
    [endedBy === null || mayEnd(endedBy, request, terms), `${endedBy} may not end it`],
    [cause !== 'ineligible', 'nobody lost their rights'],
  ]
  return checks.filter(([isSo]) => !isSo).map(([, problem]) => `request ${id}: ${problem}`)
}

/** What the heading of a request's messages says in a state, by the words of the design. */
export function headingOf({ status, grant, extends: extended }: Seen): string {
  if (extended !== null) return `Extension: ${status === 'extended' ? 'Approved' : WORDS[status]}`
  if (grant === null) return WORDS[status]
  if (grant.state === 'granting' && grant.extensions > 0) return 'Extending…'
  return WORDS[grant.state]
}

const WORDS = {
  pending: 'Waiting for approval',
  approved: 'Approved',
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
} as const
