import { answerGroups } from '../domain/approvals.ts'
import { decide } from '../domain/decide.ts'
import type { AccessRequest } from '../domain/request.ts'
import { resourceAt } from '../domain/resource.ts'
import type { Deps } from './deps.ts'
import { identify, isUndecided } from './identify.ts'
import { BY_BOT, recordChange } from './record.ts'

type RecountDeps = Pick<Deps, 'store' | 'directory' | 'catalogue' | 'rego'>

/**
 * Counts the approvals of requests that wait once more, by the rights that their givers have now; false when some could
 * not be looked up, so that their requests are as they were.
 */
export async function recountApprovals(
  deps: RecountDeps,
  requests: readonly AccessRequest[],
): Promise<boolean> {
  let isComplete = true
  for (const request of requests)
    if (request.status === 'pending' && request.approvals.length > 0)
      isComplete = (await recountOf(deps, request)) && isComplete
  return isComplete
}

async function recountOf(deps: RecountDeps, request: AccessRequest): Promise<boolean> {
  const resource = resourceAt(deps.catalogue(), request.resourceId, request.level)
  if (resource === undefined) return true
  const groups = answerGroups(resource)
  const looked = await Promise.all(
    request.approvals.map(({ by }) => identify(deps, by.userId, groups)),
  )
  if (looked.some((found) => !found.ok && isUndecided(found.refusal))) return false
  const colleagues = looked.flatMap((found) => (found.ok ? [found.person] : []))
  const mayRise = deps.rego() === undefined
  return deps.store.transaction(async (tx) => {
    const locked = await tx.requests.lock(request.id)
    // Whoever approved meanwhile was not looked up.
    if (locked?.approvals.length !== request.approvals.length) return false
    const decision = decide(locked, { type: 'recount', at: tx.now, resource, colleagues, mayRise })
    if (!decision.ok) return true
    await recordChange(tx, locked, decision, BY_BOT)
    return true
  })
}
