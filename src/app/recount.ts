import { answerGroups } from '../domain/approvals.ts'
import { decide } from '../domain/decide.ts'
import type { AccessRequest } from '../domain/request.ts'
import { resourceAt } from '../domain/resource.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'
import { identify } from './identify.ts'
import { recordChange } from './record.ts'

type RecountDeps = Pick<Deps, 'store' | 'directory' | 'catalogue' | 'log'> &
  Partial<Pick<Deps, 'rego'>>

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
  if (looked.some(isUnknown)) return false
  const colleagues = looked.flatMap((found) => (found.ok ? [found.person] : []))
  const mayRise = deps.rego?.() === undefined
  return deps.store.transaction(async (tx) => {
    const locked = await tx.requests.lock(request.id)
    // Whoever approved meanwhile was not looked up.
    if (locked?.approvals.length !== request.approvals.length) return false
    const decision = decide(locked, { type: 'recount', at: tx.now, resource, colleagues, mayRise })
    if (!decision.ok) return true
    await recordChange(tx, locked, decision, { actor: { kind: 'bot' }, via: 'bot' })
    deps.log.info({ requestId: request.id }, decision.action)
    return true
  })
}

/** Whether somebody may have their rights, for all that is known. */
function isUnknown(found: Identified): boolean {
  if (found.ok) return false
  const { refusal } = found
  const isMissing = refusal.code === 'not-a-member' && refusal.why === 'unknown'
  return refusal.code === 'directory-unavailable' || isMissing
}
