-- What Slack said last of people and groups, for acts on the pages while it cannot be asked.

create table directory_member (
  user_id text constraint directory_member_pkey primary key,
  team_id text,
  email text constraint directory_member_email_not_blank check (email ~ '[^[:space:]]'),
  is_guest boolean,
  time_zone text,
  refused_why text constraint directory_member_why_known
    check (refused_why in ('unknown', 'deactivated', 'guest', 'bot', 'external', 'invited', 'no-email')),
  outdated boolean not null default false,
  seen_at timestamptz not null,
  constraint directory_member_either check (
    num_nonnulls(team_id, email, is_guest) = case when refused_why is null then 3 else 0 end
    and (refused_why is null or time_zone is null)
  )
);
comment on table directory_member is 'The last answer of Slack about each person who acted lately: a member, or why they are none.';
comment on column directory_member.refused_why is 'Why Slack says that they are no member; nothing else is kept of them then.';
comment on column directory_member.outdated is 'Something about them changed since: nobody goes by the answer any more.';
comment on column directory_member.seen_at is 'When Slack said so.';
create index directory_member_by_email on directory_member (fold_email(email)) where email is not null;

create table directory_group (
  group_id text constraint directory_group_pkey primary key,
  members text[] not null,
  outdated boolean not null default false,
  seen_at timestamptz not null
);
comment on table directory_group is 'The last answer of Slack about who is in each user group that rights depend on.';
comment on column directory_group.outdated is 'Its members changed since: nobody goes by the answer any more.';
comment on column directory_group.seen_at is 'When Slack said so.';
