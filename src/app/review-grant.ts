import { approverSets, groupsIn } from '../domain/rules.ts'
import { changeRequest } from './change-request.ts'
import type { Deps } from './deps.ts'
import type { RequestView } from './ports.ts'
import type { Outcome, UseCases } from './use-cases.ts'

/** Says whether break-glass access was justified; see {@link UseCases.reviewGrant}. */
export function reviewGrant(
  deps: Deps,
  input: Parameters<UseCases['reviewGrant']>[0],
): Promise<Outcome<RequestView>> {
  const { verdict, note } = input
  const admins = () => deps.catalogue().admins
  return changeRequest(deps, {
    ...input,
    refusedAs: 'grant.review_refused',
    opensAccess: false,
    entitled: (resource) => groupsIn(admins(), ...approverSets(resource)),
    command: ({ actor, resource, at }) => ({
      type: 'review',
      at,
      by: actor,
      admins: admins(),
      verdict,
      ...(resource === undefined ? {} : { resource }),
      ...(note === undefined ? {} : { note }),
    }),
  })
}
