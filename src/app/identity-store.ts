import type { SlackGroupId, SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import type { GroupMembers, MemberAnswer, RecordedEvent } from './ports.ts'

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
