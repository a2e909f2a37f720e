import { changeRequest } from './change-request.ts'
import type { Deps } from './deps.ts'
import type { RequestView } from './ports.ts'
import type { Outcome, UseCases } from './use-cases.ts'

/** Approves a request; see {@link UseCases.approveRequest}. */
export function approveRequest(
  deps: Deps,
  input: Parameters<UseCases['approveRequest']>[0],
): Promise<Outcome<RequestView>> {
  return changeRequest(deps, {
    ...input,
    refusedAs: 'request.approve_refused',
    needsRequester: true,
    entitled: (resource) => [resource?.approvers],
    command({ actor, requester, resource, at }) {
      if (resource === undefined) return { code: 'resource-gone' }
      if (requester === undefined) return { code: 'requester-not-eligible' }
      if (!requester.ok)
        return requester.refusal.code === 'directory-unavailable'
          ? requester.refusal
          : { code: 'requester-not-eligible' }
      const note = input.note === undefined ? {} : { note: input.note }
      return { type: 'approve', at, by: actor, requester: requester.person, resource, ...note }
    },
  })
}

/** Denies a request; see {@link UseCases.denyRequest}. */
export function denyRequest(
  deps: Deps,
  input: Parameters<UseCases['denyRequest']>[0],
): Promise<Outcome<RequestView>> {
  return changeRequest(deps, {
    ...input,
    refusedAs: 'request.deny_refused',
    needsRequester: false,
    entitled: (resource) => [resource?.approvers],
    command: ({ actor, resource, at }) =>
      resource === undefined
        ? { code: 'resource-gone' }
        : { type: 'deny', at, by: actor, resource, reason: input.reason },
  })
}

/** Takes a request back; see {@link UseCases.cancelRequest}. */
export function cancelRequest(
  deps: Deps,
  input: Parameters<UseCases['cancelRequest']>[0],
): Promise<Outcome<RequestView>> {
  return changeRequest(deps, {
    ...input,
    refusedAs: 'request.cancel_refused',
    needsRequester: false,
    entitled: () => [],
    command: ({ actor, at }) => ({ type: 'cancel', at, by: actor }),
  })
}
