import type { AuditSubject } from '../app/audit-cases.ts'
import type { DurationProblem } from '../domain/duration.ts'
import type { ResourceId, SlackUserId } from '../domain/ids.ts'
import { parseRequestId } from '../domain/ids.ts'
import { cutDuration } from './duration-words.ts'
import { isAddress } from './request-words.ts'
import { cutWord, typedText } from './typed-text.ts'

/** How far `/jit audit` looks back at most. */
export const AUDIT_LONGEST_SECONDS = 366 * 86_400

export interface AuditWish {
  readonly about: AuditSubject
  /** How far to look back. */
  readonly seconds?: number
}

export type AuditProblem =
  | { readonly code: 'audit-word'; readonly word: string }
  /** A name behind an `@` that Slack did not take for anybody's. */
  | { readonly code: 'audit-mention'; readonly word: string }
  | { readonly code: 'audit-several' }
  | { readonly code: 'audit-window'; readonly problem: DurationProblem }

export type ReadAudit =
  | { readonly ok: true; readonly wish: AuditWish }
  | { readonly ok: false; readonly problem: AuditProblem }

/** A person as Slack marks them in a command. Source: https://docs.slack.dev/messaging/formatting-message-text */
const PERSON = /<@([UW][A-Z0-9]{1,20})(?:\|[^<>]*)?>/g
const SLACK_USER = /^[UW][A-Z0-9]{8,20}$/
const RESOURCE = /^[a-z0-9][a-z0-9-]{0,62}$/
const DURATION = /^(?:\d+[dhm])+$/i

/** Reads the whole line `audit [subject] [time]` as Slack sent it; the two may come in either order. */
export function readAudit(text: string): ReadAudit {
  const people: SlackUserId[] = []
  // Before the marks are taken off, because what is left of them is a name, which anybody may choose.
  const unnamed = text.replaceAll(PERSON, (_, id: SlackUserId) => {
    people.push(id)
    return ' '
  })
  const [first, second] = people
  if (second !== undefined) return problem({ code: 'audit-several' })
  const about = first === undefined ? undefined : { person: { userId: first } }
  return readWords(cutWord(typedText(unnamed)).rest, { about })
}

function readWords(
  line: string,
  known: { readonly about: AuditSubject | undefined; readonly seconds?: number },
): ReadAudit {
  const { about = {}, seconds } = known
  const { word, rest } = cutWord(line)
  if (word === '')
    return { ok: true, wish: { about, ...(seconds === undefined ? {} : { seconds }) } }
  if (DURATION.test(word)) {
    if (seconds !== undefined) return problem({ code: 'audit-several' })
    const cut = cutDuration(line, AUDIT_LONGEST_SECONDS)
    if (!cut.parsed.ok) return problem({ code: 'audit-window', problem: cut.parsed.problem })
    return readWords(cut.rest, { ...known, seconds: cut.parsed.seconds })
  }
  if (/^@[^@]+$/.test(word)) return problem({ code: 'audit-mention', word })
  const subject = readSubject(word)
  if (subject === undefined) return problem({ code: 'audit-word', word })
  if (known.about !== undefined) return problem({ code: 'audit-several' })
  return readWords(rest, { ...known, about: subject })
}

function readSubject(word: string): AuditSubject | undefined {
  if (isAddress(word)) return { person: { email: word } }
  if (SLACK_USER.test(word)) return { person: { userId: word as SlackUserId } }
  const name = word.replaceAll('`', '')
  const requestId = parseRequestId(name.replace(/^jit-/i, ''))
  const resourceId = RESOURCE.test(name.toLowerCase())
    ? (name.toLowerCase() as ResourceId)
    : undefined
  return requestId === undefined && resourceId === undefined
    ? undefined
    : { ...(resourceId && { resourceId }), ...(requestId && { requestId }) }
}

function problem(of: AuditProblem): ReadAudit {
  return { ok: false, problem: of }
}
