import { z } from 'zod'
import { operated } from './vocabulary-people.ts'
import type { EventKind } from './vocabulary-terms.ts'
import {
  count,
  criteria,
  instant,
  kind,
  open,
  personal,
  policyDigest,
  policyId,
  policyName,
  sha256,
  text,
} from './vocabulary-terms.ts'

const foreign = {
  policy: policyName,
  count: open(count, 'How many rules.'),
  rules: personal(z.array(text), 'The first of them, one a line.'),
}
const was = personal(text.nullable(), 'The id of the policy before; null when there was none.')
const asked = {
  stage: open(
    z.enum(['request', 'approve', 'activate', 'extend', 'breakglass']),
    'What it was asked about.',
  ),
  engine: open(z.enum(['opa', 'wasm']), 'What ran it.'),
  inputHash: open(sha256, 'SHA-256 of the canonical input.'),
  latencyMs: open(z.number().nonnegative(), 'How long it took, in milliseconds.'),
  decisionId: open(text, 'OPA’s id of the decision.').optional(),
  policyVersion: open(text, 'As the decision says.').optional(),
  bundleRevision: open(text, 'Of the bundle.').optional(),
  bundleHash: open(sha256, 'SHA-256 of the compiled policy.').optional(),
}
const narrowing = z.strictObject({
  maxSeconds: z.number().optional(),
  approvals: count.optional(),
  groups: z.array(text).optional(),
  constraints: criteria,
})

/** Pomerium's policies, the catalogue and the Rego policy. */
export const ruleKinds = {
  'policy.created': kind('A policy was made in Pomerium.', { policy: policyName, policyId }),
  'policy.written': kind('The rules of a policy were written.', {
    policy: policyName,
    policyId,
    policyDigest,
    change: personal(text, 'The rules that went (-) and came (+), one a line.'),
  }),
  'policy.blocked': kind('A policy cannot be applied until somebody helps.', {
    policy: policyName,
    reason: personal(text, 'What is wrong, and what to do.'),
  }),
  'policy.unblocked': kind('A policy that was blocked is in force again.', {
    policy: policyName,
    was: personal(text, 'What was wrong.'),
  }),
  'policy.failing': kind('A policy failed to be applied again and again.', {
    error: personal(text, 'What went wrong last.'),
    failures: open(count, 'How often in a row.'),
  }),
  'policy.adopted': kind('A policy that Pomerium has is used for a resource from now on.', {
    policy: policyName,
    policyId,
    was: was.optional(),
    ...operated,
  }),
  'policy.forgotten': kind('An operator let go of the policy of a resource.', {
    policy: policyName,
    policyId: open(z.null(), 'No policy is known by now.'),
    was,
    ...operated,
  }),
  'policy.drift_repaired': kind('Rules of ours that somebody had taken out stand again.', foreign),
  'policy.foreign_rules': kind('A policy has other rules of somebody else than before.', foreign),
  'policy.foreign_removed': kind(
    'Rules of somebody else were taken out, as the catalogue says.',
    foreign,
  ),
  'policy.rule_returned': kind(
    'Rules of access that is over came back, and were taken out again.',
    foreign,
  ),
  'policy.settings_changed': kind('Somebody changed the name or texts of a policy; they stay so.', {
    policy: policyName,
    policyId,
    change: personal(text, 'What it was and what it is, one a line.'),
  }),
  'policy.detached': kind('No route has a policy by which somebody is to pass: it opens nothing.', {
    policy: policyName,
    policyId,
  }),
  'policy.attached': kind('A policy without a route has one again.', {
    policy: policyName,
    policyId,
  }),
  'policy.changed_outside': kind('By Pomerium’s activity log, somebody else changed a policy.', {
    policy: policyName,
    policyId,
    activity: open(text, 'What was done: create, update or delete.'),
    activityId: open(text, 'The entry of the log.'),
    who: personal(text, 'Who did it: e-mail address, name or id in Pomerium.'),
    changedAt: open(instant, 'When, by Pomerium’s clock.'),
  }),
  'catalogue.accepted': kind('Another catalogue is in force.', {
    occasion: open(z.enum(['start', 'signal']), 'At a start, or by the signal to read it again.'),
    revision: open(sha256, 'SHA-256 of the catalogue.'),
    resources: open(count, 'How many resources it has.'),
  }),
  'catalogue.rejected': kind('A catalogue was not accepted at the signal to read it again.', {
    count: open(count, 'How many mistakes it has.'),
    problems: personal(z.array(text), 'The first of them.'),
  }),
  'rego.decided': kind('The Rego policy was asked and answered.', {
    ...asked,
    effect: open(z.enum(['deny', 'needs_approval', 'allow']), 'What it said.'),
    reasons: personal(z.array(z.strictObject({ code: text, text })), 'Why, by its own words.'),
    narrowing: personal(narrowing, 'What it takes away from what the catalogue allows.'),
  }),
  'rego.no_decision': kind('The Rego policy was asked and gave no decision.', {
    ...asked,
    cause: open(z.enum(['undefined', 'invalid', 'error', 'unavailable']), 'Why there was none.'),
    detail: personal(text, 'What an operator needs to know.'),
  }),
  'message.rerouted': kind('A card or an alert went to the fallback channel.', {
    from: open(text, 'The channel that did not take it.'),
    to: open(text, 'The channel where it stands.'),
    error: personal(text, 'What Slack said.'),
  }),
} satisfies Record<string, EventKind>
