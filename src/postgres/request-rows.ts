import type { Insertable, Selectable, Updateable } from 'kysely'
import type { SlackTeamId, SlackUserId } from '../domain/ids.ts'
import type { Identity } from '../domain/person.ts'
import type {
  AccessRequest,
  Approval,
  Approved,
  Asked,
  Grant,
  GrantTerms,
  Pending,
} from '../domain/request.ts'
import type { AccessGrantTable, ApprovalTable, RequestTable } from './schema.ts'

/** An approval as jsonb gives it: instants are text. */
type ApprovalJson = Omit<Selectable<ApprovalTable>, 'approved_at'> & {
  readonly approved_at: string
}
type GrantColumns = Omit<Selectable<AccessGrantTable>, 'request_id' | 'version' | 'resource_id'>
type Nullable<T> = { [K in keyof T]: T[K] | null }

/** One row of the request query: the request, its grant if any, its approvals. */
export type RequestRow = Selectable<RequestTable> &
  Nullable<GrantColumns> & { readonly approvals: readonly ApprovalJson[] }

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

function toGrant(row: RequestRow): Grant {
  const terms: GrantTerms = {
    email: required(row.email, 'email'),
    constraints: required(row.constraints, 'constraints'),
    startsAt: required(row.starts_at, 'starts_at'),
    endsAt: required(row.ends_at, 'ends_at'),
    maxSeconds: required(row.max_seconds, 'max_seconds'),
  }
  const endedBy = identityOrNone(
    row.ended_by_team_id,
    row.ended_by_user_id,
    row.ended_by_email,
    row.ended_by_subject,
  )
  const endReason = row.end_reason === null ? {} : { endReason: row.end_reason }
  const state = required(row.state, 'state')
  switch (state) {
    case 'granting':
      return { ...terms, state }
    case 'active':
      return { ...terms, state, activeAt: required(row.active_at, 'active_at') }
    case 'ending': {
      const cause = required(row.end_cause, 'end_cause')
      if (cause === 'expired') throw new TypeError(`grant ${row.id} is ending by itself`)
      return { ...terms, state, cause, endedBy: required(endedBy, 'ended_by'), ...endReason }
    }
    case 'ended':
      return {
        ...terms,
        state,
        cause: required(row.end_cause, 'end_cause'),
        endedAt: required(row.ended_at, 'ended_at'),
        ...(endedBy === undefined ? {} : { endedBy }),
        ...endReason,
      }
    case 'never-active':
      return { ...terms, state, endedAt: required(row.ended_at, 'ended_at') }
    default:
      return state satisfies never
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

export function toGrantRow(request: Approved): Insertable<AccessGrantTable> {
  const { grant } = request
  return {
    ...toGrantColumns(request),
    request_id: request.id,
    resource_id: request.resourceId,
    email: grant.email,
    constraints: JSON.stringify(grant.constraints),
    starts_at: grant.startsAt,
    ends_at: grant.endsAt,
    max_seconds: grant.maxSeconds,
  }
}

/** The columns of a grant that its life changes. */
export function toGrantColumns({ grant, version }: Approved) {
  const ending = grant.state === 'ending' || grant.state === 'ended' ? grant : undefined
  return {
    version,
    state: grant.state,
    ...(grant.state === 'active' ? { active_at: grant.activeAt } : {}),
    end_cause: ending?.cause ?? null,
    end_reason: ending?.endReason ?? null,
    ended_by_team_id: ending?.endedBy?.teamId ?? null,
    ended_by_user_id: ending?.endedBy?.userId ?? null,
    ended_by_email: ending?.endedBy?.email ?? null,
    ended_by_subject: ending?.endedBy?.subject ?? null,
    ended_at: grant.state === 'ended' || grant.state === 'never-active' ? grant.endedAt : null,
  } satisfies Updateable<AccessGrantTable>
}

/** An identity from its four columns. */
export function identity(
  teamId: SlackTeamId,
  userId: SlackUserId,
  email: string,
  subject: string | null,
): Identity {
  return { teamId, userId, email, ...(subject === null || subject === '' ? {} : { subject }) }
}

export function identityOrNone(
  teamId: SlackTeamId | null,
  userId: SlackUserId | null,
  email: string | null,
  subject: string | null,
): Identity | undefined {
  if (teamId === null || userId === null || email === null) return undefined
  return identity(teamId, userId, email, subject)
}

function required<T>(value: T | null | undefined, column: string): T {
  if (value === null || value === undefined) throw new TypeError(`column ${column} is empty`)
  return value
}
