-- Old events go to files, month by month; what the database keeps of them, and what stays under a legal hold.

create table audit_archive (
  last_seq bigint constraint audit_archive_pkey primary key,
  first_seq bigint not null,
  hash_before bytea not null,
  last_hash bytea not null,
  events bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  file text not null constraint audit_archive_file_not_blank check (file ~ '[^[:space:]]'),
  file_sha256 text not null constraint audit_archive_file_is_sha256 check (file_sha256 ~ '^[0-9a-f]{64}$'),
  catalogue_revision text constraint audit_archive_catalogue_known references catalogue_revision,
  catalogue_since timestamptz,
  archived_at timestamptz not null,
  archived_by text not null,
  constraint audit_archive_catalogue_complete check ((catalogue_revision is null) = (catalogue_since is null))
);
comment on table audit_archive is 'Runs of events that are in files and not in audit_event any more, the oldest first, without gaps between them.';
comment on column audit_archive.last_hash is 'The hash of its last event: what is left of the chain goes on from it.';
comment on column audit_archive.catalogue_revision is 'The catalogue that was in force at its end, and since when.';
comment on column audit_archive.archived_by is 'The database role that archived it.';

create table audit_archived_request (
  request_id text constraint audit_archived_request_known references request,
  version integer not null,
  constraint audit_archived_request_pkey primary key (request_id, version)
);
comment on table audit_archived_request is 'Up to which version the events of a request are in archives, one row for each archive with some of them.';

create function request_is_over(of_request text) returns boolean
  language sql stable
  return (
    select status <> 'pending' and (review_due_at is null or review_verdict is not null)
      -- An extension counts as long as the access that it extended: its event must not come twice.
      and not exists (
        select from access_grant
        where request_id in (id, extends_request_id) and state not in ('ended', 'never-active'))
    from request where id = of_request);
comment on function request_is_over is 'Whether nothing can happen to a request any more.';

-- An archive says what the database says of it, and the file that it is in.
create function check_archive() returns trigger language plpgsql as $$
declare
  earlier audit_archive;
  accepted audit_event;
begin
  if num_nonnulls(new.first_seq, new.hash_before, new.last_hash, new.events, new.first_at, new.last_at,
      new.catalogue_revision, new.catalogue_since, new.archived_at, new.archived_by) > 0 then
    raise exception 'audit_archive: the database says what is in it' using errcode = 'generated_always';
  end if;
  select * into earlier from audit_archive order by last_seq desc limit 1;
  new.hash_before := coalesce(earlier.last_hash, (select audit_genesis(log_id) from audit_chain));
  select min(seq), count(*), min(at), max(at) into new.first_seq, new.events, new.first_at, new.last_at
  from audit_event where seq <= new.last_seq;
  select hash into new.last_hash from audit_event where seq = new.last_seq;
  if new.last_hash is null or not exists (select from audit_event where seq > new.last_seq) then
    raise exception 'archive up to %: it ends at an event, and not at the last one', new.last_seq
      using errcode = 'check_violation';
  end if;
  if new.last_at > jit_now() - interval '90 days' then
    raise exception 'archive up to %: events of the last 90 days stay', new.last_seq using errcode = 'check_violation';
  end if;
  if exists (
    select from request
    where id in (select request_id from audit_event where seq <= new.last_seq) and not request_is_over(id)) then
    raise exception 'archive up to %: events of requests that are not over stay', new.last_seq
      using errcode = 'check_violation';
  end if;
  select * into accepted from audit_event
  where action = 'catalogue.accepted' and seq <= new.last_seq order by seq desc limit 1;
  new.catalogue_revision := coalesce(accepted.details ->> 'revision', earlier.catalogue_revision);
  new.catalogue_since := coalesce(accepted.at, earlier.catalogue_since);
  new.archived_at := jit_now();
  new.archived_by := session_user;
  insert into audit_archived_request
  select request_id, max(request_version) from audit_event
  where seq <= new.last_seq and request_version is not null group by request_id;
  return new;
end $$;
create trigger audit_archive_checked before insert on audit_archive
  for each row execute function check_archive();

create function require_taken_out() returns trigger language plpgsql as $$
begin
  if exists (select from audit_event where seq <= new.last_seq) then
    raise exception 'archive up to %: its events are still there', new.last_seq
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger audit_archive_taken_out after insert on audit_archive
  deferrable initially deferred for each row execute function require_taken_out();

-- What audit_event_one_per_version says of the events that are not there any more.
create function check_not_archived() returns trigger language plpgsql as $$
begin
  if new.request_version is not null and exists (
    select from audit_archived_request where request_id = new.request_id and version >= new.request_version) then
    raise exception 'audit_event: version % of request % is on record in an archive', new.request_version, new.request_id
      using errcode = 'unique_violation';
  end if;
  return new;
end $$;
create trigger audit_event_not_archived before insert on audit_event
  for each row execute function check_not_archived();

create trigger audit_archive_append_only before update or delete on audit_archive
  for each row execute function refuse_change();
create trigger audit_archive_no_truncate before truncate on audit_archive
  for each statement execute function refuse_change();
create trigger audit_archived_request_append_only before update or delete on audit_archived_request
  for each row execute function refuse_change();
create trigger audit_archived_request_no_truncate before truncate on audit_archived_request
  for each statement execute function refuse_change();
-- ALWAYS: session_replication_role = replica does not switch them off.
alter table audit_event enable always trigger audit_event_not_archived;
alter table audit_archive
  enable always trigger audit_archive_checked, enable always trigger audit_archive_taken_out,
  enable always trigger audit_archive_append_only, enable always trigger audit_archive_no_truncate;
alter table audit_archived_request
  enable always trigger audit_archived_request_append_only, enable always trigger audit_archived_request_no_truncate;

-- A hold is of somebody, of a resource, of a request, or of everything.
alter table audit_hold
  add column resource_id text constraint audit_hold_resource_not_blank check (resource_id ~ '[^[:space:]]'),
  add column request_id text constraint audit_hold_request_known references request,
  add constraint audit_hold_of_one check (num_nonnulls(person, resource_id, request_id) <= 1);
comment on table audit_hold is 'Legal holds: nobody whom one covers is erased, and no event that one covers goes to an archive.';
comment on column audit_hold.person is 'A Slack id, or an e-mail address as it is compared. With no person, resource or request it covers everything.';
create or replace function check_hold_kept() returns trigger language plpgsql as $$
begin
  if old.released_at is not null or new.released_at is null
     or (new.id, new.person, new.resource_id, new.request_id, new.reason, new.placed_at)
        is distinct from (old.id, old.person, old.resource_id, old.request_id, old.reason, old.placed_at) then
    raise exception 'hold %: it can only be released, once', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

do $$
declare
  checking text;
begin
  foreach checking in array array[
    'check_archive()', 'require_taken_out()', 'check_not_archived()', 'check_hold_kept()'] loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', checking, current_schema());
  end loop;
end $$;

create view audit.archive as select * from audit_archive;
comment on view audit.archive is 'Which events are in files, and by which hash what is left goes on from them.';
create or replace view audit.request_version as
  select id, version, greatest(
    (select max(request_version) from audit_event where request_id = request.id),
    (select max(archived.version) from audit_archived_request archived where request_id = request.id)) as last
  from request;
create or replace view audit.catalogue as
  select accepted.revision, in_force_from, lead(in_force_from) over (order by seq) as in_force_to, source
  from (
    select details ->> 'revision', at, seq from audit_event where action = 'catalogue.accepted'
    union all
    (select audit_archive.catalogue_revision, catalogue_since, last_seq from audit_archive order by last_seq desc limit 1)
  ) as accepted (revision, in_force_from, seq)
  join catalogue_revision on catalogue_revision.revision = accepted.revision;
create or replace view audit.hold as
  select id, person, reason, placed_at, released_at, resource_id, request_id from audit_hold;

do $$
begin
  if exists (select from pg_roles where rolname = 'jit_app') then
    grant select on audit_archived_request, audit.archive to jit_app;
  end if;
  if exists (select from pg_roles where rolname = 'jit_auditor') then
    grant select on audit.archive to jit_auditor;
  end if;
end $$;
