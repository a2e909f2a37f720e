import type { Insertable, Selectable } from 'kysely'
import type { AccessRequest, Approval } from '../domain/request.ts'
import { identity } from './columns.ts'
import type { ApprovalTable } from './schema.ts'

/** An approval as jsonb gives it: instants are text. */
export type ApprovalJson = Omit<Selectable<ApprovalTable>, 'approved_at'> & {
  readonly approved_at: string
}

/** The domain's view of an approval. */
export function toApproval(row: ApprovalJson): Approval {
  return {
    by: identity(
      row.approver_team_id,
      row.approver_user_id,
      row.approver_email,
      row.approver_subject,
    ),
    at: new Date(row.approved_at),
    stage: row.stage,
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.stepped_up ? { isSteppedUp: true } : {}),
    ...(row.duration_seconds === null ? {} : { durationSeconds: row.duration_seconds }),
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
    beneficiary_email: request.beneficiary ?? '',
    stage: approval.stage,
    duration_seconds: approval.durationSeconds ?? null,
    note: approval.note ?? null,
    stepped_up: approval.isSteppedUp === true,
    approved_at: approval.at,
  }
}
