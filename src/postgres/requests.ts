import { sql } from 'kysely'
import pg from 'pg'
import type { Requests } from '../app/store.ts'
import { RequestExists } from '../app/store.ts'
import type { AccessRequest, Pending } from '../domain/request.ts'
import { toApprovalRow } from './approval-rows.ts'
import type { Database } from './database.ts'
import { toGrantColumns, toGrantRow } from './grant-rows.ts'
import { requestListsIn } from './request-lists.ts'
import { isNoEmergency, isPending, selectRequests } from './request-query.ts'
import { toRequest, toRequestRow, toRequestUpdate } from './request-rows.ts'
import { requestUsageIn } from './request-usage.ts'

const UNIQUE_VIOLATION = '23505'
const TAKEN = new Set([
  'request_idempotency_key_unique',
  'request_one_pending',
  'request_one_pending_extension',
  'request_pkey',
])

/** Requests with their approvals and grant. */
export function requestsIn(tx: Database): Requests {
  const one = async (query: ReturnType<typeof selectRequests>) => {
    const row = await query.executeTakeFirst()
    return row === undefined ? undefined : toRequest(row)
  }
  return {
    ...requestListsIn(tx),
    ...requestUsageIn(tx),
    async lock(id) {
      // First, and alone: what is joined to a row that had to be waited for would be as it was before the wait.
      await tx.selectFrom('request').select('id').where('id', '=', id).forUpdate().execute()
      return one(selectRequests(tx).where('request.id', '=', id))
    },
    async lockAll(ids) {
      await tx
        .selectFrom('request')
        .select('id')
        .where(sql<boolean>`id = any(${ids})`)
        .orderBy('id')
        .forUpdate()
        .execute()
      const rows = await selectRequests(tx)
        .where(sql<boolean>`request.id = any(${ids})`)
        .orderBy('request.id')
        .execute()
      return rows.map(toRequest)
    },
    find: (id) => one(selectRequests(tx).where('request.id', '=', id)),
    findByIdempotencyKey: (key) =>
      one(selectRequests(tx).where('request.idempotency_key', '=', key)),
    async findPending({ requester, resourceId, level, beneficiary }) {
      const found = await one(
        selectRequests(tx)
          .where('request.requester_user_id', '=', requester)
          .where('request.resource_id', '=', resourceId)
          .where('request.level', '=', level ?? '')
          .where(
            sql<boolean>`fold_email(request.beneficiary_email) = fold_email(${beneficiary ?? ''})`,
          )
          .where('request.extends_request_id', 'is', null)
          .where(isPending)
          .where(isNoEmergency),
      )
      return found as Pending | undefined
    },
    async findPendingExtension(of) {
      const found = await one(
        selectRequests(tx).where('request.extends_request_id', '=', of).where(isPending),
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
      const saved = await saving(tx, from, to).executeTakeFirst()
      if (saved.numUpdatedRows !== 1n)
        throw new Error(`request ${to.id} is not at version ${from.version} any more`)
    },
  }
}

/** One statement for the request, its new approvals and its grant. */
function saving(tx: Database, from: AccessRequest, to: AccessRequest) {
  const approvals = to.approvals.slice(from.approvals.length)
  return withGrant(withApprovals(tx, to, approvals), from, to)
    .updateTable('request')
    .set(toRequestUpdate(to))
    .where('id', '=', to.id)
    .where('version', '=', from.version)
}

function withApprovals(tx: Database, to: AccessRequest, approvals: AccessRequest['approvals']) {
  if (approvals.length === 0) return tx
  return tx.with('approved', (db) =>
    db
      .insertInto('approval')
      .values(approvals.map((approval) => toApprovalRow(to, approval)))
      .returning('request_id'),
  )
}

function withGrant(tx: ReturnType<typeof withApprovals>, from: AccessRequest, to: AccessRequest) {
  if (to.status !== 'approved') return tx
  return tx.with('granted', (db) =>
    from.status === 'approved'
      ? db
          .updateTable('access_grant')
          .set(toGrantColumns(to))
          .where('request_id', '=', to.id)
          .returning('request_id')
      : db.insertInto('access_grant').values(toGrantRow(to)).returning('request_id'),
  )
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === UNIQUE_VIOLATION &&
    TAKEN.has(error.constraint ?? '')
  )
}
