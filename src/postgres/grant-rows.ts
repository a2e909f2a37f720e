import type { Insertable, Selectable, Updateable } from 'kysely'
import type { Approved, EarlyEnd, Grant, GrantTerms } from '../domain/request.ts'
import { identityOrNone, required } from './columns.ts'
import type { AccessGrantTable, EarlierTerms } from './schema.ts'

type GrantColumns = Omit<
  Selectable<AccessGrantTable>,
  'request_id' | 'version' | 'resource_id' | 'requester_user_id' | 'starts_at' | 'ineligible_why'
> & {
  // The request has columns of the same names.
  grant_starts_at: Selectable<AccessGrantTable>['starts_at']
  grant_ineligible_why: Selectable<AccessGrantTable>['ineligible_why']
}

/** The grant's columns beside those of its request; all empty when there is none. */
export type GrantRow = { readonly [K in keyof GrantColumns]: GrantColumns[K] | null }

/** The domain's view of a grant; throws when the row breaks what the constraints promise. */
export function toGrant(row: GrantRow): Grant {
  const earlier = required(row.earlier_terms, 'earlier_terms').map(toEarlier)
  const terms: GrantTerms = {
    email: required(row.email, 'email'),
    constraints: required(row.constraints, 'constraints'),
    startsAt: required(row.grant_starts_at, 'starts_at'),
    isScheduled: required(row.scheduled, 'scheduled'),
    endsAt: required(row.ends_at, 'ends_at'),
    maxSeconds: required(row.max_seconds, 'max_seconds'),
    extensions: required(row.extensions, 'extensions'),
    ...(earlier.length === 0 ? {} : { earlier }),
  }
  const state = required(row.state, 'state')
  switch (state) {
    case 'granting': {
      const inForce = row.in_force_until === null ? {} : { inForceUntil: row.in_force_until }
      return { ...terms, state, ...inForce }
    }
    case 'scheduled':
      return { ...terms, state, confirmedAt: required(row.confirmed_at, 'confirmed_at') }
    case 'active':
      return { ...terms, state, activeAt: required(row.active_at, 'active_at') }
    case 'ending': {
      const end = toEnd(row)
      if (end.cause === 'expired') throw new TypeError('a grant is ending by itself')
      return { ...terms, state, ...end }
    }
    case 'ended':
      return { ...terms, state, endedAt: required(row.ended_at, 'ended_at'), ...toEnd(row) }
    case 'never-active':
      return { ...terms, state, endedAt: required(row.ended_at, 'ended_at') }
    default:
      return state satisfies never
  }
}

function toEarlier({ endsAt, constraints }: EarlierTerms) {
  return { endsAt: new Date(endsAt), constraints }
}

function toEnd(row: GrantRow): EarlyEnd | { readonly cause: 'expired' } {
  const cause = required(row.end_cause, 'end_cause')
  switch (cause) {
    case 'expired':
      return { cause }
    case 'ineligible':
      return { cause, why: required(row.grant_ineligible_why, 'ineligible_why') }
    case 'returned':
    case 'revoked': {
      const endedBy = identityOrNone(
        row.ended_by_team_id,
        row.ended_by_user_id,
        row.ended_by_email,
        row.ended_by_subject,
      )
      return {
        cause,
        endedBy: required(endedBy, 'ended_by'),
        ...(row.end_reason === null ? {} : { endReason: row.end_reason }),
      }
    }
    default:
      return cause satisfies never
  }
}

/** The columns of a new grant. */
export function toGrantRow(request: Approved): Insertable<AccessGrantTable> {
  const { grant } = request
  return {
    ...toGrantColumns(request),
    request_id: request.id,
    requester_user_id: request.requester.userId,
    resource_id: request.resourceId,
    email: grant.email,
    starts_at: grant.startsAt,
    scheduled: grant.isScheduled,
    max_seconds: grant.maxSeconds,
  }
}

/** The columns of a grant that its life changes. */
export function toGrantColumns({ grant, version }: Approved) {
  const ending = grant.state === 'ending' || grant.state === 'ended' ? grant : undefined
  const byHand = ending !== undefined && 'endedBy' in ending ? ending : undefined
  return {
    version,
    state: grant.state,
    constraints: JSON.stringify(grant.constraints),
    ends_at: grant.endsAt,
    extensions: grant.extensions,
    earlier_terms: JSON.stringify(grant.earlier ?? []),
    in_force_until: (grant.state === 'granting' ? grant.inForceUntil : undefined) ?? null,
    ...(grant.state === 'scheduled' ? { confirmed_at: grant.confirmedAt } : {}),
    ...(grant.state === 'active' ? { active_at: grant.activeAt } : {}),
    end_cause: ending?.cause ?? null,
    end_reason: byHand?.endReason ?? null,
    ineligible_why: ending?.cause === 'ineligible' ? ending.why : null,
    ended_by_team_id: byHand?.endedBy.teamId ?? null,
    ended_by_user_id: byHand?.endedBy.userId ?? null,
    ended_by_email: byHand?.endedBy.email ?? null,
    ended_by_subject: byHand?.endedBy.subject ?? null,
    ended_at: grant.state === 'ended' || grant.state === 'never-active' ? grant.endedAt : null,
  } satisfies Updateable<AccessGrantTable>
}
