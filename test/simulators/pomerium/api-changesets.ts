import type { Answer, Operations } from './api.ts'
import { publishChangeset } from './changesets.ts'
import type { Cloud } from './cloud.ts'
import { page } from './listing.ts'
import type { Activity, Actor, Changeset, JsonObject } from './model.ts'
import { requireManager } from './policies.ts'
import { ApiProblem, badRequest, conflict, roleRequired } from './problem.ts'

/** Changesets and the activity that they are made of, newest first. */
export function changesetOperations(cloud: Cloud): Operations {
  const { settings } = cloud
  const ok = (body: Answer['body'] & {}): Answer => ({ status: 200, body })
  const needCluster = (id: string): void => {
    if (id !== settings.clusterId) throw roleRequired('viewer')
  }

  return {
    'GET /activityLogs': ({ query }) => {
      const wanted = cloud.activities
        .map((activity) => renderActivity(cloud, activity))
        .filter((entry) => isWanted(entry, query))
      return ok(page(settings, wanted.toReversed(), query))
    },
    'GET /changesets': ({ query }) => {
      const clusterId = query.get('clusterId')
      const status = query.get('status')
      if (clusterId !== null) needCluster(clusterId)
      const wanted = cloud.changesets.filter((one) => status === null || one.status === status)
      return ok(page(settings, wanted.map(renderChangeset).toReversed(), query))
    },
    'GET /changesets/compare': ({ query }) => {
      const clusterId = query.get('clusterId')
      if (!clusterId) throw badRequest('parameter "clusterId" in query has an error: missing')
      needCluster(clusterId)
      return ok(compareChangesets(cloud, query.get('firstId'), query.get('secondId')))
    },
    'POST /changesets/:id/apply': ({ ids: [id] }) => {
      const changeset = cloud.changesets.find((one) => one.id === id)
      if (!changeset) throw new ApiProblem(404, 'changeset not found')
      requireManager(cloud, changeset.namespaceId, settings.apiUser)
      if (changeset.status !== 'pending') {
        throw conflict(`changeset is ${changeset.status}, not pending`)
      }
      publishChangeset(cloud, changeset, settings.apiUser)
      return ok(renderChangeset(changeset))
    },
  }
}

/** What changed after the first changeset up to the second; without ids, what is staged on top of what runs. */
function compareChangesets(
  cloud: Cloud,
  firstId: string | null,
  secondId: string | null,
): JsonObject {
  const all = cloud.changesets
  const find = (id: string): number => {
    const index = all.findIndex((one) => one.id === id)
    if (index === -1) throw new ApiProblem(404, 'changeset not found')
    return index
  }
  const start = firstId === null ? all.findLastIndex(isCurrent) : find(firstId)
  const end = secondId === null ? all.length - 1 : find(secondId)
  const before = new Set(all.slice(0, start + 1).map(({ id }) => id))
  const upToEnd = new Set(all.slice(0, end + 1).map(({ id }) => id))
  const isFromCurrent = all[start]?.status === 'current'
  const groups = new Map<string, JsonObject[]>()
  for (const activity of cloud.activities) {
    const isIn = isFromCurrent ? !activity.applied : !before.has(activity.changesetId)
    if (!upToEnd.has(activity.changesetId) || !isIn) continue
    const group = groups.get(activity.entityId) ?? []
    groups.set(activity.entityId, [...group, renderActivity(cloud, activity)])
  }
  const [first, last] = [all[start], all[end]]
  if (!last) throw new ApiProblem(404, 'changeset not found')
  return {
    ...(first ? { startChangeset: renderChangeset(first) } : {}),
    endChangeset: renderChangeset(last),
    entities: [...groups.values()],
  }
}

const isCurrent = ({ status }: Changeset): boolean => status === 'current'

const renderChangeset = (changeset: Changeset): JsonObject => ({ ...changeset })

const renderUser = (user: Actor): JsonObject => ({ ...user })

function renderActivity(cloud: Cloud, activity: Activity): JsonObject {
  const { applied, namespaceId } = activity
  const name = cloud.namespaces.find(({ id }) => id === namespaceId)?.name
  return {
    id: activity.id,
    activityType: activity.activityType,
    applied: applied ? { ...applied, by: renderUser(applied.by) } : { by: {} },
    createdAt: activity.createdAt,
    entity: { id: activity.entityId, type: activity.entityType, data: activity.data },
    namespace: { id: namespaceId, ...(name === undefined ? {} : { name }) },
    updatedAt: applied?.at ?? activity.createdAt,
    user: renderUser(activity.user),
  }
}

function isWanted(entry: JsonObject, query: URLSearchParams): boolean {
  const { entity, user, namespace, applied } = entry as Record<string, JsonObject>
  const facts: Record<string, unknown> = {
    activityType: entry['activityType'],
    entityId: entity?.['id'],
    entityType: entity?.['type'],
    changesetId: applied?.['changesetId'],
    namespaceId: namespace?.['id'],
    userId: user?.['id'],
  }
  return Object.entries(facts).every(([name, value]) => [null, value].includes(query.get(name)))
}
