import type { CatalogueRevisions } from '../app/store.ts'
import type { Database } from './database.ts'

/** The catalogue files that were ever in force. */
export function catalogueRevisionsIn(tx: Database): CatalogueRevisions {
  return {
    async accept({ revision }, source) {
      const inserted = await tx
        .insertInto('catalogue_revision')
        .values({ revision, source })
        .onConflict((conflict) => conflict.column('revision').doNothing())
        .returning('revision')
        .executeTakeFirst()
      return inserted !== undefined
    },
  }
}
