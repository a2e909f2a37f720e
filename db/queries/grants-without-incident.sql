-- Access whose reason names no incident, between two instants.
--   from, to: instants, with a zone; pattern: a regular expression, INC- and digits unless given.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/grants-without-incident.sql
\if :{?pattern}
\else
\set pattern 'INC-[0-9]+'
\endif
select began, finished, access.email, access.resource_id, access.level, access.kind, reason, request_id
from audit.access access
join audit.request request using (request_id)
where access.starts_at >= :'from'::timestamptz and access.starts_at < :'to'::timestamptz
  and reason !~* :'pattern'
order by began, request_id;
