import { z } from 'zod'
import type { EventKind } from './vocabulary-terms.ts'
import {
  aged,
  catalogueRevision,
  count,
  criteria,
  endsAt,
  instant,
  kind,
  note,
  opened,
  open,
  personal,
  policyDigest,
  policyId,
  policyName,
  seconds,
  text,
  why,
} from './vocabulary-terms.ts'

const confirmed = {
  confirmedBy: open(
    z.enum(['pomerium', 'clock']),
    '`pomerium`: its policy was read back and is in force; `clock`: the time of a rule that it has came.',
  ),
  policy: policyName.optional(),
  policyId: policyId.optional(),
  policyDigest: policyDigest.optional(),
}
const body = z.partialRecord(z.enum(['and', 'or', 'not', 'nor']), criteria)
const written = {
  ...confirmed,
  ruleWritten: personal(
    z.strictObject({ allow: body }),
    'The rule of the grant as it stands in the policy, in Pomerium’s policy language.',
  ).optional(),
}
const cause = z.enum(['returned', 'revoked', 'ineligible'])
const review = { dueAt: open(instant, 'By when it was to be reviewed.') }

/** The life of access that was approved. */
export const grantKinds = {
  'grant.scheduled': kind('Pomerium has the rule, which is to let in from its start on.', written),
  'grant.activated': kind('Access is in force.', { email: opened.email, ...written }),
  'grant.extended': kind('Access is to last longer: Pomerium is being told.', {
    by: open(text, 'The request that asked for it.'),
    seconds: open(seconds, 'By how much, in seconds.'),
    was: personal(instant, 'When access was to end before.'),
    endsAt,
    extensions: open(count, 'How often its end was moved by now.'),
  }),
  'grant.ending': kind('Access is to end early: Pomerium is being told.', {
    cause: open(cause, 'Given back by its holder, taken away by somebody entitled, or lost.'),
    reason: personal(text, 'What the actor wrote.').optional(),
    why,
    catalogueRevision: catalogueRevision.optional(),
    ...aged,
  }),
  'grant.ended': kind('Access is over.', {
    email: opened.email,
    cause: open(z.enum([...cause.options, 'expired']), 'What ended it.'),
    ...confirmed,
  }),
  'grant.end_unconfirmed': kind('Access that was taken away is not confirmed as gone.', {
    seconds: open(seconds, 'For how long by now.'),
    policy: policyName.optional(),
    error: personal(text, 'What went wrong last.').optional(),
  }),
  'grant.never_active': kind('Its time was over before Pomerium had confirmed the rule.'),
  'grant.review_reminded': kind('Approvers were asked again to review emergency access.', review),
  'grant.review_overdue': kind('Emergency access was not reviewed in time.', review),
  'grant.reviewed': kind('Emergency access was reviewed.', {
    verdict: open(z.enum(['justified', 'not-justified']), 'What the reviewer found.'),
    note,
    catalogueRevision,
    ...aged,
  }),
} satisfies Record<`grant.${string}`, EventKind>
