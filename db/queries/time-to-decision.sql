-- How long people waited for an answer, by resource and month, between two instants; in seconds.
--   from, to: instants, with a zone.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/time-to-decision.sql
with answered as (
  select resource_id, date_trunc('month', requested_at at time zone 'UTC')::date as month,
    extract(epoch from coalesce(closed_at, (
      select max(approved_at) from audit.approval where approval.request_id = request.request_id)) - requested_at) as seconds
  from audit.request request
  where requested_at >= :'from'::timestamptz and requested_at < :'to'::timestamptz
    and status in ('approved', 'extended', 'denied') and automatic_rule is null and kind <> 'break-glass'
)
select month, resource_id, count(*)::integer as answered,
  percentile_disc(0.5) within group (order by seconds)::float8 as median,
  percentile_disc(0.9) within group (order by seconds)::float8 as p90, max(seconds)::float8 as longest
from answered
group by month, resource_id
order by month, resource_id;
