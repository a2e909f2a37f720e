import type { RequestView } from '../app/ports.ts'
import { approvalsByStage, openStage, stagesOf } from '../domain/approvals.ts'
import type { AccessRequest, Approval, Pending } from '../domain/request.ts'
import type { PeopleSet, Resource, Stage } from '../domain/resource.ts'
import { inline, several, time } from './mrkdwn.ts'
import { isAnybody, people, quietPeople } from './wording-people.ts'
import { mentionsOf, progress } from './wording-state.ts'

const STAGE_TITLE_MAX = 40
const STAGES_CHARS = 1_200

/** Who may answer a waiting request now, by which right, and who may not; mentions ping those who are asked. */
export function whyYou(view: RequestView): string {
  const { request, resource } = view
  if (request.status !== 'pending') return ''
  if (resource === undefined)
    return 'The resource has left the catalogue, so nobody may answer this request: it lapses by itself.'
  const waiting = waitingStages(request, resource)
  const silent = silentOf(waiting)
  const quiet =
    silent.length === 0 || isSilentOnly(waiting)
      ? ''
      : ` May answer too, without being pinged: ${quietPeople(...silent)}.`
  return `${asked(request, resource, waiting)}${quiet}${escalated(request, resource)}${notPinged(request, resource, waiting)}`
}

/** How far a waiting request is, stage by stage, with the names of those who approved; empty when there is nothing to tell. */
export function progressWords({ request, resource }: RequestView): string {
  const stages = resource === undefined ? [] : stagesOf(request, resource, request.approvalsNeeded)
  if (stages.length < 2 || !allCount(request))
    return request.approvals.length === 0 ? '' : progress(request)
  const byStage = approvalsByStage(request, stages)
  const parts = stages.map((stage, index) => {
    const given = byStage[index] ?? []
    const names = given.length === 0 ? '' : ` – ${mentionsOf(given, 5)}`
    const count = Math.min(given.length, stage.approvals)
    const colon = stage.title === undefined ? ':' : ''
    return `${stageName(stage, index)}${colon} ${count} of ${stage.approvals}${names}`
  })
  return bounded(parts)
}

/** A stage as people call it: its title, or its place. */
export function stageName({ title }: Stage, index: number): string {
  return inline(title ?? '', STAGE_TITLE_MAX) || `Stage ${index + 1}`
}

/** The stage that waits, with its place when there are several: `Security (stage 1 of 2)`; empty when it has no name. */
export function waitingStage({ request, resource }: RequestView): string {
  if (request.status !== 'pending' || resource === undefined || !allCount(request)) return ''
  const open = openStage(request, resource)
  if (open === undefined) return ''
  const { length } = stagesOf(request, resource, request.approvalsNeeded)
  const title = inline(open.stage.title ?? '', STAGE_TITLE_MAX)
  if (length < 2) return title
  const place = `stage ${open.index + 1} of ${length}`
  return title === '' ? place : `${title} (${place})`
}

/** Mentions of those whose approval a waiting request lacks; empty when it waits no more, and when mentions reach nobody. */
export function pingedNow({ request, resource }: RequestView): string {
  if (request.status !== 'pending' || resource === undefined) return ''
  const sets = setsAsked(request, resource, waitingStages(request, resource))
  return pinged(request, sets)
}

/** For which stage somebody is asked since an approval filled the one before, with mentions; empty when it did not. */
export function turnAfter(view: RequestView, approval: Approval): string {
  const { request, resource } = view
  if (request.status !== 'pending' || resource === undefined || !allCount(request)) return ''
  const open = openStage(request, resource)
  const isLast = request.approvals.findLast(({ stage }) => stage === approval.stage) === approval
  return open === undefined || open.index <= approval.stage || !isLast
    ? ''
    : `for ${waitingStage(view)}: ${people(othersOf(request, open.stage.approvers))}`
}

/** Who is asked for a stage by its place, with mentions; empty when the request waits no more or mentions reach nobody. */
export function askedFor({ request, resource }: RequestView, index: number): string {
  if (request.status !== 'pending' || resource === undefined) return ''
  const stage = stagesOf(request, resource)[index]
  const who = stage === undefined ? '' : pinged(request, [stage.approvers])
  return stage === undefined || who === '' ? '' : `for ${stageName(stage, index)}: ${who}`
}

/** Mentions of those who were asked since nobody answered in time; empty when the request waits no more. */
export function escalatedTo({ request, resource }: RequestView): string {
  const to = resource?.escalation?.to
  return request.status === 'pending' && to !== undefined ? pinged(request, [to]) : ''
}

/** Mentions of those who review emergency access; empty when the resource has left the catalogue. */
export function reviewers({ request, resource }: RequestView): string {
  return resource === undefined
    ? ''
    : people(...stagesOf(request, resource).map(({ approvers }) => approvers))
}

interface Waiting {
  readonly stages: readonly Stage[]
  /** Where approvals are missing; absent when some on record do not count, so that only a click can tell. */
  readonly open?: { readonly index: number; readonly missing: number; readonly of: number }
}

function waitingStages(request: AccessRequest, resource: Resource): Waiting {
  const stages = stagesOf(request, resource, request.approvalsNeeded)
  const open = allCount(request) ? openStage(request, resource) : undefined
  if (open === undefined) return { stages }
  const { stage, index, missing } = open
  return { stages: [stage], open: { index, missing, of: stages.length } }
}

function asked(request: AccessRequest, resource: Resource, waiting: Waiting): string {
  const { stages, open } = waiting
  const isSilent = isSilentOnly(waiting)
  const nobody = isSilent ? 'Nobody is pinged. ' : ''
  const who = isSilent
    ? quietPeople(...silentOf(waiting))
    : people(...stages.map(({ approvers }) => approvers))
  const { beneficiary, approvalsNeeded } = request
  const but =
    beneficiary === undefined
      ? 'but not the requester'
      : `but neither the sponsor nor ${inline(beneficiary, 150)}`
  if (open === undefined || open.of < 2) {
    const title = waitingStage({ request, resource })
    const isFor = title === '' ? '' : `, for ${title}`
    const isNeeded = `${several(approvalsNeeded, 'approval')} needed`
    return `${nobody}May answer${isFor}: ${who}, ${but}; ${isNeeded}.`
  }
  const stage = waitingStage({ request, resource })
  const lacking = `${several(open.missing, 'approval')} needed for it`
  return `${nobody}May answer now, for ${stage}: ${who}, ${but}; ${lacking}. Approvers of every stage may deny.`
}

function escalated(request: Pending, { escalation }: Resource): string {
  return request.escalatedAt === undefined || escalation === undefined
    ? ''
    : ` Escalated ${time(request.escalatedAt)}: ${people(escalation.to)} may answer too.`
}

function silentOf({ stages }: Waiting): readonly PeopleSet[] {
  return stages.flatMap((stage) => stage.silent ?? []).filter(isAnybody)
}

function isSilentOnly(waiting: Waiting): boolean {
  return (
    !waiting.stages.some(({ approvers }) => isAnybody(approvers)) && silentOf(waiting).length > 0
  )
}

function setsAsked(
  { escalatedAt }: Pending,
  { escalation }: Resource,
  { stages }: Waiting,
): readonly PeopleSet[] {
  const isEscalated = escalatedAt !== undefined && escalation !== undefined
  return [...stages.map(({ approvers }) => approvers), ...(isEscalated ? [escalation.to] : [])]
}

/** Who is asked by address, domain or as everybody: Slack has no mention for those. */
function notPinged(request: Pending, resource: Resource, waiting: Waiting): string {
  const sets = setsAsked(request, resource, waiting).map((set) => ({
    ...set,
    groups: [],
    users: [],
  }))
  return sets.some(isAnybody) ? ` Not pinged: ${quietPeople(...sets)}.` : ''
}

/** A set without the people who cannot answer: who asked, and who approved already. */
function othersOf({ requester, approvals }: AccessRequest, set: PeopleSet): PeopleSet {
  const settled = new Set([requester.userId, ...approvals.map(({ by }) => by.userId)])
  return { ...set, users: set.users.filter((userId) => !settled.has(userId)) }
}

function pinged(request: AccessRequest, sets: readonly PeopleSet[]): string {
  const mentioned = sets
    .map((set) => ({ ...othersOf(request, set), emails: [], domains: [], everyone: false }))
    .filter(isAnybody)
  return mentioned.length === 0 ? '' : people(...mentioned)
}

function allCount({ approvals, approvalsCounted }: AccessRequest): boolean {
  return approvalsCounted >= approvals.length
}

function bounded(parts: readonly string[]): string {
  let count = parts.length
  const text = () =>
    [
      ...parts.slice(0, count),
      ...(count < parts.length ? [several(parts.length - count, 'more stage')] : []),
    ].join('; ')
  while (count > 0 && text().length > STAGES_CHARS) count -= 1
  return text()
}
