import { holds, type Visitor } from './door-criteria.ts'
import { isObject, type Json, type Snapshot, type StoredPolicy, type StoredRoute } from './model.ts'

/** What the door answers: 404 stands for a host that no route of the cluster has. */
export interface Verdict {
  readonly allowed: boolean
  readonly status: 200 | 403 | 404
  readonly why: string
}

export type Visit = Visitor &
  (
    | { readonly host: string; readonly policyId?: undefined }
    /** As if one route existed that has only this policy attached. */
    | { readonly policyId: string; readonly host?: undefined }
  )

/**
 * Decides a visit by what the cluster enforces: the policies attached to the route and the enforced ones of its
 * namespace and of the namespaces above. Any allow lets in, any deny keeps out, deny wins, no policy is a no.
 */
export function visitDoor(
  snapshot: Snapshot,
  visit: Visit,
  namespacesAbove: (namespaceId: string) => readonly string[],
): Verdict {
  if (visit.policyId !== undefined) {
    const policy = snapshot.policies.get(visit.policyId)
    const namespaces = policy ? namespacesAbove(policy.namespaceId) : []
    return judge([...(policy ? [policy] : []), ...enforcedIn(snapshot, namespaces)], visit)
  }
  const route = findRoute(snapshot, visit.host, visit.path ?? '/')
  if (!route) return { allowed: false, status: 404, why: `no route for ${visit.host}` }
  const attached = route.policyIds.flatMap((id) => snapshot.policies.get(id) ?? [])
  return judge([...attached, ...enforcedIn(snapshot, namespacesAbove(route.namespaceId))], visit)
}

/** The verdict of some policies on a request. */
export function judge(
  policies: readonly Pick<StoredPolicy, 'name' | 'ppl'>[],
  visitor: Visitor,
): Verdict {
  const denied = findMatch(policies, 'deny', visitor)
  if (denied !== undefined) return { allowed: false, status: 403, why: `denied by ${denied}` }
  const allowed = findMatch(policies, 'allow', visitor)
  if (allowed !== undefined) return { allowed: true, status: 200, why: `allowed by ${allowed}` }
  const names = policies.map(({ name }) => name).join(', ')
  return { allowed: false, status: 403, why: names ? `no rule of ${names} allows` : 'no policy' }
}

/** Which rule matches first, in words; all operators of all rules of an action are joined with OR. */
function findMatch(
  policies: readonly Pick<StoredPolicy, 'name' | 'ppl'>[],
  action: 'allow' | 'deny',
  visitor: Visitor,
): string | undefined {
  for (const { name, ppl } of policies) {
    for (const [index, rule] of (Array.isArray(ppl) ? ppl : [ppl]).entries()) {
      const body = isObject(rule) ? rule[action] : undefined
      if (!isObject(body)) continue
      for (const [operator, criteria] of Object.entries(body)) {
        if (Array.isArray(criteria) && isMet(operator, criteria, visitor)) {
          return `${name}, rule ${index}, ${operator}`
        }
      }
    }
  }
  return undefined
}

function isMet(operator: string, criteria: readonly Json[], visitor: Visitor): boolean {
  // An empty list adds no term at all.
  if (criteria.length === 0) return false
  const results = criteria.map((criterion) => {
    const [key = '', data = null] = Object.entries(criterion ?? {})[0] ?? []
    return holds(key, data as Json, visitor)
  })
  switch (operator) {
    case 'and':
      return results.every(Boolean)
    case 'or':
      return results.some(Boolean)
    case 'not':
      return !results.some(Boolean)
    case 'nor':
      return !results.every(Boolean)
    default:
      return false
  }
}

function enforcedIn(snapshot: Snapshot, namespaceIds: readonly string[]): StoredPolicy[] {
  return [...snapshot.policies.values()].filter(
    (policy) => policy.enforced && namespaceIds.includes(policy.namespaceId),
  )
}

/** The route of a host: an exact path first, then the longest prefix. */
function findRoute(snapshot: Snapshot, host: string, path: string): StoredRoute | undefined {
  const rank = (route: StoredRoute): number => {
    const { path: exact, prefix } = route.properties
    if (typeof exact === 'string' && exact !== '') return exact === path ? 10_000 : -1
    if (typeof prefix === 'string' && prefix !== '') {
      return path.startsWith(prefix) ? prefix.length : -1
    }
    return 0
  }
  return [...snapshot.routes.values()]
    .filter((route) => hostOf(route.from) === host.toLowerCase() && rank(route) >= 0)
    .sort((one, other) => rank(other) - rank(one))[0]
}

function hostOf(from: string): string | undefined {
  return URL.canParse(from) ? new URL(from).host.toLowerCase() : undefined
}
