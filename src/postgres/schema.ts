import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AuditAction, Via } from '../domain/event.ts'
import type {
  RequestId,
  ResourceId,
  SlackChannelId,
  SlackTeamId,
  SlackUserId,
} from '../domain/ids.ts'
import type { Criterion, Json, Rule } from '../domain/ppl.ts'
import type { AccessRequest, EndCause, Grant } from '../domain/request.ts'
import type { WorkKind } from '../app/store.ts'

type Stored<T> = ColumnType<T, T, never>
type JsonText<T extends object> = ColumnType<T, string, string>

export interface RequestTable {
  id: Stored<RequestId>
  version: number
  status: AccessRequest['status']
  idempotency_key: Stored<string>
  requester_team_id: Stored<SlackTeamId>
  requester_user_id: Stored<SlackUserId>
  requester_email: Stored<string>
  requester_subject: Stored<string>
  resource_id: Stored<ResourceId>
  duration_seconds: Stored<number>
  reason: Stored<string>
  requested_at: Stored<Date>
  lapses_at: Stored<Date>
  approvals_needed: number
  catalogue_revision: Stored<string>
  denied_by_team_id: SlackTeamId | null
  denied_by_user_id: SlackUserId | null
  denied_by_email: string | null
  denied_by_subject: string | null
  deny_reason: string | null
  closed_at: Date | null
}

export interface ApprovalTable {
  request_id: RequestId
  request_version: number
  approver_team_id: SlackTeamId
  approver_user_id: SlackUserId
  approver_email: string
  approver_subject: string
  requester_user_id: SlackUserId
  requester_email: string
  requester_subject: string
  note: string | null
  approved_at: Date
}

export interface AccessGrantTable {
  request_id: Stored<RequestId>
  version: number
  state: Grant['state']
  resource_id: Stored<ResourceId>
  email: Stored<string>
  constraints: JSONColumnType<Criterion[], string, never>
  starts_at: Stored<Date>
  ends_at: Stored<Date>
  max_seconds: Stored<number>
  active_at: Date | null
  end_cause: EndCause | null
  end_reason: string | null
  ended_by_team_id: SlackTeamId | null
  ended_by_user_id: SlackUserId | null
  ended_by_email: string | null
  ended_by_subject: string | null
  ended_at: Date | null
}

export interface AuditEventTable {
  seq: Generated<string>
  at: Generated<Date>
  action: AuditAction
  via: Via
  actor_kind: 'person' | 'bot'
  actor_team_id: SlackTeamId | null
  actor_user_id: SlackUserId | null
  actor_email: string | null
  actor_subject: string | null
  request_id: RequestId | null
  request_version: number | null
  resource_id: ResourceId | null
  alert: boolean
  details: JsonText<{ [key: string]: Json }>
}

export interface IdentityTable {
  team_id: SlackTeamId
  user_id: SlackUserId
  email: string
  pinned_at: Generated<Date>
  refused_email: string | null
}

export interface PolicyStateTable {
  resource_id: ResourceId
  policy_name: string
  policy_id: string | null
  written: JsonText<Rule[]>
  written_at: Date | null
  verified_at: Date | null
  quiet_until: Date | null
  blocked_reason: string | null
  foreign_digest: string | null
}

export interface SlackMessageTable {
  id: Generated<string>
  kind: 'card' | 'direct' | 'alert'
  request_id: RequestId | null
  audit_seq: string | null
  channel: SlackChannelId
  ts: string
  shown_version: number
  trail_version: number
  gone: Generated<boolean>
  posted_at: Generated<Date>
}

export interface WorkTable {
  key: string
  kind: WorkKind
  subject: string
  generation: Generated<string>
  due_at: Date
  attempts: Generated<number>
  lease_epoch: Generated<string>
  lease_until: Date | null
  last_error: string | null
  blocked: Generated<boolean>
}

export interface CatalogueRevisionTable {
  revision: string
  source: string
  accepted_at: Generated<Date>
}

export interface Schema {
  request: RequestTable
  approval: ApprovalTable
  access_grant: AccessGrantTable
  audit_event: AuditEventTable
  identity: IdentityTable
  policy_state: PolicyStateTable
  slack_message: SlackMessageTable
  work: WorkTable
  catalogue_revision: CatalogueRevisionTable
}
