import { z } from 'zod'
import { ineligibleWords } from '../words/ineligible.ts'

/** What one kind of event means, and what it says beside who, when and about what. */
export interface EventKind {
  /** Of `details`; a change that old readers would not understand makes another one. */
  readonly version: number
  /** One sentence. */
  readonly meaning: string
  /** Every detail is `open` or `personal`; others are not allowed. */
  readonly details: z.ZodObject
}

/** A kind of event at its first version. */
export function kind(meaning: string, details: z.ZodRawShape = {}): EventKind {
  return { version: 1, meaning, details: z.strictObject(details) }
}

/** The mark of a personal detail in the published schema. */
export const PERSONAL = 'x-personal'

/** A detail that says nothing of a person and that nobody wrote by hand: it stays when people are erased. */
export function open<Type extends z.ZodType>(type: Type, meaning: string): Type {
  return type.meta({ description: meaning })
}

/** A detail that says something of a person, or that a person wrote: it can be erased. */
export function personal<Type extends z.ZodType>(type: Type, meaning: string): Type {
  return type.meta({ description: meaning, [PERSONAL]: true })
}

/** What stands at a detail, whether or not it may be missing. */
export function typeOf(detail: z.core.$ZodType): z.core.$ZodType {
  return detail instanceof z.ZodOptional ? detail.unwrap() : detail
}

/** Whether a detail was declared as personal. */
export function isPersonal(detail: z.core.$ZodType): boolean {
  return z.globalRegistry.get(typeOf(detail))?.[PERSONAL] === true
}

export const text = z.string()
export const count = z.int().nonnegative()
export const seconds = z.int().positive()
/** UTC with milliseconds. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: 'date-time' })
export const yes = z.literal(true)
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** PPL criteria, such as `{"http_method": "GET"}`. */
export const criteria = z.array(z.record(text, z.unknown()))

const INELIGIBLE = Object.keys(ineligibleWords) as (keyof typeof ineligibleWords)[]

/** Details that several kinds of event have. */
export const note = personal(text, 'What the actor wrote beside it.').optional()
export const reason = personal(text, 'What the actor wrote.')
export const why = open(z.enum(INELIGIBLE), 'Why somebody may not have it any more.').optional()
export const level = open(text, 'The level of the resource, where it has levels.').optional()
export const durationSeconds = open(seconds, 'How long, in seconds.')
export const startsAt = open(instant, 'When access is to start.')
export const endsAt = open(instant, 'When access is to end.')
export const catalogueRevision = open(sha256, 'SHA-256 of the catalogue that it was decided by.')
export const beneficiary = personal(text, 'The address of the vendor whom it is for.').optional()
export const policyName = open(text, 'The name of the policy in Pomerium.')
export const policyId = open(text, 'The id of the policy in Pomerium.')
/** Not open: whoever guesses an address could tell by it whether the guess is right. */
export const policyDigest = personal(
  sha256,
  'SHA-256 of all rules of the policy in canonical JSON (RFC 8785).',
)

/** How old Slack's word on people was. */
export const aged = {
  slackAsOf: open(instant, 'When Slack said who people are, if that was earlier.').optional(),
}
/** What an approval or a rule opened. */
export const opened = {
  email: personal(text, 'The address that is let in.'),
  startsAt,
  endsAt,
  constraints: personal(criteria, 'What else must hold for them to be let in.'),
}
export const steppedUp = open(
  yes,
  'They were verified behind Pomerium at that moment as the identity that they linked.',
).optional()
