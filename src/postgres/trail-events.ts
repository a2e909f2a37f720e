import { sql } from 'kysely'
import type { TrailEvents } from '../app/trail-events.ts'
import { archivedUpTo } from './audit-chain.ts'
import type { Database } from './database.ts'

/** Single events of the trail in the database. */
export function trailEventsIn(db: Database): TrailEvents {
  return {
    async heldOf(heads) {
      const { rows } = await sql<{ seq: string; hash: string }>`
        select seq, encode(hash, 'hex') as hash from audit.chained_event
        where seq = any(${heads.map(({ seq }) => seq)}::bigint[])`.execute(db)
      const hashes = new Map(rows.map(({ seq, hash }) => [Number(seq), hash]))
      const missing = heads.some(({ seq }) => !hashes.has(seq))
      const archived = missing ? ((await archivedUpTo(db))?.seq ?? 0) : 0
      return heads.filter(({ seq, hash }) =>
        hashes.has(seq) ? hashes.get(seq) === hash : seq <= archived,
      )
    },
    async last() {
      const { rows } = await sql<{ last: string | null }>`
        select max(seq) as last from audit.chained_event`.execute(db)
      return Number(rows[0]?.last ?? 0)
    },
  }
}
