import type { Insertable, Selectable, Updateable } from 'kysely'
import type { AccessRequest, Asked, Attention, Pending } from '../domain/request.ts'
import { closedAt } from '../domain/request-state.ts'
import type { ApprovalJson } from './approval-rows.ts'
import { toApproval } from './approval-rows.ts'
import { identity, identityOrNone, required } from './columns.ts'
import type { GrantRow } from './grant-rows.ts'
import { toGrant } from './grant-rows.ts'
import { toReview, toReviewColumns } from './review-rows.ts'
import type { RequestTable } from './schema.ts'

/** One row of the request query: the request, its grant if any, its approvals. */
export type RequestRow = Selectable<RequestTable> &
  GrantRow & { readonly approvals: readonly ApprovalJson[] }

/** The domain's view of a row; throws when the row breaks what the constraints promise. */
export function toRequest(row: RequestRow): AccessRequest {
  const asked = toAsked(row)
  const automatic = row.automatic_rule === null ? {} : { automatic: row.automatic_rule }
  switch (row.status) {
    case 'pending':
      return { ...asked, ...toAttention(row), status: 'pending' }
    case 'denied': {
      const deniedBy = identityOrNone(
        row.denied_by_team_id,
        row.denied_by_user_id,
        row.denied_by_email,
        row.denied_by_subject,
      )
      return {
        ...asked,
        status: 'denied',
        deniedBy: required(deniedBy, 'denied_by'),
        deniedAt: required(row.closed_at, 'closed_at'),
        denyReason: required(row.deny_reason, 'deny_reason'),
      }
    }
    case 'cancelled':
      return {
        ...asked,
        status: 'cancelled',
        cancelledAt: required(row.closed_at, 'closed_at'),
        ...(row.ineligible_why === null ? {} : { why: row.ineligible_why }),
      }
    case 'lapsed':
      return { ...asked, status: 'lapsed', lapsedAt: required(row.closed_at, 'closed_at') }
    case 'extended': {
      const extendedAt = required(row.closed_at, 'closed_at')
      return { ...asked, ...automatic, status: 'extended', extendedAt }
    }
    case 'approved': {
      const review = toReview(row)
      return {
        ...asked,
        ...automatic,
        ...(review === undefined ? {} : { review }),
        status: 'approved',
        grant: toGrant(row),
      }
    }
    default:
      return row.status satisfies never
  }
}

function toAsked(row: RequestRow): Asked {
  return {
    id: row.id,
    version: row.version,
    kind: row.kind,
    requester: identity(
      row.requester_team_id,
      row.requester_user_id,
      row.requester_email,
      row.requester_subject,
    ),
    ...(row.beneficiary_email === '' ? {} : { beneficiary: row.beneficiary_email }),
    resourceId: row.resource_id,
    ...(row.level === '' ? {} : { level: row.level }),
    ...(row.extends_request_id === null ? {} : { extends: row.extends_request_id }),
    durationSeconds: row.duration_seconds,
    ...(row.starts_at === null ? {} : { startsAt: row.starts_at }),
    reason: row.reason,
    requestedAt: row.requested_at,
    lapsesAt: row.lapses_at,
    approvalsNeeded: row.approvals_needed,
    approvalsCounted: row.approvals_counted,
    ...(row.step_up ? { needsStepUp: true } : {}),
    catalogueRevision: row.catalogue_revision,
    approvals: row.approvals.map(toApproval),
  }
}

function toAttention(row: RequestRow): Attention {
  return {
    reminders: row.reminders,
    ...(row.remind_seconds === null ? {} : { remindSeconds: row.remind_seconds }),
    ...(row.remind_at === null ? {} : { remindAt: row.remind_at }),
    ...(row.escalates_at === null ? {} : { escalatesAt: row.escalates_at }),
    ...(row.escalated_at === null ? {} : { escalatedAt: row.escalated_at }),
  }
}

/** The columns of a new request. */
export function toRequestRow(request: Pending, idempotencyKey: string): Insertable<RequestTable> {
  return {
    ...toRequestColumns(request),
    ...toAttentionColumns(request),
    id: request.id,
    kind: request.kind,
    idempotency_key: idempotencyKey,
    requester_team_id: request.requester.teamId,
    requester_user_id: request.requester.userId,
    requester_email: request.requester.email,
    requester_subject: request.requester.subject ?? '',
    beneficiary_email: request.beneficiary ?? '',
    resource_id: request.resourceId,
    level: request.level ?? '',
    extends_request_id: request.extends ?? null,
    duration_seconds: request.durationSeconds,
    starts_at: request.startsAt ?? null,
    reason: request.reason,
    requested_at: request.requestedAt,
    lapses_at: request.lapsesAt,
    remind_seconds: request.remindSeconds ?? null,
    step_up: request.needsStepUp === true,
    catalogue_revision: request.catalogueRevision,
  }
}

/** The columns of a request that its life changes. How it asked for attention stays as it was once it is answered. */
export function toRequestUpdate(request: AccessRequest): Updateable<RequestTable> {
  return {
    ...toRequestColumns(request),
    ...(request.status === 'pending' ? toAttentionColumns(request) : {}),
    ...toReviewColumns(request),
  }
}

function toAttentionColumns(request: Pending) {
  return {
    reminders: request.reminders,
    remind_at: request.remindAt ?? null,
    escalates_at: request.escalatesAt ?? null,
    escalated_at: request.escalatedAt ?? null,
  } satisfies Updateable<RequestTable>
}

function toRequestColumns(request: AccessRequest) {
  const denial = request.status === 'denied' ? request : undefined
  const isApproved = request.status === 'approved' || request.status === 'extended'
  return {
    version: request.version,
    status: request.status,
    approvals_needed: request.approvalsNeeded,
    approvals_counted: request.approvalsCounted,
    automatic_rule: (isApproved ? request.automatic : undefined) ?? null,
    denied_by_team_id: denial?.deniedBy.teamId ?? null,
    denied_by_user_id: denial?.deniedBy.userId ?? null,
    denied_by_email: denial?.deniedBy.email ?? null,
    denied_by_subject: denial?.deniedBy.subject ?? null,
    deny_reason: denial?.denyReason ?? null,
    ineligible_why: (request.status === 'cancelled' ? request.why : undefined) ?? null,
    closed_at: closedAt(request) ?? null,
  } satisfies Updateable<RequestTable>
}
