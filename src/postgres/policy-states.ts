import type { Selectable } from 'kysely'
import { LeaseLost } from '../app/lease.ts'
import type { PolicyState, PolicyStates } from '../app/store.ts'
import type { Database } from './database.ts'
import type { PolicyStateTable } from './schema.ts'

/** What is known of each policy. */
export function policyStatesIn(tx: Database): PolicyStates {
  return {
    async find(resource) {
      const row = await tx
        .selectFrom('policy_state')
        .selectAll()
        .where('resource_id', '=', resource)
        .executeTakeFirst()
      return row === undefined ? undefined : toState(row)
    },
    async save(state) {
      const { resource_id, ...columns } = toRow(state)
      const saved = await tx
        .insertInto('policy_state')
        .values({ resource_id, ...columns })
        .onConflict((conflict) =>
          conflict
            .column('resource_id')
            .doUpdateSet(columns)
            .where('policy_state.policy_id', 'is not distinct from', columns.policy_id),
        )
        .returning('resource_id')
        .executeTakeFirst()
      if (saved === undefined)
        throw new LeaseLost(`${state.resourceId} was given another policy meanwhile`)
    },
    async assign(resourceId, policyName, policyId) {
      const state: PolicyState = {
        resourceId,
        policyName,
        written: [],
        ...(policyId === undefined ? {} : { policyId }),
      }
      const { resource_id, ...columns } = toRow(state)
      await tx
        .insertInto('policy_state')
        .values({ resource_id, ...columns })
        .onConflict((conflict) => conflict.column('resource_id').doUpdateSet(columns))
        .execute()
      return state
    },
    async ownerOf(policyId) {
      const row = await tx
        .selectFrom('policy_state')
        .selectAll()
        .where('policy_id', '=', policyId)
        .executeTakeFirst()
      return row === undefined ? undefined : toState(row)
    },
    async all() {
      const rows = await tx.selectFrom('policy_state').selectAll().orderBy('resource_id').execute()
      return rows.map(toState)
    },
  }
}

function toState(row: Selectable<PolicyStateTable>): PolicyState {
  return {
    resourceId: row.resource_id,
    policyName: row.policy_name,
    written: row.written,
    ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
    ...(row.written_at === null ? {} : { writtenAt: row.written_at }),
    ...(row.verified_at === null ? {} : { verifiedAt: row.verified_at }),
    ...(row.quiet_until === null ? {} : { quietUntil: row.quiet_until }),
    ...(row.blocked_reason === null ? {} : { blockedReason: row.blocked_reason }),
    ...(row.foreign_digest === null ? {} : { foreignDigest: row.foreign_digest }),
    ...(row.seen === null ? {} : { seen: row.seen }),
    ...(row.text_digest === null ? {} : { textDigest: row.text_digest }),
  }
}

function toRow(state: PolicyState) {
  return {
    resource_id: state.resourceId,
    policy_name: state.policyName,
    policy_id: state.policyId ?? null,
    written: JSON.stringify(state.written),
    written_at: state.writtenAt ?? null,
    verified_at: state.verifiedAt ?? null,
    quiet_until: state.quietUntil ?? null,
    blocked_reason: state.blockedReason ?? null,
    foreign_digest: state.foreignDigest ?? null,
    seen: state.seen === undefined ? null : JSON.stringify(state.seen),
    text_digest: state.textDigest ?? null,
  }
}
