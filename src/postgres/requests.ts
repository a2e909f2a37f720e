import { sql } from 'kysely'
import pg from 'pg'
import type { Requests } from '../app/store.ts'
import { RequestExists } from '../app/store.ts'
import type { ResourceId } from '../domain/ids.ts'
import type { Approved, Pending } from '../domain/request.ts'
import type { Database } from './database.ts'
import { toGrantColumns, toGrantRow } from './grant-rows.ts'
import { toApprovalRow, toRequest, toRequestColumns, toRequestRow } from './request-rows.ts'
import type { RequestRow } from './request-rows.ts'

const UNIQUE_VIOLATION = '23505'

/** Requests with their approvals and grant. */
export function requestsIn(tx: Database): Requests {
  const one = (query: ReturnType<typeof select>) =>
    query.executeTakeFirst().then((row) => (row === undefined ? undefined : toRequest(row)))
  return {
    async lock(id) {
      await tx.selectFrom('request').select('id').where('id', '=', id).forUpdate().execute()
      return one(select(tx).where('request.id', '=', id))
    },
    find: (id) => one(select(tx).where('request.id', '=', id)),
    findByIdempotencyKey: (key) => one(select(tx).where('request.idempotency_key', '=', key)),
    async findPending(requester, resource) {
      const found = await one(
        select(tx)
          .where('request.requester_user_id', '=', requester)
          .where('request.resource_id', '=', resource)
          .where('request.status', '=', 'pending'),
      )
      return found as Pending | undefined
    },
    async insert(request, idempotencyKey) {
      try {
        await tx.insertInto('request').values(toRequestRow(request, idempotencyKey)).execute()
      } catch (error) {
        if (isTaken(error)) throw new RequestExists('the request exists', { cause: error })
        throw error
      }
    },
    async save(from, to) {
      for (const approval of to.approvals.slice(from.approvals.length))
        await tx.insertInto('approval').values(toApprovalRow(to, approval)).execute()
      const saved = await tx
        .updateTable('request')
        .set(toRequestColumns(to))
        .where('id', '=', to.id)
        .where('version', '=', from.version)
        .executeTakeFirst()
      if (saved.numUpdatedRows !== 1n)
        throw new Error(`request ${to.id} is not at version ${from.version} any more`)
      if (to.status !== 'approved') return
      if (from.status === 'approved')
        await tx
          .updateTable('access_grant')
          .set(toGrantColumns(to))
          .where('request_id', '=', to.id)
          .execute()
      else await tx.insertInto('access_grant').values(toGrantRow(to)).execute()
    },
    async ofRequester(requester, limit) {
      const rows = await select(tx)
        .where('request.requester_user_id', '=', requester)
        .orderBy(
          sql`request.status = 'pending' or coalesce(access_grant.state in ('granting', 'active', 'ending'), false)`,
          'desc',
        )
        .orderBy('request.requested_at', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toRequest)
    },
    async pending(resources, approver, limit) {
      if (resources.length === 0) return []
      const isTheirs = (column: string) =>
        sql<boolean>`fold_email(${sql.ref(column)}) = fold_email(${approver.email})`
      const rows = await select(tx)
        .where('request.status', '=', 'pending')
        .where('request.resource_id', '=', sql<ResourceId>`any(${resources})`)
        .where('request.requester_user_id', '<>', approver.userId)
        .where((is) => is.not(isTheirs('request.requester_email')))
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
                    isTheirs('approval.approver_email'),
                  ]),
                ),
            ),
          ),
        )
        .orderBy('request.requested_at')
        .limit(limit)
        .execute()
      return rows.map((row) => toRequest(row) as Pending)
    },
    async standing(resource) {
      const rows = await select(tx)
        .where('access_grant.resource_id', '=', resource)
        .where((is) =>
          is.or([
            is('access_grant.state', 'in', ['granting', 'active', 'ending']),
            is('access_grant.ends_at', '>', sql<Date>`(select jit_now() - interval '1 hour')`),
          ]),
        )
        .orderBy('request.id')
        .execute()
      return rows.map((row) => toRequest(row) as Approved)
    },
  }
}

function select(tx: Database) {
  return tx
    .selectFrom('request')
    .leftJoin('access_grant', 'access_grant.request_id', 'request.id')
    .selectAll('request')
    .select([
      'access_grant.state',
      'access_grant.email',
      'access_grant.constraints',
      'access_grant.starts_at',
      'access_grant.ends_at',
      'access_grant.max_seconds',
      'access_grant.active_at',
      'access_grant.end_cause',
      'access_grant.end_reason',
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

function isTaken(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === UNIQUE_VIOLATION &&
    (error.constraint === 'request_idempotency_key_unique' ||
      error.constraint === 'request_one_pending' ||
      error.constraint === 'request_pkey')
  )
}
