-- Access that began on a weekend or out of working hours, between two instants.
--   from, to: instants, with a zone; zone: a time zone, UTC unless given; opens, closes: hours, 8 and 18 unless given.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -v zone=Europe/Brussels -f db/queries/out-of-hours.sql
\if :{?zone}
\else
\set zone UTC
\endif
\if :{?opens}
\else
\set opens 8
\endif
\if :{?closes}
\else
\set closes 18
\endif
select began at time zone :'zone' as began_there, finished, email, resource_id, level, kind, automatic_rule, request_id
from audit.access
where starts_at >= :'from'::timestamptz and starts_at < :'to'::timestamptz
  and (extract(isodow from began at time zone :'zone') > 5
    or extract(hour from began at time zone :'zone') not between :'opens'::integer and :'closes'::integer - 1)
order by began, request_id;
