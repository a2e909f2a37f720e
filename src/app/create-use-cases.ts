import { auditDigest } from './audit-digest.ts'
import { approveRequest, cancelRequest, denyRequest } from './decide-request.ts'
import type { Deps } from './deps.ts'
import { endGrant } from './end-grant.ts'
import { extendGrant } from './extend-grant.ts'
import { offersFor, requestsOf, requestsWaitingFor, reviewsWaitingFor } from './queries.ts'
import { issueLinkCode } from './link-code.ts'
import { requestAccess } from './request-access.ts'
import { reviewGrant } from './review-grant.ts'
import type { UseCases } from './use-cases.ts'

/** The use cases, given what they need. */
export function createUseCases(deps: Deps): UseCases {
  return {
    requestAccess: (input) => requestAccess(deps, input),
    extendGrant: (input) => extendGrant(deps, input),
    approveRequest: (input) => approveRequest(deps, input),
    denyRequest: (input) => denyRequest(deps, input),
    cancelRequest: (input) => cancelRequest(deps, input),
    endGrant: (input) => endGrant(deps, input),
    reviewGrant: (input) => reviewGrant(deps, input),
    issueLinkCode: (input) => issueLinkCode(deps, input),
    offersFor: (actor) => offersFor(deps, actor),
    requestsOf: (actor) => requestsOf(deps, actor),
    requestsWaitingFor: (actor) => requestsWaitingFor(deps, actor),
    reviewsWaitingFor: (actor) => reviewsWaitingFor(deps, actor),
    auditDigest: (input) => auditDigest(deps, input),
  }
}
