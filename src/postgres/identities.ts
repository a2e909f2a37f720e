import type { Identities } from '../app/store.ts'
import { foldEmail } from '../domain/person.ts'
import type { Database } from './database.ts'

/** The pinned addresses. */
export function identitiesIn(tx: Database): Identities {
  return {
    async pinned(teamId, userId) {
      const row = await tx
        .selectFrom('identity')
        .select('email')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row?.email
    },
    async pin({ teamId, userId, email }) {
      const inserted = await tx
        .insertInto('identity')
        .values({ team_id: teamId, user_id: userId, email })
        .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doNothing())
        .returning('email')
        .executeTakeFirst()
      if (inserted !== undefined) return { outcome: 'pinned', pinned: email }
      const known = await tx
        .selectFrom('identity')
        .select(['email', 'refused_email'])
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      const pinned = known.email
      if (foldEmail(pinned) === foldEmail(email)) return { outcome: 'same', pinned }
      if (known.refused_email === email) return { outcome: 'refused-again', pinned }
      await tx
        .updateTable('identity')
        .set({ refused_email: email })
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .execute()
      return { outcome: 'refused', pinned }
    },
    async forget(teamId, userId) {
      const row = await tx
        .deleteFrom('identity')
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .returning('email')
        .executeTakeFirst()
      return row?.email
    },
  }
}
