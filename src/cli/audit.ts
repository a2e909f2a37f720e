import { verify } from './audit-verify.ts'
import { schema } from './audit-schema.ts'
import type { CliCommand } from './command.ts'

/** What auditors do from a terminal, with the database of DATABASE_URL. */
export const auditCommand: CliCommand = {
  usage: [
    'audit verify [--from <seq>] [--to <seq>] [--head <seq>:<hash>]… [--heads <file>] — check that nothing was changed',
    'audit schema [--format json|markdown] — the JSON Schema of events, or what each of them means',
  ],
  run([verb, ...words]) {
    if (verb === 'verify') return verify(words)
    if (verb === 'schema') return schema(words)
    return { type: 'usage' }
  },
}
