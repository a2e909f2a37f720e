import type { ResourceId } from '../domain/ids.ts'
import type { Resource } from '../domain/resource.ts'
import type { Deps } from './deps.ts'
import type { LivePolicy, PolicyApi, PolicyText } from './policy-api.ts'
import { recordPolicyEvent } from './policy-trouble.ts'
import type { PolicyState } from './store.ts'

export type PolicyDeps = Pick<Deps, 'store' | 'catalogue' | 'log'> & {
  readonly policyApi: PolicyApi
  /** SHA-256 in hex. */
  readonly sha256: (text: string) => string
}

export type Located =
  | { readonly ok: true; readonly live: LivePolicy; readonly state: PolicyState }
  | { readonly ok: false; readonly reason: string }

/**
 * The policy of a resource as Pomerium stores it now. Ours is the one whose id we stored; else one of that name that
 * carries our mark; else a new one. A stranger of that name is never touched, and one that is gone is never replaced:
 * it was attached to routes by hand.
 */
export async function locatePolicy(
  deps: PolicyDeps,
  resourceId: ResourceId,
  known: PolicyState | undefined,
): Promise<Located> {
  if (known?.policyId !== undefined) {
    const live = await deps.policyApi.read(known.policyId)
    if (live !== undefined) return { ok: true, live, state: known }
    return {
      ok: false,
      reason: `policy ${known.policyName} is gone from Pomerium; run "npm run jit -- policy forget ${resourceId}" and attach the new one to its routes`,
    }
  }
  const resource = deps.catalogue().resources.get(resourceId)
  if (resource === undefined)
    return { ok: false, reason: `resource ${resourceId} is neither in the catalogue nor known` }
  const found = await deps.policyApi.findByName(resource.policy)
  if (found === undefined) return create(deps, resource, known)
  if (!deps.policyApi.isOurs(found))
    return {
      ok: false,
      reason: `Pomerium has a policy named ${resource.policy} that this bot did not make; run "npm run jit -- policy adopt ${resourceId} ${found.id}" or choose another name`,
    }
  return {
    ok: true,
    live: found,
    state: await remember(deps, resource, known, found, 'policy.adopted'),
  }
}

async function create(
  deps: PolicyDeps,
  resource: Resource,
  known: PolicyState | undefined,
): Promise<Located> {
  const live = await deps.policyApi.create(policyText(resource))
  return { ok: true, live, state: await remember(deps, resource, known, live, 'policy.created') }
}

async function remember(
  deps: PolicyDeps,
  resource: Resource,
  known: PolicyState | undefined,
  live: LivePolicy,
  action: 'policy.created' | 'policy.adopted',
): Promise<PolicyState> {
  return deps.store.transaction(async (tx) => {
    const state: PolicyState = {
      ...known,
      resourceId: resource.id,
      policyName: resource.policy,
      written: known?.written ?? [],
      policyId: live.id,
    }
    await tx.policies.save(state)
    await recordPolicyEvent(tx, action, resource.id, { policy: live.name, policyId: live.id })
    return state
  })
}

/** What people see of a policy; explanation and remediation stand on Pomerium's 403 page. */
function policyText(resource: Resource): PolicyText {
  return {
    name: resource.policy,
    description: `Just-in-time access to ${resource.title}. One rule for each live grant; rules of others are kept.`,
    explanation: `Access to ${resource.title} is granted for a limited time, and you have no live grant.`,
    remediation: `Ask in Slack: \`/jit request ${resource.id} 1h <reason>\``,
    ppl: [],
  }
}
