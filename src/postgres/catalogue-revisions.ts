import { sql } from 'kysely'
import type { CatalogueRevisions } from '../app/store.ts'
import type { Database } from './database.ts'

/** The catalogue files that were ever in force, and the one that is. */
export function catalogueRevisionsIn(tx: Database): CatalogueRevisions {
  return {
    async inForce() {
      const row = await tx.selectFrom('catalogue_in_force').select('revision').executeTakeFirst()
      return row?.revision
    },
    async accept({ revision }, source) {
      await tx
        .insertInto('catalogue_revision')
        .values({ revision, source })
        .onConflict((conflict) => conflict.column('revision').doNothing())
        .execute()
      const changed = await tx
        .insertInto('catalogue_in_force')
        .values({ revision })
        .onConflict((conflict) =>
          conflict
            .column('singleton')
            .doUpdateSet({ revision, accepted_at: sql<Date>`jit_now()` })
            .where('catalogue_in_force.revision', '<>', revision),
        )
        .returning('revision')
        .executeTakeFirst()
      return changed !== undefined
    },
  }
}
