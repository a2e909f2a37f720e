import { z } from 'zod'
import type { EventKind } from './vocabulary-terms.ts'
import {
  aged,
  beneficiary,
  catalogueRevision,
  count,
  durationSeconds,
  endsAt,
  instant,
  kind,
  level,
  note,
  open,
  opened,
  personal,
  reason,
  seconds,
  startsAt,
  steppedUp,
  text,
  why,
  yes,
} from './vocabulary-terms.ts'

const approval = {
  approvals: open(count, 'How many approvals count by now.'),
  needed: open(count, 'How many are needed.'),
  right: open(
    z.enum(['approver', 'silent', 'escalation']),
    'By which right the actor approved: as an approver, as one who is not pinged, or since nobody answered in time.',
  ),
  stage: open(text, 'The stage that it counts for, where stages have titles.').optional(),
  note,
  shortened: open(seconds, 'The longest time that the actor allowed, in seconds.').optional(),
  steppedUp,
  catalogueRevision,
  ...aged,
}

const notice = z.union([
  z.strictObject({ code: z.enum(['rego-silent', 'taken-away-lately']) }),
  z.strictObject({ code: z.literal('automatic-limit-reached'), count, seconds }),
])

/** The life of a request until it is answered. */
export const requestKinds = {
  'request.created': kind('Access, or more time, was asked for.', {
    durationSeconds,
    reason,
    kind: open(
      z.enum(['standard', 'sponsored', 'break-glass']),
      'For oneself, with a sponsor’s word, or in an emergency.',
    ),
    level,
    beneficiary,
    startsAt: startsAt.optional(),
    extends: open(text, 'The request whose grant is to last longer.').optional(),
    stepUp: open(yes, 'It is opened on the page behind Pomerium only.').optional(),
    catalogueRevision,
    notice: personal(notice, 'Why it was not approved by itself.').optional(),
    ...aged,
  }),
  'request.approval_recorded': kind('An approval was given, and more are needed.', approval),
  'request.approved': kind('The last approval was given: Pomerium is being told.', {
    ...approval,
    ...opened,
  }),
  'request.extended': kind('The last approval of more time was given: Pomerium is being told.', {
    ...approval,
    endsAt,
  }),
  'request.auto_approved': kind('A rule approved access, or more time, without people.', {
    rule: open(text, 'The rule of the catalogue, or `rego` for the Rego policy.'),
    steppedUp,
    catalogueRevision,
    ...opened,
    // More time has the end alone.
    email: opened.email.optional(),
    startsAt: startsAt.optional(),
    constraints: opened.constraints.optional(),
    ...aged,
  }),
  'request.break_glass': kind('Emergency access was opened by its requester.', {
    reason,
    reviewDueAt: open(instant, 'By when it is to be reviewed.'),
    level,
    steppedUp,
    catalogueRevision,
    ...opened,
    ...aged,
  }),
  'request.denied': kind('An approver said no.', { reason, catalogueRevision, ...aged }),
  'request.cancelled': kind('The requester took it back, or may not have it any more.', {
    why,
    catalogueRevision: catalogueRevision.optional(),
    ...aged,
  }),
  'request.lapsed': kind('Nobody answered in time.'),
  'request.reminded': kind('Approvers were reminded.', {
    reminders: open(count, 'How many reminders that makes.'),
  }),
  'request.escalated': kind('Nobody answered for so long that further approvers were asked.'),
  'request.recounted': kind('Approvals were counted again by the rights of those who gave them.', {
    approvals: approval.approvals,
    needed: approval.needed,
    was: personal(count, 'How many counted before.'),
    open: open(count, 'The index of the stage that waits.'),
  }),
} satisfies Record<`request.${string}`, EventKind>
