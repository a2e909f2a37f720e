import { canonicalJson } from '../domain/canonical.ts'
import type { Json } from '../domain/ppl.ts'
import type { ExportRecord } from './export-record.ts'

/** A record as a line. */
export function recordLine(record: ExportRecord): string {
  return jsonLine(record as unknown as Json)
}

/** A line of canonical JSON, for readers too that break lines where Unicode has separators. */
export function jsonLine(value: Json): string {
  const text = canonicalJson(value)
  return `${text.replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`
}

function escaped(separator: string): string {
  return `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`
}
