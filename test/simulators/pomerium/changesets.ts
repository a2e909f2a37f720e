import { createId, type Cloud } from './cloud.ts'
import type { Activity, Actor, Changeset, Snapshot, StoredPolicy } from './model.ts'
import { buildProblem } from './ppl-check.ts'

const KEPT_CHANGESETS = 2_000
const KEPT_ACTIVITIES = 20_000

export type Edit = Pick<
  Activity,
  'activityType' | 'entityType' | 'entityId' | 'data' | 'namespaceId'
>

/** Records an edit and stages it; with auto-apply on it is published at once. */
export function recordEdit(cloud: Cloud, edit: Edit, user: Actor): void {
  const changeset =
    (cloud.autoApply ? undefined : cloud.changesets.findLast(isPending)) ?? addChangeset(cloud)
  addActivity(cloud, edit, user, changeset)
  if (cloud.autoApply) publishChangeset(cloud, changeset, user)
  cloud.signal.emit()
}

/**
 * Records an edit that an administrator publishes without anything else that is staged. `extend` adds it to what is
 * published, and to what is on its way and would otherwise take it back.
 */
export function recordPublishedEdit(
  cloud: Cloud,
  edit: Edit,
  user: Actor,
  extend: (snapshot: Snapshot) => Snapshot,
): void {
  for (const work of cloud.underway.values()) work.snapshot = extend(work.snapshot)
  const changeset = addChangeset(cloud)
  changeset.status = 'applying'
  addActivity(cloud, edit, user, changeset)
  const snapshot = extend(cloud.published)
  cloud.underway.set(changeset.id, { snapshot, by: user, failure: undefined, alone: true })
  settle(cloud, changeset)
  cloud.signal.emit()
}

/** Starts to publish everything that is staged, whoever staged it. */
export function publishChangeset(cloud: Cloud, changeset: Changeset, by: Actor): void {
  changeset.status = 'applying'
  changeset.updatedAt = cloud.settings.now().toISOString()
  const snapshot = { policies: new Map(cloud.policies), routes: new Map(cloud.routes) }
  const failure = cloud.failures.shift()
  cloud.underway.set(changeset.id, { snapshot, by, failure, alone: false })
  if (!cloud.holdChangesets) settleChangesets(cloud)
  cloud.signal.emit()
}

/** Ends every changeset that is `applying`, oldest first; the newest good one becomes `current`. Gives their number. */
export function settleChangesets(cloud: Cloud): number {
  const applying = cloud.changesets.filter(({ status }) => status === 'applying')
  for (const changeset of applying) settle(cloud, changeset)
  if (applying.length > 0) cloud.signal.emit()
  return applying.length
}

function settle(cloud: Cloud, changeset: Changeset): void {
  const work = cloud.underway.get(changeset.id)
  if (!work) return
  cloud.underway.delete(changeset.id)
  const at = cloud.settings.now().toISOString()
  changeset.updatedAt = at
  const failure = work.failure ?? findBuildFailure(work.snapshot)
  if (failure !== undefined) {
    changeset.status = 'failed'
    changeset.failureMessage = failure
    return
  }
  const previous = cloud.changesets.findLast(({ status }) => status === 'current')
  if (previous) previous.status = 'applied'
  changeset.status = 'current'
  const end = cloud.changesets.indexOf(changeset)
  for (const activity of cloud.unapplied) {
    const isCovered = work.alone
      ? activity.changesetId === changeset.id
      : cloud.changesets.findLastIndex(({ id }) => id === activity.changesetId) <= end
    if (!isCovered) continue
    activity.applied = { at, by: work.by, changesetId: changeset.id }
    cloud.unapplied.delete(activity)
  }
  cloud.published = work.snapshot
  if (cloud.clusterOnline) cloud.enforced = work.snapshot
}

/** Stored policies never change, so each is looked at once. */
const builds = new WeakMap<StoredPolicy, { readonly problem: string | undefined }>()

function findBuildFailure(snapshot: Snapshot): string | undefined {
  for (const policy of snapshot.policies.values()) {
    const build = builds.get(policy) ?? { problem: buildProblem(policy.ppl) }
    builds.set(policy, build)
    const { problem } = build
    if (problem !== undefined) {
      return `error building policy evaluators: policy ${policy.name}: ${problem}`
    }
  }
  return undefined
}

function addActivity(cloud: Cloud, edit: Edit, user: Actor, changeset: Changeset): void {
  const createdAt = cloud.settings.now().toISOString()
  changeset.updatedAt = createdAt
  const activity = { ...edit, id: createId(), createdAt, user, changesetId: changeset.id }
  cloud.activities.push(activity)
  cloud.unapplied.add(activity)
  if (cloud.activities.length > KEPT_ACTIVITIES) {
    const oldest = cloud.activities.shift()
    if (oldest) cloud.unapplied.delete(oldest)
  }
}

const isPending = ({ status }: Changeset): boolean => status === 'pending'

function addChangeset(cloud: Cloud): Changeset {
  const at = cloud.settings.now().toISOString()
  const changeset: Changeset = {
    id: createId(),
    namespaceId: cloud.settings.namespaceId,
    createdAt: at,
    updatedAt: at,
    status: 'pending',
  }
  // What is pending stays the newest.
  const pending = cloud.changesets.findLastIndex(isPending)
  cloud.changesets.splice(pending === -1 ? cloud.changesets.length : pending, 0, changeset)
  if (cloud.changesets.length > KEPT_CHANGESETS) cloud.changesets.shift()
  return changeset
}
