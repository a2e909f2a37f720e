import { canonicalJson } from '../domain/canonical.ts'
import type { Json } from '../domain/ppl.ts'
import type { ExportRecord } from './export-record.ts'

/** A record as a line of canonical JSON, for readers too that break lines where Unicode has separators. */
export function recordLine(record: ExportRecord): string {
  const text = canonicalJson(record as unknown as Json)
  return `${text.replace(/[\u007f-\u009f\u2028\u2029]/g, escaped)}\n`
}

function escaped(separator: string): string {
  return `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`
}
