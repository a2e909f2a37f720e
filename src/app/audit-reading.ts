import type { AuditCases, AuditFilter, AuditPage } from './audit-cases.ts'
import { WINDOWS_MAX } from './audit-cases.ts'
import type { ExportFormat, TrailExport } from './audit-export.ts'
import { exportTrail, namesOf } from './audit-export.ts'
import { readerOf, refused } from './audit-reader.ts'
import type { Deps } from './deps.ts'
import type { Visitor } from './page-cases.ts'
import type { RecordedEvent } from './ports.ts'
import type { Outcome } from './use-cases.ts'

/** Events on one page. */
const PAGE_LENGTH = 50

type ReadingDeps = Pick<Deps, 'store' | 'directory' | 'catalogue' | 'pages' | 'trailWatched'>

/** Reading the audit trail, by admins and auditors of the catalogue; each read is on record before it gives anything. */
export function createAuditCases(deps: ReadingDeps): AuditCases {
  return {
    auditPage: (visitor, filter, before) => auditPage(deps, visitor, filter, before),
    auditExport: (visitor, filter, format) => auditExport(deps, visitor, filter, format),
  }
}

async function auditPage(
  deps: ReadingDeps,
  visitor: Visitor,
  filter: AuditFilter,
  before: number | undefined,
): Promise<Outcome<AuditPage>> {
  const reader = await readerOf(deps, { ...visitor, via: 'web' })
  const asked = { ...namesOf(filter), ...(before === undefined ? {} : { before }) }
  if (!reader.ok) return deps.store.transaction(async (tx) => refused(tx, reader, asked))
  const value = await deps.store.transaction(async (tx) => {
    const details = { ...asked, ...reader.age }
    tx.audit.append({ ...reader.act, action: 'audit.read', alert: false, details })
    const found = await tx.audit.newest(filter, before ?? Number.MAX_SAFE_INTEGER, PAGE_LENGTH + 1)
    const events = found.slice(0, PAGE_LENGTH)
    const last = events.at(-1)
    const watched = deps.trailWatched?.()
    return {
      events,
      ...(found.length > PAGE_LENGTH && last !== undefined ? { next: last.seq } : {}),
      windows: await tx.audit.windows(timeShown(filter, events, before), WINDOWS_MAX),
      status: await tx.audit.status(),
      ...(watched && { watched }),
    }
  })
  return { ok: true, value }
}

/** The filter with the time that a page shows: that of its events, where the filter leaves it open. */
function timeShown(
  filter: AuditFilter,
  events: readonly RecordedEvent[],
  before: number | undefined,
): AuditFilter {
  const from = filter.from ?? events.at(-1)?.at
  // The first page reaches to this moment and to what is still to come.
  const newest = before === undefined ? undefined : events[0]?.at
  const to = filter.to ?? (newest && new Date(newest.getTime() + 1))
  return { ...filter, ...(from && { from }), ...(to && { to }) }
}

async function auditExport(
  deps: ReadingDeps,
  visitor: Visitor,
  filter: AuditFilter,
  format: ExportFormat,
): Promise<Outcome<TrailExport>> {
  const reader = await readerOf(deps, { ...visitor, via: 'web' })
  const asked = { ...namesOf(filter), format }
  if (!reader.ok) return deps.store.transaction(async (tx) => refused(tx, reader, asked))
  const value = await exportTrail(deps.store, reader.act, { filter, format }, reader.age)
  return { ok: true, value }
}
