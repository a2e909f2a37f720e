import { sql } from 'kysely'
import type { RawBuilder, Selectable } from 'kysely'
import type { TrailStatus } from '../app/audit-cases.ts'
import type { AuditReading } from '../app/store.ts'
import { selectEvents } from './audit-query.ts'
import { selectWindows } from './audit-windows.ts'
import { toEvent } from './audit.ts'
import type { Database } from './database.ts'
import type { AuditEventTable } from './schema.ts'

/** Looking into the audit trail. */
export function auditReadingIn(tx: Database): AuditReading {
  const read = async (query: RawBuilder<Selectable<AuditEventTable>>) =>
    (await query.execute(tx)).rows.map(toEvent)
  return {
    newest: (filter, before, limit) =>
      read(selectEvents(filter, { after: 0, before, order: 'desc', limit })),
    oldest: (filter, span, limit) => read(selectEvents(filter, { ...span, order: 'asc', limit })),
    async windows(filter, limit) {
      const { rows } = await selectWindows(filter, limit).execute(tx)
      return rows
    },
    async status() {
      const { rows } = await sql<StatusRow>`
        select last.seq, last.at, (
          select count(*) from pg_trigger
          where tgrelid = 'audit_event'::regclass
            -- Before each row that is updated or deleted; before any truncation.
            and (tgname, tgtype) in (('audit_event_append_only', 27), ('audit_event_no_truncate', 34))
            and tgenabled = 'A' and tgqual is null and tgfoid = to_regproc('refuse_change')
          ) = 2 as "isAppendOnly"
        from (values (1)) one
          left join lateral (select seq, at from audit_event order by seq desc limit 1) last on true`.execute(
        tx,
      )
      return toStatus(rows[0])
    },
  }
}

interface StatusRow {
  readonly seq: string | null
  readonly at: Date | null
  readonly isAppendOnly: boolean
}

function toStatus(row: StatusRow | undefined): TrailStatus {
  if (row === undefined) throw new TypeError('the database told nothing of its trail')
  const { seq, at, isAppendOnly } = row
  return { isAppendOnly, lastSeq: Number(seq ?? 0), ...(at === null ? {} : { lastAt: at }) }
}
