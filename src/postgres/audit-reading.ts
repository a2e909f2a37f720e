import { sql } from 'kysely'
import type { RawBuilder, Selectable } from 'kysely'
import type { AuditReading } from '../app/store.ts'
import { chainBeginning, chainOf, chainedEvents } from './audit-chain.ts'
import { isFound, selectEvents, spanOf } from './audit-query.ts'
import { numbersBetween } from './audit-summary.ts'
import { guardProblems } from './audit-verify.ts'
import { selectWindows } from './audit-windows.ts'
import { toEvent } from './audit.ts'
import type { Database } from './database.ts'
import type { AuditEventTable } from './schema.ts'

/** Looking into the audit trail. */
export function auditReadingIn(tx: Database): AuditReading {
  const read = async (query: RawBuilder<Selectable<AuditEventTable>>) =>
    (await query.execute(tx)).rows.map(toEvent)
  return {
    newest: (filter, before, limit) => read(selectEvents(filter, { before, limit })),
    async chainSpan(filter) {
      const { logId, gapsUntil } = await chainOf(tx)
      const { first, last } = await spanOf(tx, filter)
      const { after } = await chainBeginning(tx, first)
      return { logId, gapsUntil, after, last }
    },
    chained: (filter, { after, last }) => chainedEvents(tx, after.seq, last, isFound(filter)),
    async windows(filter, limit) {
      const { rows } = await selectWindows(filter, limit).execute(tx)
      return rows
    },
    numbersBetween: (from, to) => numbersBetween(tx, from, to),
    async status() {
      const { rows } = await sql<{ seq: string; at: Date; hash: string }>`
        select seq, at, encode(hash, 'hex') as hash from audit_event order by seq desc limit 1`.execute(
        tx,
      )
      const [last] = rows
      return {
        isAppendOnly: (await guardProblems(tx)).length === 0,
        lastSeq: Number(last?.seq ?? 0),
        ...(last === undefined ? {} : { lastAt: last.at, lastHash: last.hash }),
      }
    },
  }
}
