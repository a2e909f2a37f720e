import { z } from 'zod'
import { parseDuration } from '../domain/duration.ts'
import type { ResourceId, SlackChannelId, SlackGroupId, SlackUserId } from '../domain/ids.ts'
import { foldEmail } from '../domain/person.ts'
import type { Criterion } from '../domain/ppl.ts'
import { constraintProblems } from '../domain/ppl-constraint.ts'
import { REASON_MAX_LENGTH } from '../domain/rules.ts'
import { cleanText, countCharacters } from '../domain/text.ts'
import { unknownKey } from './problem.ts'
import { compileReasonPattern } from './reason-pattern.ts'

const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/
const LOCAL_PART = /^(?=.{1,64}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** RFC 3986 without the user part: nothing that could end a link in a message. */
const HTTPS_URL = /^https:\/\/[\w.~:/?#[\]!$&'()*+,;=%-]+$/

const channelId = text<SlackChannelId>(
  'a channel id such as C0123456789, from the foot of the channel’s details',
  (value) => /^[CG][A-Z0-9]{1,20}$/.test(value),
)
const groupId = text<SlackGroupId>(
  'a user group id such as S0123456789, from the end of the group’s address',
  (value) => /^S[A-Z0-9]{1,20}$/.test(value),
)
const userId = text<SlackUserId>(
  'a member id such as U0123456789, from the menu of the profile',
  (value) => /^[UW][A-Z0-9]{1,20}$/.test(value),
)
const email = text('an ASCII e-mail address such as ana@example.com', (value) => {
  const [local = '', domain = '', ...rest] = value.toLowerCase().split('@')
  return rest.length === 0 && LOCAL_PART.test(local) && DOMAIN.test(domain)
}).transform(foldEmail)
const domain = text('a domain such as example.com, without @ or *', (value) =>
  DOMAIN.test(value.toLowerCase()),
).transform((value) => value.toLowerCase())

const duration = text('a duration such as 30m, 1h30m or 2d', (value) => /\D/.test(value)).transform(
  (value, context) => {
    const parsed = parseDuration(value)
    if (parsed.ok) return parsed.seconds
    context.addIssue(
      {
        malformed: 'must be a duration such as 30m, 1h30m or 2d',
        zero: 'must be one minute or longer',
        'too-long': 'must be 30 days or shorter',
      }[parsed.problem],
    )
    return z.NEVER
  },
)

const people = mapping('people: groups, users, emails, domains or everyone: true', {
  groups: list('a list of user group ids', groupId).optional(),
  users: list('a list of member ids', userId).optional(),
  emails: list('a list of e-mail addresses', email).optional(),
  domains: list('a list of domains', domain).optional(),
  everyone: z.literal(true, saying('true, or be left out')).optional(),
}).refine(
  (set) => Object.values(set).some((names) => names === true || (names?.length ?? 0) > 0),
  'names nobody; list groups, users, emails, domains or everyone: true',
)

const pattern = text('a regular expression such as INC-\\d+').transform((value, context) => {
  const compiled = compileReasonPattern(value)
  if (compiled.ok) return compiled.pattern
  context.addIssue(compiled.message)
  return z.NEVER
})

const constraint = z.unknown().transform((value, context) => {
  for (const { path, sentence } of constraintProblems(value))
    context.addIssue({
      code: 'custom',
      path: pointerSteps(path),
      message: `is no usable constraint: ${sentence}`,
    })
  return value as Criterion
})

/** One resource as the file has it. */
export const resourceSchema = mapping('a resource: id, title, policy, requesters, approvers …', {
  id: text<ResourceId>(
    '1 to 63 lower-case letters, digits and -, the first a letter or digit',
    (value) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(value),
  ),
  title: line(75),
  url: text('an https:// address without user and special characters', isLink).optional(),
  policy: line(100),
  risk: z.enum(['low', 'medium', 'high'], saying('low, medium or high')).default('medium'),
  channel: channelId.optional(),
  requesters: people,
  approvers: people,
  approvals: wholeNumber(1, 10).default(1),
  duration: mapping('default and max', {
    default: duration.optional(),
    max: duration.optional(),
  }).prefault({}),
  reason: mapping('min, pattern and hint', {
    min: wholeNumber(1, REASON_MAX_LENGTH).default(1),
    pattern: pattern.optional(),
    hint: line(150).optional(),
  }).prefault({}),
  constraints: list('a list of PPL criteria', constraint)
    .max(20, 'must be a list of at most 20 PPL criteria')
    .default([]),
  lapse: duration.prefault('8h'),
})

/** The file; its resources are read one by one, so that one's mistakes hide nobody else's. */
export const fileSchema = mapping('a mapping with domains and resources', {
  admins: people.optional(),
  domains: list('a list of your e-mail domains, such as [example.com]', domain).min(
    1,
    'is an empty list; name the e-mail domains that count as yours',
  ),
  channel: channelId.optional(),
  audit_channel: channelId.optional(),
  resources: list('a list of resources', z.unknown()).min(
    1,
    'is an empty list; add a resource to ask for',
  ),
})

export type PeopleEntry = z.output<typeof people>
export type ResourceEntry = z.output<typeof resourceSchema>
export type FileEntry = z.output<typeof fileSchema>

function saying(expected: string) {
  return { error: (issue: { input?: unknown }) => complaint(expected, issue.input) }
}

function complaint(expected: string, input: unknown): string {
  if (input === undefined) return `is missing; give ${expected}`
  return input === null ? `is empty; give ${expected}` : `must be ${expected}`
}

function text<T extends string = string>(
  expected: string,
  fits: (value: string) => boolean = () => true,
) {
  return z
    .string({
      error: ({ input }) =>
        (typeof input === 'number' || typeof input === 'boolean') && fits(String(input))
          ? `must be ${expected}; put it in quotes`
          : complaint(expected, input),
    })
    .refine(fits, `must be ${expected}`)
    .transform((value) => value as T)
}

function line(maxLength: number) {
  return text(
    `1 to ${maxLength} visible characters on one line, without spaces at the ends or in a row`,
    (value) =>
      value !== '' &&
      countCharacters(value) <= maxLength &&
      cleanText(value, { multiline: false }) === value,
  )
}

function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`
  return z.int(saying(expected)).min(min, `must be ${expected}`).max(max, `must be ${expected}`)
}

function list<T extends z.ZodType>(expected: string, element: T) {
  return z.array(element, saying(expected))
}

/** Refuses unknown keys; their messages come in the order of `keys`, one a line. */
function mapping<Shape extends z.core.$ZodShape>(expected: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, Object.keys(shape))).join('\n')
        : complaint(expected, issue.input),
  })
}

function isLink(value: string): boolean {
  return value.length <= 2_000 && HTTPS_URL.test(value) && URL.canParse(value)
}

/** RFC 6901. */
function pointerSteps(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
