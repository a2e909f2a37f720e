import type { Transaction as Tx } from 'kysely'
import type { CatalogueRevisions } from '../app/store.ts'
import type { Schema } from './schema.ts'

/** The catalogue files that were ever in force, inside one transaction. */
export function catalogueRevisionsIn(tx: Tx<Schema>): CatalogueRevisions {
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
