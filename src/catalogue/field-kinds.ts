import { z } from 'zod'
import { cleanText, countCharacters } from '../domain/text.ts'
import { unknownKey } from './problem.ts'

/** What the published JSON Schema says of a field beyond its type. */
export type SchemaFacts = Readonly<
  Partial<Record<'pattern' | 'type' | 'format', string>> & {
    readonly minLength?: number
    readonly maxLength?: number
    readonly minProperties?: number
    readonly maxProperties?: number
  }
>

/** What a value is that is not as expected. */
export function saying(expected: string) {
  return { error: (issue: { input?: unknown }) => complaint(expected, issue.input) }
}

/** The complaint about a value that is missing, empty or not as expected. */
export function complaint(expected: string, input: unknown): string {
  if (input === undefined) return `is missing; give ${expected}`
  return input === null ? `is empty; give ${expected}` : `must be ${expected}`
}

/** A text that fits; `facts` is what of that a JSON Schema can say. */
export function text<T extends string = string>(
  expected: string,
  facts: SchemaFacts = {},
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
    .meta(facts)
}

/** A text of one pattern. */
export function matching<T extends string = string>(expected: string, pattern: RegExp) {
  return text<T>(expected, { pattern: pattern.source }, (value) => pattern.test(value))
}

/** A text that is shown to people. */
export function line(maxLength: number) {
  return text(
    `1 to ${maxLength} visible characters on one line, without spaces at the ends or in a row`,
    { minLength: 1, maxLength },
    (value) =>
      value !== '' &&
      countCharacters(value) <= maxLength &&
      cleanText(value, { multiline: false }) === value,
  )
}

export function wholeNumber(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`
  return z.int(saying(expected)).min(min, `must be ${expected}`).max(max, `must be ${expected}`)
}

export function list<T extends z.ZodType>(expected: string, element: T) {
  return z.array(element, saying(expected))
}

/** Refuses unknown keys; their messages come in the order of `keys`, one a line. */
export function mapping<Shape extends z.core.$ZodShape>(expected: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, Object.keys(shape))).join('\n')
        : complaint(expected, issue.input),
  })
}

/** The word that stands for none where a level would inherit something. */
export const OFF = 'off'

/** What the schema describes, or `off` for none. */
export function orOff<T extends z.ZodType>(schema: T) {
  return z.union([z.literal(OFF), schema])
}
