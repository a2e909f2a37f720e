import type { RequestId, SlackUserId } from '../domain/ids.ts'
import type { Assertion } from './assertion.ts'
import type { AuditCases } from './audit-cases.ts'
import type { RecordedEvent, RequestView } from './ports.ts'
import type { Link } from './identity-store.ts'
import type { Outcome } from './use-cases.ts'

/** Somebody at the door whom Slack knows too. */
export interface Visitor {
  readonly actor: SlackUserId
  readonly assertion: Assertion
  /** Whether their Slack account is linked to the identity of the assertion. */
  readonly isLinked: boolean
  /** IANA name, as Slack has it. */
  readonly timeZone?: string
  /** Whether there is anything that they may answer, review or end. */
  readonly mayDecide: boolean
  readonly mayAudit: boolean
}

/** What somebody may do with a request. */
export type Deed = 'approve' | 'deny' | 'cancel' | 'end' | 'extend' | 'review'

/** A request as one visitor may see it. */
export interface Shown {
  readonly view: RequestView
  /** What to offer; whether it is allowed is decided when it is done. */
  readonly may: ReadonlySet<Deed>
}

/** What somebody entitled looks after; each list is cut at {@link OVERVIEW_LENGTH}. */
export interface Overview {
  /** People asking, the oldest first. */
  readonly waiting: readonly Shown[]
  /** Break-glass access to be reviewed, the first due first. */
  readonly reviews: readonly Shown[]
  /** People with access, the first to end first. */
  readonly holding: readonly Shown[]
}

export const OVERVIEW_LENGTH = 100

/** One request with everything that happened to it, oldest first. */
export interface Story {
  readonly shown: Shown
  readonly events: readonly RecordedEvent[]
}

/** What somebody at the door is linked to. */
export interface LinkState {
  /** Their link, when their subject has one. */
  readonly link?: Link & {
    readonly slackUser: SlackUserId
    /** The address that the Slack account is known by. */
    readonly slackAddress: string
  }
  /** Whether Pomerium has another address for them than the link. */
  readonly isOutdated: boolean
}

/** What the pages behind Pomerium show, and the linking of identities; acts are those of UseCases. */
export interface PageCases extends AuditCases {
  /** Who in Slack somebody at the door is: by their link, else by their address where no link is needed. */
  visit(assertion: Assertion): Promise<Outcome<Visitor>>
  /** Their own requests: open and live ones first, then the newest; at most 20. */
  mine(visitor: Visitor): Promise<Outcome<readonly Shown[]>>
  overview(visitor: Visitor): Promise<Outcome<Overview>>
  /** A request that the visitor asked for, may answer, or may look into as an admin or auditor. */
  story(visitor: Visitor, id: RequestId): Promise<Outcome<Story>>
  linkState(assertion: Assertion): Promise<LinkState>
  /** Binds the Slack user who was given the code to the identity of the assertion; a code works once. */
  link(assertion: Assertion, code: string): Promise<Outcome<LinkState>>
  unlink(assertion: Assertion): Promise<Outcome<LinkState>>
}
