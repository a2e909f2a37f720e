import { canonicalJson } from '../domain/canonical.ts'
import type { Resource } from '../domain/resource.ts'
import { cutText } from '../domain/text.ts'
import type { PolicyDeps } from './locate-policy.ts'
import type { LivePolicy, PolicyText } from './policy-api.ts'
import { recordPolicyEvent } from './policy-trouble.ts'
import type { Attachment, PolicySettings, PolicyState } from './store.ts'

const SHOWN_CHARACTERS = 200
const TEXTS = ['name', 'description', 'explanation', 'remediation'] as const

/** What people see of a policy; explanation and remediation stand on Pomerium's 403 page. */
export function policyText(resource: Resource): PolicyText {
  return {
    name: resource.policy,
    description: `Just-in-time access to ${resource.title}. One rule for each live grant; rules of others are kept.`,
    explanation: `Access to ${resource.title} is granted for a limited time, and you have no live grant.`,
    remediation: `Ask in Slack: \`/jit request ${resource.id} 1h <reason>\``,
    ppl: [],
  }
}

type Page = Pick<PolicyText, 'explanation' | 'remediation'>

/** SHA-256 of what a policy says on Pomerium's 403 page. */
export function textDigest(deps: Pick<PolicyDeps, 'sha256'>, page: Page): string {
  return deps.sha256(canonicalJson([page.explanation, page.remediation]))
}

/** Whether the 403 page says what the bot wrote, and the bot would say something else by now. */
export function isTextDue(
  deps: Pick<PolicyDeps, 'sha256'>,
  state: PolicyState,
  live: LivePolicy,
  wanted: PolicyText | undefined,
): boolean {
  if (wanted === undefined || state.textDigest === undefined) return false
  return (
    textDigest(deps, live) === state.textDigest && textDigest(deps, wanted) !== state.textDigest
  )
}

/**
 * Puts on record what people changed of a policy beside its rules, and tells operators: name and texts stay as they were
 * edited, and a policy without a route opens nothing. Returns the state that knows of it.
 */
export async function noticeSettings(
  deps: PolicyDeps,
  {
    state,
    live,
    wanted,
    isRuleWanted,
  }: {
    readonly state: PolicyState
    readonly live: LivePolicy
    readonly wanted: PolicyText | undefined
    /** Whether somebody is to have access by this policy now. */
    readonly isRuleWanted: boolean
  },
): Promise<PolicyState> {
  const { seen } = state
  const attachment = attachmentOf(live, seen?.attachment, isRuleWanted)
  const { name, description, explanation, remediation } = live
  const now: PolicySettings = {
    name,
    description,
    explanation,
    remediation,
    ...(attachment && { attachment }),
  }
  const isOurText =
    wanted !== undefined && explanation === wanted.explanation && remediation === wanted.remediation
  const digest = isOurText ? textDigest(deps, live) : state.textDigest
  const next: PolicyState = { ...state, seen: now, ...(digest && { textDigest: digest }) }
  if (canonicalJson({ ...now }) === canonicalJson({ ...seen }) && digest === state.textDigest)
    return state
  const change = seen === undefined || isOurText ? nameChange(seen, now) : diff(seen, now, TEXTS)
  await deps.store.transaction(async (tx) => {
    await tx.policies.save(next)
    const policy = { policy: state.policyName, policyId: live.id }
    const { resourceId } = state
    if (change !== '') {
      const details = { ...policy, change }
      await recordPolicyEvent(tx, 'policy.settings_changed', resourceId, details, true)
      await tx.work.mark('activity', deps.policyApi.clusterId)
    }
    if (attachment === 'detached' && seen?.attachment !== 'detached')
      await recordPolicyEvent(tx, 'policy.detached', resourceId, policy, true)
    if (attachment === 'attached' && seen?.attachment === 'detached')
      await recordPolicyEvent(tx, 'policy.attached', resourceId, policy)
  })
  return next
}

/** `undefined` when Pomerium does not say. A new policy without routes is no trouble until somebody is to pass by it. */
function attachmentOf(
  { routes }: LivePolicy,
  before: Attachment | undefined,
  isRuleWanted: boolean,
): Attachment | undefined {
  if (routes === undefined) return before
  if (routes.length > 0) return 'attached'
  return isRuleWanted || (before !== undefined && before !== 'unattached')
    ? 'detached'
    : 'unattached'
}

/** Where the texts are the bot's own, only the name can be somebody else's doing. */
function nameChange(before: PolicySettings | undefined, now: PolicySettings): string {
  return before === undefined ? '' : diff(before, now, ['name'])
}

function diff(
  before: PolicySettings,
  now: PolicySettings,
  fields: readonly (typeof TEXTS)[number][],
): string {
  const shown = (text: string) => JSON.stringify(cutText(text, SHOWN_CHARACTERS))
  return fields
    .filter((field) => before[field] !== now[field])
    .map((field) => `${field}: ${shown(before[field])} → ${shown(now[field])}`)
    .join('\n')
}
