import { createId, type Cloud } from './cloud.ts'
import { recordEdit } from './changesets.ts'
import {
  deepFreeze,
  isObject,
  type Actor,
  type Json,
  type JsonObject,
  type PolicyProperties,
  type StoredPolicy,
  type StoredRoute,
} from './model.ts'
import { pplProblem } from './ppl-check.ts'
import { shareRules } from './shared-rules.ts'
import { ApiProblem, badRequest, conflict, roleRequired } from './problem.ts'

const KEPT_VERSIONS = 100_000
const TEXTS = ['description', 'explanation', 'name', 'namespaceId', 'remediation'] as const

/** The properties in a body, or a 400 that names every fault. Nothing may be missing and nothing may be unknown. */
export function parsePolicyProperties(cloud: Cloud, body: unknown): PolicyProperties {
  if (!isObject(body)) throw badRequest('request body has an error: value must be an object')
  const known: string[] = [...TEXTS, 'enforced', 'ppl']
  const optional = cloud.settings.edition === '2026-08' ? ['originatorId'] : []
  const faults = [
    ...known.filter((key) => !(key in body)).map((key) => `property "${key}" is missing`),
    ...Object.keys(body)
      .filter((key) => !known.includes(key) && !optional.includes(key))
      .map((key) => `property "${key}" is unsupported`),
    ...[...TEXTS, ...optional]
      .filter((key) => key in body && typeof body[key] !== 'string')
      .map((key) => `Error at "/${key}": value must be a string`),
  ]
  if ('enforced' in body && typeof body['enforced'] !== 'boolean') {
    faults.push('Error at "/enforced": value must be a boolean')
  }
  if (body['name'] === '') faults.push('Error at "/name": minimum string length is 1')
  if (faults.length > 0) {
    throw badRequest(`request body has an error: doesn't match schema: ${faults.join('; ')}`)
  }
  const problem = pplProblem(body['ppl'] ?? null)
  if (problem !== undefined) throw badRequest(`invalid ppl: ${problem}`)
  return body as unknown as PolicyProperties
}

/** Adds a policy. Throws 403 outside the caller's namespaces, 409 on a taken name, the quota's status beyond the limit. */
export function createPolicy(cloud: Cloud, properties: PolicyProperties, by: Actor): StoredPolicy {
  requireManager(cloud, properties.namespaceId, by)
  refuseTakenName(cloud, properties)
  if (cloud.policies.size >= cloud.settings.policyLimit) {
    throw new ApiProblem(
      cloud.settings.quotaStatus,
      `quota exceeded: policies are limited to ${cloud.settings.policyLimit}`,
    )
  }
  return storePolicy(cloud, createId(), properties, by)
}

/** Replaces every property of a policy. */
export function replacePolicy(
  cloud: Cloud,
  id: string,
  properties: PolicyProperties,
  by: Actor,
): StoredPolicy {
  const current = requirePolicy(cloud, id)
  requireManager(cloud, current.namespaceId, by)
  requireManager(cloud, properties.namespaceId, by)
  refuseTakenName(cloud, properties, id)
  return storePolicy(cloud, id, properties, by)
}

/** Deletes a policy that no route has. */
export function deletePolicy(cloud: Cloud, id: string, by: Actor): void {
  const policy = requirePolicy(cloud, id)
  requireManager(cloud, policy.namespaceId, by)
  const routes = routesOf(cloud, id)
  if (routes.length > 0) {
    const names = routes.map(({ name }) => name).join(', ')
    throw conflict(`policy ${policy.name} is assigned to routes: ${names}`)
  }
  cloud.policies.delete(id)
  remember(cloud, id, undefined, by)
  recordEdit(cloud, editOf(policy, 'delete'), by)
}

/** The policy, or the 403 that a policy which is gone or never was answers. */
export function requirePolicy(cloud: Cloud, id: string): StoredPolicy {
  const policy = cloud.policies.get(id)
  if (!policy) throw roleRequired('viewer')
  return policy
}

/** The settable part of a stored policy, to be changed freely. */
export function propertiesOf(policy: StoredPolicy): PolicyProperties {
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...properties } = policy
  return structuredClone(properties)
}

/** A policy as it goes over the wire. */
export function renderPolicy(cloud: Cloud, policy: StoredPolicy): JsonObject {
  const { edition, emptyText } = cloud.settings
  const { originatorId, ...rest } = policy
  const withRoutes: JsonObject = {
    ...rest,
    ...(edition === '2026-08' && originatorId !== undefined ? { originatorId } : {}),
    routes: routesOf(cloud, policy.id).map((route) => renderReference(cloud, route)),
    enforcedRoutes: policy.enforced
      ? [...cloud.routes.values()].map((route) => renderReference(cloud, route))
      : [],
  }
  for (const key of ['description', 'explanation', 'remediation']) {
    if (withRoutes[key] === '') withRoutes[key] = emptyText
  }
  return withRoutes
}

/** Id and name of an entity that another one lists. */
export function renderReference(
  cloud: Cloud,
  { id, name, updatedAt }: StoredPolicy | StoredRoute,
): JsonObject {
  return cloud.settings.edition === '2026-08' ? { id, name, updatedAt } : { id, name }
}

/** Refuses a caller who may not change things in a namespace, in the order the real server does: sight first. */
export function requireManager(cloud: Cloud, namespaceId: string, by: Actor): void {
  const namespace = cloud.namespaces.find(({ id }) => id === namespaceId)
  if (!namespace) throw roleRequired('viewer')
  if (by.id === cloud.settings.apiUser.id && namespace.role === 'viewer') {
    throw roleRequired('manager')
  }
}

function storePolicy(
  cloud: Cloud,
  id: string,
  properties: PolicyProperties,
  by: Actor,
): StoredPolicy {
  const previous = cloud.policies.get(id)
  const updatedAt = cloud.settings.now().toISOString()
  const policy = deepFreeze({
    ...properties,
    ppl: shareRules(properties.ppl, previous?.ppl),
    id,
    createdAt: previous?.createdAt ?? updatedAt,
    updatedAt,
  })
  cloud.policies.set(id, policy)
  remember(cloud, id, policy, by)
  recordEdit(cloud, editOf(policy, previous ? 'update' : 'create'), by)
  return policy
}

function remember(
  cloud: Cloud,
  policyId: string,
  policy: StoredPolicy | undefined,
  by: Actor,
): void {
  cloud.history.push({
    sequence: (cloud.history.at(-1)?.sequence ?? 0) + 1,
    at: cloud.settings.now(),
    policyId,
    by,
    ...(policy ? { policy } : {}),
  })
  if (cloud.history.length > KEPT_VERSIONS) cloud.history.shift()
}

function editOf(policy: StoredPolicy, activityType: 'create' | 'delete' | 'update') {
  return {
    activityType,
    entityType: 'policy',
    entityId: policy.id,
    namespaceId: policy.namespaceId,
    data: { ...policy } satisfies Record<string, Json>,
  } as const
}

function refuseTakenName(cloud: Cloud, properties: PolicyProperties, ownId?: string): void {
  for (const other of cloud.policies.values()) {
    const isSame = other.name === properties.name && other.namespaceId === properties.namespaceId
    if (isSame && other.id !== ownId) {
      throw conflict(`a policy with the name ${JSON.stringify(other.name)} already exists`)
    }
  }
}

function routesOf(cloud: Cloud, policyId: string): StoredRoute[] {
  return [...cloud.routes.values()].filter(({ policyIds }) => policyIds.includes(policyId))
}
