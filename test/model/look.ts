import type { Town } from '../support/house.ts'
import type { Name } from '../support/story.ts'
import type { Seen } from './reference.ts'

type Row = Omit<Seen, 'who' | 'approvers' | 'deniedBy' | 'grant'> & {
  readonly who: string
  readonly approvers: readonly string[]
  readonly deniedBy: string | null
  readonly state: NonNullable<Seen['grant']>['state'] | null
  readonly startsAt: Date
  readonly endsAt: Date
  readonly extensions: number
  readonly cause: NonNullable<Seen['grant']>['cause']
  readonly endedBy: string | null
  readonly endedAt: Date | null
}

/** All requests as the database has them now, oldest first, and its clock. */
export async function look({
  database,
  people,
}: Town): Promise<{ readonly seen: readonly Seen[]; readonly now: Date }> {
  const { rows } = await database.pool.query<Row & { readonly now: Date }>(`
    select jit_now() as now, r.id, r.version, r.requester_user_id as who, r.resource_id as resource, reason,
      duration_seconds / 60 as minutes, status, extends_request_id as extends,
      array(select approver_user_id from approval where request_id = r.id order by request_version) as approvers,
      denied_by_user_id as "deniedBy", requested_at as "requestedAt", lapses_at as "lapsesAt", closed_at as "closedAt",
      state, g.starts_at as "startsAt", g.ends_at as "endsAt", extensions, end_cause as cause,
      ended_by_user_id as "endedBy", ended_at as "endedAt"
    from (select 1) as one left join request r on true left join access_grant g on g.request_id = r.id
    order by requested_at, r.id`)
  const names = new Map(Object.entries(people).map(([name, id]) => [id, name as Name]))
  const named = (id: string): Name => names.get(id) ?? (id as Name)
  const seen = rows
    .filter(({ id }) => (id as string | null) !== null)
    .map(({ state, startsAt, endsAt, extensions, cause, endedBy, endedAt, ...row }): Seen => {
      const by = endedBy === null ? null : named(endedBy)
      return {
        ...row,
        who: named(row.who),
        approvers: row.approvers.map(named),
        deniedBy: row.deniedBy === null ? null : named(row.deniedBy),
        grant:
          state === null
            ? null
            : { state, startsAt, endsAt, extensions, cause, endedBy: by, endedAt },
      }
    })
  return { seen, now: rows[0]?.now ?? new Date(Number.NaN) }
}
