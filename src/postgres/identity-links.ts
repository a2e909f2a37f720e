import { sql } from 'kysely'
import type { Selectable } from 'kysely'
import type { Identities, Link, SlackUser } from '../app/identity-store.ts'
import { toEvent } from './audit.ts'
import type { Database } from './database.ts'
import type { IdentityTable } from './schema.ts'
import { waitForTurn } from './turn.ts'

const REFUSED_MOST = 500

/** Who is linked to which Pomerium identity. */
export function linksIn(
  tx: Database,
): Pick<Identities, 'linkOfSubject' | 'link' | 'unlink' | 'links' | 'refusedLinks'> {
  return {
    async linkOfSubject(subject) {
      const row = await tx
        .selectFrom('identity')
        .select(['team_id', 'user_id', 'subject', 'linked_email'])
        .where('subject', '=', subject)
        .executeTakeFirst()
      const link = row && linkOf(row)
      return link && { ...link, teamId: row.team_id, userId: row.user_id }
    },
    async link({ teamId, userId }, { subject, email }) {
      await waitForTurn(tx, 'subject', subject)
      const taken = await tx
        .selectFrom('identity')
        .select('user_id')
        .where('subject', '=', subject)
        .where((eb) => eb.or([eb('team_id', '!=', teamId), eb('user_id', '!=', userId)]))
        .executeTakeFirst()
      if (taken !== undefined) return { outcome: 'taken', by: taken.user_id }
      const row = await locked(tx, { teamId, userId })
      if (row === undefined) return { outcome: 'unknown' }
      await tx
        .updateTable('identity')
        .set({ subject, linked_email: email, linked_at: sql<Date>`jit_now()` })
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .execute()
      const before = linkOf(row)
      return { outcome: 'linked', ...(before === undefined ? {} : { before }) }
    },
    async unlink(teamId, userId, subject) {
      const row = await locked(tx, { teamId, userId })
      const link = row && linkOf(row)
      if (link === undefined || (subject ?? link.subject) !== link.subject) return undefined
      await tx
        .updateTable('identity')
        .set({ subject: null, linked_email: null, linked_at: null })
        .where('team_id', '=', teamId)
        .where('user_id', '=', userId)
        .execute()
      return link
    },
    async links() {
      const rows = await tx
        .selectFrom('identity')
        .select(['team_id', 'user_id', 'email', 'subject', 'linked_email', 'linked_at'])
        .where('subject', 'is not', null)
        .orderBy('team_id')
        .orderBy('user_id')
        .execute()
      return rows.flatMap((row) => {
        const link = linkOf(row)
        if (link === undefined || row.linked_at === null) return []
        const { team_id: teamId, user_id: userId, email: pinned, linked_at: at } = row
        return [{ teamId, userId, pinned, link, at }]
      })
    },
    async refusedLinks(seconds) {
      const rows = await tx
        .selectFrom('audit_event')
        .selectAll()
        .where('action', '=', sql.lit('identity.link_refused' as const))
        .where('at', '>', since(seconds))
        .orderBy('at', 'desc')
        .limit(REFUSED_MOST)
        .execute()
      return rows.map(toEvent)
    },
  }
}

/** What a Slack user is linked to, locked until the transaction ends. */
function locked(tx: Database, { teamId, userId }: SlackUser) {
  return tx
    .selectFrom('identity')
    .select(['subject', 'linked_email'])
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst()
}

/** The codes to link with. */
export function codesIn(tx: Database): Pick<Identities, 'issueCode' | 'takeCode' | 'wrongCodes'> {
  return {
    async issueCode({ teamId, userId }, codeHash, seconds) {
      const expiresAt = sql<Date>`jit_now() + ${seconds} * interval '1 second'`
      const row = await tx
        .insertInto('link_code')
        .values({ team_id: teamId, user_id: userId, code_hash: codeHash, expires_at: expiresAt })
        .onConflict((conflict) =>
          conflict
            .columns(['team_id', 'user_id'])
            .doUpdateSet({ code_hash: codeHash, expires_at: expiresAt }),
        )
        .returning('expires_at')
        .executeTakeFirstOrThrow()
      return row.expires_at
    },
    async takeCode(codeHash) {
      const row = await tx
        .deleteFrom('link_code')
        .where('code_hash', '=', codeHash)
        .returning(['team_id', 'user_id', sql<boolean>`expires_at > jit_now()`.as('is_live')])
        .executeTakeFirst()
      return row?.is_live === true ? { teamId: row.team_id, userId: row.user_id } : undefined
    },
    async wrongCodes(subject, seconds) {
      await waitForTurn(tx, 'subject', subject)
      const { count } = await tx
        .selectFrom('audit_event')
        .select(sql<number>`count(*)::integer`.as('count'))
        .where('action', '=', sql.lit('identity.link_refused' as const))
        .where('actor_subject', '=', subject)
        .where('at', '>', since(seconds))
        .where(sql<boolean>`details ->> 'refusal' = 'link-code-wrong'`)
        .executeTakeFirstOrThrow()
      return count
    },
  }
}

const since = (seconds: number) => sql<Date>`(select jit_now()) - ${seconds} * interval '1 second'`

/** The link in a row; `undefined` when there is none. */
export function linkOf({
  subject,
  linked_email: email,
}: Pick<Selectable<IdentityTable>, 'subject' | 'linked_email'>): Link | undefined {
  return subject === null || email === null ? undefined : { subject, email }
}
