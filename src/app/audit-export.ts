import type { ChainedEvent, Head } from '../domain/chained-event.ts'
import type { AuditEvent } from '../domain/event.ts'
import type { AuditFilter } from './audit-cases.ts'
import type { RecordedAct } from './record.ts'
import type { Store } from './store.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl', 'ocsf'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** A run of the chain. */
export interface ChainSpan {
  /** Tells the chain from any other. */
  readonly logId: string
  /** Numbers up to it may have gaps. */
  readonly gapsUntil: number
  /** The event before the first, or number 0 with the hash that the chain begins with. */
  readonly after: Head
  /** The number of the last event. */
  readonly last: number
}

/** What somebody may take with them: a run of the chain, in which the events are marked that were asked for. */
export interface TrailExport extends ChainSpan {
  /** What was asked for, by the names that people use for it. */
  readonly filter: Readonly<Record<string, string>>
  readonly batches: AsyncIterable<readonly (ChainedEvent & { readonly isWanted: boolean })[]>
}

/** An export of what a filter finds; that it was taken is on record before anything is given. */
export async function exportTrail(
  store: Store,
  act: RecordedAct,
  asked: { readonly filter: AuditFilter; readonly format: ExportFormat },
  details: AuditEvent['details'] = {},
): Promise<TrailExport> {
  const { filter, format } = asked
  const names = namesOf(filter)
  const span = await store.transaction(async (tx) => {
    const span = await tx.audit.chainSpan(filter)
    tx.audit.append({
      ...act,
      action: 'audit.exported',
      alert: false,
      details: { ...names, ...details, format, seq: span.last },
    })
    return span
  })
  const batches = await store.statement(async (db) => db.audit.chained(filter, span))
  return { ...span, filter: names, batches }
}

/** A filter as events of reads say it. */
export function namesOf(filter: AuditFilter): Readonly<Record<string, string>> {
  const { from, to, person, resourceId, requestId, action } = filter
  return {
    ...(from && { from: from.toISOString() }),
    ...(to && { to: to.toISOString() }),
    ...(person && { person: 'userId' in person ? person.userId : person.email }),
    ...(resourceId && { resource: resourceId }),
    ...(requestId && { request: requestId }),
    ...(action && { action }),
  }
}
