import { mayEverAnswer, openStage, rightAt, rightToAnswer } from '../domain/approvals.ts'
import { isOwn } from '../domain/answerable.ts'
import type { Person } from '../domain/person.ts'
import { isSamePerson } from '../domain/person.ts'
import type { AccessRequest, Approved, Pending } from '../domain/request.ts'
import { isOver } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import { isRuledBy } from './rights.ts'
import type { Rights } from './rights.ts'
import type { Deed } from './page-cases.ts'
import type { RequestView } from './ports.ts'

/** What to offer somebody to do with a request, going by what is on record. */
export function deedsFor(view: RequestView, rights: Rights): ReadonlySet<Deed> {
  const { request } = view
  if (request.status === 'pending') return new Set(deedsBefore(view, request, rights))
  return new Set(request.status === 'approved' ? deedsAfter(view, request, rights) : [])
}

/** Whether a request is for somebody's eyes: they asked, may ever answer it, or look after everything. */
export function maySee({ request, resource }: RequestView, rights: Rights): boolean {
  const { person, isAdmin, isAuditor } = rights
  if (isSamePerson(request.requester, person) || isAdmin || isAuditor) return true
  return (
    resource !== undefined &&
    isRuledBy(resource, rights) &&
    mayEverAnswer(request, resource, person)
  )
}

function deedsBefore(
  { resource, extended }: RequestView,
  request: Pending,
  rights: Rights,
): readonly Deed[] {
  const { person } = rights
  if (isSamePerson(request.requester, person)) return ['cancel']
  if (isOwn(request, person) || resource === undefined || !isRuledBy(resource, rights)) return []
  const isTheirs = extended !== undefined && isOwn(extended, person)
  const deeds: Deed[] = []
  if (!isTheirs && mayApproveNow(request, resource, person)) deeds.push('approve')
  if (rightToAnswer(request, resource, person) !== undefined) deeds.push('deny')
  return deeds
}

/** Whether somebody's approval is missing at the stage that waits. */
function mayApproveNow(request: Pending, resource: Resource, person: Person): boolean {
  const isBreakGlass = request.kind === 'break-glass'
  if (isBreakGlass || request.approvals.some(({ by }) => isSamePerson(by, person))) return false
  return mayAnswerNow(request, resource, person)
}

/** Whether somebody has the right to the stage that waits, going by the approvals on record. */
export function mayAnswerNow(request: Pending, resource: Resource, person: Person): boolean {
  const open = openStage(request, resource)
  // Where all stages are filled on record some approval does not count any more, and anybody's may help.
  return open === undefined
    ? rightToAnswer(request, resource, person) !== undefined
    : rightAt(open.stage, request, resource, person) !== undefined
}

function deedsAfter(view: RequestView, request: Approved, rights: Rights): readonly Deed[] {
  const { person, isAdmin } = rights
  const { resource } = view
  const isHolder = isSamePerson(request.requester, person)
  const isEntitled =
    isAdmin ||
    (resource !== undefined &&
      isRuledBy(resource, rights) &&
      mayEverAnswer(request, resource, person))
  const deeds: Deed[] = []
  if (isEndable(request) && (isHolder || isEntitled)) deeds.push('end')
  if (request.requester.userId === person.userId && isExtendable(request, resource))
    deeds.push('extend')
  if (request.review?.state === 'due' && isEntitled && !isOwn(request, person)) deeds.push('review')
  return deeds
}

function isEndable({ grant }: Approved): boolean {
  return !isOver(grant) && grant.state !== 'ending'
}

function isExtendable(request: AccessRequest & Approved, resource: Resource | undefined): boolean {
  const { grant, kind } = request
  return (
    isEndable(request) &&
    kind !== 'break-glass' &&
    resource?.extension !== undefined &&
    grant.extensions < resource.extension.times
  )
}
