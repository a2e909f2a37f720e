import { desiredRules, possiblyWritten, proved } from '../domain/policy-plan.ts'
import { mergeRules } from '../domain/ppl-merge.ts'
import { liveRules } from '../domain/ppl-parse.ts'
import type { Rule } from '../domain/ppl.ts'
import type { ResourceId } from '../domain/ids.ts'
import type { Approved } from '../domain/request.ts'
import { settleGrants } from './confirm-grants.ts'
import type { Lease } from './lease.ts'
import { locatePolicy } from './locate-policy.ts'
import type { PolicyDeps } from './locate-policy.ts'
import { blockPolicy } from './policy-trouble.ts'
import type { LivePolicy, Publication } from './policy-api.ts'
import type { PolicyState } from './store.ts'
import type { Handled } from './worker.ts'

/** One policy is written at most this often; what comes sooner goes into the next write. */
const WRITE_INTERVAL_MS = 100
const PUBLICATION_POLL_MS = 300
const READS_DIFFERENTLY: Handled = {
  type: 'failed',
  error: 'the policy reads back differently from what was written',
}
/** How often to look whether somebody has mended what the bot cannot. */
const HELP_POLL_MS = 30_000

/**
 * Makes one Pomerium policy equal to the grants of its resource: read, merge, write when something differs, read back;
 * then records what the read-back proves. Level-triggered: what is due is read after the lease was taken. Throws
 * PolicyApiError and LeaseLost.
 */
export async function applyPolicy(
  deps: PolicyDeps,
  resourceId: ResourceId,
  lease: Lease,
): Promise<Handled> {
  const { now, known, requests } = await deps.store.transaction(async (tx) => ({
    now: tx.now,
    known: await tx.policies.find(resourceId),
    requests: await tx.requests.live(resourceId),
  }))
  const waitMs = Math.max(
    msUntil(known?.quietUntil, now),
    msUntil(known?.writtenAt, now) + (known?.writtenAt === undefined ? 0 : WRITE_INTERVAL_MS),
  )
  if (waitMs > 0) return { type: 'again', afterMs: waitMs }

  const located = await locatePolicy(deps, resourceId, known)
  if (!located.ok) return blockPolicy(deps, resourceId, known, located.reason)
  const { live, state } = located
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
  const merge = mergeRules({ live: parsed.ppl, lastWritten: state.written, desired })
  if (!merge.changed) {
    const publication = await deps.policyApi.publish(live.id)
    return settle(deps, {
      state,
      requests,
      desired,
      lease,
      readBack: live,
      publication,
      repaired: [],
    })
  }
  // Before the write, everything that it may leave behind is remembered as ours: its answer may get lost.
  const writing: PolicyState = {
    ...state,
    written: possiblyWritten(state.written, desired),
    writtenAt: now,
  }
  await deps.store.statement((db) => db.policies.save(writing))
  await lease.hold()
  await deps.policyApi.replaceRules(live, merge.next)
  const [readBack, publication] = await Promise.all([
    deps.policyApi.read(live.id),
    deps.policyApi.publish(live.id),
  ])
  return settle(deps, {
    state: writing,
    requests,
    desired,
    lease,
    readBack,
    publication,
    repaired: isVerified(state) ? merge.vanished : [],
  })
}

/** Whether the policy was seen to hold what was last written; only then is a missing rule somebody else's doing. */
function isVerified({ writtenAt, verifiedAt }: PolicyState): boolean {
  return verifiedAt !== undefined && (writtenAt === undefined || verifiedAt >= writtenAt)
}

async function settle(
  deps: PolicyDeps,
  result: {
    readonly state: PolicyState
    readonly requests: readonly Approved[]
    readonly desired: readonly Rule[]
    readonly lease: Lease
    readonly readBack: LivePolicy | undefined
    readonly publication: Publication
    /** Rules of ours that somebody had taken out and that this run put back. */
    readonly repaired: readonly Rule[]
  },
): Promise<Handled> {
  const { state, requests, desired, readBack, publication, lease, repaired } = result
  const read = readBack === undefined ? undefined : liveRules(readBack.ppl)
  if (read?.ok !== true) return READS_DIFFERENTLY
  // Against all that may be ours, so that an ended rule that is still there is not taken for a foreign one.
  const after = mergeRules({ live: read.ppl, lastWritten: state.written, desired })
  if (after.changed) return READS_DIFFERENTLY
  switch (publication.state) {
    case 'applying':
      return { type: 'again', afterMs: PUBLICATION_POLL_MS }
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
  await settleGrants(deps, {
    state,
    desired,
    foreign: after.foreign,
    repaired,
    ...proved(requests, read.ppl, after.foreign, desired),
  })
  return { type: 'done' }
}

function msUntil(instant: Date | undefined, now: Date): number {
  return instant === undefined ? 0 : instant.getTime() - now.getTime()
}
