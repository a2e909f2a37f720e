-- Who may ask and who may answer: kinds, levels, beneficiaries, stages, extensions, scheduled starts, reviews.

create domain ineligibility as text constraint ineligibility_known check (value in (
  'unknown', 'deactivated', 'guest', 'bot', 'external', 'invited', 'no-email',
  'email-domain', 'email-changed', 'not-a-requester', 'not-a-sponsor', 'not-a-vendor', 'grant-over'));
comment on domain ineligibility is 'Why somebody may not have what they have or asked for any more.';

alter table request
  add column kind text not null default 'standard',
  add column beneficiary_email text not null default '',
  add column level text not null default '',
  add column extends_request_id text constraint request_extends_known references request,
  add column starts_at timestamptz,
  add column approvals_counted integer not null default 0,
  add column automatic_rule text,
  add column ineligible_why ineligibility,
  add column reminders integer not null default 0,
  add column remind_seconds integer,
  add column remind_at timestamptz,
  add column escalates_at timestamptz,
  add column escalated_at timestamptz,
  add column review_due_at timestamptz,
  add column review_remind_at timestamptz,
  add column review_overdue boolean not null default false,
  add column review_verdict text,
  add column reviewed_by_team_id text,
  add column reviewed_by_user_id text,
  add column reviewed_by_email text,
  add column reviewed_by_subject text,
  add column reviewed_at timestamptz,
  add column review_note text;

comment on column request.kind is 'standard: for the requester; sponsored: for a guest or outsider; break-glass: at once, reviewed afterwards.';
comment on column request.beneficiary_email is 'The holder to be, when that is not the requester but somebody who is not in Slack; else empty.';
comment on column request.level is 'The named level of the resource that was asked for; empty when it has none.';
comment on column request.extends_request_id is 'The request whose grant is to last longer by duration_seconds; null when access is asked for.';
comment on column request.starts_at is 'When access is to start; null: at once.';
comment on column request.approvals_needed is 'Distinct people who must approve, as was decided when last looked at.';
comment on column request.approvals_counted is 'Those approvals that counted when last looked at: their givers still had the right.';
comment on column request.automatic_rule is 'The rule that approved instead of people.';
comment on column request.ineligible_why is 'Why the bot cancelled it; null when its requester did.';
comment on column request.reminders is 'Reminders sent while it waited. This and the next four columns stay as they were once it is answered.';
comment on column request.remind_seconds is 'Time to the first reminder; each next one comes after twice as long.';
comment on column request.remind_at is 'When approvers are reminded next.';
comment on column request.escalates_at is 'When further approvers are asked; null once they were.';
comment on column request.escalated_at is 'Since when further approvers may answer.';
comment on column request.closed_at is 'When it was denied, cancelled, or lapsed, or extended the grant it was about.';
comment on column request.review_due_at is 'By when break-glass access is to be reviewed.';
comment on column request.review_remind_at is 'When approvers are asked for the review again.';
comment on column request.review_overdue is 'Whether the review came too late, or is late.';
comment on column request.review_verdict is 'What the reviewer said; null while the review is due.';
comment on column request.review_note is 'Why, in the words of the reviewer; needed when it was not justified.';

alter table approval
  add column stage integer not null default 0
    constraint approval_stage_not_negative check (stage >= 0),
  add column duration_seconds integer
    constraint approval_duration_positive check (duration_seconds > 0),
  add column beneficiary_email text not null default '';
comment on column approval.stage is 'The stage for which it was given, from 0.';
comment on column approval.duration_seconds is 'The longest time that this approver allowed, when shorter than what was asked.';
comment on column approval.beneficiary_email is 'The request’s own, like those of the requester.';

alter table access_grant
  add column requester_user_id text,
  add column scheduled boolean not null default false,
  add column confirmed_at timestamptz,
  add column in_force_until timestamptz,
  add column extensions integer not null default 0,
  add column earlier_terms jsonb not null default '[]',
  add column ineligible_why ineligibility;
comment on column access_grant.requester_user_id is 'The request’s own, so that what somebody has is found at once.';
comment on column access_grant.scheduled is 'Whether the rule itself starts at starts_at; otherwise access began with the approval.';
comment on column access_grant.ends_at is 'The rule ends here by itself; only an extension moves it.';
comment on column access_grant.max_seconds is 'The resource’s maximum at approval; no extension goes beyond it.';
comment on column access_grant.confirmed_at is 'When Pomerium was last seen to have the rule before its start.';
comment on column access_grant.active_at is 'When the rule, as last extended, was seen to be in force.';
comment on column access_grant.in_force_until is 'Until a longer rule is confirmed: the end of the one that lets the holder in.';
comment on column access_grant.extensions is 'How often the end was moved.';
comment on column access_grant.earlier_terms is 'End and constraints of the rule before each extension, the oldest first: a write that lands late may bring such a rule back.';
comment on column access_grant.ineligible_why is 'Why the holder lost access when nobody took it away.';

-- What the rows of before mean: all their approvals counted. No step was taken, so the checks of steps rest.
alter table request
  disable trigger request_step, disable trigger request_audited, disable trigger request_granted;
update request set approvals_counted = (select count(*) from approval where request_id = id);
alter table request
  enable trigger request_step, enable trigger request_audited, enable trigger request_granted;
alter table access_grant
  disable trigger access_grant_step, disable trigger access_grant_audited;
update access_grant
  set requester_user_id = (select request.requester_user_id from request where id = request_id);
alter table access_grant
  enable trigger access_grant_step, enable trigger access_grant_audited,
  alter column requester_user_id set not null;

alter table request
  drop constraint request_status_known,
  drop constraint request_closed_with_time,
  drop constraint request_not_denied_by_requester,
  add constraint request_status_known
    check (status in ('pending', 'approved', 'extended', 'denied', 'cancelled', 'lapsed')),
  add constraint request_closed_with_time
    check ((status in ('extended', 'denied', 'cancelled', 'lapsed')) = (closed_at is not null)),
  add constraint request_kind_known check (kind in ('standard', 'sponsored', 'break-glass')),
  add constraint request_beneficiary_sponsored check (
    beneficiary_email = ''
    or (kind = 'sponsored' and fold_email(beneficiary_email) not in ('', fold_email(requester_email)))),
  add constraint request_start_asked check (
    starts_at is null or (starts_at > requested_at and kind <> 'break-glass' and extends_request_id is null)),
  add constraint request_extension check (
    case when extends_request_id is null
      then status <> 'extended'
      else status <> 'approved' and kind <> 'break-glass' and extends_request_id <> id
    end),
  add constraint request_not_denied_by_requester check (
    denied_by_user_id is null
    or (denied_by_user_id <> requester_user_id
        and fold_email(denied_by_email) not in (fold_email(requester_email), fold_email(beneficiary_email))
        and (coalesce(denied_by_subject, '') = '' or denied_by_subject <> requester_subject))),
  add constraint request_not_reviewed_by_requester check (
    reviewed_by_user_id is null
    or (reviewed_by_user_id <> requester_user_id
        and fold_email(reviewed_by_email) not in (fold_email(requester_email), fold_email(beneficiary_email))
        and (coalesce(reviewed_by_subject, '') = '' or reviewed_by_subject <> requester_subject))),
  add constraint request_automatic_standard check (
    automatic_rule is null or (kind = 'standard' and status in ('approved', 'extended') and automatic_rule <> '')),
  add constraint request_counted_not_negative check (approvals_counted >= 0),
  add constraint request_approved_by_enough check (
    status not in ('approved', 'extended') or automatic_rule is not null or kind = 'break-glass'
    or approvals_counted >= approvals_needed),
  add constraint request_ineligible_cancelled check (ineligible_why is null or status = 'cancelled'),
  add constraint request_reminders_not_negative check (reminders >= 0 and remind_seconds > 0),
  add constraint request_reviewed_iff_break_glass
    check ((kind = 'break-glass' and status = 'approved') = (review_due_at is not null)),
  add constraint request_review_due_complete check (
    (review_due_at is null) = (review_remind_at is null)
    and (review_due_at is not null or not review_overdue and review_verdict is null)),
  add constraint request_review_verdict_known check (review_verdict in ('justified', 'not-justified')),
  add constraint request_review_complete check (
    case when review_verdict is null
      then num_nonnulls(reviewed_by_team_id, reviewed_by_user_id, reviewed_by_email, reviewed_by_subject, reviewed_at, review_note) = 0
      else num_nulls(reviewed_by_team_id, reviewed_by_user_id, reviewed_by_email, reviewed_at) = 0
        and (review_verdict = 'justified' or review_note is not null)
    end),
  add constraint request_review_note_bounded check (char_length(review_note) between 1 and 1000);

alter table approval
  drop constraint approval_of_requester,
  drop constraint approval_not_by_requester;
alter table request
  drop constraint request_requester_of,
  add constraint request_requester_of
    unique (id, requester_user_id, requester_email, requester_subject, beneficiary_email);
alter table approval
  -- The copies of the requester and beneficiary are the request's own, so the next check cannot be talked around.
  add constraint approval_of_requester
    foreign key (request_id, requester_user_id, requester_email, requester_subject, beneficiary_email)
    references request (id, requester_user_id, requester_email, requester_subject, beneficiary_email),
  add constraint approval_not_by_requester check (
    approver_user_id <> requester_user_id
    and fold_email(approver_email) not in ('', fold_email(requester_email), fold_email(beneficiary_email))
    and (approver_subject = '' or approver_subject <> requester_subject));

alter table access_grant
  drop constraint access_grant_state_known,
  drop constraint access_grant_end_cause_known,
  drop constraint access_grant_early_end_complete,
  add constraint access_grant_state_known
    check (state in ('granting', 'scheduled', 'active', 'ending', 'ended', 'never-active')),
  add constraint access_grant_end_cause_known
    check (end_cause in ('expired', 'returned', 'revoked', 'ineligible')),
  add constraint access_grant_early_end_complete check (
    case
      when end_cause in ('returned', 'revoked')
        then num_nulls(ended_by_team_id, ended_by_user_id, ended_by_email) = 0 and ineligible_why is null
      else num_nonnulls(ended_by_team_id, ended_by_user_id, ended_by_email, ended_by_subject, end_reason) = 0
        and coalesce(end_cause = 'ineligible', false) = (ineligible_why is not null)
        and (state <> 'ending' or end_cause = 'ineligible')
    end),
  add constraint access_grant_scheduled_with_time
    check (state <> 'scheduled' or (scheduled and confirmed_at is not null)),
  add constraint access_grant_not_before_start check (not scheduled or active_at >= starts_at),
  add constraint access_grant_in_force_while_granting
    check (in_force_until is null or (state = 'granting' and in_force_until <= ends_at)),
  add constraint access_grant_extensions_not_negative check (extensions >= 0);

drop index request_one_pending;
-- With what it extends, since a wish to extend may wait beside one for access; an emergency waits for neither.
create unique index request_one_pending
  on request (requester_user_id, resource_id, level, fold_email(beneficiary_email), coalesce(extends_request_id, ''))
  where status = 'pending' and kind <> 'break-glass';
create unique index request_one_pending_extension on request (extends_request_id) where status = 'pending';
-- By the lapse, because nothing is approved after it: what lapsed before an interval was not approved in it.
create index request_automatic on request (requester_user_id, resource_id, automatic_rule, lapses_at)
  where automatic_rule is not null;
-- What was taken away from somebody lately does not come back by itself.
create index request_denied on request (requester_user_id, resource_id, closed_at) where status = 'denied';
create index access_grant_revoked on access_grant (requester_user_id, resource_id, coalesce(ended_at, 'infinity'))
  where end_cause = 'revoked';
create index request_review_due on request (review_due_at) where review_due_at is not null and review_verdict is null;

drop index access_grant_live;
create index access_grant_live on access_grant (resource_id)
  where state in ('granting', 'scheduled', 'active', 'ending');
create index access_grant_live_by_requester on access_grant (requester_user_id)
  where state in ('granting', 'scheduled', 'active', 'ending');

alter table audit_event
  drop constraint audit_event_change_has_version,
  add constraint audit_event_change_has_version check (
    (request_version is not null) = (action in (
      'request.created', 'request.approval_recorded', 'request.approved', 'request.auto_approved',
      'request.break_glass', 'request.extended', 'request.denied', 'request.cancelled', 'request.lapsed',
      'request.reminded', 'request.escalated', 'request.recounted', 'grant.scheduled', 'grant.activated',
      'grant.extended', 'grant.ending', 'grant.ended', 'grant.never_active', 'grant.review_reminded',
      'grant.review_overdue', 'grant.reviewed')));
create unique index audit_event_one_per_extension on audit_event ((details ->> 'by')) where action = 'grant.extended';
create index audit_event_alert on audit_event (action, at) where alert;

alter table work
  drop constraint work_kind_known,
  add constraint work_kind_known
    check (kind in ('policy', 'messages', 'moment', 'alert', 'eligibility'));
comment on table work is 'What is out of date: a policy, the messages of a request, a request whose moment comes, an alert, a person whose rights are looked at again.';

create table catalogue_in_force (
  singleton boolean not null default true constraint catalogue_in_force_pkey primary key
    constraint catalogue_in_force_one check (singleton),
  revision text not null constraint catalogue_in_force_known references catalogue_revision,
  accepted_at timestamptz not null default jit_now()
);
comment on table catalogue_in_force is 'The catalogue that was accepted last; one row.';
insert into catalogue_in_force (revision, accepted_at)
  select revision, accepted_at from catalogue_revision order by accepted_at desc limit 1;
