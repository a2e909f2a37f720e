import type { Approved, Grant } from '../domain/request.ts'
import { isOver } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'
import type { Deps } from './deps.ts'
import type { Lease } from './lease.ts'
import type { LivePolicy, PolicyApi } from './policy-api.ts'
import { PolicyApiError } from './policy-api.ts'
import { policyText } from './policy-settings.ts'
import type { Situation } from './policy-situation.ts'
import { recordPolicyEvent } from './policy-trouble.ts'
import type { PolicyState } from './store.ts'
import { QUIET_MS } from './write-rules.ts'

export type PolicyDeps = Pick<Deps, 'store' | 'catalogue' | 'log'> & {
  readonly policyApi: PolicyApi
  /** SHA-256 in hex. */
  readonly sha256: (text: string) => string
}

export type Located =
  | {
      readonly ok: true
      readonly live: LivePolicy
      readonly state: PolicyState
      /** The requests whose grants belong into this policy. */
      readonly requests: readonly Approved[]
      /** Why grants have to wait for another policy. */
      readonly moving?: string
    }
  /** The resource is not in this catalogue: a replica with a newer one may know it. */
  | { readonly ok: false; readonly isUnknown: true }
  /** `mayPass`: it ends by itself, so that looking again is enough. */
  | {
      readonly ok: false
      readonly isUnknown?: false
      readonly reason: string
      readonly mayPass: boolean
    }

/**
 * The policy of a resource as Pomerium stores it now. Ours is the one whose id we stored; else one of that name that
 * carries our mark; else a new one. A stranger of that name is never touched, and one that is gone is never replaced:
 * it was attached to routes by hand. A resource that the catalogue moves to another policy keeps the old one, for
 * the access in it only, until that is over.
 */
export async function locatePolicy(
  deps: PolicyDeps,
  situation: Situation,
  lease: Lease,
): Promise<Located> {
  const { resourceId, known, requests } = situation
  const resource = deps.catalogue().resources.get(resourceId)
  const isMoving =
    resource !== undefined && known !== undefined && known.policyName !== resource.policy
  if (known?.policyId !== undefined && (!isMoving || holdsAccess(situation))) {
    const live = await deps.policyApi.read(known.policyId)
    if (live === undefined)
      return {
        ok: false,
        mayPass: false,
        reason: `policy ${known.policyName} is gone from Pomerium; run "npm run jit -- policy forget ${resourceId}" and attach the new one to its routes`,
      }
    if (!isMoving) return { ok: true, live, state: known, requests }
    const staying = requests.filter(({ grant }) => grant.state !== 'granting' || mayBeIn(grant))
    const moving = `the catalogue moved ${resourceId} to policy ${resource.policy}; new access waits until the access in policy ${known.policyName} is over`
    return { ok: true, live, state: known, requests: staying, moving }
  }
  if (resource === undefined) return { ok: false, isUnknown: true }
  const found = await deps.policyApi.findByName(resource.policy)
  if (found === undefined) return create(deps, situation, resource, lease)
  if (!deps.policyApi.isOurs(found))
    return {
      ok: false,
      mayPass: false,
      reason: `Pomerium has a policy named ${resource.policy} that this bot did not make; run "npm run jit -- policy adopt ${resourceId} ${found.id}" or choose another name`,
    }
  const obstacle = await releaseFromOthers(deps, resource, found)
  if (obstacle !== undefined) return { ok: false, mayPass: true, reason: obstacle }
  return take(deps, situation, resource, found, 'policy.adopted')
}

/** Whether the policy that is known may hold a rule of ours. */
function holdsAccess({ known, requests }: Pick<Situation, 'known' | 'requests'>): boolean {
  return (known?.written.length ?? 0) > 0 || requests.some(({ grant }) => mayBeIn(grant))
}

/** Whether a grant that is not over may have a rule in Pomerium: an extended one has the shorter rule of before. */
function mayBeIn(grant: Grant): boolean {
  if (grant.state === 'granting') return grant.inForceUntil !== undefined
  return !isOver(grant)
}

/** Why the policy cannot be had yet: another resource has access in it. One that has none lets go of it. */
async function releaseFromOthers(
  deps: PolicyDeps,
  resource: Resource,
  policy: LivePolicy,
): Promise<string | undefined> {
  return deps.store.transaction(async (tx) => {
    const owner = await tx.policies.ownerOf(policy.id)
    if (owner === undefined || owner.resourceId === resource.id) return undefined
    const requests = await tx.requests.standing(owner.resourceId)
    const isListed = deps.catalogue().resources.get(owner.resourceId)?.policy === owner.policyName
    if (isListed || holdsAccess({ known: owner, requests }))
      return `policy ${policy.name} still belongs to resource ${owner.resourceId}; resource ${resource.id} gets it once the access in it is over`
    await tx.policies.assign(owner.resourceId, owner.policyName, undefined)
    return undefined
  })
}

/** Makes the policy; until the answer is there nobody else makes another one. */
async function create(
  deps: PolicyDeps,
  situation: Situation,
  resource: Resource,
  lease: Lease,
): Promise<Located> {
  const { known } = situation
  const state: PolicyState = {
    resourceId: resource.id,
    policyName: resource.policy,
    written: [],
    ...(known?.blockedReason === undefined ? {} : { blockedReason: known.blockedReason }),
  }
  await lease.hold()
  await deps.store.transaction(async (tx) => {
    if (known?.policyId !== undefined || known?.policyName !== resource.policy)
      await tx.policies.assign(resource.id, resource.policy, undefined)
    await tx.policies.save({ ...state, quietUntil: new Date(tx.now.getTime() + QUIET_MS) })
  })
  const live = await deps.policyApi.create(policyText(resource)).catch(async (error: unknown) => {
    if (error instanceof PolicyApiError && !error.ambiguous)
      await deps.store.statement((db) => db.policies.save(state))
    throw error
  })
  return take(deps, situation, resource, live, 'policy.created')
}

async function take(
  deps: PolicyDeps,
  { requests }: Situation,
  resource: Resource,
  live: LivePolicy,
  action: 'policy.created' | 'policy.adopted',
): Promise<Located> {
  const state = await deps.store.transaction(async (tx) => {
    const details = { policy: live.name, policyId: live.id }
    await recordPolicyEvent(tx, action, resource.id, details)
    return tx.policies.assign(resource.id, resource.policy, live.id)
  })
  return { ok: true, live, state, requests }
}
