import { z } from 'zod'
import { EXPORT_FORMATS } from '../app/audit-export.ts'
import { refusal } from './vocabulary-refused.ts'
import type { EventKind } from './vocabulary-terms.ts'
import { aged, count, instant, kind, open, personal, sha256, text } from './vocabulary-terms.ts'

const filter = {
  from: open(instant, 'At or after.').optional(),
  to: open(instant, 'Before.').optional(),
  person: personal(text, 'Whose events, by Slack id or address.').optional(),
  resource: personal(text, 'Of which resource.').optional(),
  request: personal(text, 'Of which request.').optional(),
  action: personal(text, 'Which action, or what is before its dot.').optional(),
  ...aged,
}
const page = { ...filter, before: open(count, 'Before which event.').optional() }
const format = open(z.enum(EXPORT_FORMATS), 'In which form.')
const destination = open(text, 'A digest of the address, by which destinations are told apart.')
const operator = personal(text, 'Who it was on the machine that it was done from.')
const month = z.string().regex(/^\d{4}-\d\d$/)

/** What happened with the trail itself. */
export const auditKinds = {
  'audit.head_published': kind('The number and hash of this event were posted outside.', {
    seq: open(count, 'The last event that was verified before.').optional(),
    hash: open(sha256, 'Its hash.').optional(),
  }),
  'audit.chain_broken': kind('The trail was found to be not as it was recorded.', {
    why: open(z.enum(['events', 'guards']), 'Whether events are wrong, or what guards them.'),
    seq: open(count, 'The first event that is wrong.').optional(),
    problem: open(text, 'What is wrong.'),
  }),
  'audit.trail_behind': kind(
    'The trail lacks an event that was seen outside; nothing is written to Pomerium.',
    {
      kept: open(count, 'The event of the last head that is kept outside.'),
      last: open(count, 'The last event of the trail.'),
    },
  ),
  'audit.restore_adopted': kind(
    'A database that was restored from a back-up was adopted, and all access in it ended.',
    {
      seq: open(count, 'The last event that a head from outside vouches for.'),
      lost: open(count, 'The last event that is known to be lost.'),
      ended: open(count, 'How much access was ended.'),
      operator,
    },
  ),
  'audit.heads_not_kept': kind('The file of heads could not be read or added to.', {
    error: personal(text, 'Why not.'),
  }),
  'audit.month_summed_up': kind('What a month held was posted for whoever reviews access.', {
    month: open(month, 'The month, such as 2026-03.'),
    grants: open(count, 'How much access was opened.'),
    byResource: open(z.array(z.tuple([text, count])), 'To which resources, the most first.'),
    others: open(count, 'Access to resources that are not named.'),
    automatic: open(count, 'Access that a rule opened.'),
    breakGlass: open(count, 'Break-glass access.'),
    unreviewed: open(count, 'Break-glass access that nobody has reviewed yet.'),
    denied: open(count, 'Requests that were denied.'),
    drift: open(count, 'How often drift was repaired.'),
    foreign: open(count, 'How often foreign rules were reported.'),
    blocked: open(count, 'How often a policy was blocked.'),
  }),
  'audit.stream_begun': kind('The trail is streamed to another destination from now on.', {
    destination,
  }),
  'audit.stream_failing': kind('The destination of the stream does not take events.', {
    destination,
    error: personal(text, 'Why not.'),
    failures: open(count, 'How often in a row.'),
    seq: open(count, 'The last event that it has taken.'),
  }),
  'audit.erased': kind('A person was erased for good.', {
    pseudonym: open(text, 'What stands in their place.'),
    seqs: open(z.array(z.tuple([count, count])), 'The first and last of each run of events.'),
    events: open(count, 'How many events are in them.'),
    operator,
  }),
  'audit.archived': kind(
    'The oldest events went to a file, and are not in the database any more.',
    {
      month: open(month, 'In which the first of them was recorded.'),
      seqs: open(z.array(z.tuple([count, count])), 'The first and last of them.'),
      events: open(count, 'How many they are.'),
      seq: open(count, 'The last of them.'),
      hash: open(sha256, 'Its hash, from which what is left goes on.'),
      file: open(text, 'The name of the file.'),
      fileHash: open(sha256, 'SHA-256 of the file.'),
      operator: operator.optional(),
    },
  ),
  'audit.hold_placed': kind('A legal hold was placed: what it covers stays, and in the database.', {
    id: open(text, 'Of the hold.'),
    person: personal(text, 'Whom it covers; everything when nothing is named.').optional(),
    resource: personal(text, 'Which resource it covers.').optional(),
    request: personal(text, 'Which request it covers.').optional(),
    reason: personal(text, 'Why.'),
    operator,
  }),
  'audit.hold_released': kind('A legal hold was released.', {
    id: open(text, 'Of the hold.'),
    operator,
  }),
  'audit.read': kind('Somebody entitled looked into the trail.', page),
  'audit.exported': kind('Somebody entitled exported events.', {
    ...filter,
    format,
    seq: open(count, 'The last event that it goes up to.'),
    operator: operator.optional(),
  }),
  'audit.read_refused': kind('Somebody tried to look into the trail who may not.', {
    ...page,
    format: format.optional(),
    refusal,
  }),
} satisfies Record<`audit.${string}`, EventKind>
