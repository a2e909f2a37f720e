import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Who is connected, and why they could rewrite what has happened; empty when they could not. */
export interface RoleChecked {
  readonly role: string
  readonly powers: readonly string[]
}

/** Looks at the role that logged in, with all that it may become by `set role`. The database must be up to date. */
export async function checkRole(db: Database): Promise<RoleChecked> {
  const { rows } = await sql<Powers>`
    with of_mine as (
      select oid, rolsuper, rolcreaterole or rolbypassrls or rolreplication as rules_cluster
      from pg_roles where pg_has_role(session_user, oid, 'member')),
    histories as (
      select oid, relowner, relnamespace from pg_class
      where oid in (to_regclass('audit_event'), to_regclass('audit_chain'), to_regclass('approval'))),
    owners (owner) as (
      select relowner from histories
      union select nspowner from pg_namespace where oid in (select relnamespace from histories)
      union select datdba from pg_database where datname = current_database())
    select session_user as role,
      exists (select from of_mine where rolsuper) as "isSuperuser",
      exists (select from owners where pg_has_role(session_user, owner, 'member')) as "isOwner",
      exists (select from of_mine where rules_cluster) as "rulesCluster",
      exists (
        select from of_mine, histories
        where has_table_privilege(of_mine.oid, histories.oid, 'update, delete, truncate, trigger')
          or has_any_column_privilege(of_mine.oid, histories.oid, 'update')) as "mayRewrite",
      exists (
        select from of_mine, histories
        where has_schema_privilege(of_mine.oid, relnamespace, 'create')) as "mayCreate"`.execute(db)
  const [found] = rows
  if (found === undefined) throw new TypeError('the database did not say who is connected')
  // A superuser is all the rest too, and an owner most of it.
  if (found.isSuperuser) return { role: found.role, powers: ['is a superuser'] }
  const powers = [
    ...(found.isOwner ? ['owns the tables, their schema or the database'] : []),
    ...(found.rulesCluster ? ['has createrole, bypassrls or replication'] : []),
    ...(found.mayRewrite && !found.isOwner ? ['may change or delete events and approvals'] : []),
    ...(found.mayCreate && !found.isOwner ? ['may create things in the schema of the tables'] : []),
  ]
  return { role: found.role, powers }
}

interface Powers {
  readonly role: string
  readonly isSuperuser: boolean
  readonly isOwner: boolean
  readonly rulesCluster: boolean
  readonly mayRewrite: boolean
  readonly mayCreate: boolean
}

/** Whether whoever is connected may alter the tables: their owner, a member of it, or a superuser. */
export async function isOwner(db: Database): Promise<boolean> {
  const { rows } = await sql<{ isOwner: boolean }>`
    select pg_has_role(current_user, relowner, 'usage') as "isOwner"
    from pg_class where oid = to_regclass('audit_event')`.execute(db)
  return rows[0]?.isOwner === true
}

/** Whether whoever is connected has the rights of the bot, without a `set role` that it would not do. */
export async function hasBotRights(db: Database): Promise<boolean> {
  const { rows } = await sql<{ hasRights: boolean }>`
    select pg_has_role(current_user, oid, 'usage') as "hasRights"
    from pg_roles where rolname = 'jit_app'`.execute(db)
  return rows[0]?.hasRights === true
}
