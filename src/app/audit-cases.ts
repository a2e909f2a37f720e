import type { RequestId, ResourceId, SlackUserId } from '../domain/ids.ts'
import type { ExportFormat, TrailExport } from './audit-export.ts'
import type { Visitor } from './page-cases.ts'
import type { RecordedEvent } from './ports.ts'
import type { Outcome } from './use-cases.ts'
import type { TrailWatched } from './watch-trail.ts'

/** What an auditor looks for; everything given must hold. */
export interface AuditFilter {
  /** At or after. */
  readonly from?: Date
  /** Before. */
  readonly to?: Date
  /** Did it, or it is about their request: a Slack id, or an address in any case. */
  readonly person?: { readonly userId: SlackUserId } | { readonly email: string }
  readonly resourceId?: ResourceId
  readonly requestId?: RequestId
  /** An action such as `request.denied`, or what is before the dot. */
  readonly action?: string
}

/** When somebody had access to a resource, or has. */
export interface AccessWindow {
  readonly requestId: RequestId
  readonly resourceId: ResourceId
  readonly email: string
  readonly from: Date
  /** When it ended, or is to end. */
  readonly to: Date
  readonly isOver: boolean
}

export const WINDOWS_MAX = 200

/** What the database says about its own trail. */
export interface TrailStatus {
  /** Whether the database refuses to edit or delete events. */
  readonly isAppendOnly: boolean
  readonly lastSeq: number
  readonly lastAt?: Date
  /** The hash of the last event, in hex. */
  readonly lastHash?: string
}

export interface AuditPage {
  /** The newest first. */
  readonly events: readonly RecordedEvent[]
  /** Pass it as `before` for the next page; absent at the end. */
  readonly next?: number
  /**
   * Access that somebody had within the page's filter, whatever action it names, and within the time of the page's
   * events where it leaves that open; the last to begin first, cut at {@link WINDOWS_MAX}.
   */
  readonly windows: readonly AccessWindow[]
  readonly status: TrailStatus
  /** What this process found when it last looked at the trail; absent when it has not yet. */
  readonly watched?: TrailWatched
}

/** What auditors and admins do; each of it is on record itself. */
export interface AuditCases {
  auditPage(
    visitor: Visitor,
    filter: AuditFilter,
    before: number | undefined,
  ): Promise<Outcome<AuditPage>>
  /** What the filter finds, in the run of the chain that proves it. */
  auditExport(
    visitor: Visitor,
    filter: AuditFilter,
    format: ExportFormat,
  ): Promise<Outcome<TrailExport>>
}

/** Whom or what an auditor looks for; a resource and a request when one word may be either, and everything when empty. */
export type AuditSubject = Pick<AuditFilter, 'person' | 'resourceId' | 'requestId'>

/** The trail in short. */
export interface AuditDigest {
  /** What was looked for, by what it was taken for. */
  readonly filter: AuditFilter
  /** When it was looked for, by the database's clock. */
  readonly at: Date
  /** The newest events, the newest first. */
  readonly events: readonly RecordedEvent[]
  /** How many events were found, by what is before the dot of their actions, the most frequent first. */
  readonly families: ReadonlyMap<string, number>
  readonly counted: number
  /** Whether all were counted, and not only the newest. */
  readonly isCountedOut: boolean
  /** Access within the filter, what is not over first; cut at {@link WINDOWS_MAX}. */
  readonly windows: readonly AccessWindow[]
  /** The address of the page of the same filter, where there are pages. */
  readonly page?: string
}
