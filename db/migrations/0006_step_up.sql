-- Step-up: what a Slack account alone cannot open.

alter table request
  add column step_up boolean not null default false;
comment on column request.step_up is 'Whether it is opened on the page behind Pomerium only, by linked identities.';

alter table approval
  add column stepped_up boolean not null default false
    constraint approval_stepped_up_by_linked check (not stepped_up or approver_subject <> '');
comment on column approval.stepped_up is 'Whether the approver was verified behind Pomerium at that moment, as the identity that they linked.';

create function check_step_up_kept() returns trigger language plpgsql as $$
begin
  raise exception 'request %: whether it needs step-up cannot change', old.id using errcode = 'check_violation';
end $$;
create trigger request_step_up_kept before update on request
  for each row when (new.step_up is distinct from old.step_up)
  execute function check_step_up_kept();

create function check_step_up_inherited() returns trigger language plpgsql as $$
begin
  if exists (select from request where id = new.extends_request_id and step_up) then
    raise exception 'request %: what was opened with step-up is extended with it', new.id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger request_step_up_inherited before insert on request
  for each row when (new.extends_request_id is not null and not new.step_up)
  execute function check_step_up_inherited();

create function check_approval_step_up() returns trigger language plpgsql as $$
begin
  if exists (select from request where id = new.request_id and step_up) then
    raise exception 'request %: it is approved behind Pomerium only', new.request_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger approval_step_up before insert on approval
  for each row when (not new.stepped_up)
  execute function check_approval_step_up();
-- ALWAYS: session_replication_role = replica does not switch it off.
alter table approval enable always trigger approval_step_up;

-- Where nobody approves, it is the requester who is verified: the question was put on a page, by the linked identity.
create function require_step_up_alone() returns trigger language plpgsql as $$
begin
  if new.requester_subject = '' or not exists (
    select from audit_event
    where request_id = new.id and request_version = 1 and via = 'web' and actor_subject = new.requester_subject)
    or not exists (
    select from identity
    where (team_id, user_id, subject) = (new.requester_team_id, new.requester_user_id, new.requester_subject)) then
    raise exception 'request %: it was opened without step-up', new.id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger request_step_up_alone after update on request
  deferrable initially deferred for each row
  when (new.step_up and old.status = 'pending' and new.status in ('approved', 'extended')
        and (new.automatic_rule is not null or new.kind = 'break-glass'))
  execute function require_step_up_alone();
