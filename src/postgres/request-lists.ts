import { sql } from 'kysely'
import type { Requests, UnconfirmedEnd } from '../app/store.ts'
import type { SlackUserId } from '../domain/ids.ts'
import type { Approved, Pending } from '../domain/request.ts'
import type { Database } from './database.ts'
import {
  hasTheirEmail,
  isForOneOf,
  isLive,
  isOfOthers,
  isPending,
  selectRequests,
} from './request-query.ts'
import { toRequest } from './request-rows.ts'

const OPEN_OF_ONE = 200

type RequestLists = Pick<
  Requests,
  | 'ofRequester'
  | 'pending'
  | 'standing'
  | 'unconfirmedEnds'
  | 'openRequesters'
  | 'openOf'
  | 'reviewsDue'
  | 'waiting'
  | 'holding'
>

/** Requests by what they have in common. */
export function requestListsIn(tx: Database): RequestLists {
  const list = async (query: ReturnType<typeof selectRequests>) =>
    (await query.execute()).map(toRequest)
  return {
    ofRequester: (requester, limit) =>
      list(
        selectRequests(tx)
          .where('request.requester_user_id', '=', requester)
          .orderBy(sql`${isPending} or coalesce(${isLive}, false)`, 'desc')
          .orderBy('request.requested_at', 'desc')
          .limit(limit),
      ),
    async pending(refs, approver, limit) {
      if (refs.length === 0) return []
      const requests = await list(
        selectRequests(tx)
          .where(isPending)
          .where(isForOneOf(refs))
          .where(isOfOthers(approver))
          .where((is) =>
            is.not(
              is.exists(
                is
                  .selectFrom('approval')
                  .select('approval.request_id')
                  .whereRef('approval.request_id', '=', 'request.id')
                  .where((of) =>
                    of.or([
                      of('approval.approver_user_id', '=', approver.userId),
                      hasTheirEmail('approval.approver_email', approver),
                    ]),
                  ),
              ),
            ),
          )
          .orderBy('request.requested_at')
          .limit(limit),
      )
      return requests as readonly Pending[]
    },
    async standing(resource) {
      const requests = await list(
        selectRequests(tx)
          .where('access_grant.resource_id', '=', resource)
          .where((is) =>
            is.or([
              isLive,
              is('access_grant.ends_at', '>', sql<Date>`(select jit_now() - interval '1 hour')`),
            ]),
          )
          .orderBy('request.id'),
      )
      return requests as readonly Approved[]
    },
    async unconfirmedEnds(resource) {
      const { rows } = await sql<UnconfirmedEnd>`
        select request_id as id, ending.at as since, exists (
            select from audit_event told
            where told.request_id = access_grant.request_id and told.action = 'grant.end_unconfirmed'
          ) as "isTold"
        from access_grant, lateral (
          select max(at) as at from audit_event
          where audit_event.request_id = access_grant.request_id and action = 'grant.ending') as ending
        where resource_id = ${resource} and state = 'ending' and ends_at > (select jit_now())
        order by since, id`.execute(tx)
      return rows
    },
    async openRequesters() {
      const { rows } = await sql<{ who: SlackUserId }>`
        select requester_user_id as who from request where ${isPending}
        union
        select requester_user_id from access_grant where ${isLive}
        order by who`.execute(tx)
      return rows.map(({ who }) => who)
    },
    openOf: (requester) =>
      list(
        selectRequests(tx)
          .where(
            sql<boolean>`request.id in (
              select id from request where requester_user_id = ${requester} and ${isPending}
              union all
              select request_id from access_grant where requester_user_id = ${requester} and ${isLive})`,
          )
          .orderBy('request.requested_at')
          .limit(OPEN_OF_ONE),
      ),
    async reviewsDue(refs, reviewer, limit) {
      if (refs.length === 0) return []
      const requests = await list(
        selectRequests(tx)
          .where('request.review_due_at', 'is not', null)
          .where('request.review_verdict', 'is', null)
          .where(isAmong(refs))
          .where(isOfOthers(reviewer))
          .orderBy('request.review_due_at')
          .limit(limit),
      )
      return requests as readonly Approved[]
    },
    async waiting(refs, limit) {
      if (refs.length === 0) return []
      const requests = await list(
        selectRequests(tx)
          .where(isPending)
          .where(isAmong(refs))
          .orderBy('request.requested_at')
          .limit(limit),
      )
      return requests as readonly Pending[]
    },
    async holding(refs, limit) {
      if (refs.length === 0) return []
      const requests = await list(
        selectRequests(tx)
          .where(isLive)
          .where(isAmong(refs))
          .orderBy('access_grant.ends_at')
          .orderBy('request.id')
          .limit(limit),
      )
      return requests as readonly Approved[]
    },
  }
}

function isAmong(refs: readonly string[] | 'all') {
  return refs === 'all' ? sql<boolean>`true` : isForOneOf(refs)
}
