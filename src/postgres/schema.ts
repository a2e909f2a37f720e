import type { ColumnType, Generated } from 'kysely'
import type { AuditAction, Via } from '../domain/event.ts'
import type {
  LevelId,
  RequestId,
  ResourceId,
  SlackChannelId,
  SlackGroupId,
  SlackTeamId,
  SlackUserId,
} from '../domain/ids.ts'
import type { Criterion, Json, Rule } from '../domain/ppl.ts'
import type { NotAMember } from '../domain/refusal.ts'
import type {
  AccessRequest,
  EndCause,
  Grant,
  Ineligibility,
  RequestKind,
  Verdict,
} from '../domain/request.ts'
import type { PolicySettings } from '../app/store.ts'
import type { WorkKind } from '../app/work-list.ts'

type Stored<T> = ColumnType<T, T, never>
/** By the database alone. */
type Given<T> = ColumnType<T, never, never>
type JsonText<T extends object> = ColumnType<T, string, string>

export interface RequestTable {
  id: Stored<RequestId>
  version: number
  status: AccessRequest['status']
  kind: Stored<RequestKind>
  idempotency_key: Stored<string>
  requester_team_id: Stored<SlackTeamId>
  requester_user_id: Stored<SlackUserId>
  requester_email: Stored<string>
  requester_subject: Stored<string>
  beneficiary_email: Stored<string>
  resource_id: Stored<ResourceId>
  level: Stored<LevelId | ''>
  extends_request_id: Stored<RequestId | null>
  duration_seconds: Stored<number>
  starts_at: Stored<Date | null>
  reason: Stored<string>
  requested_at: Stored<Date>
  lapses_at: Stored<Date>
  approvals_needed: number
  approvals_counted: number
  step_up: Stored<boolean>
  automatic_rule: string | null
  catalogue_revision: Stored<string>
  reminders: number
  remind_seconds: Stored<number | null>
  remind_at: Date | null
  escalates_at: Date | null
  escalated_at: Date | null
  denied_by_team_id: SlackTeamId | null
  denied_by_user_id: SlackUserId | null
  denied_by_email: string | null
  denied_by_subject: string | null
  deny_reason: string | null
  ineligible_why: Ineligibility | null
  closed_at: Date | null
  review_due_at: Generated<Date | null>
  review_remind_at: Generated<Date | null>
  review_overdue: Generated<boolean>
  review_verdict: Generated<Verdict | null>
  reviewed_by_team_id: Generated<SlackTeamId | null>
  reviewed_by_user_id: Generated<SlackUserId | null>
  reviewed_by_email: Generated<string | null>
  reviewed_by_subject: Generated<string | null>
  reviewed_at: Generated<Date | null>
  review_note: Generated<string | null>
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
  beneficiary_email: string
  stage: number
  duration_seconds: number | null
  note: string | null
  stepped_up: boolean
  approved_at: Date
}

/** What a rule said before an extension, as jsonb has it: the instant is text. */
export interface EarlierTerms {
  readonly endsAt: string
  readonly constraints: readonly Criterion[]
}

export interface AccessGrantTable {
  request_id: Stored<RequestId>
  version: number
  state: Grant['state']
  requester_user_id: Stored<SlackUserId>
  resource_id: Stored<ResourceId>
  email: Stored<string>
  constraints: JsonText<Criterion[]>
  starts_at: Stored<Date>
  scheduled: Stored<boolean>
  ends_at: Date
  max_seconds: Stored<number>
  extensions: number
  earlier_terms: JsonText<EarlierTerms[]>
  in_force_until: Date | null
  confirmed_at: Date | null
  active_at: Date | null
  end_cause: EndCause | null
  end_reason: string | null
  ineligible_why: Ineligibility | null
  ended_by_team_id: SlackTeamId | null
  ended_by_user_id: SlackUserId | null
  ended_by_email: string | null
  ended_by_subject: string | null
  ended_at: Date | null
}

export interface AuditEventTable {
  seq: Given<string>
  at: Given<Date>
  recorded_by: Given<string | null>
  action: AuditAction
  via: Via
  actor_kind: 'person' | 'bot'
  actor_team_id: SlackTeamId | null
  actor_user_id: SlackUserId | null
  actor_email: string | null
  actor_subject: string | null
  source_address: Generated<string | null>
  request_id: RequestId | null
  request_version: number | null
  resource_id: ResourceId | null
  alert: boolean
  schema_version: Generated<number>
  public_details: string
  personal_details: string | null
  actor_salt: Given<string | null>
  actor_digest: Given<Buffer | null>
  personal_salt: Given<string | null>
  personal_digest: Given<Buffer | null>
  hash: Given<Buffer>
  details: Given<{ [key: string]: Json }>
}

export interface IdentityTable {
  team_id: SlackTeamId
  user_id: SlackUserId
  email: string
  pinned_at: Generated<Date>
  refused_email: string | null
  subject: Generated<string | null>
  linked_email: Generated<string | null>
  linked_at: Generated<Date | null>
  allowed_email: Generated<string | null>
}

export interface LinkCodeTable {
  team_id: SlackTeamId
  user_id: SlackUserId
  code_hash: string
  expires_at: Date
}

export interface DirectoryMemberTable {
  user_id: SlackUserId
  team_id: SlackTeamId | null
  email: string | null
  is_guest: boolean | null
  time_zone: string | null
  refused_why: NotAMember | null
  outdated: Generated<boolean>
  seen_at: Date
}

export interface DirectoryGroupTable {
  group_id: SlackGroupId
  members: SlackUserId[]
  outdated: Generated<boolean>
  seen_at: Date
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
  seen: JsonText<PolicySettings> | null
  text_digest: string | null
}

export interface PolicyActivityTable {
  cluster_id: string
  read_to: Date
}

export interface PolicyActivityToldTable {
  activity_id: string
  at: Date
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
  urgent: Generated<boolean>
}

export interface AuditStreamTable {
  destination: Stored<string>
  active: Generated<boolean>
  last_seq: Generated<string>
  last_hash: Generated<Buffer | null>
  sending_seq: Generated<string | null>
  delivered_at: Generated<Date | null>
  failing: Generated<string | null>
}

export interface CatalogueRevisionTable {
  revision: string
  source: string
  accepted_at: Generated<Date>
}

export interface CatalogueInForceTable {
  singleton: Generated<boolean>
  revision: string
  accepted_at: Generated<Date>
}

export interface Schema {
  request: RequestTable
  approval: ApprovalTable
  access_grant: AccessGrantTable
  audit_event: AuditEventTable
  identity: IdentityTable
  link_code: LinkCodeTable
  directory_member: DirectoryMemberTable
  directory_group: DirectoryGroupTable
  policy_state: PolicyStateTable
  policy_activity: PolicyActivityTable
  policy_activity_told: PolicyActivityToldTable
  slack_message: SlackMessageTable
  work: WorkTable
  audit_stream: AuditStreamTable
  catalogue_revision: CatalogueRevisionTable
  catalogue_in_force: CatalogueInForceTable
}
