-- What must hold of the rules whoever writes: each step is tied to its event, its actor and what was allowed.

create function is_same_person(
  one_user text, one_email text, one_subject text, other_user text, other_email text, other_subject text)
returns boolean language sql immutable
return one_user = other_user or fold_email(one_email) = fold_email(other_email)
  or (one_subject <> '' and one_subject = other_subject);
comment on function is_same_person is 'Whether two identities are one human being, as far as it can be known.';

create function keeps_every_element(old_list jsonb, new_list jsonb)
returns boolean language sql immutable
return not exists (
  select from jsonb_array_elements(old_list) kept
  where kept.value not in (select value from jsonb_array_elements(new_list)));
comment on function keeps_every_element is 'Whether a list has all elements of another: conditions that are joined with AND become narrower only.';

create function allowed_seconds(of_request text) returns integer language sql stable
return (
  select least(duration_seconds, (select min(approval.duration_seconds) from approval where request_id = of_request))
  from request where id = of_request);
comment on function allowed_seconds is 'How long access may last by the word of the requester and of each approver.';

create or replace function check_request_birth() returns trigger language plpgsql as $$
begin
  if new.version <> 1 or new.status <> 'pending' or new.approvals_counted <> 0
     or new.reminders <> 0 or new.escalated_at is not null then
    raise exception 'request %: it begins pending at version 1', new.id using errcode = 'check_violation';
  end if;
  if new.extends_request_id is not null and not exists (
    select from request extended
    where extended.id = new.extends_request_id and extended.status = 'approved'
      and (extended.resource_id, extended.level, extended.kind, fold_email(extended.beneficiary_email))
        = (new.resource_id, new.level, new.kind, fold_email(new.beneficiary_email))
      and is_same_person(extended.requester_user_id, extended.requester_email, extended.requester_subject,
                         new.requester_user_id, new.requester_email, new.requester_subject)) then
    raise exception 'request %: it extends no access like the one it asks for', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace function check_request_step() returns trigger language plpgsql as $$
declare
  is_reminded boolean := (new.reminders, new.remind_at) is distinct from (old.reminders, old.remind_at);
  is_escalated boolean := (new.escalates_at, new.escalated_at) is distinct from (old.escalates_at, old.escalated_at);
  is_counted boolean := (new.approvals_needed, new.approvals_counted)
                        is distinct from (old.approvals_needed, old.approvals_counted);
begin
  if new.version <> old.version + 1 then
    raise exception 'request %: version % cannot follow %', old.id, new.version, old.version
      using errcode = 'check_violation';
  end if;
  if not (old.status = 'pending' or (old.status = 'approved' and new.status = 'approved')) then
    raise exception 'request %: % cannot follow %', old.id, new.status, old.status
      using errcode = 'check_violation';
  end if;
  if (new.id, new.idempotency_key, new.kind, new.requester_team_id, new.requester_user_id, new.requester_email,
      new.requester_subject, new.beneficiary_email, new.resource_id, new.level, new.extends_request_id,
      new.duration_seconds, new.starts_at, new.reason, new.requested_at, new.lapses_at, new.remind_seconds,
      new.catalogue_revision)
     is distinct from
     (old.id, old.idempotency_key, old.kind, old.requester_team_id, old.requester_user_id, old.requester_email,
      old.requester_subject, old.beneficiary_email, old.resource_id, old.level, old.extends_request_id,
      old.duration_seconds, old.starts_at, old.reason, old.requested_at, old.lapses_at, old.remind_seconds,
      old.catalogue_revision) then
    raise exception 'request %: what was asked cannot change', old.id using errcode = 'check_violation';
  end if;
  if is_reminded and (new.status <> 'pending' or new.reminders <> old.reminders + 1 or is_escalated or is_counted) then
    raise exception 'request %: this is no reminder', old.id using errcode = 'check_violation';
  end if;
  if is_escalated and (new.status <> 'pending' or old.escalated_at is not null or new.escalated_at is null
                       or new.escalates_at is not null or is_counted) then
    raise exception 'request %: this is no escalation', old.id using errcode = 'check_violation';
  end if;
  if is_counted and (old.status <> 'pending' or new.status not in ('pending', 'approved', 'extended'))
     or (old.status = 'approved'
         and (new.automatic_rule, new.review_due_at) is distinct from (old.automatic_rule, old.review_due_at)) then
    raise exception 'request %: how it was decided cannot change', old.id using errcode = 'check_violation';
  end if;
  if (old.review_overdue and not new.review_overdue)
     or (old.review_verdict is not null
         and (new.review_remind_at, new.review_overdue, new.review_verdict, new.reviewed_by_team_id, new.reviewed_by_user_id,
              new.reviewed_by_email, new.reviewed_by_subject, new.reviewed_at, new.review_note)
             is distinct from
             (old.review_remind_at, old.review_overdue, old.review_verdict, old.reviewed_by_team_id, old.reviewed_by_user_id,
              old.reviewed_by_email, old.reviewed_by_subject, old.reviewed_at, old.review_note)) then
    raise exception 'request %: its review cannot be undone', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace function check_grant_birth() returns trigger language plpgsql as $$
begin
  if new.state <> 'granting' or new.extensions <> 0
     or num_nonnulls(new.confirmed_at, new.active_at, new.in_force_until) > 0 then
    raise exception 'grant %: it begins granting', new.request_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

create function terms_before(an_extension_of access_grant) returns jsonb language sql stable
return jsonb_build_object(
  'endsAt', to_char(an_extension_of.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'constraints', an_extension_of.constraints);
comment on function terms_before is 'What an extension of a grant adds to its earlier terms.';

create or replace function check_grant_step() returns trigger language plpgsql as $$
declare
  is_extension boolean := new.extensions <> old.extensions;
  is_same_state boolean := new.state = old.state and not is_extension;
begin
  if new.version <> old.version + 1 then
    raise exception 'grant %: version % cannot follow %', old.request_id, new.version, old.version
      using errcode = 'check_violation';
  end if;
  if not (case
    when is_extension then new.state = 'granting' and old.state in ('granting', 'scheduled', 'active')
    -- A review is a step of the request; the grant goes along.
    when is_same_state then exists (select from request where id = old.request_id and review_due_at is not null)
    -- An earlier rule, of before an extension, was in force: such access ends, it was not never active.
    when old.state = 'granting' and new.state = 'ended' then old.in_force_until is not null
    when old.state = 'granting' and new.state = 'never-active' then old.in_force_until is null
    else (old.state, new.state) in (
      ('granting', 'scheduled'), ('granting', 'active'), ('granting', 'ending'),
      ('scheduled', 'active'), ('scheduled', 'ending'), ('scheduled', 'ended'),
      ('active', 'ending'), ('active', 'ended'), ('ending', 'ended'))
  end) then
    raise exception 'grant %: % cannot follow %', old.request_id, new.state, old.state
      using errcode = 'check_violation';
  end if;
  if (new.request_id, new.requester_user_id, new.resource_id, new.email, new.starts_at, new.scheduled, new.max_seconds)
     is distinct from
     (old.request_id, old.requester_user_id, old.resource_id, old.email, old.starts_at, old.scheduled, old.max_seconds)
     or (not is_extension and (new.ends_at, new.constraints, new.earlier_terms)
                              is distinct from (old.ends_at, old.constraints, old.earlier_terms)) then
    raise exception 'grant %: its terms cannot change', old.request_id using errcode = 'check_violation';
  end if;
  if is_extension and (new.extensions <> old.extensions + 1 or new.ends_at <= old.ends_at
                       or not keeps_every_element(old.constraints, new.constraints)) then
    raise exception 'grant %: an extension moves the end forward and drops no constraint', old.request_id
      using errcode = 'check_violation';
  end if;
  if (new.active_at is distinct from old.active_at and (new.state <> 'active' or is_same_state))
     or (new.confirmed_at is distinct from old.confirmed_at and (new.state <> 'scheduled' or is_same_state))
     or (is_same_state and new.in_force_until is distinct from old.in_force_until)
     or (is_extension and new.in_force_until is distinct from case old.state
           when 'granting' then old.in_force_until
           else old.ends_at
         end)
     or (is_extension and new.earlier_terms <> old.earlier_terms || terms_before(old))
     or (new.state = 'ended' and old.end_cause is null and new.end_cause <> 'expired')
     or (old.end_cause is not null
         and (new.end_cause, new.end_reason, new.ineligible_why, new.ended_by_team_id, new.ended_by_user_id,
              new.ended_by_email, new.ended_by_subject)
             is distinct from
             (old.end_cause, old.end_reason, old.ineligible_why, old.ended_by_team_id, old.ended_by_user_id,
              old.ended_by_email, old.ended_by_subject))
     or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) then
    raise exception 'grant %: what happened to it cannot change', old.request_id using errcode = 'check_violation';
  end if;
  return new;
end $$;

drop function require_event(text, text, integer, text[], text);
create function require_event(of_table text, of_request text, of_version integer, actions text[], by_whom text)
returns void language plpgsql as $$
begin
  if not exists (
    select from audit_event
    where request_id = of_request and request_version = of_version and action = any(actions)
      and case by_whom
        when 'anybody' then true
        when 'the bot' then actor_kind = 'bot'
        else actor_user_id = by_whom
      end) then
    raise exception '%: version % of request % has no audit event % by %',
      of_table, of_version, of_request, array_to_string(actions, ' or '), by_whom
      using errcode = 'integrity_constraint_violation';
  end if;
end $$;
comment on function require_event is 'Refuses a commit without the event of a step. by_whom: a Slack user, the bot, or anybody where another check knows who.';

create function require_cancelled_by_requester(cancelled request) returns void language plpgsql as $$
begin
  if not exists (
    select from audit_event
    where request_id = cancelled.id and request_version = cancelled.version
      and is_same_person(actor_user_id, actor_email, coalesce(actor_subject, ''),
                         cancelled.requester_user_id, cancelled.requester_email, cancelled.requester_subject)) then
    raise exception 'request %: it was not cancelled by its requester', cancelled.id
      using errcode = 'integrity_constraint_violation';
  end if;
end $$;

-- Each step of a request has one event that may tell of it, and one who may have taken it.
create or replace function require_request_event() returns trigger language plpgsql as $$
declare
  actions text[];
  by_whom text := 'the bot';
begin
  if tg_op = 'INSERT' then
    actions := '{request.created}';
    by_whom := new.requester_user_id;
  elsif old.status = 'approved' then
    if old.review_verdict is null and new.review_verdict is not null then
      actions := '{grant.reviewed}';
      by_whom := new.reviewed_by_user_id;
    elsif new.review_overdue and not old.review_overdue then
      actions := '{grant.review_overdue}';
    elsif new.review_remind_at is distinct from old.review_remind_at then
      actions := '{grant.review_reminded}';
    else
      -- The grant's own step knows which, and by whom.
      actions := '{grant.scheduled,grant.activated,grant.extended,grant.ending,grant.ended,grant.never_active}';
      by_whom := 'anybody';
    end if;
  elsif new.reminders <> old.reminders then
    actions := '{request.reminded}';
  elsif new.escalated_at is distinct from old.escalated_at then
    actions := '{request.escalated}';
  elsif new.automatic_rule is not null then
    actions := '{request.auto_approved}';
  elsif new.status = 'approved' and new.kind = 'break-glass' then
    actions := '{request.break_glass}';
    by_whom := new.requester_user_id;
  elsif new.status = 'pending'
        and (new.approvals_needed, new.approvals_counted)
            is distinct from (old.approvals_needed, old.approvals_counted)
        and not exists (select from approval where request_id = new.id and request_version = new.version) then
    -- Who approved has lost the right, or has it again.
    actions := '{request.recounted}';
  elsif new.status in ('pending', 'approved', 'extended') then
    -- The approval knows by whom.
    actions := array[case new.status when 'pending' then 'request.approval_recorded' else 'request.' || new.status end];
    by_whom := 'anybody';
  else
    actions := array['request.' || new.status];
    if new.status = 'denied' then
      by_whom := new.denied_by_user_id;
    elsif new.status = 'cancelled' and new.ineligible_why is null then
      by_whom := 'anybody';
      perform require_cancelled_by_requester(new);
    end if;
  end if;
  perform require_event('request', new.id, new.version, actions, by_whom);
  return null;
end $$;

create or replace function require_grant_event() returns trigger language plpgsql as $$
declare
  actions text[];
  by_whom text := 'the bot';
begin
  if tg_op = 'INSERT' then
    -- The request's own step knows which, and by whom.
    actions := '{request.approved,request.auto_approved,request.break_glass}';
    by_whom := 'anybody';
  elsif new.extensions <> old.extensions then
    -- The request for the extension knows by whom.
    actions := '{grant.extended}';
    by_whom := 'anybody';
  elsif new.state = old.state then
    actions := '{grant.review_reminded,grant.review_overdue,grant.reviewed}';
    by_whom := 'anybody';
  else
    actions := array[case new.state
      when 'active' then 'grant.activated'
      when 'never-active' then 'grant.never_active'
      else 'grant.' || new.state
    end];
    if new.state = 'ending' and new.end_cause <> 'ineligible' then
      by_whom := new.ended_by_user_id;
    end if;
  end if;
  perform require_event('access_grant', new.request_id, new.version, actions, by_whom);
  return null;
end $$;

create or replace function require_approval_event() returns trigger language plpgsql as $$
begin
  perform require_event('approval', new.request_id, new.request_version,
    '{request.approval_recorded,request.approved,request.extended}', new.approver_user_id);
  return null;
end $$;

-- With audit_event_one_per_version this makes events and versions one to one, and with approval_one_per_version
-- events of approval and approvals.
create or replace function require_change() returns trigger language plpgsql as $$
begin
  if not exists (select from request where id = new.request_id and version >= new.request_version) then
    raise exception 'audit_event %: request % never had version %', new.seq, new.request_id, new.request_version
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.action in ('request.approval_recorded', 'request.approved', 'request.extended')
     and not exists (select from approval where request_id = new.request_id and request_version = new.request_version) then
    raise exception 'audit_event %: no approval made version % of request %', new.seq, new.request_version, new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.action = 'grant.extended' and not exists (
    select from request
    where id = new.details ->> 'by' and extends_request_id = new.request_id and status = 'extended') then
    raise exception 'audit_event %: no request extended the grant of request %', new.seq, new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;

-- The other half of what require_change asks of grant.extended. Each is true at its commit only if the other is there
-- by then, and audit_event_one_per_extension lets neither come twice: they are of one transaction.
create function require_extension() returns trigger language plpgsql as $$
begin
  if not exists (
    select from audit_event longer
    join audit_event said on said.request_id = new.id and said.request_version = new.version
    where longer.action = 'grant.extended' and longer.details ->> 'by' = new.id
      and longer.request_id = new.extends_request_id
      and (longer.actor_kind, longer.actor_user_id) is not distinct from (said.actor_kind, said.actor_user_id)) then
    raise exception 'request %: the grant of request % was not extended by it', new.id, new.extends_request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger request_extended after update on request
  deferrable initially deferred for each row when (new.status = 'extended')
  execute function require_extension();

-- Of the request alone: no grant moves without an event, no event without its request.
create or replace function require_grant_iff_approved() returns trigger language plpgsql as $$
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
  if asked.kind = 'break-glass' and asked.status <> 'approved' then
    raise exception 'request %: emergency access is opened at once or not at all', of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  if (select count(*) from approval where request_id = of_request) < asked.approvals_counted then
    raise exception 'request %: fewer than % people approved', of_request, asked.approvals_counted
      using errcode = 'integrity_constraint_violation';
  end if;
  if granted.request_id is null then
    return null;
  end if;
  if granted.version <> asked.version then
    raise exception 'request %: its grant is at version %, not at %', of_request, granted.version, asked.version
      using errcode = 'integrity_constraint_violation';
  end if;
  if granted.resource_id <> asked.resource_id or granted.requester_user_id <> asked.requester_user_id
     or fold_email(granted.email) <> fold_email(coalesce(nullif(asked.beneficiary_email, ''), asked.requester_email)) then
    raise exception 'request %: the grant is for somebody or something else', of_request
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;

create function require_allowed_opening() returns trigger language plpgsql as $$
declare
  asked_start timestamptz := (select starts_at from request where id = new.request_id);
begin
  if new.ends_at > new.starts_at + make_interval(secs => allowed_seconds(new.request_id)) then
    raise exception 'grant %: it lasts longer than was asked and approved', new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.starts_at < asked_start or (new.scheduled and new.starts_at is distinct from asked_start) then
    raise exception 'grant %: it does not start when it was asked to', new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger access_grant_opening_allowed after insert on access_grant
  deferrable initially deferred for each row execute function require_allowed_opening();

create function require_allowed_extension() returns trigger language plpgsql as $$
declare
  extension text := (
    select details ->> 'by' from audit_event
    where request_id = new.request_id and request_version = new.version and action = 'grant.extended');
begin
  if new.ends_at > old.ends_at + make_interval(secs => coalesce(allowed_seconds(extension), 0)) then
    raise exception 'grant %: it is extended by more than was asked and approved', new.request_id
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger access_grant_extension_allowed after update on access_grant
  deferrable initially deferred for each row when (new.ends_at <> old.ends_at)
  execute function require_allowed_extension();
