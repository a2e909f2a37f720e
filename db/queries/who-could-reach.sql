-- Who could reach a resource at an instant, and why.
--   resource: its id; at: an instant, with a zone.
-- psql "$AUDITOR_URL" -v resource=grafana-prod -v at='2026-03-02 09:00Z' -f db/queries/who-could-reach.sql
select email, level, began, finished, kind, automatic_rule, request_id, requester_email
from audit.access
where tstzrange(starts_at, ends_at) @> :'at'::timestamptz
  and resource_id = :'resource' and began <= :'at'::timestamptz and finished > :'at'::timestamptz
order by email, began;
