import { z } from 'zod'
import { refusal } from './vocabulary-refused.ts'
import type { EventKind } from './vocabulary-terms.ts'
import { aged, count, instant, kind, open, personal, text } from './vocabulary-terms.ts'

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
const format = open(z.enum(['csv', 'jsonl']), 'In which form.')

/** What happened with the trail itself. */
export const auditKinds = {
  'audit.head_published': kind('The number and hash of this event were posted outside.'),
  'audit.chain_broken': kind('The trail was found to be not as it was recorded.', {
    count: open(count, 'How many things are wrong.'),
    problems: personal(z.array(text), 'The first of them.'),
  }),
  'audit.month_summed_up': kind('What a month held was posted for whoever reviews access.', {
    month: open(z.string().regex(/^\d{4}-\d\d$/), 'The month, such as 2026-03.'),
  }),
  'audit.read': kind('Somebody entitled looked into the trail.', page),
  'audit.exported': kind('Somebody entitled exported events.', { ...filter, format }),
  'audit.read_refused': kind('Somebody tried to look into the trail who may not.', {
    ...page,
    format: format.optional(),
    refusal,
  }),
} satisfies Record<`audit.${string}`, EventKind>
