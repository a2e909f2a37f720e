-- Each audit event carries a hash over itself and all before it, so that whoever knows a later hash knows that nothing
-- was changed, put in or taken out since.

-- Every row is written anew, once.
set local lock_timeout = '1min';

create table audit_chain (
  is_only boolean not null default true constraint audit_chain_pkey primary key
    constraint audit_chain_one_row check (is_only),
  log_id uuid not null default gen_random_uuid(),
  begun_at timestamptz not null default jit_now(),
  begun_after bigint not null default 0
);
comment on table audit_chain is 'The one chain of this database. Its row is locked while an event is appended, so that events follow each other.';
comment on column audit_chain.log_id is 'Tells this trail from any other: the first hash is made of it.';
comment on column audit_chain.begun_after is 'The last event from before there was a chain. Numbers up to it may have gaps; from there on they have none.';

alter table audit_event disable trigger audit_event_append_only;
alter table audit_event alter column seq drop identity, alter column at drop default;
alter table audit_event
  add column recorded_by text,
  add column source_address text,
  add column schema_version integer not null default 0
    constraint audit_event_schema_version_positive check (schema_version >= 0),
  add column public_details text not null default '{}',
  add column personal_details text,
  add column actor_salt uuid,
  add column actor_digest bytea,
  add column personal_salt uuid,
  add column personal_digest bytea,
  add column hash bytea;

-- What was recorded before is not told apart: all of it counts as personal.
create function pg_temp.canonical(value jsonb) returns text language sql immutable as $$
  select case jsonb_typeof(value)
    when 'object' then '{' || coalesce((
      select string_agg(to_json(key)::text || ':' || pg_temp.canonical(member), ',' order by key collate "C")
      from jsonb_each(value) as members (key, member)), '') || '}'
    when 'array' then '[' || coalesce((
      select string_agg(pg_temp.canonical(item), ',' order by place)
      from jsonb_array_elements(value) with ordinality as items (item, place)), '') || ']'
    else value::text
  end $$;
update audit_event set personal_details = pg_temp.canonical(details) where details <> '{}';

drop index audit_event_one_per_extension;
alter table audit_event drop column details;
alter table audit_event
  add column details jsonb not null
    generated always as (public_details::jsonb || coalesce(personal_details::jsonb, '{}')) stored
    constraint audit_event_details_object check (jsonb_typeof(details) = 'object');
create unique index audit_event_one_per_extension on audit_event ((details ->> 'by')) where action = 'grant.extended';

comment on column audit_event.at is 'By the database''s clock, as everything here that the one who appends does not say.';
comment on column audit_event.recorded_by is 'The database role that appended it; null before there was a chain.';
comment on column audit_event.source_address is 'The network address that it came from, where one is known.';
comment on column audit_event.schema_version is 'Of the published schema of its action; 0 before there was one.';
comment on column audit_event.public_details is 'Canonical JSON (RFC 8785): details that say nothing of a person.';
comment on column audit_event.personal_details is 'Canonical JSON: details that say something of a person, or that people wrote. Null when there are none or they were erased.';
comment on column audit_event.actor_salt is 'Keeps erased actors from being guessed: it goes with them.';
comment on column audit_event.actor_digest is 'SHA-256 of the canonical JSON ["salt", {who}]. It stays when they are erased, so that the chain holds.';
comment on column audit_event.personal_digest is 'SHA-256 of the canonical JSON ["salt", personal_details].';
comment on column audit_event.hash is 'SHA-256 of the hash before (32 bytes) and SHA-256 of the entry, see audit_entry.';
comment on column audit_event.details is 'Both kinds of details together, for queries.';

-- Members in the order of their names, absent where there is nothing; so PostgreSQL's own JSON strings are canonical.
create function audit_member(name text, value text) returns text
  language sql immutable parallel safe
  return coalesce(',"' || name || '":' || to_json(value)::text, '');

create function audit_actor_opening(event audit_event) returns text
  language sql stable parallel safe
  return '["' || event.actor_salt || '",{' || substr(
    audit_member('email', event.actor_email) || audit_member('source', event.source_address)
    || audit_member('subject', event.actor_subject) || audit_member('team', event.actor_team_id)
    || audit_member('user', event.actor_user_id), 2) || '}]';
comment on function audit_actor_opening is 'What actor_digest is the SHA-256 of: who acted, and a salt. Null for the bot.';

create function audit_personal_opening(event audit_event) returns text
  language sql stable parallel safe
  return '["' || event.personal_salt || '",' || event.personal_details || ']';
comment on function audit_personal_opening is 'What personal_digest is the SHA-256 of. Null when there is none.';

create function audit_entry(event audit_event) returns text
  language sql stable parallel safe
  return '{"action":' || to_json(event.action)
    || ',"actor":"' || coalesce(encode(event.actor_digest, 'hex'), 'bot')
    || '","alert":' || event.alert
    || ',"at":"' || to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
    || audit_member('by', event.recorded_by)
    || ',"details":' || event.public_details
    || audit_member('personal', encode(event.personal_digest, 'hex'))
    || audit_member('request', event.request_id)
    || audit_member('resource', event.resource_id)
    || ',"seq":' || event.seq
    || ',"v":' || event.schema_version
    || coalesce(',"version":' || event.request_version, '')
    || ',"via":' || to_json(event.via) || '}';
comment on function audit_entry is 'The canonical JSON of an event that its hash is made of; people appear in it as digests alone.';

create function audit_genesis(log_id uuid) returns bytea
  language sql immutable parallel safe
  return sha256(convert_to(E'pomerium-jit audit chain 1\n' || log_id, 'UTF8'));
comment on function audit_genesis is 'What stands for the hash before the first event.';

create function seal_audit_event(event audit_event, previous bytea) returns audit_event
  language plpgsql as $$
begin
  if event.actor_kind = 'person' then
    event.actor_salt := gen_random_uuid();
    event.actor_digest := sha256(convert_to(audit_actor_opening(event), 'UTF8'));
  end if;
  if event.personal_details is not null then
    event.personal_salt := gen_random_uuid();
    event.personal_digest := sha256(convert_to(audit_personal_opening(event), 'UTF8'));
  end if;
  event.hash := sha256(previous || sha256(convert_to(audit_entry(event), 'UTF8')));
  return event;
end $$;

do $$
declare
  event audit_event;
  previous bytea;
begin
  insert into audit_chain (begun_after) select coalesce(max(seq), 0) from audit_event;
  select audit_genesis(log_id) into previous from audit_chain;
  for event in select * from audit_event order by seq loop
    event := seal_audit_event(event, previous);
    previous := event.hash;
    update audit_event
    set (actor_salt, actor_digest, personal_salt, personal_digest, hash)
      = (event.actor_salt, event.actor_digest, event.personal_salt, event.personal_digest, event.hash)
    where seq = event.seq;
  end loop;
end $$;

alter table audit_event
  alter column hash set not null,
  alter column schema_version set default 1,
  add constraint audit_event_actor_sealed check ((actor_kind = 'person') = (actor_digest is not null)),
  add constraint audit_event_without_source check (actor_kind = 'person' or source_address is null),
  -- The verifier tells fields apart by control characters; JSON has none outside its strings.
  add constraint audit_event_via_form check (via ~ '^[a-z]+$');
alter table audit_event enable always trigger audit_event_append_only;

create function chain_audit_event() returns trigger
  language plpgsql security definer as $$
declare
  chain audit_chain;
  previous audit_event;
begin
  if num_nonnulls(new.seq, new.at, new.recorded_by, new.actor_salt, new.actor_digest, new.personal_salt,
      new.personal_digest, new.hash) > 0 then
    raise exception 'audit_event: the database gives number, time, salts and hashes' using errcode = 'generated_always';
  end if;
  select * into strict chain from audit_chain for no key update;
  select * into previous from audit_event order by seq desc limit 1;
  new.seq := coalesce(previous.seq, 0) + 1;
  new.at := jit_now();
  new.recorded_by := session_user;
  return seal_audit_event(new, coalesce(previous.hash, audit_genesis(chain.log_id)));
end $$;
-- Last among the triggers before an insert, by its name: what another one changes is sealed too.
create trigger zz_chain_audit_event before insert on audit_event
  for each row execute function chain_audit_event();
alter table audit_event enable always trigger zz_chain_audit_event;

create trigger audit_chain_append_only before update or delete on audit_chain
  for each row execute function refuse_change();
create trigger audit_chain_no_truncate before truncate on audit_chain
  for each statement execute function refuse_change();
alter table audit_chain enable always trigger audit_chain_append_only;
alter table audit_chain enable always trigger audit_chain_no_truncate;

-- It runs with its owner's rights, so it must find nobody else's tables and functions.
do $$
begin
  execute format('alter function chain_audit_event() set search_path = pg_catalog, %I, pg_temp', current_schema());
  execute format('alter function seal_audit_event(audit_event, bytea) set search_path = pg_catalog, %I, pg_temp', current_schema());
end $$;

-- What is shown to those who look into the trail, and to whoever verifies it.
create schema audit;
comment on schema audit is 'What auditors read: views alone.';
create view audit.chained_event as select * from audit_event;
comment on view audit.chained_event is 'Every audit event as it was recorded, with what the chain is verified by.';
create view audit.chain as select log_id, begun_at, begun_after from audit_chain;
comment on view audit.chain is 'Where the chain begins.';
create view audit.request_version as
  select id, version, (select max(request_version) from audit_event where request_id = request.id) as last
  from request;
comment on view audit.request_version is 'Each request''s version beside that of its last event: they are the same.';
