-- What the outside world is known to hold, and what about it is out of date.

create table policy_state (
  resource_id text constraint policy_state_pkey primary key,
  policy_name text not null,
  policy_id text constraint policy_state_policy_id_unique unique,
  written jsonb not null default '[]' constraint policy_state_written_list check (jsonb_typeof(written) = 'array'),
  written_at timestamptz,
  verified_at timestamptz,
  quiet_until timestamptz,
  blocked_reason text,
  foreign_digest text
);
comment on table policy_state is 'Each Pomerium policy as last written: the third side of the merge.';
comment on column policy_state.written is 'The rules of ours that the policy may hold.';
comment on column policy_state.quiet_until is 'No write before this instant: an earlier one may still land.';
comment on column policy_state.foreign_digest is 'SHA-256 of the foreign rules last reported.';

create table slack_message (
  id bigint generated always as identity constraint slack_message_pkey primary key,
  kind text not null constraint slack_message_kind_known check (kind in ('card', 'direct', 'alert')),
  request_id text constraint slack_message_of_request references request,
  audit_seq bigint constraint slack_message_of_event references audit_event,
  channel text not null,
  ts text not null,
  shown_version integer not null default 0,
  trail_version integer not null default 0,
  gone boolean not null default false,
  posted_at timestamptz not null default jit_now(),
  constraint slack_message_place unique (channel, ts),
  constraint slack_message_subject check ((kind = 'alert') = (audit_seq is not null) and (kind <> 'alert') = (request_id is not null))
);
comment on table slack_message is 'Every message that shows a request or an alert, and the version that it shows.';
create index slack_message_by_request on slack_message (request_id) where request_id is not null;
create unique index slack_message_one_per_alert on slack_message (audit_seq) where audit_seq is not null;

create sequence work_generation;
create sequence work_lease_epoch;

create table work (
  key text constraint work_pkey primary key,
  kind text not null constraint work_kind_known check (kind in ('policy', 'messages', 'moment', 'alert')),
  subject text not null,
  generation bigint not null default nextval('work_generation'),
  due_at timestamptz not null,
  attempts integer not null default 0,
  lease_epoch bigint not null default 0,
  lease_until timestamptz,
  last_error text,
  blocked boolean not null default false,
  constraint work_key_form check (key = kind || ':' || subject)
);
comment on table work is 'What is out of date: a policy, the messages of a request, a request whose moment comes.';
comment on column work.generation is 'Moves whenever the thing changes again; the key is cleared only when it did not move.';
comment on column work.lease_epoch is 'Fence: a worker whose epoch is not this one has lost the lease. From a sequence, so that a key that was cleared and came back is not mistaken for itself.';
create index work_due on work (kind, due_at) where not blocked;
create index work_blocked on work (due_at) where blocked;
create index work_leased on work (kind) where lease_until is not null;
