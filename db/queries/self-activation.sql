-- Access that nobody answered: approved by a rule, or break-glass, between two instants.
--   from, to: instants, with a zone.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/self-activation.sql
select began, finished, email, resource_id, level, coalesce(automatic_rule, kind) as opened_by, request_id
from audit.access
where starts_at >= :'from'::timestamptz and starts_at < :'to'::timestamptz
  and (automatic_rule is not null or kind = 'break-glass')
order by began, request_id;
