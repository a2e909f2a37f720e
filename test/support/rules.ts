import assert from 'node:assert/strict'
import type { Town } from './house.ts'

interface GrantRow {
  readonly request_id: string
  readonly policy_id: string
  readonly email: string
  readonly constraints: readonly unknown[]
  readonly starts_at: Date
  readonly ends_at: Date
  readonly ended_at: Date | null
  readonly end_cause: string | null
  readonly approvals: number
}

/**
 * Every document that the bot ever stored at Pomerium, against the grants in the database: each rule that is not one of
 * `foreign` says exactly what a grant says that was approved by then and not known to be ended. Returns their number.
 */
export async function assertNoRuleWithoutGrant(
  town: Town,
  foreign: readonly unknown[] = [],
): Promise<number> {
  const { rows: grants } = await town.database.pool.query<GrantRow>(`
    select g.*, policy_id, (select count(*)::int from approval a where a.request_id = g.request_id) as approvals
    from access_grant g join policy_state using (resource_id)`)
  const strangers = new Set(foreign.map((rule) => JSON.stringify(rule)))
  let checked = 0
  for (const { policy, policyId, at, by } of town.pomerium.history) {
    if (policy === undefined || by.id !== town.pomerium.apiUserId) continue
    const rules = Array.isArray(policy.ppl) ? policy.ppl : [policy.ppl]
    const ours = rules.filter((rule) => !strangers.has(JSON.stringify(rule)))
    assert.equal(policy.enforced, false)
    const free = grants.filter((grant) => grant.policy_id === policyId)
    for (const rule of ours) {
      checked += 1
      const index = free.findIndex((grant) => says(grant, rule) && isLive(grant, at))
      assert.ok(index >= 0, `no live grant for ${JSON.stringify(rule)} at ${at.toISOString()}`)
      assert.ok((free[index]?.approvals ?? 0) > 0)
      // One grant is one rule.
      free.splice(index, 1)
    }
  }
  return checked
}

function says(grant: GrantRow, rule: unknown): boolean {
  const before = grant.ends_at.toISOString().replace('.000Z', 'Z')
  const and = [{ email: { is: grant.email } }, { date: { before } }, ...grant.constraints]
  return JSON.stringify(sorted(rule)) === JSON.stringify(sorted({ allow: { and } }))
}

function isLive(grant: GrantRow, at: Date): boolean {
  return grant.starts_at <= at && (grant.ended_at === null || at <= grant.ended_at)
}

function sorted(rule: unknown): unknown {
  const { allow } = rule as { allow?: { and?: unknown[] } }
  return allow?.and?.map((criterion) => JSON.stringify(criterion)).toSorted() ?? rule
}
