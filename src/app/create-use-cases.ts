import { approveRequest, cancelRequest, denyRequest } from './decide-request.ts'
import type { Deps } from './deps.ts'
import { endGrant } from './end-grant.ts'
import { requestsOf, requestsWaitingFor, resourcesFor } from './queries.ts'
import { requestAccess } from './request-access.ts'
import type { UseCases } from './use-cases.ts'

/** The use cases, given what they need. */
export function createUseCases(deps: Deps): UseCases {
  return {
    requestAccess: (input) => requestAccess(deps, input),
    approveRequest: (input) => approveRequest(deps, input),
    denyRequest: (input) => denyRequest(deps, input),
    cancelRequest: (input) => cancelRequest(deps, input),
    endGrant: (input) => endGrant(deps, input),
    resourcesFor: (actor) => resourcesFor(deps, actor),
    requestsOf: (actor) => requestsOf(deps, actor),
    requestsWaitingFor: (actor) => requestsWaitingFor(deps, actor),
  }
}
