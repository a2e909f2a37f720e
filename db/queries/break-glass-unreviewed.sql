-- Break-glass access that nobody has reviewed yet, the longest due first.
-- psql "$AUDITOR_URL" -f db/queries/break-glass-unreviewed.sql
select review_due_at, review_overdue, requested_at, requester_email, resource_id, level, reason, request_id
from audit.request
where review_due_at is not null and review_verdict is null
order by review_due_at, request_id;
