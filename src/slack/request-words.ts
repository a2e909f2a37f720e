import type { Start } from '../app/use-cases.ts'
import type { DurationProblem } from '../domain/duration.ts'
import { parseDuration } from '../domain/duration.ts'
import { isWritableEmail } from '../domain/ppl-rule.ts'
import { cutText } from '../domain/text.ts'
import { cutDuration } from './duration-words.ts'
import type { CutStart } from './start-words.ts'
import { cutBareStart, cutStart } from './start-words.ts'
import { cutWord } from './typed-text.ts'

const RESOURCE_MAX = 200

/** A request that is complete. */
export interface RequestWish {
  /** An id, with `:level` where it was typed. */
  readonly resource: string
  readonly durationSeconds: number
  readonly reason: string
  readonly start?: Start
  readonly beneficiary?: string
}

/** The fields of a request as typed. */
export interface RequestWords {
  readonly resource?: string
  readonly duration?: string
  readonly reason?: string
  readonly start?: string
  readonly beneficiary?: string
}

/** What is missing or wrong in them. */
export interface RequestGaps {
  readonly duration?: DurationProblem | 'missing'
  readonly reason?: 'missing'
  readonly start?: 'malformed'
  readonly beneficiary?: AddressProblem
}

/** `in-slack`: a person was mentioned, who asks for themselves. */
export type AddressProblem = 'malformed' | 'in-slack'

export type ReadRequest =
  | { readonly ok: true; readonly wish: RequestWish }
  | { readonly ok: false; readonly values: RequestWords; readonly problems: RequestGaps }

/**
 * Reads `resource [for address] duration [from time] reason`. The words before the reason may come in any order;
 * `for` without an address and `from` without a time begin the reason, and so does an address that cannot be read.
 */
export function readRequest(line: string): ReadRequest {
  const { word, rest } = cutWord(line)
  const resource = readResource(word)
  if (resource === '') return { ok: false, values: {}, problems: {} }
  const { duration, beneficiary, start, ...terms } = readTerms(rest, ['duration', 'for', 'from'])
  // A field for addresses may not hold what is none.
  const unread = beneficiary?.unread === undefined ? [] : [`for ${beneficiary.unread}`]
  const reason = [...unread, terms.reason].join(' ').trim()
  if (
    duration?.seconds !== undefined &&
    reason !== '' &&
    beneficiary?.problem === undefined &&
    (start === undefined || start.start !== undefined)
  )
    return {
      ok: true,
      wish: {
        resource,
        durationSeconds: duration.seconds,
        reason,
        ...(start?.start === undefined ? {} : { start: start.start }),
        ...(beneficiary?.address === undefined ? {} : { beneficiary: beneficiary.address }),
      },
    }
  return {
    ok: false,
    values: {
      resource,
      ...(duration === undefined ? {} : { duration: duration.text }),
      ...(beneficiary?.address === undefined ? {} : { beneficiary: beneficiary.address }),
      ...(start === undefined ? {} : { start: start.text }),
      ...(reason === '' ? {} : { reason }),
    },
    problems: {
      ...durationGap(duration),
      ...(beneficiary?.problem === undefined ? {} : { beneficiary: beneficiary.problem }),
      ...(start === undefined || start.start !== undefined ? {} : { start: 'malformed' as const }),
      ...(terms.reason === '' ? { reason: 'missing' as const } : {}),
    },
  }
}

/** A resource as it was named; what is too long to be one stays so. */
export function readResource(text: string): string {
  return cutText(text, RESOURCE_MAX)
}

/** Reads `duration reason`, of break-glass access and of an extension; either may be missing. */
export function readDurationAndReason(line: string): {
  readonly seconds?: number
  readonly values: { readonly duration?: string; readonly reason?: string }
  readonly problems: Pick<RequestGaps, 'duration'>
} {
  const { duration, reason } = readTerms(line, ['duration'])
  return {
    ...(duration?.seconds === undefined ? {} : { seconds: duration.seconds }),
    values: {
      ...(duration === undefined ? {} : { duration: duration.text }),
      ...(reason === '' ? {} : { reason }),
    },
    problems: durationGap(duration),
  }
}

interface TypedDuration {
  readonly text: string
  readonly seconds?: number
  readonly problem?: DurationProblem
}

interface TypedAddress {
  readonly address?: string
  readonly problem?: AddressProblem
  /** As it was typed, when it is not an address. */
  readonly unread?: string
}

interface Terms {
  readonly duration?: TypedDuration
  readonly beneficiary?: TypedAddress
  readonly start?: CutStart
  readonly reason: string
}

type Term = 'duration' | 'for' | 'from'

/** Takes terms off the front of a line, each at most once; the rest is the reason. */
function readTerms(line: string, allowed: readonly Term[]): Terms {
  return takeTerms({ reason: line.trim() }, allowed)
}

function takeTerms(terms: Terms, left: readonly Term[]): Terms {
  for (const term of left) {
    const next = takeTerm(term, terms)
    if (next !== undefined)
      return takeTerms(
        next,
        left.filter((other) => other !== term),
      )
  }
  return terms
}

/** The terms with one more, when the rest begins with it. */
function takeTerm(term: Term, terms: Terms): Terms | undefined {
  const { word, rest } = cutWord(terms.reason)
  const next = cutWord(rest)
  const isFor = word.toLowerCase() === 'for'
  switch (term) {
    case 'duration': {
      const said = isFor && parseDuration(next.word).ok ? rest : terms.reason
      const { text, parsed, rest: reason } = cutDuration(said)
      // A word that does not begin with a digit was never meant as a duration.
      if (!parsed.ok && !/^\d/.test(text)) return undefined
      const particulars = parsed.ok ? { seconds: parsed.seconds } : { problem: parsed.problem }
      return { ...terms, duration: { text, ...particulars }, reason }
    }
    case 'for':
      return isFor && next.word.includes('@')
        ? { ...terms, beneficiary: readAddress(next.word), reason: next.rest }
        : undefined
    case 'from': {
      const start = word.toLowerCase() === 'from' ? cutStart(rest) : cutBareStart(terms.reason)
      return start === undefined ? undefined : { ...terms, start, reason: start.rest }
    }
    default:
      return term satisfies never
  }
}

function readAddress(word: string): TypedAddress {
  if (/^@[^@]+$/.test(word)) return { problem: 'in-slack', unread: word }
  const address = word.replace(/[,;:.]$/, '')
  return isAddress(address) ? { address } : { problem: 'malformed', unread: word }
}

/** Whether a text can be somebody's e-mail address. */
export function isAddress(text: string): boolean {
  return isWritableEmail(text) && !/[<>|"'`\\()[\],;:]/.test(text)
}

function durationGap(duration: TypedDuration | undefined): Pick<RequestGaps, 'duration'> {
  const problem = duration === undefined ? 'missing' : duration.problem
  return problem === undefined ? {} : { duration: problem }
}
