-- What auditors ask their questions of. Views alone, with nothing in them that the product keeps for itself.

create view audit.event as
  select seq, at, action, via, actor_kind, actor_team_id, actor_user_id, actor_email, actor_subject, source_address,
    request_id, request_version, resource_id, alert, details
  from audit_event;
comment on view audit.event is 'Everything on record, one row each.';
comment on column audit.event.at is 'By the clock of the database.';
comment on column audit.event.request_version is 'The version of the request that this made; null where nothing changed.';

create view audit.request as
  select id as request_id, status, kind, requester_user_id, requester_email, nullif(beneficiary_email, '') as beneficiary_email,
    resource_id, nullif(level, '') as level, extends_request_id, duration_seconds, starts_at as asked_start, reason, requested_at,
    approvals_needed, approvals_counted, step_up, automatic_rule, catalogue_revision, denied_by_user_id, denied_by_email,
    deny_reason, closed_at, review_due_at, review_overdue, review_verdict, reviewed_by_user_id, reviewed_by_email, reviewed_at,
    review_note
  from request;
comment on view audit.request is 'Who asked for what, for whom, how long and why, and how it was answered.';
comment on column audit.request.kind is 'standard, sponsored (for somebody who cannot ask), break-glass or extension.';
comment on column audit.request.automatic_rule is 'The rule of the catalogue that approved it; null where people did.';
comment on column audit.request.catalogue_revision is 'The catalogue that it was asked under.';

create view audit.approval as
  select request_id, request_version, approver_user_id, approver_email, nullif(approver_subject, '') as approver_subject,
    requester_user_id, requester_email, nullif(beneficiary_email, '') as beneficiary_email, stage, duration_seconds, note,
    stepped_up, approved_at
  from approval;
comment on view audit.approval is 'Who approved which request, when, with which note.';
comment on column audit.approval.duration_seconds is 'What the approver shortened it to; null where they did not.';

create view audit.access as
  select request_id, access_grant.resource_id, nullif(request.level, '') as level, email, access_grant.requester_user_id, requester_email,
    request.kind, automatic_rule, access_grant.starts_at, ends_at,
    case extensions when 0 then coalesce(active_at, access_grant.starts_at) else access_grant.starts_at end as began,
    least(ended_at, ends_at) as finished, state, extensions, end_cause, end_reason, ended_by_email
  from access_grant
  join request on request.id = request_id
  where state <> 'never-active';
comment on view audit.access is 'Access that somebody had, has or is to have: one row for each window.';
comment on column audit.access.email is 'Whom Pomerium lets in.';
comment on column audit.access.starts_at is 'The beginning of its rule; with ends_at it is what there is an index on.';
comment on column audit.access.began is 'When it was in force for certain: Pomerium had confirmed it.';
comment on column audit.access.finished is 'When it ended or is to end, whichever is first.';

create view audit.catalogue as
  select event.details ->> 'revision' as revision, event.at as in_force_from,
    lead(event.at) over (order by event.seq) as in_force_to, source
  from audit_event event
  join catalogue_revision on catalogue_revision.revision = event.details ->> 'revision'
  where action = 'catalogue.accepted';
comment on view audit.catalogue is 'Which catalogue was in force when, word for word.';
comment on column audit.catalogue.in_force_to is 'Null while it is in force.';

do $$
begin
  if exists (select from pg_roles where rolname = 'jit_auditor') then
    grant select on audit.event, audit.request, audit.approval, audit.access, audit.catalogue to jit_auditor;
  end if;
end $$;

create index approval_by_approver on approval (approver_user_id, approved_at);
create index approval_by_time on approval (approved_at);
create index request_by_time on request (requested_at);
