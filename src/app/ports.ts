import type { AuditEvent } from '../domain/event.ts'
import type { SlackChannelId, SlackGroupId, SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { NotAMember } from '../domain/refusal.ts'
import type { AccessRequest, Approved } from '../domain/request.ts'
import type { Resource } from '../domain/resource.ts'

/** A member or guest of the workspace, as Slack has them at this moment. */
export interface Member {
  readonly teamId: SlackTeamId
  readonly userId: SlackUserId
  readonly email: string
  readonly isGuest: boolean
  /** IANA name, e.g. `Europe/Brussels`. */
  readonly timeZone?: string
}

export type MemberAnswer =
  | {
      readonly ok: true
      readonly member: Member
      /** When Slack said so, if that is not now: it cannot be asked. */
      readonly asOf?: Date
    }
  | { readonly ok: false; readonly why: NotAMember }

/** Who belongs to a user group. */
export interface GroupMembers extends ReadonlySet<SlackUserId> {
  /** When Slack said so, if that is not now: it cannot be asked. */
  readonly asOf?: Date
}

/** Who is in the workspace. Methods throw {@link DirectoryUnavailable} and nothing else: a failed look-up is no answer. */
export interface Directory {
  member(userId: SlackUserId): Promise<MemberAnswer>
  /** Whose Slack profile shows this address, in any case; `unknown` when nobody's does. */
  memberByEmail(email: string): Promise<MemberAnswer>
  groupMembers(groupId: SlackGroupId): Promise<GroupMembers>
}

export class DirectoryUnavailable extends Error {
  override readonly name = 'DirectoryUnavailable'
  /** Whether nobody can be asked: no answer, or one that speaks of a trouble of Slack's own; not when it answers with a refusal. */
  readonly isOutage: boolean

  constructor(
    message: string,
    facts: { readonly isOutage?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause })
    this.isOutage = facts.isOutage ?? false
  }
}

/** Everything that a message about a request is made from. */
export interface RequestView {
  readonly request: AccessRequest
  /** At the level that was asked for; absent when it has left the catalogue. */
  readonly resource?: Resource
  /** The request whose grant is to last longer, when that is what is asked. */
  readonly extended?: Approved
  /** Address of its page behind Pomerium, where there are pages. */
  readonly page?: string
  /** The channel where a card belongs that does not take it. */
  readonly reroutedFrom?: SlackChannelId
}

/** An audit event as it is read back. */
export interface RecordedEvent extends AuditEvent {
  readonly seq: number
  /** Of the published schema of its action's details; 0 before there was one. */
  readonly schemaVersion: number
  /** SHA-256 in hex of this event and all before it. */
  readonly hash: string
  readonly at: Date
}

/** Where a message stands. */
export interface MessagePlace {
  readonly channel: SlackChannelId
  readonly ts: string
}

/** Shows requests to people. Methods throw {@link MessengerError} and nothing else. */
export interface Messenger {
  /** Posts the card for approvers into a channel. */
  postCard(channel: SlackChannelId, view: RequestView): Promise<MessagePlace>
  updateCard(place: MessagePlace, view: RequestView): Promise<void>
  /** Posts the requester's own message into their direct conversation. */
  postDirect(userId: SlackUserId, view: RequestView): Promise<MessagePlace>
  updateDirect(place: MessagePlace, view: RequestView): Promise<void>
  /** Adds a line for each of at most five changes to the thread below a message, in one post. */
  postTrail(place: MessagePlace, events: readonly RecordedEvent[], view: RequestView): Promise<void>
  postAlert(channel: SlackChannelId, event: RecordedEvent): Promise<MessagePlace>
}

/** A message that was not shown. */
export class MessengerError extends Error {
  override readonly name = 'MessengerError'
  /** `gone`: the message or channel does not exist any more; `refused`: the same call will never succeed. */
  readonly code: 'gone' | 'refused' | 'rate-limited' | 'unavailable'
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    facts: { code: MessengerError['code']; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: facts.cause })
    this.code = facts.code
    this.retryAfterMs = facts.retryAfterMs
  }
}

/** What the use cases say to the operator's log. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
