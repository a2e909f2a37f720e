import { approverSets, groupsIn } from '../domain/rules.ts'
import { changeRequest } from './change-request.ts'
import type { Deps } from './deps.ts'
import type { RequestView } from './ports.ts'
import type { Outcome, UseCases } from './use-cases.ts'

/** Ends access early; it is called ended once Pomerium's policy was read back without the rule. */
export function endGrant(
  deps: Deps,
  input: Parameters<UseCases['endGrant']>[0],
): Promise<Outcome<RequestView>> {
  const admins = () => deps.catalogue().admins
  return changeRequest(deps, {
    ...input,
    refusedAs: 'grant.end_refused',
    opensAccess: false,
    entitled: (resource) => groupsIn(admins(), ...approverSets(resource)),
    command: ({ actor, resource, at }) => ({
      type: 'end',
      at,
      by: actor,
      admins: admins(),
      ...(resource === undefined ? {} : { resource }),
      ...(input.reason === undefined ? {} : { reason: input.reason }),
    }),
  })
}
