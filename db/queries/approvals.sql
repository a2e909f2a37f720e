-- Who approved what for whom between two instants, and what came of it.
--   from, to: instants, with a zone; to is not included.
-- psql "$AUDITOR_URL" -v from=2026-01-01Z -v to=2026-04-01Z -f db/queries/approvals.sql
select approved_at, approver_email, approval.stage, stepped_up, note, request.requester_email, request.beneficiary_email,
  resource_id, level, reason, request.status, request_id
from audit.approval approval
join audit.request request using (request_id)
where approved_at >= :'from'::timestamptz and approved_at < :'to'::timestamptz
order by approved_at, request_id, approver_email;
