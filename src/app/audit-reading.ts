import type { AuditAction, AuditEvent } from '../domain/event.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { PeopleSet } from '../domain/resource.ts'
import { belongsTo, groupsIn } from '../domain/rules.ts'
import { recordedAct, slackAsOf } from './actor.ts'
import type { AuditCases, AuditFilter, AuditPage } from './audit-cases.ts'
import { WINDOWS_MAX } from './audit-cases.ts'
import type { Deps } from './deps.ts'
import type { Identified } from './identify.ts'
import { identifyActor } from './identify-actor.ts'
import type { Visitor } from './page-cases.ts'
import type { RecordedEvent } from './ports.ts'
import type { Store, Transaction } from './store.ts'
import type { Outcome } from './use-cases.ts'

/** Events on one page. */
const PAGE_LENGTH = 50
/** Events of an export that are in memory at once. */
const BATCH_LENGTH = 1_000

type ReadingDeps = Pick<Deps, 'store' | 'directory' | 'catalogue' | 'pages' | 'trailWatched'>

/** Reading the audit trail, by admins and auditors of the catalogue; each read is on record before it gives anything. */
export function createAuditCases(deps: ReadingDeps): AuditCases {
  return {
    auditPage: (visitor, filter, before) => auditPage(deps, visitor, filter, before),
    auditExport: (visitor, filter, format) => auditExport(deps, visitor, filter, format),
  }
}

function auditPage(
  deps: ReadingDeps,
  visitor: Visitor,
  filter: AuditFilter,
  before: number | undefined,
): Promise<Outcome<AuditPage>> {
  const asked = { ...detailsOf(filter), ...(before === undefined ? {} : { before }) }
  return reading(deps, visitor, 'audit.read', asked, async (tx) => {
    const found = await tx.audit.newest(filter, before ?? Number.MAX_SAFE_INTEGER, PAGE_LENGTH + 1)
    const events = found.slice(0, PAGE_LENGTH)
    const last = events.at(-1)
    const watched = deps.trailWatched?.()
    const windows = await tx.audit.windows(timeShown(filter, events, before), WINDOWS_MAX)
    return {
      events,
      ...(found.length > PAGE_LENGTH && last !== undefined ? { next: last.seq } : {}),
      windows,
      status: await tx.audit.status(),
      ...(watched && { watched }),
    }
  })
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

function auditExport(
  deps: ReadingDeps,
  visitor: Visitor,
  filter: AuditFilter,
  format: 'csv' | 'jsonl',
): Promise<Outcome<AsyncIterable<readonly RecordedEvent[]>>> {
  const asked = { ...detailsOf(filter), format }
  return reading(deps, visitor, 'audit.exported', asked, async (tx) => {
    const { lastSeq } = await tx.audit.status()
    return batches(deps.store, filter, lastSeq + 1)
  })
}

/** What the filter finds before an event, in batches that are read as they are asked for. */
async function* batches(
  store: Store,
  filter: AuditFilter,
  before: number,
): AsyncGenerator<readonly RecordedEvent[]> {
  for (let after = 0; ;) {
    const span = { after, before }
    const batch = await store.statement((db) => db.audit.oldest(filter, span, BATCH_LENGTH))
    const last = batch.at(-1)
    if (last === undefined) return
    yield batch
    if (batch.length < BATCH_LENGTH) return
    after = last.seq
  }
}

/** Reads for an auditor in the transaction that puts the read on record; a refusal is on record too. */
async function reading<T>(
  deps: ReadingDeps,
  { actor, assertion }: Visitor,
  action: Extract<AuditAction, 'audit.read' | 'audit.exported'>,
  asked: AuditEvent['details'],
  read: (tx: Transaction) => Promise<T>,
): Promise<Outcome<T>> {
  const { admins, auditors } = deps.catalogue()
  const identified = await identifyActor(deps, { actor, assertion }, groupsIn(admins, auditors))
  const refusal = refusalOf(identified, [admins, auditors])
  const act = {
    ...recordedAct({ actor, assertion, via: 'web' }, identified),
    alert: false,
    details: { ...asked, ...slackAsOf(identified) },
  } as const
  if (refusal === undefined) {
    const value = await deps.store.transaction(async (tx) => {
      tx.audit.append({ ...act, action })
      return read(tx)
    })
    return { ok: true, value }
  }
  const details = { ...act.details, refusal: refusal.code }
  await deps.store.transaction(async (tx) => {
    tx.audit.append({ ...act, action: 'audit.read_refused', details })
  })
  return { ok: false, refusal }
}

/** Why somebody may not read; `undefined` when they belong to one of the sets. */
function refusalOf(identified: Identified, readers: readonly PeopleSet[]): Refusal | undefined {
  if (!identified.ok) return identified.refusal
  const mayRead = readers.some((set) => belongsTo(set, identified.person))
  return mayRead ? undefined : { code: 'not-an-auditor' }
}

/** What was asked for, as the event of it says. */
function detailsOf({ from, to, person, resourceId, requestId, action }: AuditFilter) {
  return {
    ...(from && { from: from.toISOString() }),
    ...(to && { to: to.toISOString() }),
    ...(person && { person: 'userId' in person ? person.userId : person.email }),
    ...(resourceId && { resource: resourceId }),
    ...(requestId && { request: requestId }),
    ...(action && { action }),
  }
}
