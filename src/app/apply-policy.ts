import { desiredRules, eitherOf, proved, rulesOf } from '../domain/policy-plan.ts'
import { mergeRules } from '../domain/ppl-merge.ts'
import { liveRules } from '../domain/ppl-parse.ts'
import type { Rule } from '../domain/ppl.ts'
import type { ResourceId } from '../domain/ids.ts'
import { surplus } from '../domain/ppl-diff.ts'
import type { Approved } from '../domain/request.ts'
import { isRuleDue } from '../domain/request.ts'
import { settleGrants } from './confirm-grants.ts'
import type { Lease } from './lease.ts'
import { locatePolicy } from './locate-policy.ts'
import type { Located, PolicyDeps } from './locate-policy.ts'
import { blockPolicy } from './policy-trouble.ts'
import type { LivePolicy, PolicyText, Publication } from './policy-api.ts'
import { isTextDue, noticeSettings, policyText } from './policy-settings.ts'
import type { Situation } from './policy-situation.ts'
import { WRITE_INTERVAL_MS } from './policy-situation.ts'
import type { PolicyState } from './store.ts'
import type { Handled } from './worker.ts'
import { writeRules } from './write-rules.ts'

/** A change set that is on its way is looked at again after its age, within these bounds. */
const PUBLICATION_POLL_MS = { least: 300, most: 30_000 }
/** A change set that is on its way for longer is told to operators. */
const STUCK_MS = 120_000
/** How often to look whether somebody has mended what the bot cannot. */
const HELP_POLL_MS = 30_000
/** How long to leave to a replica with another catalogue what this one does not know. */
const OTHER_REPLICA_MS = 5_000

/** Access that was taken away is looked at once more after this: a write of before may land late and bring it back. */
const SECOND_LOOK_MS = 30_000

export const READS_DIFFERENTLY = 'the policy reads back differently from what was written'

/**
 * Makes one Pomerium policy equal to the grants of its resource: read, merge, write when something differs, read back;
 * then records what the read-back proves. Which rules are ours follows from the grants themselves, so that a write that
 * lands late is undone by the next look. Throws PolicyApiError and LeaseLost.
 */
export async function applyPolicy(
  deps: PolicyDeps,
  situation: Situation,
  lease: Lease,
): Promise<Handled> {
  const { resourceId } = situation
  const located = await locatePolicy(deps, situation, lease)
  if (!located.ok && located.isUnknown === true)
    return situation.requests.length === 0
      ? { type: 'done' }
      : { type: 'again', afterMs: OTHER_REPLICA_MS }
  if (!located.ok) {
    const blocked = await blockPolicy(deps, resourceId, situation.known, located.reason)
    return located.mayPass ? { type: 'again', afterMs: HELP_POLL_MS } : blocked
  }
  const resource = deps.catalogue().resources.get(resourceId)
  const wanted = located.moving === undefined && resource ? policyText(resource) : undefined
  const state = await noticeSettings(deps, {
    state: located.state,
    live: located.live,
    wanted,
    isRuleWanted: desiredRules(located.requests, situation.now).length > 0,
  })
  const handled = await applyTo(deps, situation, { ...located, state, wanted }, lease)
  if (located.moving === undefined || handled.type !== 'done') return handled
  if (!located.requests.some(({ grant }) => isRuleDue(grant)))
    return { type: 'again', afterMs: WRITE_INTERVAL_MS }
  // The end of the access that is left marks the policy again.
  if (located.requests.length < situation.requests.length)
    await blockPolicy(deps, resourceId, located.state, located.moving)
  return handled
}

async function applyTo(
  deps: PolicyDeps,
  situation: Situation,
  {
    live,
    state,
    requests,
    moving,
    wanted,
  }: Located & { readonly ok: true; readonly wanted: PolicyText | undefined },
  lease: Lease,
): Promise<Handled> {
  const { resourceId, now } = situation
  if (live.enforced)
    return blockPolicy(
      deps,
      resourceId,
      state,
      `policy ${live.name} is enforced on every route of its namespace; turn "enforced" off in Pomerium`,
    )
  const parsed = liveRules(live.ppl)
  if (!parsed.ok)
    return blockPolicy(
      deps,
      resourceId,
      state,
      `the rules of policy ${live.name} cannot be carried over (${parsed.problems[0]?.sentence ?? 'unknown'}); mend them in Pomerium`,
    )

  const desired = desiredRules(requests, now)
  const ours = eitherOf(state.written, rulesOf(situation.requests))
  const kept = mergeRules({ live: parsed.ppl, lastWritten: ours, desired })
  const unwanted = removesForeign(deps, resourceId) ? kept.foreign.filter(isAllowOnly) : []
  const merge =
    unwanted.length === 0
      ? kept
      : mergeRules({ live: parsed.ppl, lastWritten: [...ours, ...unwanted], desired })
  const text = isTextDue(deps, state, live, wanted) ? wanted : undefined
  if (!merge.changed && text === undefined) {
    // What was seen in force stays so: the troubles of later change sets are not this policy's.
    const publication: Publication = isVerified(state)
      ? { state: 'in-force' }
      : await deps.policyApi.publish(live.id)
    const seen = { readBack: live, publication, repaired: [], ours }
    return settle(deps, { ...seen, state, requests, desired, lease, now, moving })
  }
  // A rule that was seen to stand and is gone is somebody else's doing, as is one that was seen to be gone and stands; of one
  // that was never written nobody can tell.
  const known = mergeRules({ live: parsed.ppl, lastWritten: state.written, desired })
  const returned = isVerified(state) ? surplus(known.foreign, kept.foreign) : []
  const written = await writeRules(deps, {
    state,
    live,
    before: parsed.ppl,
    merge,
    desired,
    text,
    found: [
      { action: 'policy.rule_returned', rules: returned },
      { action: 'policy.foreign_removed', rules: unwanted },
    ],
    lease,
  })
  const repaired = isVerified(state) ? known.vanished : []
  const seen = { ...written, repaired, ours }
  return settle(deps, { ...seen, requests, desired, lease, now, moving })
}

function removesForeign({ catalogue }: PolicyDeps, resourceId: ResourceId): boolean {
  return catalogue().resources.get(resourceId)?.removesForeignRules === true
}

/** A rule that denies is never taken out: that would let somebody in. */
function isAllowOnly(rule: Rule): boolean {
  return rule.deny === undefined
}

/** Whether the policy was seen to hold what was last written; only then is a missing rule somebody else's doing. */
function isVerified({ writtenAt, verifiedAt }: PolicyState): boolean {
  return verifiedAt !== undefined && (writtenAt === undefined || verifiedAt >= writtenAt)
}

function stuck({ policyName }: PolicyState): string {
  return `Pomerium has stored the rules of policy ${policyName}, and its cluster does not apply them: see in Pomerium whether the cluster is online and its configuration healthy`
}

async function settle(
  deps: PolicyDeps,
  result: {
    readonly state: PolicyState
    readonly requests: readonly Approved[]
    readonly desired: readonly Rule[]
    readonly ours: readonly Rule[]
    readonly lease: Lease
    readonly now: Date
    readonly moving: string | undefined
    readonly readBack: LivePolicy | undefined
    readonly publication: Publication
    /** Rules of ours that somebody had taken out and that this run put back. */
    readonly repaired: readonly Rule[]
  },
): Promise<Handled> {
  const { state, requests, desired, ours, readBack, publication, lease, now } = result
  const read = readBack === undefined ? undefined : liveRules(readBack.ppl)
  if (read?.ok !== true) return { type: 'failed', error: READS_DIFFERENTLY }
  // Against all that may be ours, so that an ended rule that is still there is not taken for a foreign one.
  const after = mergeRules({ live: read.ppl, lastWritten: eitherOf(ours, desired), desired })
  if (after.changed) return { type: 'failed', error: READS_DIFFERENTLY }
  switch (publication.state) {
    case 'applying': {
      const age = now.getTime() - (state.writtenAt ?? now).getTime()
      if (age > STUCK_MS) await blockPolicy(deps, state.resourceId, state, stuck(state))
      const { least, most } = PUBLICATION_POLL_MS
      return { type: 'again', afterMs: Math.min(most, Math.max(least, age)) }
    }
    case 'needs-administrator':
    case 'failed':
      await blockPolicy(deps, state.resourceId, state, publication.reason)
      return { type: 'again', afterMs: HELP_POLL_MS }
    case 'in-force':
      break
    default:
      publication satisfies never
  }
  await lease.hold()
  const proof = proved(requests, read.ppl, desired)
  await settleGrants(deps, {
    state,
    desired,
    readBack: read.ppl,
    foreign: after.foreign,
    repaired: result.repaired,
    moving: result.moving,
    ...proof,
  })
  const isTakenAway = proof.ended.some(({ grant }) => now < grant.endsAt)
  return isTakenAway ? { type: 'done', lookAfterMs: SECOND_LOOK_MS } : { type: 'done' }
}
