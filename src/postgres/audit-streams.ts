import { sql } from 'kysely'
import type { AuditStreams } from '../app/audit-streams.ts'
import type { StreamDeps } from '../trail/stream-work.ts'
import { StreamError } from '../trail/stream-batch.ts'
import { BrokenRow, firstChained } from './audit-chain.ts'
import type { Database } from './database.ts'

export function auditStreamsIn(tx: Database): AuditStreams {
  return {
    async begin(destination) {
      // Of two that begin at once with other destinations, the later one has its way.
      await sql`lock table audit_stream in share row exclusive mode`.execute(tx)
      await tx
        .updateTable('audit_stream')
        .set({ active: false })
        .where('active', '=', true)
        .where('destination', '<>', destination)
        .execute()
      const { numInsertedOrUpdatedRows = 0n } = await tx
        .insertInto('audit_stream')
        .values({ destination })
        .onConflict((conflict) =>
          conflict
            .column('destination')
            .doUpdateSet({ active: true })
            .where('audit_stream.active', '=', false),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows > 0n
    },
    async find(destination) {
      const { rows } = await sql<Row>`
        select active, log_id, last_seq, encode(last_hash, 'hex') as last_hash, sending_seq, failing
        from audit_stream, audit.chain where destination = ${destination}`.execute(tx)
      const [row] = rows
      if (row === undefined) return undefined
      return {
        isActive: row.active,
        logId: row.log_id,
        lastSeq: Number(row.last_seq),
        ...(row.last_hash === null ? {} : { lastHash: row.last_hash }),
        ...(row.sending_seq === null ? {} : { sendingSeq: Number(row.sending_seq) }),
        ...(row.failing === null ? {} : { failing: row.failing }),
      }
    },
    async sending(destination, after, last) {
      const { numUpdatedRows } = await tx
        .updateTable('audit_stream')
        .set({ sending_seq: String(last) })
        .where('destination', '=', destination)
        .where('last_seq', '=', String(after))
        .where('active', '=', true)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async delivered(destination, after, { seq, hash }) {
      const { numUpdatedRows } = await tx
        .updateTable('audit_stream')
        .set({
          last_seq: String(seq),
          last_hash: Buffer.from(hash, 'hex'),
          sending_seq: null,
          delivered_at: sql<Date>`jit_now()`,
          failing: null,
        })
        .where('destination', '=', destination)
        .where('last_seq', '=', String(after))
        .where('sending_seq', '=', String(seq))
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async failing(destination, why) {
      const { numUpdatedRows } = await tx
        .updateTable('audit_stream')
        .set({ failing: why })
        .where('destination', '=', destination)
        .where('failing', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async lag() {
      const { rows } = await sql<{ lag: string }>`
        select greatest(0, coalesce((select max(seq) from audit_event), 0) - last_seq) as lag
        from audit_stream where active`.execute(tx)
      const [row] = rows
      return row === undefined ? undefined : Number(row.lag)
    },
  }
}

interface Row {
  readonly active: boolean
  readonly log_id: string
  readonly last_seq: string
  readonly last_hash: string | null
  readonly sending_seq: string | null
  readonly failing: string | null
}

/** What the stream reads the chain by. */
export function streamReader(db: Database): StreamDeps['read'] {
  return async (from, limit) => {
    try {
      return await firstChained(db, from, limit)
    } catch (error) {
      if (!(error instanceof BrokenRow)) throw error
      throw new StreamError(`event ${error.seq}: ${error.message}`, { isPassing: false })
    }
  }
}
