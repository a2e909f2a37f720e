import type { DurationProblem } from '../domain/duration.ts'
import { parseDuration } from '../domain/duration.ts'
import type { RequestId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'

/** What somebody typed after `/jit`. */
export type CommandLine =
  | { readonly type: 'mine' | 'pending' | 'resources' }
  | { readonly type: 'help' }
  | {
      readonly type: 'request'
      readonly resource: string
      readonly durationSeconds: number
      readonly reason: string
    }
  /** A request that is not complete or not well formed: to be finished in the form. */
  | { readonly type: 'form'; readonly values: RequestWords; readonly problems: RequestGaps }
  | { readonly type: 'approve'; readonly id: RequestId; readonly note?: string }
  | { readonly type: 'deny'; readonly id: RequestId; readonly reason: string }
  | { readonly type: 'cancel'; readonly id: RequestId }
  | { readonly type: 'end'; readonly id: RequestId; readonly reason?: string }
  | { readonly type: 'usage'; readonly problem: UsageProblem }

/** The fields of a request as typed. */
export interface RequestWords {
  readonly resource?: string
  readonly duration?: string
  readonly reason?: string
}
/** What is missing or wrong in them. */
export interface RequestGaps {
  readonly duration?: DurationProblem | 'missing'
  readonly reason?: 'missing'
}

export type UsageProblem =
  | { readonly code: 'unknown-command'; readonly command: string }
  | { readonly code: 'missing-id'; readonly command: CommandWithId }
  | { readonly code: 'malformed-id'; readonly command: CommandWithId; readonly id: string }
  | { readonly code: 'missing-reason'; readonly command: 'deny' }

type CommandWithId = 'approve' | 'deny' | 'cancel' | 'end'

/** What a command line means. Every line means something; the words are cleaned, and in any case. */
export function parseCommandLine(text: string): CommandLine {
  const { word, rest } = cutWord(cleanText(decode(text), { multiline: true }))
  const command = word.toLowerCase()
  switch (command) {
    case '':
    case 'request':
      return parseRequest(rest)
    case 'mine':
    case 'pending':
    case 'resources':
    case 'help':
      return { type: command }
    case 'approve':
    case 'deny':
    case 'cancel':
    case 'end':
      return parseWithId(command, rest)
    default:
      return { type: 'usage', problem: { code: 'unknown-command', command: word } }
  }
}

function parseRequest(line: string): CommandLine {
  const { word: resource, rest } = cutWord(line)
  if (resource === '') return { type: 'form', values: {}, problems: {} }
  const { word, rest: after } = cutWord(rest)
  const parsed = parseDuration(word)
  // A word that does not begin with a digit was never meant as a duration.
  const isDuration = parsed.ok || /^\d/.test(word)
  const reason = isDuration ? after : rest
  if (parsed.ok && reason !== '')
    return { type: 'request', resource, durationSeconds: parsed.seconds, reason }
  return {
    type: 'form',
    values: {
      resource,
      ...(isDuration ? { duration: word } : {}),
      ...(reason === '' ? {} : { reason }),
    },
    problems: {
      ...(parsed.ok ? {} : { duration: isDuration ? parsed.problem : ('missing' as const) }),
      ...(reason === '' ? { reason: 'missing' as const } : {}),
    },
  }
}

function parseWithId(command: CommandWithId, line: string): CommandLine {
  const { word, rest } = cutWord(line)
  const usage = (problem: UsageProblem): CommandLine => ({ type: 'usage', problem })
  if (word === '') return usage({ code: 'missing-id', command })
  const id = parseRequestId(word.replaceAll('`', ''))
  if (id === undefined) return usage({ code: 'malformed-id', command, id: word })
  switch (command) {
    case 'approve':
      return { type: command, id, ...(rest === '' ? {} : { note: rest }) }
    case 'deny':
      return rest === ''
        ? usage({ code: 'missing-reason', command })
        : { type: command, id, reason: rest }
    case 'cancel':
      return { type: command, id }
    case 'end':
      return { type: command, id, ...(rest === '' ? {} : { reason: rest }) }
    default:
      return command satisfies never
  }
}

function cutWord(line: string): { readonly word: string; readonly rest: string } {
  const trimmed = line.trim()
  const end = trimmed.search(/\s/)
  return end < 0
    ? { word: trimmed, rest: '' }
    : { word: trimmed.slice(0, end), rest: trimmed.slice(end).trim() }
}

/** Slack escapes these three, and nothing else. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
