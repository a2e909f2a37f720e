import { createId, namespacesAbove, type Cloud } from './cloud.ts'
import { recordEdit, recordPublishedEdit } from './changesets.ts'
import { deepFreeze, isObject, type Actor, type JsonObject, type StoredRoute } from './model.ts'
import { renderReference, requireManager } from './policies.ts'
import { badRequest, conflict, roleRequired } from './problem.ts'

const COMPUTED = [
  'id',
  'createdAt',
  'updatedAt',
  'policies',
  'enforcedPolicies',
  'enforcedPolicyIds',
]
/** Properties that the contract requires and the server fills in when they are left out. */
const SWITCHES: JsonObject = {
  allowSpdy: false,
  allowWebsockets: false,
  enableGoogleCloudServerlessAuthentication: false,
  preserveHostHeader: false,
  showErrorDetails: false,
  tlsSkipVerify: false,
  tlsUpstreamAllowRenegotiation: false,
}

/** Adds a route, or replaces every property of the route `id`. */
export function writeRoute(
  cloud: Cloud,
  body: unknown,
  by: Actor,
  id?: string,
  how: { readonly publishAlone?: boolean } = {},
): StoredRoute {
  const previous = id === undefined ? undefined : requireRoute(cloud, id)
  if (previous) requireManager(cloud, previous.namespaceId, by)
  const properties = parseRouteProperties(cloud, body)
  requireManager(cloud, properties.namespaceId, by)
  for (const other of cloud.routes.values()) {
    const isSame = other.name === properties.name && other.namespaceId === properties.namespaceId
    if (isSame && other.id !== id) {
      throw conflict(`a route with the name ${JSON.stringify(other.name)} already exists`)
    }
  }
  const updatedAt = cloud.settings.now().toISOString()
  const route: StoredRoute = deepFreeze({
    ...properties,
    id: id ?? createId(),
    createdAt: previous?.createdAt ?? updatedAt,
    updatedAt,
  })
  cloud.routes.set(route.id, route)
  const edit = editOf(route, previous ? 'update' : 'create')
  if (how.publishAlone) {
    recordPublishedEdit(cloud, edit, by, (snapshot) => ({
      ...snapshot,
      routes: new Map(snapshot.routes).set(route.id, route),
    }))
  } else {
    recordEdit(cloud, edit, by)
  }
  return route
}

/** Deletes a route. */
export function deleteRoute(cloud: Cloud, id: string, by: Actor): void {
  const route = requireRoute(cloud, id)
  requireManager(cloud, route.namespaceId, by)
  cloud.routes.delete(id)
  recordEdit(cloud, editOf(route, 'delete'), by)
}

/** The route, or the 403 that a route which is gone or never was answers. */
export function requireRoute(cloud: Cloud, id: string): StoredRoute {
  const route = cloud.routes.get(id)
  if (!route) throw roleRequired('viewer')
  return route
}

/** A route as it goes over the wire. */
export function renderRoute(cloud: Cloud, route: StoredRoute): JsonObject {
  const above = namespacesAbove(cloud, route.namespaceId)
  const all = [...cloud.policies.values()]
  const enforced = all.filter((policy) => policy.enforced && above.includes(policy.namespaceId))
  const attached = route.policyIds.flatMap((id) => cloud.policies.get(id) ?? [])
  return {
    ...route.properties,
    id: route.id,
    createdAt: route.createdAt,
    updatedAt: route.updatedAt,
    policies: attached.map((policy) => renderReference(cloud, policy)),
    enforcedPolicies: enforced.map((policy) => renderReference(cloud, policy)),
    enforcedPolicyIds: enforced.map(({ id }) => id),
  }
}

function parseRouteProperties(cloud: Cloud, body: unknown) {
  if (!isObject(body)) throw badRequest('request body has an error: value must be an object')
  const { from, name, namespaceId, policyIds } = body
  const computed = COMPUTED.filter((key) => key in body)
  const faults = [
    ...computed.map((key) => `property "${key}" is unsupported`),
    ...['from', 'name', 'namespaceId', 'policyIds']
      .filter((key) => !(key in body))
      .map((key) => `property "${key}" is missing`),
  ]
  const isTyped =
    typeof from === 'string' &&
    typeof name === 'string' &&
    typeof namespaceId === 'string' &&
    Array.isArray(policyIds) &&
    policyIds.every((id) => typeof id === 'string')
  if (faults.length > 0 || !isTyped) {
    throw badRequest(
      `request body has an error: doesn't match schema: ${faults.join('; ') || 'wrong type'}`,
    )
  }
  const unknown = policyIds.find((id) => !cloud.policies.has(id))
  if (unknown !== undefined) throw badRequest(`policy not found: ${unknown}`)
  const properties = { ...SWITCHES, ...structuredClone(body) }
  return { from, name, namespaceId, policyIds: [...policyIds], properties }
}

function editOf(route: StoredRoute, activityType: 'create' | 'delete' | 'update') {
  return {
    activityType,
    entityType: 'route',
    entityId: route.id,
    namespaceId: route.namespaceId,
    data: { ...route.properties, id: route.id },
  } as const
}
