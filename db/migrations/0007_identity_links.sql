-- A Slack user and a Pomerium identity as one person, and the codes by which that is proved.

alter table identity
  add column subject text constraint identity_subject_not_blank check (subject ~ '[^[:space:]]'),
  add column linked_email text constraint identity_linked_email_not_blank check (linked_email ~ '[^[:space:]]'),
  add column linked_at timestamptz,
  add column allowed_email text constraint identity_allowed_email_not_blank check (allowed_email ~ '[^[:space:]]'),
  add constraint identity_link_complete check (num_nonnulls(subject, linked_email, linked_at) in (0, 3));
create unique index identity_subject_unique on identity (subject) where subject is not null;
comment on table identity is 'The e-mail address that each Slack user had at first use, where a different one is refused; and the Pomerium identity that they linked.';
comment on column identity.subject is 'The sub of the Pomerium identity that the Slack user proved to be theirs; of one Slack user only.';
comment on column identity.linked_email is 'Exactly as Pomerium had it when they linked; rules are written with it.';
comment on column identity.allowed_email is 'An address of Pomerium that an operator lets the Slack user link with, though Slack has another one.';

-- Who approves with step-up does so as the identity that they linked.
create function check_stepped_up_linked() returns trigger language plpgsql as $$
begin
  if not exists (
    select from identity
    where (team_id, user_id, subject) = (new.approver_team_id, new.approver_user_id, new.approver_subject)) then
    raise exception 'request %: % is not linked to the identity that approves', new.request_id, new.approver_user_id
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger approval_stepped_up_linked before insert on approval
  for each row when (new.stepped_up)
  execute function check_stepped_up_linked();
alter table approval enable always trigger approval_stepped_up_linked;

create table link_code (
  team_id text not null,
  user_id text not null,
  code_hash text not null constraint link_code_is_sha256 check (code_hash ~ '^[0-9a-f]{64}$'),
  expires_at timestamptz not null,
  constraint link_code_pkey primary key (team_id, user_id),
  constraint link_code_unique unique (code_hash),
  constraint link_code_of_identity foreign key (team_id, user_id) references identity on delete cascade
);
comment on table link_code is 'The one code that each Slack user may link with now. It goes when it is entered, whatever comes of it.';
comment on column link_code.code_hash is 'SHA-256 of the code, in hex; the code itself is nowhere.';

alter table audit_event
  drop constraint audit_event_person_named,
  add constraint audit_event_person_named check (
    case actor_kind when 'person'
      -- Team and address are missing when a look-up failed or found nobody of ours. Whom Slack does not know is named
      -- by what Pomerium says of them.
      then actor_user_id is not null
        or (actor_team_id is null and actor_subject ~ '[^[:space:]]' and actor_email ~ '[^[:space:]]') is true
      else num_nonnulls(actor_team_id, actor_user_id, actor_email, actor_subject) = 0
    end);
create index audit_event_link_refused on audit_event (actor_subject, at) where action = 'identity.link_refused';
create index audit_event_link_refused_by_time on audit_event (at) where action = 'identity.link_refused';
