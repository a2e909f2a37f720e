-- Requests, the access that comes of them, and the record of both.

create function jit_now() returns timestamptz
  language sql volatile
  as $$ select clock_timestamp() $$;
comment on function jit_now() is 'The only clock for windows, lapses and leases.';

-- By the rules of Unicode whatever the locale of the database: under C, lower() knows ASCII alone.
create function fold_email(email text) returns text
  language sql immutable strict parallel safe
  return normalize(lower(normalize(regexp_replace(email collate "und-x-icu", '\s', '', 'g'), nfc) collate "und-x-icu"), nfc);
comment on function fold_email(text) is 'The form in which e-mail addresses are compared.';

create table catalogue_revision (
  revision text constraint catalogue_revision_pkey primary key
    constraint catalogue_revision_is_sha256 check (revision ~ '^[0-9a-f]{64}$'),
  source text not null,
  accepted_at timestamptz not null default jit_now()
);
comment on table catalogue_revision is 'Every catalogue file that was ever in force, word for word.';

create table identity (
  team_id text not null,
  user_id text not null,
  email text not null constraint identity_email_not_blank check (email ~ '[^[:space:]]'),
  pinned_at timestamptz not null default jit_now(),
  refused_email text,
  constraint identity_pkey primary key (team_id, user_id)
);
comment on table identity is 'The e-mail address that each Slack user had at first use; a different one is refused.';
comment on column identity.refused_email is 'The different address that was last refused; each is alerted of once.';

create table request (
  id text constraint request_pkey primary key
    constraint request_id_form check (id ~ '^[0-9A-HJKMNP-TV-Z]{8}$'),
  version integer not null constraint request_version_positive check (version > 0),
  status text not null constraint request_status_known
    check (status in ('pending', 'approved', 'denied', 'cancelled', 'lapsed')),
  idempotency_key text not null constraint request_idempotency_key_unique unique,
  requester_team_id text not null,
  requester_user_id text not null,
  requester_email text not null constraint request_email_not_blank check (requester_email ~ '[^[:space:]]'),
  requester_subject text not null default '',
  resource_id text not null,
  duration_seconds integer not null constraint request_duration_positive check (duration_seconds > 0),
  reason text not null constraint request_reason_bounded check (char_length(reason) between 1 and 1000),
  requested_at timestamptz not null,
  lapses_at timestamptz not null,
  approvals_needed integer not null constraint request_approvals_positive check (approvals_needed > 0),
  catalogue_revision text not null
    constraint request_catalogue_revision_known references catalogue_revision,
  denied_by_team_id text,
  denied_by_user_id text,
  denied_by_email text,
  denied_by_subject text,
  deny_reason text,
  closed_at timestamptz,
  constraint request_lapses_later check (lapses_at > requested_at),
  constraint request_closed_with_time check ((status in ('denied', 'cancelled', 'lapsed')) = (closed_at is not null)),
  constraint request_denial_complete check (
    (status = 'denied') = (num_nulls(denied_by_team_id, denied_by_user_id, denied_by_email, deny_reason) = 0)
    and (status = 'denied' or num_nonnulls(denied_by_user_id, deny_reason) = 0)),
  constraint request_not_denied_by_requester check (
    denied_by_user_id is null
    or (denied_by_user_id <> requester_user_id and fold_email(denied_by_email) <> fold_email(requester_email)
        and (coalesce(denied_by_subject, '') = '' or denied_by_subject <> requester_subject))),
  constraint request_requester_of unique (id, requester_user_id, requester_email, requester_subject)
);
comment on table request is 'Who asked for what, how long and why, and how it was answered.';
create unique index request_one_pending on request (requester_user_id, resource_id) where status = 'pending';
create index request_by_requester on request (requester_user_id, requested_at desc);
create index request_pending on request (requested_at) where status = 'pending';
create index request_by_resource on request (resource_id, requested_at desc);

create table approval (
  request_id text not null,
  request_version integer not null,
  approver_team_id text not null,
  approver_user_id text not null,
  approver_email text not null,
  approver_subject text not null default '',
  requester_user_id text not null,
  requester_email text not null,
  requester_subject text not null,
  note text constraint approval_note_bounded check (char_length(note) between 1 and 1000),
  approved_at timestamptz not null,
  constraint approval_pkey primary key (request_id, approver_user_id),
  constraint approval_one_per_version unique (request_id, request_version),
  constraint approval_email_not_blank check (approver_email ~ '[^[:space:]]'),
  -- The copies of the requester are the request's own, so the next check cannot be talked around.
  constraint approval_of_requester
    foreign key (request_id, requester_user_id, requester_email, requester_subject)
    references request (id, requester_user_id, requester_email, requester_subject),
  constraint approval_not_by_requester check (
    approver_user_id <> requester_user_id
    and fold_email(approver_email) <> fold_email(requester_email)
    and (approver_subject = '' or approver_subject <> requester_subject))
);
comment on table approval is 'Who approved a request; nobody approves their own, and nobody counts twice.';
create unique index approval_one_per_email on approval (request_id, fold_email(approver_email));
create unique index approval_one_per_subject on approval (request_id, approver_subject) where approver_subject <> '';

create table access_grant (
  request_id text constraint access_grant_pkey primary key
    constraint access_grant_of_request references request,
  version integer not null,
  state text not null constraint access_grant_state_known
    check (state in ('granting', 'active', 'ending', 'ended', 'never-active')),
  resource_id text not null,
  email text not null constraint access_grant_email_not_blank check (email ~ '[^[:space:]]'),
  constraints jsonb not null constraint access_grant_constraints_list check (jsonb_typeof(constraints) = 'array'),
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  max_seconds integer not null,
  active_at timestamptz,
  end_cause text constraint access_grant_end_cause_known check (end_cause in ('expired', 'returned', 'revoked')),
  end_reason text,
  ended_by_team_id text,
  ended_by_user_id text,
  ended_by_email text,
  ended_by_subject text,
  ended_at timestamptz,
  constraint access_grant_window check (ends_at > starts_at),
  constraint access_grant_whole_seconds check (date_trunc('second', ends_at) = ends_at),
  constraint access_grant_within_maximum check (extract(epoch from ends_at - starts_at) <= max_seconds),
  constraint access_grant_ended_with_time check ((state in ('ended', 'never-active')) = (ended_at is not null)),
  constraint access_grant_ended_with_cause check ((state in ('ending', 'ended')) = (end_cause is not null)),
  constraint access_grant_active_with_time check (state <> 'active' or active_at is not null),
  constraint access_grant_early_end_complete check (
    case when end_cause in ('returned', 'revoked')
      then num_nulls(ended_by_team_id, ended_by_user_id, ended_by_email) = 0
      else num_nonnulls(ended_by_team_id, ended_by_user_id, ended_by_email, ended_by_subject, end_reason) = 0 and state <> 'ending'
    end)
);
comment on table access_grant is 'Access with a window, born of an approval: one PPL rule while granting or active.';
create index access_grant_live on access_grant (resource_id) where state in ('granting', 'active', 'ending');
create index access_grant_window_by_resource on access_grant (resource_id, ends_at);

create table audit_event (
  seq bigint generated always as identity constraint audit_event_pkey primary key,
  at timestamptz not null default jit_now(),
  action text not null constraint audit_event_action_form check (action ~ '^[a-z]+\.[a-z_]+$'),
  via text not null,
  actor_kind text not null constraint audit_event_actor_kind_known check (actor_kind in ('person', 'bot')),
  actor_team_id text,
  actor_user_id text,
  actor_email text,
  actor_subject text,
  request_id text constraint audit_event_request_known references request,
  request_version integer,
  resource_id text,
  alert boolean not null default false,
  details jsonb not null default '{}' constraint audit_event_details_object check (jsonb_typeof(details) = 'object'),
  constraint audit_event_person_named check (
    case actor_kind when 'person'
      -- Team and address are missing when a look-up failed or found nobody of ours.
      then actor_user_id is not null
      else num_nonnulls(actor_team_id, actor_user_id, actor_email, actor_subject) = 0
    end),
  constraint audit_event_change_has_version check (
    (request_version is not null) = (action in (
      'request.created', 'request.approval_recorded', 'request.approved', 'request.denied', 'request.cancelled',
      'request.lapsed', 'grant.activated', 'grant.ending', 'grant.ended', 'grant.never_active'))),
  constraint audit_event_version_of_request check (request_version is null or request_id is not null),
  constraint audit_event_one_per_version unique (request_id, request_version)
);
comment on table audit_event is 'What happened: state changes (with request_version) and refused attempts. Never edited.';
create index audit_event_by_request on audit_event (request_id, seq) where request_id is not null;
create index audit_event_by_actor on audit_event (actor_user_id, seq) where actor_user_id is not null;
create index audit_event_by_resource on audit_event (resource_id, seq) where resource_id is not null;
create index audit_event_by_time on audit_event (at);
