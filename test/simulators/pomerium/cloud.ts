import { randomBytes } from 'node:crypto'
import { createSignal, type Signal } from './signal.ts'
import type {
  Activity,
  Actor,
  Changeset,
  ContractEdition,
  Namespace,
  PolicyVersion,
  Snapshot,
  StoredPolicy,
  StoredRoute,
} from './model.ts'

/** How a simulated organization is, apart from what is stored in it. */
export interface CloudSettings {
  readonly now: () => Date
  readonly edition: ContractEdition
  readonly organizationId: string
  readonly organizationType: 'personal' | 'professional'
  readonly clusterId: string
  readonly namespaceId: string
  readonly role: Namespace['role']
  readonly apiUser: Actor
  readonly policyLimit: number
  /** What a create beyond the limit answers. */
  readonly quotaStatus: 403 | 409
  /** What an empty text of a policy reads as. */
  readonly emptyText: '' | 'null' | null
  /** Entries of a list that names no limit. */
  readonly pageSize: number
  /** More is never answered, whatever limit is asked for. */
  readonly maxPageSize: number
}

/** A changeset on its way to the cluster. */
export interface Publication {
  snapshot: Snapshot
  readonly by: Actor
  /** Why it will fail. */
  readonly failure: string | undefined
  /** Carries its own edits only, not what was staged before. */
  readonly alone: boolean
}

/** The state of a simulated organization with one cluster. */
export interface Cloud {
  readonly settings: CloudSettings
  readonly createdAt: string
  readonly namespaces: readonly Namespace[]
  readonly policies: Map<string, StoredPolicy>
  readonly routes: Map<string, StoredRoute>
  /** Oldest first. */
  readonly activities: Activity[]
  /** Those of them that no changeset has applied. */
  readonly unapplied: Set<Activity>
  /** Oldest first. */
  readonly changesets: Changeset[]
  /** What each changeset on its way will make the cluster enforce. */
  readonly underway: Map<string, Publication>
  readonly history: PolicyVersion[]
  readonly signal: Signal
  autoApply: boolean
  /** Leave changesets in `applying`. */
  holdChangesets: boolean
  /** An offline cluster goes on with what it has. */
  clusterOnline: boolean
  readonly failures: string[]
  published: Snapshot
  enforced: Snapshot
}

/** A 27-character id in the vendor's manner. */
export function createId(): string {
  return randomBytes(40)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .padEnd(27, '0')
    .slice(0, 27)
}

/** An organization without policies and routes, whose first changeset is in force. */
export function createCloud(
  settings: CloudSettings,
  state: { autoApply: boolean; holdChangesets: boolean },
): Cloud {
  const createdAt = settings.now().toISOString()
  const empty: Snapshot = { policies: new Map(), routes: new Map() }
  const { namespaceId, organizationId, role } = settings
  return {
    settings,
    createdAt,
    namespaces: [
      { id: organizationId, name: 'Global', type: 'root', role: 'viewer' },
      { id: namespaceId, name: 'main', type: 'cluster', parentId: organizationId, role },
    ],
    policies: new Map(),
    routes: new Map(),
    activities: [],
    unapplied: new Set(),
    changesets: [
      { id: createId(), namespaceId, createdAt, updatedAt: createdAt, status: 'current' },
    ],
    underway: new Map(),
    history: [],
    signal: createSignal(),
    autoApply: state.autoApply,
    holdChangesets: state.holdChangesets,
    clusterOnline: true,
    failures: [],
    published: empty,
    enforced: empty,
  }
}

/** A namespace and those above it. */
export function namespacesAbove(cloud: Cloud, namespaceId: string): string[] {
  const namespace = cloud.namespaces.find(({ id }) => id === namespaceId)
  if (!namespace) return []
  return [
    namespaceId,
    ...(namespace.parentId === undefined ? [] : namespacesAbove(cloud, namespace.parentId)),
  ]
}
