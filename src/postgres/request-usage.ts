import { sql } from 'kysely'
import type { Requests, Usage } from '../app/store.ts'
import type { Database } from './database.ts'
import { isLive, isPending } from './request-query.ts'
import { waitForTurn } from './turn.ts'

/** What one person has and did, as far as it is limited. */
export function requestUsageIn(
  tx: Database,
): Pick<Requests, 'lockUsage' | 'usage' | 'automaticApprovals' | 'takenAwaySince'> {
  return {
    lockUsage: (requester) => waitForTurn(tx, 'usage', requester),
    async usage(requester) {
      const { rows } = await sql<Usage>`
        select
          (select count(*)::integer from request
            where requester_user_id = ${requester} and ${isPending}) as "openRequests",
          (select count(*)::integer from request
            where requester_user_id = ${requester} and extends_request_id is null and ${isPending}
          ) as "accessRequests",
          (select count(*)::integer from access_grant join request on request.id = access_grant.request_id
            where access_grant.requester_user_id = ${requester} and ${isLive}
              and request.kind <> 'break-glass') as grants,
          (select count(*)::integer from request
            where requester_user_id = ${requester} and kind <> 'break-glass'
              and requested_at > (select jit_now() - interval '1 hour')) as "requestsLastHour"`.execute(
        tx,
      )
      const [usage] = rows
      if (usage === undefined) throw new TypeError('the database counted nothing')
      return usage
    },
    async automaticApprovals({ requester, resourceId, rule, since }) {
      // Nothing is approved after it lapsed; that bound is what the index goes by.
      const { rows } = await sql<{ count: number }>`
        select count(*)::integer as count
        from request left join access_grant on access_grant.request_id = request.id
        where request.requester_user_id = ${requester} and request.resource_id = ${resourceId}
          and request.automatic_rule = ${rule} and request.lapses_at > ${since}
          and coalesce(request.closed_at, access_grant.starts_at) >= ${since}`.execute(tx)
      return rows[0]?.count ?? 0
    },
    async takenAwaySince({ requester, resourceId, since }) {
      // What is being revoked has no end on record yet.
      const { rows } = await sql<{ isTaken: boolean }>`
        select exists (
          select from request
          where requester_user_id = ${requester} and resource_id = ${resourceId}
            and status = 'denied' and closed_at >= ${since}
        ) or exists (
          select from access_grant
          where requester_user_id = ${requester} and resource_id = ${resourceId}
            and end_cause = 'revoked' and coalesce(ended_at, 'infinity') >= ${since}
        ) as "isTaken"`.execute(tx)
      return rows[0]?.isTaken ?? true
    },
  }
}
