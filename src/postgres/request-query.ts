import { sql } from 'kysely'
import type { Identity } from '../domain/person.ts'
import type { Database } from './database.ts'
import type { RequestRow } from './request-rows.ts'

// Written out, not as parameters: a plan that is made for any parameter cannot use a partial index.
/** Whether a request waits for an answer. */
export const isPending = sql<boolean>`request.status = 'pending'`
/** Whether a request is not for emergency access, which nothing else stands in the way of. */
export const isNoEmergency = sql<boolean>`request.kind <> 'break-glass'`
/** Whether a grant is not over. */
export const isLive = sql<boolean>`access_grant.state in ('granting', 'scheduled', 'active', 'ending')`
/** What a request is for, as resourceRef writes it. */
const ref = sql<string>`case request.level when '' then request.resource_id else request.resource_id || ':' || request.level end`

/** Requests with their grant and approvals, to be narrowed down. */
export function selectRequests(tx: Database) {
  return tx
    .selectFrom('request')
    .leftJoin('access_grant', 'access_grant.request_id', 'request.id')
    .selectAll('request')
    .select([
      'access_grant.state',
      'access_grant.email',
      'access_grant.constraints',
      'access_grant.starts_at as grant_starts_at',
      'access_grant.scheduled',
      'access_grant.ends_at',
      'access_grant.max_seconds',
      'access_grant.extensions',
      'access_grant.earlier_terms',
      'access_grant.in_force_until',
      'access_grant.confirmed_at',
      'access_grant.active_at',
      'access_grant.end_cause',
      'access_grant.end_reason',
      'access_grant.ineligible_why as grant_ineligible_why',
      'access_grant.ended_by_team_id',
      'access_grant.ended_by_user_id',
      'access_grant.ended_by_email',
      'access_grant.ended_by_subject',
      'access_grant.ended_at',
    ])
    .select(
      sql<RequestRow['approvals']>`coalesce((
        select jsonb_agg(to_jsonb(approval) order by approval.request_version)
        from approval where approval.request_id = request.id), '[]')`.as('approvals'),
    )
}

/** Whether a request is for one of these, each written by resourceRef. */
export function isForOneOf(refs: readonly string[]) {
  return sql<boolean>`${ref} = any(${refs})`
}

/** Whether a column has a person's address, in any case. */
export function hasTheirEmail(column: string, { email }: Identity) {
  return sql<boolean>`fold_email(${sql.ref(column)}) = fold_email(${email})`
}

/** Whether a person is neither the requester nor the beneficiary. */
export function isOfOthers(person: Identity) {
  return sql<boolean>`request.requester_user_id <> ${person.userId}
    and not ${hasTheirEmail('request.requester_email', person)}
    and not ${hasTheirEmail('request.beneficiary_email', person)}`
}
