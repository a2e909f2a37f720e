import type { ChainedEvent } from '../domain/chained-event.ts'
import type { AuditAction, AuditEvent } from '../domain/event.ts'
import type { LevelId, RequestId, ResourceId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import type { Rule } from '../domain/ppl.ts'
import type { AccessRequest, Approved, Pending } from '../domain/request.ts'
import type { Catalogue } from '../domain/resource.ts'
import type { AccessWindow, AuditFilter, TrailStatus } from './audit-cases.ts'
import type { ChainSpan } from './audit-export.ts'
import type { AuditStreams } from './audit-streams.ts'
import type { DirectoryMemory, Identities } from './identity-store.ts'
import type { MessagePlace, RecordedEvent } from './ports.ts'
import type { MonthNumbers } from './sum-up-month.ts'
import type { Work } from './work-list.ts'

/** The memory of the product. Everything that happens in one `transaction` commits together or not at all. */
export interface Store {
  /** Runs `work` in one transaction; deadlocks and serialization failures are retried, so `work` may run again. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Runs `work` without a transaction: for one statement, or for reads that need not agree with each other. */
  statement<T>(work: (db: Statements) => Promise<T>): Promise<T>
}

export interface Transaction extends Statements {
  /** The database's time at the start of the transaction. */
  readonly now: Date
  readonly audit: Audit
}

export interface Statements {
  readonly requests: Requests
  readonly audit: AuditTrail
  readonly streams: AuditStreams
  readonly identities: Identities
  readonly directory: DirectoryMemory
  readonly policies: PolicyStates
  readonly activities: PolicyActivities
  readonly messages: Messages
  readonly work: Work
  readonly catalogues: CatalogueRevisions
}

export interface Requests {
  /** The request, locked against every other writer until the transaction ends. */
  lock(id: RequestId): Promise<AccessRequest | undefined>
  /** Those of the requests that exist, ordered by id, locked in that order. */
  lockAll(ids: readonly RequestId[]): Promise<readonly AccessRequest[]>
  find(id: RequestId): Promise<AccessRequest | undefined>
  findByIdempotencyKey(key: string): Promise<AccessRequest | undefined>
  /** The ordinary wish for access (no extension, no emergency) that a person has waiting for a resource at a level, for that beneficiary. */
  findPending(of: {
    readonly requester: SlackUserId
    readonly resourceId: ResourceId
    readonly level?: LevelId | undefined
    readonly beneficiary?: string | undefined
  }): Promise<Pending | undefined>
  /** The wish to extend this grant that waits for an answer. */
  findPendingExtension(of: RequestId): Promise<Pending | undefined>
  /** Waits for every other transaction that counts what this person has, and keeps later ones waiting. */
  lockUsage(requester: SlackUserId): Promise<void>
  /** What a person has and did but for emergencies: what is open, grants that are not over, requests of the last hour. */
  usage(requester: SlackUserId): Promise<Usage>
  /** How often a rule approved for a person on a resource, at any level, since an instant. */
  automaticApprovals(of: {
    readonly requester: SlackUserId
    readonly resourceId: ResourceId
    readonly rule: string
    readonly since: Date
  }): Promise<number>
  /** Whether access of a person to a resource, at any level, was revoked or denied since an instant. */
  takenAwaySince(of: {
    readonly requester: SlackUserId
    readonly resourceId: ResourceId
    readonly since: Date
  }): Promise<boolean>
  /** Stores a new request; throws {@link RequestExists} when somebody was faster. */
  insert(request: Pending, idempotencyKey: string): Promise<void>
  /** Stores the next version of a locked request. */
  save(from: AccessRequest, to: AccessRequest): Promise<void>
  /** Requests of one person: pending ones and those with a grant that is not over first, then the newest. */
  ofRequester(requester: SlackUserId, limit: number): Promise<readonly AccessRequest[]>
  /**
   * Requests that wait for an answer and that a person is not the requester, beneficiary or an approver of, the oldest
   * first. `refs`: what they are for, as resourceRef writes it.
   */
  pending(refs: readonly string[], approver: Identity, limit: number): Promise<readonly Pending[]>
  /**
   * Requests of a resource whose rule may stand in its policy, ordered by id: those with a grant that is not over, and
   * those with one whose window reaches into the last hour or beyond, however it ended.
   */
  standing(resource: ResourceId): Promise<readonly Approved[]>
  /** Access of a resource that was taken away before its time and whose rule was not seen to be gone yet. */
  unconfirmedEnds(resource: ResourceId): Promise<readonly UnconfirmedEnd[]>
  /** Everybody who has a request waiting or a grant that is not over. */
  openRequesters(): Promise<readonly SlackUserId[]>
  /** The requests of a person that wait, or whose grant is not over; at most 200. */
  openOf(requester: SlackUserId): Promise<readonly AccessRequest[]>
  /**
   * Break-glass access whose review is due and that a person has not asked for, the first due first. `refs`: what it is
   * to, as resourceRef writes it.
   */
  reviewsDue(
    refs: readonly string[] | 'all',
    reviewer: Identity,
    limit: number,
  ): Promise<readonly Approved[]>
  /** Requests that wait for an answer, the oldest first. `refs`: what they are for, as resourceRef writes it. */
  waiting(refs: readonly string[] | 'all', limit: number): Promise<readonly Pending[]>
  /** Requests with a grant that is not over, the first to end first. `refs`: what they are for, as resourceRef writes it. */
  holding(refs: readonly string[] | 'all', limit: number): Promise<readonly Approved[]>
}

export interface UnconfirmedEnd {
  readonly id: RequestId
  /** When it was taken away. */
  readonly since: Date
  /** Whether operators were told that it takes too long. */
  readonly isTold: boolean
}

export interface Usage {
  readonly openRequests: number
  /** Those of them that ask for access, and not for a grant to last longer. */
  readonly accessRequests: number
  readonly grants: number
  readonly requestsLastHour: number
}

/** A request with this idempotency key, or a pending one of this person and resource, was there already. */
export class RequestExists extends Error {
  override readonly name = 'RequestExists'
}

export interface Audit extends AuditTrail {
  /**
   * Puts an event on record, and has it posted to the audit channel when it is an alert. It is written when all else is
   * done, so the transaction itself does not find it, but for alertedWithin.
   */
  append(event: AuditEvent): void
}

export interface AuditTrail extends AuditReading {
  /** Keeps others waiting who look whether an alert of this action was recorded, until the transaction ends. */
  lockAlerts(action: AuditAction): Promise<void>
  /** State changes of a request after a version, in order. */
  changesAfter(id: RequestId, version: number): Promise<readonly RecordedEvent[]>
  /** What happened to a request, and was tried, the oldest first; the newest ones of more than `limit`. */
  about(id: RequestId, limit: number): Promise<readonly RecordedEvent[]>
  find(seq: number): Promise<RecordedEvent | undefined>
  /** Whether an alert of this action was recorded within the last seconds. */
  alertedWithin(action: AuditAction, seconds: number): Promise<boolean>
}

/** What auditors look at. */
export interface AuditReading {
  /** Events before a number that the filter finds, the newest first. */
  newest(filter: AuditFilter, before: number, limit: number): Promise<readonly RecordedEvent[]>
  /** The run of the chain in which everything lies that a filter may find by its time. */
  chainSpan(filter: AuditFilter): Promise<ChainSpan>
  /** All events of a run of the chain, the oldest first, in batches that are read as they are asked for. */
  chained(
    filter: AuditFilter,
    span: ChainSpan,
  ): AsyncIterable<readonly (ChainedEvent & { readonly isWanted: boolean })[]>
  /**
   * Access that the filter's person had, or anybody, to its resource, or any, within its time; what it says of requests
   * counts, what it says of actions does not. The last to begin first.
   */
  windows(filter: AuditFilter, limit: number): Promise<readonly AccessWindow[]>
  status(): Promise<TrailStatus>
  /** What was granted, denied and found at or after an instant and before another. */
  numbersBetween(from: Date, to: Date): Promise<MonthNumbers>
}

/** A Pomerium policy as it was last written. */
export interface PolicyState {
  readonly resourceId: ResourceId
  readonly policyName: string
  readonly policyId?: string
  /** The rules of ours that the policy may hold. */
  readonly written: readonly Rule[]
  readonly writtenAt?: Date
  readonly verifiedAt?: Date
  /** No write before this instant: an earlier one may still land. */
  readonly quietUntil?: Date
  readonly blockedReason?: string
  /** SHA-256 of the foreign rules last reported. */
  readonly foreignDigest?: string
  /** What it was last seen to have beside its rules. */
  readonly seen?: PolicySettings
  /** SHA-256 of what the bot wrote for the 403 page; absent when it wrote nothing. */
  readonly textDigest?: string
}

/** `unattached`: a new policy that nobody was to pass by yet; `detached`: one that should have a route. */
export type Attachment = 'attached' | 'detached' | 'unattached'

/** What people may change of a policy beside its rules. */
export interface PolicySettings {
  readonly name: string
  readonly description: string
  readonly explanation: string
  readonly remediation: string
  readonly attachment?: Attachment
}

export interface PolicyStates {
  find(resource: ResourceId): Promise<PolicyState | undefined>
  /** Stores a state whose policy is still the stored one; throws LeaseLost when another was assigned meanwhile. */
  save(state: PolicyState): Promise<void>
  /** Gives a resource a policy, or takes it away; nothing is known of the rules in it then. */
  assign(
    resource: ResourceId,
    policyName: string,
    policyId: string | undefined,
  ): Promise<PolicyState>
  /** The state that has this policy of Pomerium's. */
  ownerOf(policyId: string): Promise<PolicyState | undefined>
  all(): Promise<readonly PolicyState[]>
}

/** Pomerium's activity log, as far as it was read. */
export interface PolicyActivities {
  readTo(clusterId: string): Promise<Date | undefined>
  readUpTo(clusterId: string, at: Date): Promise<void>
  /** Notes an entry of the log; tells whether it was not noted yet. */
  isNews(activityId: string, at: Date): Promise<boolean>
  forgetBefore(at: Date): Promise<void>
}

/** A message in Slack and the version of the request that it shows. */
export interface ShownMessage {
  readonly id: number
  readonly kind: 'card' | 'direct'
  readonly place: MessagePlace
  readonly shownVersion: number
  /** The last version whose line stands in the thread. */
  readonly trailVersion: number
}

export interface Messages {
  /** Messages of a request that still exist, the oldest first. */
  of(id: RequestId): Promise<readonly ShownMessage[]>
  /** Remembers a message that exists, and tells whether that is news; one that is known already stays as it is. */
  posted(
    id: RequestId,
    kind: 'card' | 'direct',
    place: MessagePlace,
    versions: { readonly shown: number; readonly trail: number },
  ): Promise<boolean>
  /** Remembers what a message and its thread show by now. */
  shows(
    messageId: number,
    versions: { readonly shown: number; readonly trail: number },
  ): Promise<void>
  gone(messageId: number): Promise<void>
  alertPosted(seq: number, place: MessagePlace): Promise<void>
  isAlertPosted(seq: number): Promise<boolean>
}

export interface CatalogueRevisions {
  /** The revision that was accepted last, by whichever replica. */
  inForce(): Promise<string | undefined>
  /** Stores a catalogue file; tells whether it is another one than the one accepted last. */
  accept(catalogue: Catalogue, source: string): Promise<boolean>
}
