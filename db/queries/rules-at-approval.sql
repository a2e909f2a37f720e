-- The rules that were in force when a request was asked for, and for each answer to it, word for word.
--   request: its id.
-- psql "$AUDITOR_URL" -v request=7F3K2M9Q -f db/queries/rules-at-approval.sql
select event.seq, event.at, event.action, coalesce(event.actor_email, event.actor_kind) as who, catalogue.revision, source
from audit.event event
left join lateral (
  select revision, source from audit.catalogue
  where revision = coalesce(event.details ->> 'catalogueRevision', (
    select catalogue_revision from audit.request where request.request_id = event.request_id))
  order by in_force_from limit 1) catalogue on true
where event.request_id = :'request' and event.action in (
  'request.created', 'request.approval_recorded', 'request.approved', 'request.auto_approved', 'request.break_glass',
  'request.extended', 'request.denied')
order by event.seq;
