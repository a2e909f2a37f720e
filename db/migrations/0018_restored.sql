-- Access that ends because the database was restored from a back-up.

alter domain ineligibility drop constraint ineligibility_known;
alter domain ineligibility add constraint ineligibility_known check (value in (
  'unknown', 'deactivated', 'guest', 'bot', 'external', 'invited', 'no-email',
  'email-domain', 'email-changed', 'not-a-requester', 'not-a-sponsor', 'not-a-vendor', 'grant-over', 'restored'));
