import type { Json } from '../domain/ppl.ts'
import type { ExportRecord } from './export-record.ts'
import { jsonLine, recordLine } from './export-line.ts'

type Cells = Readonly<Record<string, string | number | boolean | undefined>>

/** Columns for people, then the record itself, from which all of them can be made again. */
const COLUMNS = [
  'seq',
  'at',
  'action',
  'via',
  'actor_team_id',
  'actor_user_id',
  'actor_email',
  'actor_subject',
  'source_address',
  'request_id',
  'request_version',
  'resource_id',
  'alert',
  'details',
  'record',
] as const

/** What spreadsheets take for a formula, behind blanks and what cannot be seen too. Source: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[\s\p{C}"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu

export const CSV_HEADER = csvRow(COLUMNS)

/** A record as a row. */
export function csvLine(record: ExportRecord): string {
  const cells: Cells = { ...cellsOf(record), record: jsonCell(recordLine(record)) }
  return csvRow(COLUMNS.map((column) => String(cells[column] ?? '')))
}

/** The record in the last cell of a row; `undefined` when there is none. */
export function recordInRow(line: string): string | undefined {
  const [, quoted] = /,"((?:[^"]|"")*)"\r?$/.exec(line) ?? []
  return quoted?.replaceAll('""', '"')
}

function cellsOf(record: ExportRecord): Cells {
  if ('jitAuditExport' in record) return { action: '(export)' }
  if ('end' in record) return { action: '(end)' }
  if ('leftOut' in record) {
    const { first, last } = record.leftOut
    return { seq: first, action: '(left out)', details: first === last ? '' : `up to ${last}` }
  }
  const { entry, actor, personal } = record
  const who = actor?.[1] ?? {}
  return {
    seq: entry.seq,
    at: entry.at,
    action: entry.action,
    via: entry.via,
    actor_team_id: textIn(who['team']),
    actor_user_id: entry.actor === 'bot' ? 'bot' : textIn(who['user']),
    actor_email: textIn(who['email']),
    actor_subject: textIn(who['subject']),
    source_address: textIn(who['source']),
    request_id: entry.request,
    request_version: entry.version,
    resource_id: entry.resource,
    alert: entry.alert,
    details: jsonCell(jsonLine({ ...entry.details, ...personal?.[1] })),
  }
}

function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/**
 * A row by RFC 4180, on one line; what a spreadsheet would reckon begins with an apostrophe, which makes it text. Some
 * begin a cell at a semicolon.
 */
function csvRow(cells: readonly string[]): string {
  const row = cells.map((cell) => {
    const text = cell.replace(BREAKS, ' ').split(';').map(asText).join(';')
    return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${row.join(',')}\r\n`
}

function asText(part: string): string {
  return FORMULA.test(part) ? `'${part}` : part
}

/** JSON that means the same, without semicolons, which are in its strings alone. */
function jsonCell(json: string): string {
  return json.trimEnd().replaceAll(';', String.raw`\u003b`)
}
