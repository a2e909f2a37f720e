import type { Selectable } from 'kysely'
import type { Identities } from '../app/identity-store.ts'
import { foldEmail } from '../domain/person.ts'
import type { Database } from './database.ts'
import { codesIn, linkOf, linksIn } from './identity-links.ts'
import type { IdentityTable } from './schema.ts'

/** The pinned addresses, and the Pomerium identities that people linked. */
export function identitiesIn(tx: Database): Identities {
  return {
    async find(teamId, userId) {
      const row = await tx
        .selectFrom('identity')
        .select(['email', 'subject', 'linked_email', 'allowed_email'])
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row && known(row)
    },
    async pin({ teamId, userId, email }) {
      const inserted = await tx
        .insertInto('identity')
        .values({ team_id: teamId, user_id: userId, email })
        .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doNothing())
        .returning('email')
        .executeTakeFirst()
      if (inserted !== undefined) return { outcome: 'pinned', pinned: email }
      const row = await tx
        .selectFrom('identity')
        .select(['email', 'refused_email'])
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      const pinned = row.email
      if (foldEmail(pinned) === foldEmail(email)) return { outcome: 'same', pinned }
      if (row.refused_email === email) return { outcome: 'refused-again', pinned }
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
        .returning(['email', 'subject', 'linked_email', 'allowed_email'])
        .executeTakeFirst()
      return row && known(row)
    },
    async allow(teamId, userId, email) {
      const { numUpdatedRows } = await tx
        .updateTable('identity')
        .set({ allowed_email: email })
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    ...linksIn(tx),
    ...codesIn(tx),
  }
}

function known(
  row: Pick<Selectable<IdentityTable>, 'email' | 'subject' | 'linked_email' | 'allowed_email'>,
) {
  const link = linkOf(row)
  return {
    pinned: row.email,
    ...(link === undefined ? {} : { link }),
    ...(row.allowed_email === null ? {} : { allowed: row.allowed_email }),
  }
}
