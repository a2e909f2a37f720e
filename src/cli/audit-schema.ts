import { auditJsonSchema } from '../trail/vocabulary-schema.ts'
import { vocabularyPage } from '../trail/vocabulary-table.ts'
import type { CliResult } from './command.ts'
import { wordsIn } from './words.ts'

/** Prints what events of the audit trail look like and mean: for programs, or for people. */
export function schema(words: readonly string[]): CliResult {
  const read = wordsIn(words, { format: { type: 'string' } })
  if (!read.ok) return read.usage
  const { format = 'json' } = read.values
  if (read.positionals.length > 0) return { type: 'usage' }
  if (format === 'json')
    return { type: 'ok', text: JSON.stringify(auditJsonSchema(), undefined, 2) }
  if (format === 'markdown') return { type: 'ok', text: vocabularyPage().trimEnd() }
  return { type: 'usage', problem: `${format} is no format: say json or markdown` }
}
