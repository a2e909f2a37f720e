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
create trigger catalogue_revision_no_truncate before truncate on catalogue_revision
  for each statement execute function refuse_change();
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
alter table approval enable always trigger approval_append_only;
alter table approval enable always trigger approval_no_truncate;
alter table catalogue_revision enable always trigger catalogue_revision_append_only;
alter table catalogue_revision enable always trigger catalogue_revision_no_truncate;

create function check_request_birth() returns trigger language plpgsql as $$
begin
  if new.version <> 1 or new.status <> 'pending' then
    raise exception 'request %: it begins pending at version 1', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger request_birth before insert on request
  for each row execute function check_request_birth();

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
      new.requester_subject, new.resource_id, new.duration_seconds, new.reason, new.requested_at, new.lapses_at,
      new.catalogue_revision)
     is distinct from
     (old.id, old.idempotency_key, old.requester_team_id, old.requester_user_id, old.requester_email,
      old.requester_subject, old.resource_id, old.duration_seconds, old.reason, old.requested_at, old.lapses_at,
      old.catalogue_revision) then
    raise exception 'request %: what was asked cannot change', old.id using errcode = 'check_violation';
  end if;
  if old.status = 'approved' and new.approvals_needed <> old.approvals_needed then
    raise exception 'request %: how it was decided cannot change', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger request_step before update on request
  for each row execute function check_request_step();

create function check_grant_birth() returns trigger language plpgsql as $$
begin
  if new.state <> 'granting' then
    raise exception 'grant %: it begins granting', new.request_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger access_grant_birth before insert on access_grant
  for each row execute function check_grant_birth();

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
  if (old.active_at is not null and new.active_at is distinct from old.active_at)
     or (old.state = 'ending'
         and (new.end_cause, new.end_reason, new.ended_by_team_id, new.ended_by_user_id, new.ended_by_email, new.ended_by_subject)
             is distinct from
             (old.end_cause, old.end_reason, old.ended_by_team_id, old.ended_by_user_id, old.ended_by_email, old.ended_by_subject)) then
    raise exception 'grant %: what happened to it cannot change', old.request_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger access_grant_step before update on access_grant
  for each row execute function check_grant_step();

-- Deferred to the commit, so that the rows of one change may be written in any order.
create function require_event(of_table text, of_request text, of_version integer, actions text[], by_user text)
returns void language plpgsql as $$
begin
  if not exists (
    select from audit_event
    where request_id = of_request and request_version = of_version and action = any(actions)
      and (by_user is null or actor_user_id = by_user)) then
    raise exception '%: version % of request % has no audit event % by %',
      of_table, of_version, of_request, array_to_string(actions, ' or '), coalesce(by_user, 'anybody')
      using errcode = 'integrity_constraint_violation';
  end if;
end $$;

create function require_request_event() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform require_event('request', new.id, new.version, '{request.created}', new.requester_user_id);
  elsif old.status = 'approved' then
    perform require_event('request', new.id, new.version,
      '{grant.activated,grant.ending,grant.ended,grant.never_active}', null);
  elsif new.status = 'pending' then
    perform require_event('request', new.id, new.version, '{request.approval_recorded}', null);
  else
    perform require_event('request', new.id, new.version, array['request.' || new.status], new.denied_by_user_id);
  end if;
  return null;
end $$;
create constraint trigger request_audited after insert or update on request
  deferrable initially deferred for each row execute function require_request_event();

create function require_grant_event() returns trigger language plpgsql as $$
begin
  perform require_event('access_grant', new.request_id, new.version,
    array[case new.state
      when 'granting' then 'request.approved'
      when 'active' then 'grant.activated'
      when 'never-active' then 'grant.never_active'
      else 'grant.' || new.state
    end],
    case new.state when 'ending' then new.ended_by_user_id end);
  return null;
end $$;
create constraint trigger access_grant_audited after insert or update on access_grant
  deferrable initially deferred for each row execute function require_grant_event();

create function require_approval_event() returns trigger language plpgsql as $$
begin
  perform require_event('approval', new.request_id, new.request_version,
    '{request.approval_recorded,request.approved}', new.approver_user_id);
  return null;
end $$;
create constraint trigger approval_audited after insert on approval
  deferrable initially deferred for each row execute function require_approval_event();

-- With audit_event_one_per_version this makes events and versions one to one, and with approval_one_per_version
-- events of approval and approvals.
create function require_change() returns trigger language plpgsql as $$
begin
  if not exists (select from request where id = new.request_id and version >= new.request_version) then
    raise exception 'audit_event %: request % never had version %', new.seq, new.request_id, new.request_version
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.action in ('request.approval_recorded', 'request.approved')
     and not exists (select from approval where request_id = new.request_id and request_version = new.request_version) then
    raise exception 'audit_event %: no approval made version % of request %', new.seq, new.request_version, new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger audit_event_of_change after insert on audit_event
  deferrable initially deferred for each row when (new.request_version is not null)
  execute function require_change();

-- Of the request alone: no grant moves without an event, no event without its request.
create function require_grant_iff_approved() returns trigger language plpgsql as $$
declare
  of_request text := new.id;
  asked request;
  granted access_grant;
begin
  select * into asked from request where id = of_request;
  select * into granted from access_grant where request_id = of_request;
  if (asked.status = 'approved') <> (granted.request_id is not null) then
    raise exception 'request %: a grant and an approved request come together', of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  if granted.request_id is null then
    return null;
  end if;
  if granted.version <> asked.version then
    raise exception 'request %: its grant is at version %, not at %', of_request, granted.version, asked.version
      using errcode = 'integrity_constraint_violation';
  end if;
  if granted.resource_id <> asked.resource_id or fold_email(granted.email) <> fold_email(asked.requester_email) then
    raise exception 'request %: the grant is for somebody or something else', of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  if (select count(*) from approval where request_id = of_request) < asked.approvals_needed then
    raise exception 'request %: a grant needs % approvals', of_request, asked.approvals_needed
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger request_granted after insert or update on request
  deferrable initially deferred for each row execute function require_grant_iff_approved();
