import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Rows of the table; a power of two. */
const PLACES = 1_024

/**
 * Lets one transaction at a time do this for whom it is done; until it ends, others wait. Now and then somebody waits for
 * somebody else, whose name falls on the same row. Throws when the row is missing.
 */
export async function waitForTurn(tx: Database, what: string, whom: string): Promise<void> {
  const { rows } = await sql`
    select place from turn
    where place = hashtextextended(${`${what}:${whom}`}::text, 0) & ${sql.lit(PLACES - 1)}
    for update`.execute(tx)
  if (rows.length !== 1) throw new Error('a row of the table turn is missing')
}
