-- Access that is open at this moment, the first to end first.
-- psql "$AUDITOR_URL" -f db/queries/live-now.sql
select finished as ends, email, resource_id, level, kind, automatic_rule, state, began, request_id
from audit.access
where state in ('granting', 'active', 'ending') and starts_at <= jit_now() and finished > jit_now()
order by finished, email;
