-- Everything about a person between two instants: what they did, what happened to their requests, what they could reach.
--   person: an e-mail address or a Slack id; from, to: instants, with a zone; to is not included.
-- psql "$AUDITOR_URL" -v person=ana@example.com -v from=2026-01-01Z -v to=2026-02-01Z -f db/queries/person.sql
with own as (
  select request_id from audit.request where requester_user_id = :'person'
  union select request_id from audit.request where fold_email(requester_email) = fold_email(:'person')
  union select request_id from audit.request where fold_email(beneficiary_email) = fold_email(:'person')
), events as (
  select seq from audit.event where actor_user_id = :'person'
    and at >= :'from'::timestamptz and at < :'to'::timestamptz
  union select seq from audit.event where fold_email(actor_email) = fold_email(:'person')
    and at >= :'from'::timestamptz and at < :'to'::timestamptz
  union select seq from own join audit.event using (request_id)
    where at >= :'from'::timestamptz and at < :'to'::timestamptz
)
select at, action as what, coalesce(actor_email, actor_user_id, actor_kind) as who, via, resource_id, request_id, details
from events join audit.event using (seq)
union all
select began, 'could reach it until ' || finished, email, null, resource_id, request_id, null
from own join audit.access using (request_id)
where began < :'to'::timestamptz and finished > :'from'::timestamptz
order by at, what;
