import assert from 'node:assert/strict'
import type { PolicyVersion } from '../simulators/pomerium/model.ts'
import type { Town } from './house.ts'

/** A grant as the database has it, with everything that its rule ever said. */
export interface GrantRow {
  readonly request_id: string
  readonly state: string
  readonly policy_id: string
  readonly email: string
  readonly constraints: readonly unknown[]
  readonly starts_at: Date
  readonly scheduled: boolean
  readonly ends_at: Date
  readonly earlier_terms: readonly { readonly endsAt: string; readonly constraints: unknown[] }[]
  readonly ended_at: Date | null
  readonly end_cause: string | null
  /** Nobody had to approve: a rule of the catalogue did, or it was an emergency. */
  readonly automatic: boolean
  readonly approvals: number
}

/** Every grant that there ever was. */
export async function readGrants({ database }: Pick<Town, 'database'>): Promise<GrantRow[]> {
  const { rows } = await database.pool.query<GrantRow>(`
    select g.*, policy_id, automatic_rule is not null or kind = 'break-glass' as automatic,
      (select count(*)::int from approval a where a.request_id = g.request_id) as approvals
    from access_grant g join request on request.id = g.request_id join policy_state p on p.resource_id = g.resource_id`)
  return rows
}

/**
 * Every document that the bot ever stored at Pomerium, against the grants in the database: each rule that is not one of
 * `foreign` says exactly what a grant says that was approved by then and not known to be ended. Returns their number.
 */
export async function assertNoRuleWithoutGrant(
  town: Town,
  foreign: readonly unknown[] = [],
): Promise<number> {
  const grants = await readGrants(town)
  const strangers = new Set(foreign.map((rule) => JSON.stringify(rule)))
  let checked = 0
  for (const version of town.pomerium.history) {
    const { policy, policyId, at, by } = version
    if (policy === undefined || by.id !== town.pomerium.apiUserId) continue
    const ours = rulesIn(version).filter((rule) => !strangers.has(JSON.stringify(rule)))
    assert.equal(policy.enforced, false)
    const free = grants.filter((grant) => grant.policy_id === policyId)
    for (const rule of ours) {
      checked += 1
      const index = free.findIndex((grant) => says(grant, rule) && isLive(grant, at))
      assert.ok(index >= 0, `no live grant for ${JSON.stringify(rule)} at ${at.toISOString()}`)
      // One grant is one rule.
      free.splice(index, 1)
    }
  }
  return checked
}

/** The rules of a document, none when the policy was deleted. */
export function rulesIn({ policy }: Pick<PolicyVersion, 'policy'>): readonly unknown[] {
  if (policy === undefined) return []
  return Array.isArray(policy.ppl) ? policy.ppl : [policy.ppl]
}

/** Whether a rule is what the grant says, or said before it was extended: the person, the end and the conditions, no more. */
export function says(grant: GrantRow, rule: unknown): boolean {
  const terms = [
    { endsAt: grant.ends_at, constraints: grant.constraints },
    ...grant.earlier_terms.map(({ endsAt, constraints }) => ({
      endsAt: new Date(endsAt),
      constraints,
    })),
  ]
  const found = asText(rule)
  return terms.some(({ endsAt, constraints }) => {
    const before = instant(endsAt)
    const after = new Date(Math.ceil(grant.starts_at.getTime() / 1_000) * 1_000)
    const date = grant.scheduled ? { after: instant(after), before } : { before }
    return (
      found ===
      asText({ allow: { and: [{ email: { is: grant.email } }, { date }, ...constraints] } })
    )
  })
}

/** Whether the grant is approved at an instant, and not known to be over. */
export function isLive(grant: GrantRow, at: Date): boolean {
  const isApproved = grant.approvals > 0 || grant.automatic
  const isOver = grant.ended_at !== null && at > grant.ended_at
  return isApproved && (grant.scheduled || grant.starts_at <= at) && !isOver
}

const instant = (at: Date) => at.toISOString().replace('.000Z', 'Z')

/** The same for rules that differ in the order of their conditions alone. */
function asText(rule: unknown): string {
  const { allow, ...rest } = rule as { allow?: { and?: unknown[] } }
  const all = allow?.and?.map((criterion) => JSON.stringify(criterion)).toSorted()
  return all === undefined || Object.keys(rest).length > 0 || Object.keys(allow ?? {}).length > 1
    ? JSON.stringify(rule)
    : JSON.stringify(all)
}
