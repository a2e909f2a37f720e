export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** What a client may set on a policy. */
export interface PolicyProperties {
  description: string
  enforced: boolean
  explanation: string
  name: string
  namespaceId: string
  /** Kept in the form it was sent. */
  ppl: Json
  remediation: string
  originatorId?: string
}

export interface StoredPolicy extends PolicyProperties {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** A route as stored: the settable properties, whatever they are, and what the server keeps. */
export interface StoredRoute {
  readonly id: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly name: string
  readonly namespaceId: string
  /** External URL; its host is what visitors knock at. */
  readonly from: string
  readonly policyIds: readonly string[]
  readonly properties: JsonObject
}

/** Everything a cluster needs to decide who gets in. */
export interface Snapshot {
  readonly policies: ReadonlyMap<string, StoredPolicy>
  readonly routes: ReadonlyMap<string, StoredRoute>
}

export type ChangesetStatus = 'applied' | 'applying' | 'current' | 'failed' | 'pending' | 'rejected'

export interface Changeset {
  readonly id: string
  readonly namespaceId: string
  readonly createdAt: string
  updatedAt: string
  status: ChangesetStatus
  failureMessage?: string
}

/** Who did something: the API user of the bot, or a person in the console. */
export interface Actor {
  readonly id: string
  readonly displayName: string
  readonly email?: string
}

export interface Activity {
  readonly id: string
  readonly activityType: 'create' | 'delete' | 'update'
  readonly entityType: 'policy' | 'route'
  readonly entityId: string
  readonly data: JsonObject
  readonly namespaceId: string
  readonly createdAt: string
  readonly user: Actor
  /** The changeset that the edit was staged in. */
  readonly changesetId: string
  applied?: { readonly at: string; readonly by: Actor; readonly changesetId: string }
}

/** One document that was stored for a policy; `policy` is absent when the policy was deleted. */
export interface PolicyVersion {
  readonly sequence: number
  readonly at: Date
  readonly policyId: string
  readonly by: Actor
  readonly policy?: StoredPolicy
}

export interface Namespace {
  readonly id: string
  readonly name: string
  readonly type: 'cluster' | 'regular' | 'root'
  readonly parentId?: string
  readonly role: 'admin' | 'manager' | 'viewer'
}

/** Which edition of the vendor's contract is spoken. The older one has no PATCH, paging of policies, quotas or originatorId. */
export type ContractEdition = '2025-04' | '2026-08'

/** Whether `value` is a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `value` with everything in it made read-only. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
