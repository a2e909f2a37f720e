import type { AuditSubject } from '../app/audit-cases.ts'
import type { DurationProblem } from '../domain/duration.ts'
import type { RequestId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import type { Verdict } from '../domain/request.ts'
import type { AuditProblem } from './audit-words.ts'
import { readAudit } from './audit-words.ts'
import { cutDuration } from './duration-words.ts'
import type { RequestGaps, RequestWish, RequestWords } from './request-words.ts'
import { readDurationAndReason, readRequest, readResource } from './request-words.ts'
import { cutWord, typedText } from './typed-text.ts'

/** What somebody typed after `/jit`. */
export type CommandLine =
  | { readonly type: 'mine' | 'pending' | 'reviews' | 'resources' | 'link' }
  | { readonly type: 'help' }
  | ({ readonly type: 'request' } & RequestWish)
  /** A request that is not complete or not well formed: to be finished in the form. */
  | { readonly type: 'form'; readonly values: RequestWords; readonly problems: RequestGaps }
  /** Break-glass access, which is always confirmed in the form. */
  | { readonly type: 'break-glass'; readonly values: RequestWords; readonly problems: RequestGaps }
  | {
      readonly type: 'extend'
      readonly id: RequestId
      readonly durationSeconds: number
      readonly reason: string
    }
  | {
      readonly type: 'extend-form'
      readonly id: RequestId
      readonly values: Pick<RequestWords, 'duration' | 'reason'>
      readonly problems: Pick<RequestGaps, 'duration'>
    }
  | { readonly type: 'approve'; readonly id: RequestId; readonly note?: string }
  | {
      readonly type: 'shorten'
      readonly id: RequestId
      readonly durationSeconds: number
      readonly note?: string
    }
  | { readonly type: 'deny'; readonly id: RequestId; readonly reason: string }
  | {
      readonly type: 'review'
      readonly id: RequestId
      readonly verdict: Verdict
      readonly note?: string
    }
  | { readonly type: 'cancel'; readonly id: RequestId }
  | { readonly type: 'end'; readonly id: RequestId; readonly reason?: string }
  | { readonly type: 'audit'; readonly about: AuditSubject; readonly seconds?: number }
  | { readonly type: 'usage'; readonly problem: UsageProblem }

export type UsageProblem =
  | { readonly code: 'unknown-command'; readonly command: string }
  | { readonly code: 'missing-id'; readonly command: CommandWithId }
  | { readonly code: 'malformed-id'; readonly command: CommandWithId; readonly id: string }
  | {
      readonly code: 'bad-duration'
      readonly command: 'shorten'
      readonly problem: DurationProblem | 'missing'
    }
  | { readonly code: 'missing-verdict'; readonly command: 'review' }
  | { readonly code: 'missing-reason'; readonly command: 'deny' | 'review' }
  | AuditProblem

type CommandWithId = 'approve' | 'shorten' | 'deny' | 'review' | 'extend' | 'cancel' | 'end'

/** What a command line means. Every line means something; the words are cleaned, and in any case. */
export function parseCommandLine(text: string): CommandLine {
  const { word, rest } = cutWord(typedText(text))
  const command = word.toLowerCase()
  switch (command) {
    case '':
    case 'request':
      return parseRequest(rest)
    case 'break-glass':
    case 'breakglass':
      return parseBreakGlass(rest)
    case 'mine':
    case 'pending':
    case 'reviews':
    case 'resources':
    case 'link':
    case 'help':
      return { type: command }
    case 'approve':
    case 'shorten':
    case 'deny':
    case 'review':
    case 'extend':
    case 'cancel':
    case 'end':
      return parseWithId(command, rest)
    case 'audit':
      return parseAudit(text)
    default:
      return { type: 'usage', problem: { code: 'unknown-command', command: word } }
  }
}

function parseRequest(line: string): CommandLine {
  const read = readRequest(line)
  return read.ok
    ? { type: 'request', ...read.wish }
    : { type: 'form', values: read.values, problems: read.problems }
}

function parseBreakGlass(line: string): CommandLine {
  const { word, rest } = cutWord(line)
  const resource = readResource(word)
  if (resource === '') return { type: 'break-glass', values: {}, problems: {} }
  const { values, problems } = readDurationAndReason(rest)
  const reason = values.reason === undefined ? { reason: 'missing' as const } : {}
  return {
    type: 'break-glass',
    values: { resource, ...values },
    problems: { ...problems, ...reason },
  }
}

function parseWithId(command: CommandWithId, line: string): CommandLine {
  const { word, rest } = cutWord(line)
  if (word === '') return usage({ code: 'missing-id', command })
  const id = parseRequestId(word.replaceAll('`', '').replace(/[,.:]$/, ''))
  if (id === undefined) return usage({ code: 'malformed-id', command, id: word })
  const note = rest === '' ? {} : { note: rest }
  switch (command) {
    case 'approve':
      return { type: command, id, ...note }
    case 'shorten':
      return parseShorten(id, rest)
    case 'deny':
      return rest === ''
        ? usage({ code: 'missing-reason', command })
        : { type: command, id, reason: rest }
    case 'review':
      return parseReview(id, rest)
    case 'extend':
      return parseExtend(id, rest)
    case 'cancel':
      return { type: command, id }
    case 'end':
      return { type: command, id, ...(rest === '' ? {} : { reason: rest }) }
    default:
      return command satisfies never
  }
}

function parseShorten(id: RequestId, line: string): CommandLine {
  const { text, parsed, rest } = cutDuration(line)
  if (!parsed.ok) {
    const problem = text === '' ? 'missing' : parsed.problem
    return usage({ code: 'bad-duration', command: 'shorten', problem })
  }
  const note = rest === '' ? {} : { note: rest }
  return { type: 'shorten', id, durationSeconds: parsed.seconds, ...note }
}

function parseReview(id: RequestId, line: string): CommandLine {
  const match = /^(not[-\s]|un)?justified[,.:]?(?:\s+([^]*))?$/i.exec(line)
  if (match === null) return usage({ code: 'missing-verdict', command: 'review' })
  const [, negation, note = ''] = match
  if (negation === undefined)
    return { type: 'review', id, verdict: 'justified', ...(note === '' ? {} : { note }) }
  return note === ''
    ? usage({ code: 'missing-reason', command: 'review' })
    : { type: 'review', id, verdict: 'not-justified', note }
}

function parseExtend(id: RequestId, line: string): CommandLine {
  const { seconds, values, problems } = readDurationAndReason(line)
  if (seconds !== undefined && values.reason !== undefined)
    return { type: 'extend', id, durationSeconds: seconds, reason: values.reason }
  return { type: 'extend-form', id, values, problems: line === '' ? {} : problems }
}

function parseAudit(text: string): CommandLine {
  const read = readAudit(text)
  return read.ok ? { type: 'audit', ...read.wish } : usage(read.problem)
}

function usage(problem: UsageProblem): CommandLine {
  return { type: 'usage', problem }
}
