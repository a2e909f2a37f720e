-- The access review of a quarter: for each resource and person, what they had and used, and who let them in.
--   quarter: its first day.
-- psql "$AUDITOR_URL" -v quarter=2026-01-01 -f db/queries/access-review.sql
with span as (
  select :'quarter'::date::timestamp at time zone 'UTC' as first,
    (:'quarter'::date + interval '3 months') at time zone 'UTC' as next
), had as (
  select access.*, least(finished, next) - greatest(began, first) as lasted
  from span
  join audit.access access on starts_at < next and ends_at > first
  where began < next and finished > first
)
select resource_id, level, email, count(*)::integer as grants,
  round(extract(epoch from sum(lasted)) / 3600, 1)::float8 as hours, max(began) as last_began,
  (count(*) filter (where automatic_rule is not null))::integer as automatic,
  (count(*) filter (where kind = 'break-glass'))::integer as break_glass,
  sum(extensions)::integer as extensions,
  (select string_agg(distinct approver_email, ', ' order by approver_email) from audit.approval
    where approval.request_id = any (array_agg(had.request_id))) as approvers
from had
group by resource_id, level, email
order by resource_id, level nulls first, email;
