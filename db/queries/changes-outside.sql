-- What was changed in Pomerium past the bot, or in the database, between two instants, as far as the bot saw it.
--   from, to: instants, with a zone.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/changes-outside.sql
select at, action, resource_id, coalesce(actor_email, actor_kind) as told_by, via, details, seq
from audit.event
where action in ('policy.drift_repaired', 'policy.foreign_rules', 'policy.adopted', 'policy.forgotten', 'policy.blocked',
    'audit.chain_broken')
  and at >= :'from'::timestamptz and at < :'to'::timestamptz
order by seq;
