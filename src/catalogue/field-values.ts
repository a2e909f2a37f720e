import { z } from 'zod'
import { formatDuration, parseDuration } from '../domain/duration.ts'
import type { SlackChannelId, SlackGroupId, SlackUserId } from '../domain/ids.ts'
import { foldEmail } from '../domain/person.ts'
import type { Criterion } from '../domain/ppl.ts'
import { constraintProblems } from '../domain/ppl-constraint.ts'
import { matching, text } from './field-kinds.ts'
import { compileReasonPattern } from './reason-pattern.ts'

const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/
const LOCAL_PART = /^(?=.{1,64}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
/** RFC 3986 without the user part: nothing that could end a link in a message. */
const HTTPS_URL = /^https:\/\/[\w.~:/?#[\]!$&'()*+,;=%-]+$/
const DURATION = '(?:\\d{1,6}[dD])?(?:\\d{1,6}[hH])?(?:\\d{1,6}[mM])?'

export const channelId = matching<SlackChannelId>(
  'a channel id such as C0123456789, from the foot of the channel’s details',
  /^[CG][A-Z0-9]{1,20}$/,
)
export const groupId = matching<SlackGroupId>(
  'a user group id such as S0123456789, from the end of the group’s address',
  /^S[A-Z0-9]{1,20}$/,
)
export const userId = matching<SlackUserId>(
  'a member id such as U0123456789, from the menu of the profile',
  /^[UW][A-Z0-9]{1,20}$/,
)
export const email = text(
  'an ASCII e-mail address such as ana@example.com',
  { pattern: '^[!-?A-~]+@[A-Za-z0-9.-]+\\.[A-Za-z0-9-]+$' },
  (value) => {
    const [local = '', domain = '', ...rest] = value.toLowerCase().split('@')
    return rest.length === 0 && LOCAL_PART.test(local) && DOMAIN.test(domain)
  },
).transform(foldEmail)
export const domain = text(
  'a domain such as example.com, without @ or *',
  { pattern: '^[A-Za-z0-9.-]+\\.[A-Za-z0-9-]+$' },
  (value) => DOMAIN.test(value.toLowerCase()),
).transform((value) => value.toLowerCase())

/** Catalogue ids: resources and levels. */
export function idOf<Id extends string>() {
  return matching<Id>(
    '1 to 63 lower-case letters, digits and -, the first a letter or digit',
    /^[a-z0-9][a-z0-9-]{0,62}$/,
  )
}

export const link = text(
  'an https:// address without user and special characters',
  { pattern: '^https://', maxLength: 2_000 },
  (value) => value.length <= 2_000 && HTTPS_URL.test(value) && URL.canParse(value),
)

/** Seconds. */
export const duration = text(
  'a duration such as 30m, 1h30m or 2d',
  { pattern: `^${DURATION}$`, minLength: 2 },
  (value) => /\D/.test(value),
).transform((value, context) => {
  const parsed = parseDuration(value)
  if (parsed.ok) return parsed.seconds
  context.addIssue(DURATION_COMPLAINTS[parsed.problem])
  return z.NEVER
})

const DURATION_COMPLAINTS = {
  malformed: 'must be a duration such as 30m, 1h30m or 2d',
  zero: 'must be one minute or longer',
  'too-long': 'must be 30 days or shorter',
} as const

/** Seconds, so many at most. */
export function durationUpTo(maxSeconds: number) {
  return duration.refine(
    (seconds) => seconds <= maxSeconds,
    `must be ${formatDuration(maxSeconds)} or shorter`,
  )
}

/** So many times in so many seconds. */
export const rate = text('a count and a time, such as 3/24h', {
  pattern: `^[1-9]\\d{0,3}/${DURATION}$`,
}).transform((value, context) => {
  const [, count, time] = /^([1-9]\d{0,3})\/(\w+)$/.exec(value) ?? []
  const parsed = time === undefined ? undefined : parseDuration(time)
  if (parsed?.ok === true) return { count: Number(count), seconds: parsed.seconds }
  context.addIssue('must be a count from 1 to 9999 and a time of 1m to 30d, such as 3/24h')
  return z.NEVER
})

export const pattern = text('a regular expression such as INC-\\d+', {
  format: 'regex',
  minLength: 1,
  maxLength: 200,
}).transform((value, context) => {
  const compiled = compileReasonPattern(value)
  if (compiled.ok) return compiled.pattern
  context.addIssue(compiled.message)
  return z.NEVER
})

export const constraint = z
  .unknown()
  .transform((value, context) => {
    for (const { path, sentence } of constraintProblems(value))
      context.addIssue({
        code: 'custom',
        path: pointerSteps(path),
        message: `is no usable constraint: ${sentence}`,
      })
    return value as Criterion
  })
  .meta({ type: 'object', minProperties: 1, maxProperties: 1 })

/** RFC 6901. */
function pointerSteps(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
