import type { Button, SectionBlock } from '@slack/types'
import type { AccessWindow, AuditDigest, AuditFilter } from '../app/audit-cases.ts'
import { WINDOWS_MAX } from '../app/audit-cases.ts'
import { namesOf } from '../app/audit-export.ts'
import type { RecordedEvent } from '../app/ports.ts'
import { code, enumerate, inline, several, time, userMention } from './mrkdwn.ts'
import type { Message } from './wording-blocks.ts'
import { actions, context, linkButton, section } from './wording-blocks.ts'
import { actorName, EVENT_WORDS } from './wording-event.ts'

const WINDOWS_SHOWN = 8
const ADDRESS_MAX = 100
const TYPED_MAX = 320
const WORDS_MAX = 100
const ID_MAX = 75
const COMMAND_MAX = 600
const SECTION_MAX = 2_900

export const AUDIT_PAGE_ACTION = 'jit:audit-page'
export const AUDIT_CSV_ACTION = 'jit:audit-csv'

/** What is on record, in short: the newest events, who had access, and where the rest is. */
export function auditAnswer(digest: AuditDigest): Message {
  const { events, windows, at } = digest
  const heading = headingOf(digest)
  const count = countOf(digest)
  const access = windows.slice(0, WINDOWS_SHOWN).map((each) => windowLine(each, at))
  return {
    text: `${heading}: ${count}`,
    blocks: [
      section('heading', `*${heading}*\n${count}`),
      ...paragraphs('access', '*Who had access*', access),
      ...paragraphs('events', '*Newest events*', events.map(eventLine)),
      context('hint', smallPrint(digest)),
      ...actions('actions', buttons(digest)),
    ],
  }
}

function headingOf({ filter: { person, resourceId, requestId, from } }: AuditDigest): string {
  const since = from === undefined ? '' : ` since ${time(from)}`
  if (requestId !== undefined) return `On record of request ${code(requestId, ID_MAX)}${since}`
  if (resourceId !== undefined) return `On record of ${code(resourceId, ID_MAX)}${since}`
  if (person === undefined) return `On record${since}`
  const who = 'userId' in person ? userMention(person.userId) : code(person.email, TYPED_MAX)
  return `On record of ${who}${since}`
}

function countOf({ counted, isCountedOut, families }: AuditDigest): string {
  if (counted === 0) return 'No event.'
  const kinds = enumerate([...families].map(([family, count]) => `${code(family, 40)} ${count}`))
  return isCountedOut
    ? `${several(counted, 'event')}: ${kinds}.`
    : `More than ${counted} events; of the newest ${counted}: ${kinds}.`
}

function eventLine(event: RecordedEvent): string {
  const { at, action, actor, resourceId, requestId, details } = event
  const { refusal, reason, note } = details
  const words = [reason, note].find((value) => typeof value === 'string' && value !== '')
  return [
    `${time(at)} ${event.alert ? '🚨 ' : ''}${EVENT_WORDS[action].what}`,
    `by ${actor.kind === 'bot' ? 'the bot' : actorName(actor, ADDRESS_MAX)}`,
    ...(resourceId === undefined ? [] : [code(resourceId, ID_MAX)]),
    ...(requestId === undefined ? [] : [code(requestId, ID_MAX)]),
    ...(typeof refusal === 'string' ? [inline(refusal.replaceAll('-', ' '), ID_MAX)] : []),
    ...(typeof words === 'string' ? [code(words, WORDS_MAX)] : []),
  ].join(', ')
}

function windowLine(window: AccessWindow, now: Date): string {
  const { email, resourceId, requestId, from, to, isOver } = window
  const who = code(email, ADDRESS_MAX)
  const what = `${code(resourceId, ID_MAX)} (${code(requestId, ID_MAX)})`
  if (isOver) return `${who} had ${what} from ${time(from)} to ${time(to)}`
  return from > now
    ? `${who} is to have ${what} from ${time(from)} to ${time(to)}`
    : `${who} has ${what} since ${time(from)}, until ${time(to)}`
}

function smallPrint({ windows, page, filter, counted }: AuditDigest): string {
  const found = windows.length < WINDOWS_MAX ? windows.length : `${WINDOWS_MAX} or more`
  const isMore = windows.length > WINDOWS_SHOWN
  const isCommand = page === undefined && counted > 0
  return [
    ...(isMore ? [`Access that was found: ${found}; ${WINDOWS_SHOWN} are shown.`] : []),
    ...(isCommand
      ? [`As CSV, an operator exports it: ${code(exportCommand(filter), COMMAND_MAX)}`]
      : []),
    'That you read this is on record.',
  ].join('\n')
}

/** The page looks up again who may read it, and puts on record what is taken from it. */
function buttons({ page, counted }: AuditDigest): readonly Button[] {
  if (page === undefined) return []
  const open = linkButton(AUDIT_PAGE_ACTION, 'Open in the audit page', 'audit', { url: page })
  const csv = linkButton(AUDIT_CSV_ACTION, 'CSV', 'audit', { url: `${page}#export` })
  return counted === 0 ? [open] : [open, csv]
}

/** Lines under a title, in as few paragraphs as Slack takes; none without lines. */
function paragraphs(name: string, title: string, lines: readonly string[]): SectionBlock[] {
  const texts: string[] = []
  let text = title
  for (const line of lines) {
    if (text.length + line.length >= SECTION_MAX) {
      texts.push(text)
      text = line
    } else text += `\n${line}`
  }
  if (lines.length > 0) texts.push(text)
  return texts.map((each, index) => section(`${name}-${index}`, each))
}

/** The command by which an operator exports what a filter finds. */
function exportCommand(filter: AuditFilter): string {
  const flags = Object.entries(namesOf(filter)).map(([name, value]) => ` --${name} ${word(value)}`)
  return `npm run jit -- audit export --format csv${flags.join('')}`
}

/** A word as a shell takes it. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
