-- What must not be erased, for as long as somebody says so.

create table audit_hold (
  id bigint generated always as identity constraint audit_hold_pkey primary key,
  person text constraint audit_hold_person_not_blank check (person ~ '[^[:space:]]'),
  reason text not null constraint audit_hold_reason_bounded check (char_length(reason) between 1 and 1000),
  placed_at timestamptz not null default jit_now(),
  released_at timestamptz
);
comment on table audit_hold is 'Legal holds: nobody whom one covers is erased.';
comment on column audit_hold.person is 'A Slack id, or an e-mail address as it is compared; null covers everybody.';

create function check_hold_kept() returns trigger language plpgsql as $$
begin
  if old.released_at is not null or new.released_at is null
     or (new.id, new.person, new.reason, new.placed_at) is distinct from (old.id, old.person, old.reason, old.placed_at) then
    raise exception 'hold %: it can only be released, once', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger audit_hold_kept before update on audit_hold
  for each row execute function check_hold_kept();
create trigger audit_hold_no_delete before delete on audit_hold
  for each row execute function refuse_change();
create trigger audit_hold_no_truncate before truncate on audit_hold
  for each statement execute function refuse_change();
do $$
begin
  execute format('alter function check_hold_kept() set search_path = pg_catalog, %I, pg_temp', current_schema());
end $$;

create view audit.hold as select id, person, reason, placed_at, released_at from audit_hold;
comment on view audit.hold is 'Legal holds, also those that were released.';

do $$
begin
  if exists (select from pg_roles where rolname = 'jit_auditor') then
    grant select on audit.hold to jit_auditor;
  end if;
end $$;
