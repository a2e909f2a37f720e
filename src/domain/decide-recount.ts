import { tally } from './approvals.ts'
import { isOwn } from './answerable.ts'
import type { Person } from './person.ts'
import type { AccessRequest } from './request.ts'
import type { Resource } from './resource.ts'
import type { Decision } from './transition.ts'
import { changed, refuse } from './transition.ts'

export interface RecountCommand {
  readonly type: 'recount'
  readonly at: Date
  readonly resource: Resource
  /** Those who approved, as they are now; whoever is missing has no rights any more. */
  readonly colleagues: readonly Person[]
  /** Whether approvals that did not count may count again: not where the Rego policy has a say in that. */
  readonly mayRise: boolean
}

/**
 * How many approvals of a waiting request count by now, since somebody who approved may have lost the right. It opens
 * nothing: stages that are filled wait for the next approval.
 */
export function recount(request: AccessRequest, command: RecountCommand): Decision {
  const { at, resource, colleagues, mayRise } = command
  if (request.status !== 'pending' || at >= request.lapsesAt) return refuse({ code: 'nothing-due' })
  const { approvals, approvalsCounted, approvalsNeeded } = request
  const others = colleagues.filter((person) => !isOwn(request, person))
  // Not fewer than were asked for last, whoever asked for more than the catalogue does.
  const narrowing = { approvals: approvalsNeeded, constraints: [] }
  const { counted, needed, open } = tally(approvals, others, request, resource, narrowing)
  const isNews = counted < approvalsCounted || (mayRise && counted > approvalsCounted)
  if (open === undefined || !isNews) return refuse({ code: 'nothing-due' })
  return changed(
    request,
    { ...request, approvalsCounted: counted, approvalsNeeded: needed },
    'request.recounted',
    { approvals: counted, needed, was: approvalsCounted, open: open.index },
  )
}
