import type { Refusal } from '../domain/refusal.ts'
import type { Pending } from '../domain/request.ts'
import type { Limits } from '../domain/resource.ts'
import type { Transaction } from './store.ts'

/** What one person has too much of for another request; emergencies know no limits, since everybody reads of them. */
export async function beyondLimits(
  tx: Transaction,
  { kind, requester, extends: extendedId }: Pending,
  limits: Limits,
): Promise<Refusal | undefined> {
  const { openRequests, grants, requestsPerHour } = limits
  if (kind === 'break-glass') return undefined
  if (openRequests === undefined && grants === undefined && requestsPerHour === undefined)
    return undefined
  const usage = await tx.requests.usage(requester.userId)
  if (requestsPerHour !== undefined && usage.requestsLastHour >= requestsPerHour)
    return { code: 'too-many-requests', most: requestsPerHour }
  if (openRequests !== undefined && usage.openRequests >= openRequests)
    return { code: 'too-many-open-requests', most: openRequests }
  // An extension is no further grant.
  // What waits counts too, or many wishes would become more grants than are allowed.
  const toBe = usage.grants + usage.accessRequests
  return extendedId === undefined && grants !== undefined && toBe >= grants
    ? { code: 'too-many-grants', most: grants }
    : undefined
}
