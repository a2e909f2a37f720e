-- What takes access away goes before what gives it.

alter table work add column urgent boolean not null default false;
comment on column work.urgent is 'Whether it takes access away: claimed first, by hands that are kept for it, and tried again soonest.';
