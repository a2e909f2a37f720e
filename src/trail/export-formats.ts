import type { ExportFormat, TrailExport } from '../app/audit-export.ts'
import { CSV_HEADER, csvLine, recordInRow } from './export-csv.ts'
import { jsonLine, recordLine } from './export-line.ts'
import { ocsfEvent } from './export-ocsf.ts'
import type { ExportRecord } from './export-record.ts'
import { recordsOf } from './export-record.ts'

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
  ocsf: 'application/x-ndjson; charset=utf-8',
}

/** How the name of a file of each format ends. */
export const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  csv: 'csv',
  jsonl: 'jsonl',
  ocsf: 'ocsf.jsonl',
}

/** An export as text, some lines at a time. */
export async function* exportText(
  taken: TrailExport,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield CSV_HEADER
  const line = lineWriter(format)
  for await (const records of recordsOf(taken)) {
    const text = records.map(line).join('')
    if (text !== '') yield text
  }
}

/** Writes records in their order as lines of a format. */
export function lineWriter(format: ExportFormat): (record: ExportRecord) => string {
  switch (format) {
    case 'csv':
      return csvLine
    case 'jsonl':
      return recordLine
    case 'ocsf': {
      // What is no event has the time of the event before it.
      let at = new Date(0).toISOString()
      return (record) => {
        if ('entry' in record) at = record.entry.at
        return jsonLine(ocsfEvent(record, at))
      }
    }
    default:
      return format satisfies never
  }
}

/** Which format the first line of a file is of; `undefined` when it is of none. */
export function formatOf(firstLine: string): ExportFormat | undefined {
  if (firstLine === CSV_HEADER.trimEnd()) return 'csv'
  if (firstLine.startsWith('{"after":')) return 'jsonl'
  return firstLine.startsWith('{"activity_id":') ? 'ocsf' : undefined
}

/** The text of the record that a line is made of. */
export function recordText(line: string, format: ExportFormat): string | undefined {
  if (format === 'jsonl') return line
  if (format === 'csv') return recordInRow(line)
  const { unmapped } = JSON.parse(line) as { readonly unmapped?: { readonly jit?: unknown } }
  return unmapped?.jit === undefined ? undefined : JSON.stringify(unmapped.jit)
}
