-- Each way to look into the trail has its index, in the order in which it is read.

create index audit_event_by_email on audit_event (fold_email(actor_email), seq) where actor_email is not null;
create index audit_event_by_action on audit_event (action, seq);
create index audit_event_by_resource_action on audit_event (resource_id, action, seq) where resource_id is not null;

create index request_by_requester_email on request (fold_email(requester_email));
create index request_by_beneficiary_email on request (fold_email(beneficiary_email)) where beneficiary_email <> '';

create index access_grant_by_start on access_grant (starts_at);
create index access_grant_by_time on access_grant using gist (tstzrange(starts_at, ends_at));
create index access_grant_by_requester on access_grant (requester_user_id, starts_at);
create index access_grant_by_email on access_grant (fold_email(email), starts_at);
