import type { Insertable, Selectable, Updateable } from 'kysely'
import type { AccessRequest, Approval, Asked, Pending } from '../domain/request.ts'
import { identity, identityOrNone, required } from './columns.ts'
import type { GrantRow } from './grant-rows.ts'
import { toGrant } from './grant-rows.ts'
import type { ApprovalTable, RequestTable } from './schema.ts'

/** An approval as jsonb gives it: instants are text. */
type ApprovalJson = Omit<Selectable<ApprovalTable>, 'approved_at'> & {
  readonly approved_at: string
}

/** One row of the request query: the request, its grant if any, its approvals. */
export type RequestRow = Selectable<RequestTable> &
  GrantRow & { readonly approvals: readonly ApprovalJson[] }

/** The domain's view of a row; throws when the row breaks what the constraints promise. */
export function toRequest(row: RequestRow): AccessRequest {
  const approvals = row.approvals.map(toApproval)
  const asked: Asked & { readonly approvals: readonly Approval[] } = {
    id: row.id,
    version: row.version,
    requester: identity(
      row.requester_team_id,
      row.requester_user_id,
      row.requester_email,
      row.requester_subject,
    ),
    resourceId: row.resource_id,
    durationSeconds: row.duration_seconds,
    reason: row.reason,
    requestedAt: row.requested_at,
    lapsesAt: row.lapses_at,
    approvalsNeeded: row.approvals_needed,
    catalogueRevision: row.catalogue_revision,
    approvals,
  }
  switch (row.status) {
    case 'pending':
      return { ...asked, status: 'pending' }
    case 'denied':
      return {
        ...asked,
        status: 'denied',
        deniedBy: required(
          identityOrNone(
            row.denied_by_team_id,
            row.denied_by_user_id,
            row.denied_by_email,
            row.denied_by_subject,
          ),
          'denied_by',
        ),
        deniedAt: required(row.closed_at, 'closed_at'),
        denyReason: required(row.deny_reason, 'deny_reason'),
      }
    case 'cancelled':
      return { ...asked, status: 'cancelled', cancelledAt: required(row.closed_at, 'closed_at') }
    case 'lapsed':
      return { ...asked, status: 'lapsed', lapsedAt: required(row.closed_at, 'closed_at') }
    case 'approved':
      return { ...asked, status: 'approved', grant: toGrant(row) }
    default:
      return row.status satisfies never
  }
}

function toApproval(row: ApprovalJson): Approval {
  return {
    by: identity(
      row.approver_team_id,
      row.approver_user_id,
      row.approver_email,
      row.approver_subject,
    ),
    at: new Date(row.approved_at),
    ...(row.note === null ? {} : { note: row.note }),
  }
}

/** The columns of a new request. */
export function toRequestRow(request: Pending, idempotencyKey: string): Insertable<RequestTable> {
  return {
    ...toRequestColumns(request),
    id: request.id,
    idempotency_key: idempotencyKey,
    requester_team_id: request.requester.teamId,
    requester_user_id: request.requester.userId,
    requester_email: request.requester.email,
    requester_subject: request.requester.subject ?? '',
    resource_id: request.resourceId,
    duration_seconds: request.durationSeconds,
    reason: request.reason,
    requested_at: request.requestedAt,
    lapses_at: request.lapsesAt,
    catalogue_revision: request.catalogueRevision,
  }
}

/** The columns of a request that its life changes. */
export function toRequestColumns(request: AccessRequest) {
  const denial = request.status === 'denied' ? request : undefined
  return {
    version: request.version,
    status: request.status,
    approvals_needed: request.approvalsNeeded,
    denied_by_team_id: denial?.deniedBy.teamId ?? null,
    denied_by_user_id: denial?.deniedBy.userId ?? null,
    denied_by_email: denial?.deniedBy.email ?? null,
    denied_by_subject: denial?.deniedBy.subject ?? null,
    deny_reason: denial?.denyReason ?? null,
    closed_at: closedAt(request),
  } satisfies Updateable<RequestTable>
}

function closedAt(request: AccessRequest): Date | null {
  switch (request.status) {
    case 'denied':
      return request.deniedAt
    case 'cancelled':
      return request.cancelledAt
    case 'lapsed':
      return request.lapsedAt
    case 'pending':
    case 'approved':
      return null
    default:
      return request satisfies never
  }
}

/** The row of the approval that made a version of a request. */
export function toApprovalRow(
  request: AccessRequest,
  approval: Approval,
): Insertable<ApprovalTable> {
  return {
    request_id: request.id,
    request_version: request.version,
    approver_team_id: approval.by.teamId,
    approver_user_id: approval.by.userId,
    approver_email: approval.by.email,
    approver_subject: approval.by.subject ?? '',
    requester_user_id: request.requester.userId,
    requester_email: request.requester.email,
    requester_subject: request.requester.subject ?? '',
    note: approval.note ?? null,
    approved_at: approval.at,
  }
}
