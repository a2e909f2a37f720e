import type { Transaction as Tx } from 'kysely'
import type { Identities } from '../app/store.ts'
import type { Schema } from './schema.ts'

/** The pinned addresses, inside one transaction. */
export function identitiesIn(tx: Tx<Schema>): Identities {
  return {
    async pin({ teamId, userId, email }) {
      const inserted = await tx
        .insertInto('identity')
        .values({ team_id: teamId, user_id: userId, email })
        .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doNothing())
        .returning('email')
        .executeTakeFirst()
      if (inserted !== undefined) return { email, isNew: true }
      const pinned = await tx
        .selectFrom('identity')
        .select('email')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return { email: pinned.email, isNew: false }
    },
    async forget(teamId, userId) {
      const { numDeletedRows } = await tx
        .deleteFrom('identity')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
  }
}
