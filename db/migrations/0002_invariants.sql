-- What must hold whoever writes: histories are kept, steps are legal, changes and their audit events commit together.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

create trigger audit_event_append_only before update or delete on audit_event
  for each row execute function refuse_change();
create trigger audit_event_no_truncate before truncate on audit_event
  for each statement execute function refuse_change();
create trigger approval_append_only before update or delete on approval
  for each row execute function refuse_change();
create trigger approval_no_truncate before truncate on approval
  for each statement execute function refuse_change();
create trigger catalogue_revision_append_only before update or delete on catalogue_revision
  for each row execute function refuse_change();
create trigger request_no_delete before delete on request
  for each row execute function refuse_change();
create trigger request_no_truncate before truncate on request
  for each statement execute function refuse_change();
create trigger access_grant_no_delete before delete on access_grant
  for each row execute function refuse_change();
create trigger access_grant_no_truncate before truncate on access_grant
  for each statement execute function refuse_change();
-- ALWAYS: session_replication_role = replica does not switch them off.
alter table audit_event enable always trigger audit_event_append_only;
alter table audit_event enable always trigger audit_event_no_truncate;

create function check_request_step() returns trigger language plpgsql as $$
begin
  if new.version <> old.version + 1 then
    raise exception 'request %: version % cannot follow %', old.id, new.version, old.version
      using errcode = 'check_violation';
  end if;
  if not (old.status = 'pending' or (old.status = 'approved' and new.status = 'approved')) then
    raise exception 'request %: % cannot follow %', old.id, new.status, old.status
      using errcode = 'check_violation';
  end if;
  if (new.id, new.idempotency_key, new.requester_team_id, new.requester_user_id, new.requester_email,
      new.requester_subject, new.resource_id, new.duration_seconds, new.reason, new.requested_at)
     is distinct from
     (old.id, old.idempotency_key, old.requester_team_id, old.requester_user_id, old.requester_email,
      old.requester_subject, old.resource_id, old.duration_seconds, old.reason, old.requested_at) then
    raise exception 'request %: what was asked cannot change', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger request_step before update on request
  for each row execute function check_request_step();

create function check_grant_step() returns trigger language plpgsql as $$
begin
  if new.version <= old.version then
    raise exception 'grant %: version % cannot follow %', old.request_id, new.version, old.version
      using errcode = 'check_violation';
  end if;
  if (old.state, new.state) not in (
    ('granting', 'active'), ('granting', 'ending'), ('granting', 'never-active'),
    ('active', 'ending'), ('active', 'ended'), ('ending', 'ended')) then
    raise exception 'grant %: % cannot follow %', old.request_id, new.state, old.state
      using errcode = 'check_violation';
  end if;
  if (new.request_id, new.resource_id, new.email, new.constraints, new.starts_at, new.ends_at, new.max_seconds)
     is distinct from
     (old.request_id, old.resource_id, old.email, old.constraints, old.starts_at, old.ends_at, old.max_seconds) then
    raise exception 'grant %: its terms cannot change', old.request_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger access_grant_step before update on access_grant
  for each row execute function check_grant_step();

-- Deferred to the commit, so that the rows of one change may be written in any order.
create function require_audit_event() returns trigger language plpgsql as $$
declare
  changed jsonb := to_jsonb(new);
  of_request text := coalesce(changed ->> 'request_id', changed ->> 'id');
  of_version integer := coalesce(changed ->> 'request_version', changed ->> 'version');
begin
  if not exists (select from audit_event where request_id = of_request and request_version = of_version) then
    raise exception '%: version % of request % has no audit event', tg_table_name, of_version, of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger request_audited after insert or update on request
  deferrable initially deferred for each row execute function require_audit_event();
create constraint trigger access_grant_audited after insert or update on access_grant
  deferrable initially deferred for each row execute function require_audit_event();
create constraint trigger approval_audited after insert on approval
  deferrable initially deferred for each row execute function require_audit_event();

-- With audit_event_one_per_version this makes events and versions one to one.
create function require_request_version() returns trigger language plpgsql as $$
begin
  if not exists (select from request where id = new.request_id and version >= new.request_version) then
    raise exception 'audit_event %: request % never had version %', new.seq, new.request_id, new.request_version
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger audit_event_of_change after insert on audit_event
  deferrable initially deferred for each row when (new.request_version is not null)
  execute function require_request_version();

create function require_grant_iff_approved() returns trigger language plpgsql as $$
declare
  of_request text := coalesce(to_jsonb(new) ->> 'request_id', to_jsonb(new) ->> 'id');
  approved boolean;
  needed integer;
begin
  select status = 'approved', approvals_needed into approved, needed from request where id = of_request;
  if approved <> exists (select from access_grant where request_id = of_request) then
    raise exception 'request %: a grant and an approved request come together', of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  if approved and (select count(*) from approval where request_id = of_request) < needed then
    raise exception 'request %: a grant needs % approvals', of_request, needed
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger request_granted after insert or update on request
  deferrable initially deferred for each row execute function require_grant_iff_approved();
create constraint trigger access_grant_approved after insert on access_grant
  deferrable initially deferred for each row execute function require_grant_iff_approved();
