import type { RecordedEvent } from '../app/ports.ts'

export type ExportFormat = 'csv' | 'jsonl'

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
}

/** One text for each batch, after the header row of a CSV. */
export async function* exportText(
  batches: AsyncIterable<readonly RecordedEvent[]>,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(Object.keys(COLUMNS))
  const line = format === 'csv' ? csvEvent : jsonLine
  for await (const batch of batches) yield batch.map(line).join('')
}

const COLUMNS: Readonly<Record<string, (event: RecordedEvent) => string | number | undefined>> = {
  seq: ({ seq }) => seq,
  at: ({ at }) => at.toISOString(),
  action: ({ action }) => action,
  via: ({ via }) => via,
  actor_kind: ({ actor }) => actor.kind,
  actor_team_id: (event) => identityIn(event)?.teamId,
  actor_user_id: (event) => identityIn(event)?.userId,
  actor_email: (event) => identityIn(event)?.email,
  actor_subject: (event) => identityIn(event)?.subject,
  source_address: ({ source }) => source,
  request_id: ({ requestId }) => requestId,
  request_version: ({ requestVersion }) => requestVersion,
  resource_id: ({ resourceId }) => resourceId,
  alert: ({ alert }) => String(alert),
  details: ({ details }) => JSON.stringify(details),
}

const CELLS = Object.values(COLUMNS)

function csvEvent(event: RecordedEvent): string {
  return csvLine(CELLS.map((cell) => String(cell(event) ?? '')))
}

function identityIn({ actor }: RecordedEvent) {
  return actor.kind === 'person' ? actor.identity : undefined
}

/** What spreadsheets take for a formula, behind blanks and what cannot be seen too. Source: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[\s\p{C}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u

/** A row by RFC 4180; what a spreadsheet would reckon begins with an apostrophe, which makes it text. */
function csvLine(cells: readonly string[]): string {
  const row = cells.map((cell) => {
    const text = FORMULA.test(cell) ? `'${cell}` : cell
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${row.join(',')}\r\n`
}

/** An event on a line of its own, for readers too that break lines where Unicode has separators. */
function jsonLine(event: RecordedEvent): string {
  const text = JSON.stringify(event)
  return `${text.replace(/[\u0085\u2028\u2029]/g, escaped)}\n`
}

function escaped(separator: string): string {
  return `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`
}
