import type { PolicyActivities } from '../app/store.ts'
import type { Database } from './database.ts'

/** How far Pomerium's activity log was read, and what of it is on record. */
export function policyActivitiesIn(tx: Database): PolicyActivities {
  return {
    async readTo(clusterId) {
      const row = await tx
        .selectFrom('policy_activity')
        .select('read_to')
        .where('cluster_id', '=', clusterId)
        .executeTakeFirst()
      return row?.read_to
    },
    async readUpTo(clusterId, at) {
      await tx
        .insertInto('policy_activity')
        .values({ cluster_id: clusterId, read_to: at })
        .onConflict((conflict) => conflict.column('cluster_id').doUpdateSet({ read_to: at }))
        .execute()
    },
    async isNews(activityId, at) {
      const row = await tx
        .insertInto('policy_activity_told')
        .values({ activity_id: activityId, at })
        .onConflict((conflict) => conflict.doNothing())
        .returning('activity_id')
        .executeTakeFirst()
      return row !== undefined
    },
    async forgetBefore(at) {
      await tx.deleteFrom('policy_activity_told').where('at', '<', at).execute()
    },
  }
}
