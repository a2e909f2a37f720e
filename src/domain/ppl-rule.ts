import { constraintProblems } from './ppl-constraint.ts'
import { named } from './ppl-text.ts'
import type { Criterion, Rule } from './ppl.ts'

export interface GrantRule {
  /** Compared by Pomerium with regard to case; written as it is. */
  readonly email: string
  readonly notBefore?: Date | undefined
  /** The first instant without access. */
  readonly endsAt: Date
  readonly constraints: readonly Criterion[]
}

/**
 * The rule that lets one person in until `endsAt`, all conditions in one `and`. Whole seconds: the end is
 * rounded down and the start up, so that the written window never exceeds the asked one. Throws a RangeError
 * on an address that could match anybody else, an impossible or empty window, and a constraint that is
 * not allowed.
 */
export function grantRule({ email, notBefore, endsAt, constraints }: GrantRule): Rule {
  if (!isWritableEmail(email)) throw new RangeError(`no grant for the e-mail ${named(email)}`)
  for (const constraint of constraints) {
    const [problem] = constraintProblems(constraint)
    if (problem !== undefined) {
      throw new RangeError(`no grant with constraint ${problem.path}: ${problem.sentence}`)
    }
  }
  const end = wholeSeconds(endsAt, Math.floor)
  const start = notBefore === undefined ? undefined : wholeSeconds(notBefore, Math.ceil)
  if (start !== undefined && end <= start) {
    throw new RangeError(`no grant from ${pplInstant(start)} until ${pplInstant(end)}`)
  }
  const date =
    start === undefined
      ? { before: pplInstant(end) }
      : { after: pplInstant(start), before: pplInstant(end) }
  return { allow: { and: [{ email: { is: email } }, { date }, ...constraints] } }
}

/** Whether an address can stand in a rule: one `@` with something on both sides, nothing invisible, at most 320 characters. */
export function isWritableEmail(email: string): boolean {
  return email.length <= 320 && /^[^@\s\p{Cc}\p{Cf}\p{Cs}]+@[^@\s\p{Cc}\p{Cf}\p{Cs}]+$/u.test(email)
}

function wholeSeconds(date: Date, round: (seconds: number) => number): number {
  const seconds = round(date.getTime() / 1000)
  // Four-digit years, the only ones that RFC 3339 has.
  if (!(seconds >= 0 && seconds < 253_402_300_800)) {
    throw new RangeError('no grant with an invalid date')
  }
  return seconds
}

function pplInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
