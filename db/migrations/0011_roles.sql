-- Who may do what: the bot works without owning anything, auditors read views and nothing else.

do $$
declare
  role text;
  setting text[];
begin
  foreach role in array array['jit_app', 'jit_auditor'] loop
    if not exists (select from pg_roles where rolname = role) then
      begin
        execute format('create role %I', role);
      exception
        when duplicate_object or unique_violation then
          -- Roles belong to the cluster: another database of it has just been brought up to date too.
          null;
      end;
    end if;
  end loop;
  if exists (
    select from pg_roles
    where rolname in ('jit_app', 'jit_auditor') and (rolsuper or rolcreaterole or rolbypassrls or rolreplication)) then
    raise exception 'jit_app or jit_auditor has rights over the whole cluster'
      using hint = 'An administrator runs: alter role jit_app nosuperuser nocreaterole nobypassrls noreplication; alter role jit_auditor nosuperuser nocreaterole nobypassrls noreplication;';
  end if;
  -- What an administrator has set already stays.
  for attempt in 1..10 loop
    begin
      foreach setting slice 1 in array array[
        ['statement_timeout', '''60s'''], ['idle_in_transaction_session_timeout', '''60s'''],
        ['default_transaction_read_only', 'on'], ['search_path', 'audit, public']] loop
        if not exists (
          select from pg_roles, unnest(rolconfig) as configured
          where rolname = 'jit_auditor' and configured like setting[1] || '=%') then
          execute format('alter role jit_auditor set %s = %s', setting[1], setting[2]);
        end if;
      end loop;
      exit;
    exception
      when unique_violation or internal_error then
        -- "tuple concurrently updated": another database of the cluster does the same now.
        if attempt = 10 then raise; end if;
    end;
  end loop;
exception
  when insufficient_privilege then
    raise exception 'the roles jit_app and jit_auditor are not there as they should be, and % may not make them', current_user
      using errcode = 'insufficient_privilege', hint = $hint$An administrator runs what is missing of:
  create role jit_app;
  create role jit_auditor;
  alter role jit_auditor set statement_timeout = '60s';
  alter role jit_auditor set idle_in_transaction_session_timeout = '60s';
  alter role jit_auditor set default_transaction_read_only = on;
  alter role jit_auditor set search_path = audit, public;
Then run "npm run migrate" again.$hint$;
end $$;

-- Whoever could create functions and tables beside ours could have them found in the place of ours.
do $$
begin
  if has_schema_privilege('jit_app', current_schema(), 'create') or has_schema_privilege('jit_auditor', current_schema(), 'create') then
    execute format('revoke create on schema %I from public', current_schema());
  end if;
  if has_schema_privilege('jit_app', current_schema(), 'create') or has_schema_privilege('jit_auditor', current_schema(), 'create') then
    raise exception 'everybody may create things in schema %, so that they could be taken for those of the bot', current_schema()
      using errcode = 'insufficient_privilege', hint = format(
        'Its owner runs: grant create on schema %1$I to %2$I; revoke create on schema %1$I from public; then run "npm run migrate" again.',
        current_schema(), current_user);
  end if;
  execute format('grant usage on schema %I to jit_app', current_schema());
end $$;

grant select on migration, migration_lock to jit_app;
grant select, insert on catalogue_revision to jit_app;
grant select, insert, update on catalogue_in_force to jit_app;
grant select, insert, update on request, access_grant to jit_app;
grant select, insert on approval to jit_app;
grant select, insert, update, delete on identity, link_code to jit_app;
grant select, insert, update, delete on directory_member, directory_group to jit_app;
grant select, insert, update on policy_state, slack_message to jit_app;
grant select, insert, update, delete on work to jit_app;
grant usage on sequence work_generation, work_lease_epoch to jit_app;
grant select on audit_chain, audit_event to jit_app;
grant insert (
  action, via, actor_kind, actor_team_id, actor_user_id, actor_email, actor_subject, source_address, request_id,
  request_version, resource_id, alert, schema_version, public_details, personal_details) on audit_event to jit_app;

grant usage on schema audit to jit_app, jit_auditor;
grant select on audit.chained_event, audit.chain, audit.request_version to jit_app, jit_auditor;
-- Of views that come later too.
alter default privileges in schema audit grant select on tables to jit_app, jit_auditor;

-- Checks and views call these with the rights of whoever uses them; where nothing is granted to everybody, this is needed.
grant execute on function jit_now(), fold_email(text) to jit_app, jit_auditor;
grant execute on function
  is_same_person(text, text, text, text, text, text), keeps_every_element(jsonb, jsonb), allowed_seconds(text),
  terms_before(access_grant), require_event(text, text, integer, text[], text), require_cancelled_by_requester(request)
  to jit_app;
-- As a trigger of anybody's own table it would lock the chain with its owner's rights, for as long as they like.
revoke execute on function chain_audit_event(), seal_audit_event(audit_event, bytea) from public;

-- What a trigger looks up is ours, whatever whoever writes has put into their search path or their temporary tables.
create or replace function jit_now() returns timestamptz
  language sql volatile
  return clock_timestamp();
do $$
declare
  checking text;
begin
  foreach checking in array array[
    'refuse_change()', 'check_request_birth()', 'check_request_step()', 'check_grant_birth()', 'check_grant_step()',
    'require_event(text, text, integer, text[], text)', 'require_cancelled_by_requester(request)',
    'require_request_event()', 'require_grant_event()', 'require_approval_event()', 'require_change()',
    'require_extension()', 'require_grant_iff_approved()', 'require_allowed_opening()', 'require_allowed_extension()',
    'check_step_up_kept()', 'check_step_up_inherited()', 'check_approval_step_up()', 'require_step_up_alone()',
    'check_stepped_up_linked()'] loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', checking, current_schema());
  end loop;
end $$;

-- Rows, because any role that may connect may take advisory locks, and could so hold up whom it likes.
create table turn (
  place integer constraint turn_pkey primary key
);
comment on table turn is 'What must be done one at a time for a person locks the row that their name falls on.';
insert into turn select generate_series(0, 1023);
-- For the lock alone.
grant select, update on turn to jit_app;
create trigger turn_kept before update or delete on turn
  for each row execute function refuse_change();
