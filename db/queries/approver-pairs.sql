-- Who approves for whom, and who does so for each other, between two instants: pairs stand out that answer only each other.
--   from, to: instants, with a zone. share: of the requester's approvals, how many come from this approver, in per cent.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/approver-pairs.sql
with pair as (
  select fold_email(requester_email) as requester, fold_email(approver_email) as approver, count(*) as approvals
  from audit.approval
  where approved_at >= :'from'::timestamptz and approved_at < :'to'::timestamptz
  group by 1, 2
)
select pair.requester, pair.approver, pair.approvals::integer,
  round(100 * pair.approvals / sum(pair.approvals) over (partition by pair.requester))::integer as share,
  coalesce(back.approvals, 0)::integer as back
from pair
left join pair back on back.requester = pair.approver and back.approver = pair.requester
order by pair.approvals desc, pair.requester, pair.approver;
