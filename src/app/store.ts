import type { AuditAction, AuditEvent } from '../domain/event.ts'
import type {
  LevelId,
  RequestId,
  ResourceId,
  SlackGroupId,
  SlackTeamId,
  SlackUserId,
} from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import type { Rule } from '../domain/ppl.ts'
import type { AccessRequest, Approved, Pending } from '../domain/request.ts'
import type { Catalogue } from '../domain/resource.ts'
import type { AccessWindow, AuditFilter, TrailStatus } from './audit-cases.ts'
import type { GroupMembers, MemberAnswer, MessagePlace, RecordedEvent } from './ports.ts'

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
}

export interface Statements {
  readonly requests: Requests
  readonly audit: Audit
  readonly identities: Identities
  readonly directory: DirectoryMemory
  readonly policies: PolicyStates
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

export interface Audit extends AuditReading {
  append(event: AuditEvent): Promise<RecordedEvent>
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
  /** Events between two numbers, without these, that the filter finds, the oldest first. */
  oldest(
    filter: AuditFilter,
    between: { readonly after: number; readonly before: number },
    limit: number,
  ): Promise<readonly RecordedEvent[]>
  /**
   * Access that the filter's person had, or anybody, to its resource, or any, within its time; what it says of requests
   * counts, what it says of actions does not. The last to begin first.
   */
  windows(filter: AuditFilter, limit: number): Promise<readonly AccessWindow[]>
  status(): Promise<TrailStatus>
}

/** A Pomerium identity that a Slack user proved to be theirs. */
export interface Link {
  /** Pomerium's `sub`. */
  readonly subject: string
  /** Exactly as Pomerium has it: its comparison knows case. */
  readonly email: string
}

/** What Slack said last of people and groups, for the time when it cannot be asked. */
export interface DirectoryMemory {
  /** Remembers an answer of this moment; whoever else was known by the same address is forgotten. */
  rememberMember(userId: SlackUserId, answer: MemberAnswer): Promise<void>
  rememberGroup(groupId: SlackGroupId, members: ReadonlySet<SlackUserId>): Promise<void>
  /** The last answer, with when it was given, unless it is older than so many seconds, or something changed since. */
  member(userId: SlackUserId, maxAgeSeconds: number): Promise<MemberAnswer | undefined>
  memberByEmail(email: string, maxAgeSeconds: number): Promise<MemberAnswer | undefined>
  groupMembers(groupId: SlackGroupId, maxAgeSeconds: number): Promise<GroupMembers | undefined>
  /** Forgets whoever was known by an address: nobody's profile shows it. */
  forgetAddress(email: string): Promise<void>
  /** Nobody goes by what is remembered of somebody until it is remembered anew: something about them changed. */
  outdateMember(userId: SlackUserId): Promise<void>
  outdateGroup(groupId: SlackGroupId): Promise<void>
  /** Those remembered, or in a group that is, of whom nothing is remembered that is as young as so many seconds; changed people first, then those seen longest ago. */
  peopleToAsk(maxAgeSeconds: number, limit: number): Promise<readonly SlackUserId[]>
  /** Forgets what is older than so many seconds. */
  forgetOlder(ageSeconds: number): Promise<void>
}

/** A Slack user, wherever nothing more of them matters. */
export type SlackUser = Pick<Identity, 'teamId' | 'userId'>

/** What is on record of a Slack user. */
export interface KnownIdentity {
  /** The address that they had at first use. */
  readonly pinned: string
  readonly link?: Link
  /** An address of Pomerium that an operator lets them link with, though Slack has another one. */
  readonly allowed?: string
}

export interface Identities {
  find(teamId: SlackTeamId, userId: SlackUserId): Promise<KnownIdentity | undefined>
  /**
   * Compares a person's address with the one pinned at first use, and pins it when there is none. `refused-again`: this
   * different address was refused before.
   */
  pin(identity: Identity): Promise<{
    readonly outcome: 'pinned' | 'same' | 'refused' | 'refused-again'
    readonly pinned: string
  }>
  /** Forgets the pinned address, the link and a code, so that the next use pins anew; returns what was on record. */
  forget(teamId: SlackTeamId, userId: SlackUserId): Promise<KnownIdentity | undefined>
  /** Lets a Slack user link with this address of Pomerium too; false when nothing is on record of them. */
  allow(teamId: SlackTeamId, userId: SlackUserId, email: string): Promise<boolean>
  linkOfSubject(subject: string): Promise<(Link & SlackUser) | undefined>
  /** Links a Slack user, and tells the link before; a subject stays with the Slack user who has it. */
  link(
    user: SlackUser,
    link: Link,
  ): Promise<
    | { readonly outcome: 'linked'; readonly before?: Link }
    | { readonly outcome: 'taken'; readonly by: SlackUserId }
    /** Nothing is on record of the Slack user. */
    | { readonly outcome: 'unknown' }
  >
  /** Takes the link away, when it is of this subject where one is given; returns it. */
  unlink(teamId: SlackTeamId, userId: SlackUserId, subject?: string): Promise<Link | undefined>
  /** Who is linked to what, in the order of Slack's ids. */
  links(): Promise<
    readonly (SlackUser & { readonly pinned: string; readonly link: Link; readonly at: Date })[]
  >
  /** Links that were refused within the last seconds, the newest first; at most 500. */
  refusedLinks(seconds: number): Promise<readonly RecordedEvent[]>
  /** Stores the hash of a code in the place of the one before; returns when it expires. */
  issueCode(user: SlackUser, codeHash: string, seconds: number): Promise<Date>
  /** Whose code it is, once; `undefined` when it was taken, has expired or never was. */
  takeCode(codeHash: string): Promise<SlackUser | undefined>
  /** How many wrong codes a subject entered within the last seconds; others of the same subject wait until the transaction ends. */
  wrongCodes(subject: string, seconds: number): Promise<number>
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

/**
 * `policy`: a resource's policy; `messages`: those of a request; `moment`: a request that time changes; `alert`: an
 * audit event; `eligibility`: a person whose requests and grants are looked at again.
 */
export type WorkKind = 'policy' | 'messages' | 'moment' | 'alert' | 'eligibility'

export interface Work {
  /** Puts back on the list what should be on it, and gives some messages that could not be shown another chance, each time after longer. */
  repair(): Promise<void>
  /** Marks something as out of date now; one that is waiting to be tried again keeps its time. */
  mark(kind: WorkKind, subject: string): Promise<void>
  /** Marks several different things, in this order. */
  markAll(things: readonly { readonly kind: WorkKind; readonly subject: string }[]): Promise<void>
  /** Sets the one moment at which a subject is due, or takes it off the list. */
  schedule(kind: WorkKind, subject: string, at: Date | undefined): Promise<void>
}

export interface CatalogueRevisions {
  /** The revision that was accepted last, by whichever replica. */
  inForce(): Promise<string | undefined>
  /** Stores a catalogue file; tells whether it is another one than the one accepted last. */
  accept(catalogue: Catalogue, source: string): Promise<boolean>
}

/** One claimed piece of work. */
export interface Claim {
  readonly kind: WorkKind
  readonly subject: string
  readonly generation: string
  readonly leaseEpoch: string
  /** Failures in a row before this try. */
  readonly attempts: number
}

/** How a try ended: `done` clears the key unless it moved meanwhile. */
export type WorkResult =
  | { readonly type: 'done' }
  /** Tried, and to be tried again; counts as a failure when `error` is given. */
  | { readonly type: 'again'; readonly afterMs: number; readonly error?: string }
  /** Retrying cannot mend it; waits until the key moves. */
  | { readonly type: 'blocked'; readonly error: string }

/** The list of what is out of date, shared by every worker of every replica. */
export interface WorkList {
  /** Leases up to `limit` due keys, the longest due first. */
  claim(kinds: readonly WorkKind[], limit: number, leaseMs: number): Promise<readonly Claim[]>
  /** Extends the lease; false when it was lost. */
  renew(claim: Claim, leaseMs: number): Promise<boolean>
  /** Reports a try; without effect when the lease was lost. */
  settle(claim: Claim, result: WorkResult): Promise<void>
  /** Milliseconds until something is due (0 when it is already), or `undefined` when nothing waits. */
  untilDue(kinds: readonly WorkKind[]): Promise<number | undefined>
}

/** Calls `wake` whenever something may have become due, until the signal aborts. */
export type WakeUps = (wake: () => void, signal: AbortSignal) => Promise<void>
