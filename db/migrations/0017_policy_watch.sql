-- What else of a policy people may change in Pomerium, and who does.

alter table policy_state
  add column seen jsonb constraint policy_state_seen_object check (jsonb_typeof(seen) = 'object'),
  add column text_digest text constraint policy_state_text_digest_is_sha256 check (text_digest ~ '^[0-9a-f]{64}$');
comment on column policy_state.seen is 'Name, texts and attachment to routes, as last seen.';
comment on column policy_state.text_digest is 'SHA-256 of the texts of the 403 page that the bot wrote last; null when it wrote none.';

create table policy_activity (
  cluster_id text constraint policy_activity_pkey primary key,
  read_to timestamptz not null
);
comment on table policy_activity is 'How far Pomerium''s activity log was read, by Pomerium''s clock.';

create table policy_activity_told (
  activity_id text constraint policy_activity_told_pkey primary key,
  at timestamptz not null
);
comment on table policy_activity_told is 'Entries of the activity log that are on record, as long as the log may give them once more.';

alter table work
  drop constraint work_kind_known,
  add constraint work_kind_known
    check (kind in ('policy', 'messages', 'moment', 'alert', 'eligibility', 'stream', 'activity'));

do $$
begin
  if exists (select from pg_roles where rolname = 'jit_app') then
    grant select, insert, update on policy_activity to jit_app;
    grant select, insert, delete on policy_activity_told to jit_app;
  end if;
end $$;
