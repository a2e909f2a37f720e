-- The audit trail on its way to a SIEM: how far it has got, and the mark that there is more of it.

create table audit_stream (
  destination text constraint audit_stream_pkey primary key
    constraint audit_stream_destination_form check (destination ~ '^[0-9a-f]{16}$'),
  active boolean not null default true,
  last_seq bigint not null default 0 constraint audit_stream_last_seq_not_negative check (last_seq >= 0),
  last_hash bytea,
  sending_seq bigint constraint audit_stream_sending_ahead check (sending_seq > last_seq),
  delivered_at timestamptz,
  failing text,
  constraint audit_stream_hash_of_last check ((last_seq = 0) = (last_hash is null))
);
create unique index audit_stream_one_active on audit_stream (active) where active;
comment on table audit_stream is 'How far the audit trail was delivered to each destination that it was ever streamed to.';
comment on column audit_stream.destination is 'The beginning of the SHA-256 of its address, which may have a secret in it.';
comment on column audit_stream.active is 'Whether it is the one that the trail goes to now.';
comment on column audit_stream.last_seq is 'The last event that was taken; all before it were too.';
comment on column audit_stream.sending_seq is 'The last event of the batch that was begun: it is repeated as it was until it is taken.';
comment on column audit_stream.failing is 'Why it fails, once operators were told; null when it does not.';

alter table work
  drop constraint work_kind_known,
  add constraint work_kind_known
    check (kind in ('policy', 'messages', 'moment', 'alert', 'eligibility', 'stream'));

-- In the transaction of the events themselves, so that none is ever without its mark. The chain is locked by then: whoever
-- marks a stream must not lock the chain afterwards.
create function mark_audit_stream() returns trigger
  language plpgsql security definer as $$
begin
  insert into work (key, kind, subject, due_at)
  select 'stream:' || destination, 'stream', destination, jit_now() from audit_stream where active
  on conflict (key) do update set
    generation = nextval('work_generation'),
    due_at = case when work.attempts > 0 and not work.blocked then work.due_at else least(work.due_at, excluded.due_at) end,
    attempts = case when work.blocked then 0 else work.attempts end,
    blocked = false;
  if found then
    perform pg_notify('jit_work', '');
  end if;
  return null;
end $$;
create trigger audit_event_marks_stream after insert on audit_event
  for each statement execute function mark_audit_stream();

-- It runs with its owner's rights, so it must find nobody else's tables and functions.
do $$
begin
  execute format('alter function mark_audit_stream() set search_path = pg_catalog, %I, pg_temp', current_schema());
  if exists (select from pg_roles where rolname = 'jit_app') then
    grant select, insert, update on audit_stream to jit_app;
  end if;
end $$;
revoke execute on function mark_audit_stream() from public;
