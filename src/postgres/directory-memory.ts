import { sql } from 'kysely'
import type { MemberAnswer } from '../app/ports.ts'
import type { DirectoryMemory } from '../app/identity-store.ts'
import type { SlackUserId } from '../domain/ids.ts'
import { required } from './columns.ts'
import type { Database } from './database.ts'
import type { DirectoryMemberTable } from './schema.ts'

/** What Slack said last; every age is told by the database's clock. */
export function directoryMemoryIn(tx: Database): DirectoryMemory {
  const members = (maxAgeSeconds: number) =>
    tx
      .selectFrom('directory_member')
      .select(['user_id', 'team_id', 'email', 'is_guest', 'time_zone', 'refused_why', 'seen_at'])
      .where('outdated', '=', false)
      .where('seen_at', '>=', secondsAgo(maxAgeSeconds))
  return {
    async rememberMember(userId, answer) {
      const row = rowOf(answer)
      await tx
        .with('forgotten', (db) =>
          db
            .deleteFrom('directory_member')
            .where(foldedEmail(), '=', folded(row.email))
            .where('user_id', '<>', userId)
            .returning('user_id'),
        )
        .insertInto('directory_member')
        .values({ user_id: userId, ...row })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet({ ...row, outdated: false }),
        )
        .execute()
    },
    async rememberGroup(groupId, set) {
      const row = { members: [...set], seen_at: sql<Date>`jit_now()` }
      await tx
        .insertInto('directory_group')
        .values({ group_id: groupId, ...row })
        .onConflict((conflict) =>
          conflict.column('group_id').doUpdateSet({ ...row, outdated: false }),
        )
        .execute()
    },
    async member(userId, maxAgeSeconds) {
      const row = await members(maxAgeSeconds).where('user_id', '=', userId).executeTakeFirst()
      return row && answerOf(row)
    },
    async memberByEmail(email, maxAgeSeconds) {
      const row = await members(maxAgeSeconds)
        .where(foldedEmail(), '=', folded(email))
        .orderBy('seen_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && answerOf(row)
    },
    async groupMembers(groupId, maxAgeSeconds) {
      const row = await tx
        .selectFrom('directory_group')
        .select(['members', 'seen_at'])
        .where('group_id', '=', groupId)
        .where('outdated', '=', false)
        .where('seen_at', '>=', secondsAgo(maxAgeSeconds))
        .executeTakeFirst()
      return row && Object.assign(new Set(row.members), { asOf: row.seen_at })
    },
    async forgetAddress(email) {
      await tx.deleteFrom('directory_member').where(foldedEmail(), '=', folded(email)).execute()
    },
    async outdateMember(userId) {
      await tx
        .updateTable('directory_member')
        .set({ outdated: true })
        .where('user_id', '=', userId)
        .execute()
    },
    async outdateGroup(groupId) {
      await tx
        .updateTable('directory_group')
        .set({ outdated: true })
        .where('group_id', '=', groupId)
        .execute()
    },
    async peopleToAsk(maxAgeSeconds, limit) {
      const { rows } = await sql<{ user_id: SlackUserId }>`
        select user_id
        from (select unnest(members) as user_id from directory_group
              union select user_id from directory_member where refused_why is null or outdated) as everybody
        left join directory_member using (user_id)
        where seen_at is null or outdated or seen_at < ${secondsAgo(maxAgeSeconds)}
        order by coalesce(outdated, false) desc, seen_at nulls first, user_id
        limit ${limit}`.execute(tx)
      return rows.map(({ user_id }) => user_id)
    },
    async forgetOlder(ageSeconds) {
      const before = secondsAgo(ageSeconds)
      await tx.deleteFrom('directory_member').where('seen_at', '<', before).execute()
      await tx.deleteFrom('directory_group').where('seen_at', '<', before).execute()
    },
  }
}

// Selected, so that the clock is read once and not for each row.
const secondsAgo = (seconds: number) =>
  sql<Date>`(select jit_now() - make_interval(secs => ${seconds}))`
const foldedEmail = () => sql<string>`fold_email(email)`
const folded = (email: string | null) => sql<string>`fold_email(${email})`

function rowOf(answer: MemberAnswer) {
  const seen_at = sql<Date>`jit_now()`
  const nothing = { team_id: null, email: null, is_guest: null, time_zone: null }
  if (!answer.ok) return { ...nothing, refused_why: answer.why, seen_at }
  const { teamId, email, isGuest, timeZone = null } = answer.member
  const member = { team_id: teamId, email, is_guest: isGuest, time_zone: timeZone }
  return { ...member, refused_why: null, seen_at }
}

function answerOf(row: Omit<DirectoryMemberTable, 'outdated'>): MemberAnswer {
  if (row.refused_why !== null) return { ok: false, why: row.refused_why }
  return {
    ok: true,
    member: {
      teamId: required(row.team_id, 'team_id'),
      userId: row.user_id,
      email: required(row.email, 'email'),
      isGuest: required(row.is_guest, 'is_guest'),
      ...(row.time_zone === null ? {} : { timeZone: row.time_zone }),
    },
    asOf: row.seen_at,
  }
}
