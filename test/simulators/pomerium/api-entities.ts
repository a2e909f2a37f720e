import type { Answer, Operations } from './api.ts'
import { namespacesAbove, type Cloud } from './cloud.ts'
import { applyJsonPatch } from './json-patch.ts'
import { filterBy, page, sortBy } from './listing.ts'
import type { Json, JsonObject, StoredPolicy } from './model.ts'
import {
  createPolicy,
  deletePolicy,
  parsePolicyProperties,
  propertiesOf,
  renderPolicy,
  replacePolicy,
  requireManager,
  requirePolicy,
} from './policies.ts'
import { badRequest, roleRequired } from './problem.ts'
import { deleteRoute, renderRoute, requireRoute, writeRoute } from './routes.ts'

/** Policies and routes. */
export function entityOperations(cloud: Cloud): Operations {
  const user = cloud.settings.apiUser
  const ok = (body: Json): Answer => ({ status: 200, body })
  const policy = (id = ''): Answer => ok(renderPolicy(cloud, requirePolicy(cloud, id)))
  /** Permission is looked at before the body is. */
  const editable = (id: string): StoredPolicy => {
    const current = requirePolicy(cloud, id)
    requireManager(cloud, current.namespaceId, user)
    return current
  }
  const route = (id = ''): Answer => ok(renderRoute(cloud, requireRoute(cloud, id)))

  return {
    'GET /policies': ({ query }) =>
      ok(list(cloud, query, [...cloud.policies.values()], (one) => renderPolicy(cloud, one))),
    'POST /policies': ({ json }) => {
      const created = createPolicy(cloud, parsePolicyProperties(cloud, json()), user)
      return { status: 201, body: renderPolicy(cloud, created) }
    },
    'GET /policies/:id': ({ ids: [id] }) => policy(id),
    'PUT /policies/:id': ({ ids: [id = ''], json }) => {
      editable(id)
      replacePolicy(cloud, id, parsePolicyProperties(cloud, json()), user)
      return policy(id)
    },
    'DELETE /policies/:id': ({ ids: [id = ''] }) => {
      deletePolicy(cloud, id, user)
      return { status: 204 }
    },
    'GET /routes': ({ query }) =>
      ok(list(cloud, query, [...cloud.routes.values()], (one) => renderRoute(cloud, one))),
    'POST /routes': ({ json }) => ({
      status: 201,
      body: renderRoute(cloud, writeRoute(cloud, json(), user)),
    }),
    'GET /routes/:id': ({ ids: [id] }) => route(id),
    'PUT /routes/:id': ({ ids: [id], json }) => {
      writeRoute(cloud, json(), user, id)
      return route(id)
    },
    'DELETE /routes/:id': ({ ids: [id = ''] }) => {
      deleteRoute(cloud, id, user)
      return { status: 204 }
    },
    ...(cloud.settings.edition === '2026-08'
      ? {
          'PATCH /policies/:id': ({ ids: [id = ''], json }) => {
            const current = propertiesOf(editable(id))
            const patched = applyJsonPatch({ ...current }, json())
            replacePolicy(cloud, id, parsePolicyProperties(cloud, patched), user)
            return policy(id)
          },
          'PATCH /routes/:id': ({ ids: [id = ''], json }) => {
            const { properties } = requireRoute(cloud, id)
            writeRoute(cloud, applyJsonPatch(properties, json()), user, id)
            return route(id)
          },
        }
      : {}),
  } satisfies Operations
}

/** Entities of a namespace, and of those below it when asked for, as a bare array. */
function list<T extends { readonly namespaceId: string }>(
  cloud: Cloud,
  query: URLSearchParams,
  entities: readonly T[],
  render: (entity: T) => JsonObject,
): JsonObject[] {
  const namespaceId = query.get('namespaceId')
  if (!namespaceId) {
    throw badRequest('parameter "namespaceId" in query has an error: value is required but missing')
  }
  const seen = cloud.namespaces.some(({ id }) => id === namespaceId)
  if (!seen) throw roleRequired('viewer')
  const withDescendants = query.get('includeDescendants') === 'true'
  const rendered = entities
    .filter((entity) =>
      withDescendants
        ? namespacesAbove(cloud, entity.namespaceId).includes(namespaceId)
        : entity.namespaceId === namespaceId,
    )
    .map(render)
  if (cloud.settings.edition === '2025-04') return rendered
  const wanted = filterBy(rendered, query.get('filter'))
  return page(cloud.settings, sortBy(wanted, query.get('orderBy')), query)
}
