import { answerGroups } from '../domain/approvals.ts'
import { approveProblem } from '../domain/answerable.ts'
import type { SlackGroupId } from '../domain/ids.ts'
import { changeRequest } from './change-request.ts'
import type { Deps } from './deps.ts'
import { linkProblem } from './identify.ts'
import type { RequestView } from './ports.ts'
import type { Outcome, UseCases } from './use-cases.ts'

const NO_GROUPS: ReadonlySet<SlackGroupId> = new Set()

/** Approves a request; see {@link UseCases.approveRequest}. */
export function approveRequest(
  deps: Deps,
  input: Parameters<UseCases['approveRequest']>[0],
): Promise<Outcome<RequestView>> {
  const { note, durationSeconds } = input
  return changeRequest(deps, {
    ...input,
    refusedAs: 'request.approve_refused',
    opensAccess: true,
    entitled: answerGroups,
    command({ request, actor, requester, resource, ...situation }) {
      if (resource === undefined) return { code: 'resource-gone' }
      const isUnlinked = requester !== undefined && linkProblem(deps, requester) !== undefined
      if (requester?.ok !== true || isUnlinked) {
        // What is decided already, or not theirs to answer, is told before anything about the requester.
        const problem = approveProblem(request, { ...situation, by: actor, resource })
        if (problem !== undefined) return problem
        return requester?.ok === false && requester.refusal.code === 'directory-unavailable'
          ? requester.refusal
          : { code: 'requester-not-eligible' }
      }
      return {
        type: 'approve',
        ...situation,
        by: actor,
        requester: requester.person,
        resource,
        ...(note === undefined ? {} : { note }),
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
      }
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
    opensAccess: false,
    entitled: answerGroups,
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
    opensAccess: false,
    entitled: () => NO_GROUPS,
    command: ({ actor, at }) => ({ type: 'cancel', at, by: actor }),
  })
}
