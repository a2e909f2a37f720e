import { z } from 'zod'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { line, list, mapping, orOff, saying, wholeNumber } from './field-kinds.ts'
import { constraint, duration, pattern, rate } from './field-values.ts'
import { approvers, people, vendorPeople } from './people-schema.ts'

const APPROVALS_MAX = 10
const STAGES_MAX = 10
const CHOICES_MAX = 20
const RULES_MAX = 20

const approvals = wholeNumber(1, APPROVALS_MAX)

export const stage = mapping('a stage: approvers, and perhaps title and approvals', {
  title: line(40).optional().describe('Shown to people, e.g. Security.'),
  approvers: approvers.describe('Who may answer at this stage.'),
  approvals: approvals.default(1).describe('Distinct people who must approve at this stage.'),
}).meta({ id: 'stage' })

const limit = rate
  .optional()
  .describe('At most so many automatic approvals of one person in so long, e.g. 3/24h.')

/** What a resource says, and what a level may say otherwise. */
export const terms = {
  requesters: people.optional().describe('Who may ask, and who may see that this exists.'),
  approvers: approvers
    .optional()
    .describe('Who may answer. Instead of several stages: do not give both.'),
  approvals: approvals
    .optional()
    .meta({ description: 'Distinct people who must approve, 1 unless told.', default: 1 }),
  stages: list('a list of stages', stage)
    .min(1, 'is an empty list; add a stage, or give approvers instead')
    .max(STAGES_MAX, `must be a list of at most ${STAGES_MAX} stages`)
    .optional()
    .describe('Approvals in order, by different people: a stage opens when those before are full.'),
  duration: mapping('default, max and choices', {
    default: duration.optional().describe('Offered first, 1h unless told.'),
    max: duration.optional().describe('The longest, extensions included; 8h unless told.'),
    choices: list('a list of durations', duration)
      .min(1, 'is an empty list; name durations, or leave it out')
      .max(CHOICES_MAX, `must be a list of at most ${CHOICES_MAX} durations`)
      .optional()
      .describe('When given, nothing else may be asked for.'),
  })
    .optional()
    .describe('How long access may last: whole minutes from 1m to 30d, such as 30m, 1h30m or 2d.'),
  schedule: orOff(duration)
    .optional()
    .describe('How far ahead access may start, 7d unless told; off: at once only.'),
  reason: mapping('min, pattern and hint', {
    min: wholeNumber(1, REASON_MAX_LENGTH)
      .optional()
      .meta({ description: 'The fewest characters, 1 unless told.', default: 1 }),
    pattern: pattern
      .optional()
      .describe('A regular expression that the reason must contain, e.g. INC-\\d+.'),
    hint: line(150).optional().describe('Shown to whoever gives the reason.'),
  })
    .optional()
    .describe('How the reason must look.'),
  constraints: list('a list of PPL criteria', constraint)
    .max(20, 'must be a list of at most 20 PPL criteria')
    .optional()
    .describe(
      'Further PPL criteria, all of which must hold besides identity and time. A level adds its own to those of the resource.',
    ),
  risk: z.enum(['low', 'medium', 'high'], saying('low, medium or high')).optional().meta({
    description:
      'Shown on cards, medium unless told; with high, approvers are named one by one or by group, and nobody lets themselves in.',
    default: 'medium',
  }),
  lapse: duration.optional().describe('An unanswered request lapses so late, 8h unless told.'),
  remind: orOff(duration)
    .optional()
    .describe('Approvers are reminded so late, then after twice as long each time.'),
  escalate: orOff(
    mapping('after and to', {
      after: duration.describe('How long nobody answered.'),
      to: people.describe('May answer from then on too; groups and users of them are pinged.'),
    }),
  )
    .optional()
    .describe('Who else is asked when nobody answers in time.'),
  extend: orOff(
    mapping('times and max', {
      times: wholeNumber(1, 20)
        .default(1)
        .describe('How often one access may be extended, 1 unless told.'),
      max: duration.describe('By how much at a time; never beyond duration.max in all.'),
    }),
  )
    .optional()
    .describe('Whether access may be extended, under the rules for asking. Never, unless told.'),
  auto_approve: list(
    'a list of rules',
    mapping('a rule: requesters, max and perhaps limit', {
      requesters: people.describe('For whom of those who may ask.'),
      max: duration.describe('The longest that needs no approver, extensions included.'),
      limit,
    }).meta({ id: 'autoApproval' }),
  )
    .max(RULES_MAX, `must be a list of at most ${RULES_MAX} rules`)
    .optional()
    .describe('Lets requests of some people through without an approver, e.g. of those on call.'),
  self_activation: orOff(
    mapping('max and perhaps limit', {
      max: duration.describe('The longest that needs no approver, extensions included.'),
      limit,
    }),
  )
    .optional()
    .describe(
      'Whoever may ask lets themselves in, with a reason only. Needs a reason.pattern that one character does not match, or reason.min of 10.',
    ),
  break_glass: orOff(
    mapping('requesters, max and perhaps review', {
      requesters: people.describe('Who may, beside or instead of asking.'),
      max: duration.describe('The longest.'),
      review: duration
        .default(86_400)
        .describe('Approvers or admins must have reviewed it so late, 24h unless told.'),
    }),
  )
    .optional()
    .describe('Access at once in an emergency, posted to audit_channel and reviewed afterwards.'),
  step_up: orOff(z.literal(true, saying('true, off, or be left out')))
    .optional()
    .describe(
      'Whether access is opened on the page behind Pomerium only, by people who linked their Slack account to their Pomerium identity: a Slack account alone opens nothing.',
    ),
  vendors: orOff(
    mapping('people and sponsors', {
      people: vendorPeople.describe('Whom it is for; nobody of your own domains.'),
      sponsors: people.describe('Vouch for them, and ask for those who are not in Slack.'),
    }),
  )
    .optional()
    .describe(
      'Lets guests and people of other organisations in, always with a sponsor and an approval.',
    ),
}

export type StageEntry = z.output<typeof stage>
