import type { Refusal } from '../domain/refusal.ts'
import { resourceAt } from '../domain/resource.ts'
import { groupsIn, requesterSets } from '../domain/rules.ts'
import type { Deps } from './deps.ts'
import { linkProblem } from './identify.ts'
import { identifyActor } from './identify-actor.ts'
import type { Placed, Wish } from './place-request.ts'
import { placeRequest } from './place-request.ts'
import type { UseCases } from './use-cases.ts'

/** Asks for a grant to last longer; see {@link UseCases.extendGrant}. */
export function extendGrant(
  deps: Deps,
  input: Parameters<UseCases['extendGrant']>[0],
): Promise<Placed> {
  return placeRequest(deps, (fixed) => wishOf(fixed, input))
}

async function wishOf(deps: Deps, input: Parameters<UseCases['extendGrant']>[0]): Promise<Wish> {
  const { id, actor, via, assertion, durationSeconds, reason, idempotencyKey } = input
  const found = await deps.store.statement((db) => db.requests.find(id))
  const resource = found && resourceAt(deps.catalogue(), found.resourceId, found.level)
  const asker = await identifyActor(deps, input, groupsIn(...requesterSets(resource)))
  const isTheirs = found?.requester.userId === actor
  // Unknown, and not for their eyes, read the same.
  const problem: Refusal | undefined = isTheirs
    ? linkProblem(deps, asker)
    : { code: 'no-such-request' }
  return {
    actor,
    via,
    ...(assertion === undefined ? {} : { assertion }),
    idempotencyKey,
    asker,
    resource,
    problem,
    extends: id,
    refusedAs: 'grant.extend_refused',
    details: { id, durationSeconds },
    waiting: (tx) => tx.requests.findPendingExtension(id),
    command({ extended, ...facts }) {
      if (extended === undefined) throw new TypeError(`request ${id} was not looked up`)
      return { type: 'request-extension', ...facts, extended, durationSeconds, reason }
    },
  }
}
