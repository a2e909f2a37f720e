import type { Insertable, Selectable, Updateable } from 'kysely'
import type { Approved, Grant, GrantTerms } from '../domain/request.ts'
import { identityOrNone, required } from './columns.ts'
import type { AccessGrantTable } from './schema.ts'

type GrantColumns = Omit<Selectable<AccessGrantTable>, 'request_id' | 'version' | 'resource_id'>

/** The grant's columns beside those of its request; all empty when there is none. */
export type GrantRow = { readonly [K in keyof GrantColumns]: GrantColumns[K] | null }

/** The domain's view of a grant; throws when the row breaks what the constraints promise. */
export function toGrant(row: GrantRow): Grant {
  const terms: GrantTerms = {
    email: required(row.email, 'email'),
    constraints: required(row.constraints, 'constraints'),
    startsAt: required(row.starts_at, 'starts_at'),
    endsAt: required(row.ends_at, 'ends_at'),
    maxSeconds: required(row.max_seconds, 'max_seconds'),
  }
  const endedBy = identityOrNone(
    row.ended_by_team_id,
    row.ended_by_user_id,
    row.ended_by_email,
    row.ended_by_subject,
  )
  const endReason = row.end_reason === null ? {} : { endReason: row.end_reason }
  const state = required(row.state, 'state')
  switch (state) {
    case 'granting':
      return { ...terms, state }
    case 'active':
      return { ...terms, state, activeAt: required(row.active_at, 'active_at') }
    case 'ending': {
      const cause = required(row.end_cause, 'end_cause')
      if (cause === 'expired') throw new TypeError('a grant is ending by itself')
      return { ...terms, state, cause, endedBy: required(endedBy, 'ended_by'), ...endReason }
    }
    case 'ended':
      return {
        ...terms,
        state,
        cause: required(row.end_cause, 'end_cause'),
        endedAt: required(row.ended_at, 'ended_at'),
        ...(endedBy === undefined ? {} : { endedBy }),
        ...endReason,
      }
    case 'never-active':
      return { ...terms, state, endedAt: required(row.ended_at, 'ended_at') }
    default:
      return state satisfies never
  }
}

/** The columns of a new grant. */
export function toGrantRow(request: Approved): Insertable<AccessGrantTable> {
  const { grant } = request
  return {
    ...toGrantColumns(request),
    request_id: request.id,
    resource_id: request.resourceId,
    email: grant.email,
    constraints: JSON.stringify(grant.constraints),
    starts_at: grant.startsAt,
    ends_at: grant.endsAt,
    max_seconds: grant.maxSeconds,
  }
}

/** The columns of a grant that its life changes. */
export function toGrantColumns({ grant, version }: Approved) {
  const ending = grant.state === 'ending' || grant.state === 'ended' ? grant : undefined
  return {
    version,
    state: grant.state,
    ...(grant.state === 'active' ? { active_at: grant.activeAt } : {}),
    end_cause: ending?.cause ?? null,
    end_reason: ending?.endReason ?? null,
    ended_by_team_id: ending?.endedBy?.teamId ?? null,
    ended_by_user_id: ending?.endedBy?.userId ?? null,
    ended_by_email: ending?.endedBy?.email ?? null,
    ended_by_subject: ending?.endedBy?.subject ?? null,
    ended_at: grant.state === 'ended' || grant.state === 'never-active' ? grant.endedAt : null,
  } satisfies Updateable<AccessGrantTable>
}
