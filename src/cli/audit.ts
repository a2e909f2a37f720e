import { verify } from './audit-verify.ts'
import type { CliCommand } from './command.ts'

/** What auditors do from a terminal, with the database of DATABASE_URL. */
export const auditCommand: CliCommand = {
  usage: [
    'audit verify [--from <seq>] [--to <seq>] [--head <seq>:<hash>]… [--heads <file>] — check that nothing was changed',
  ],
  run([verb, ...words]) {
    if (verb === 'verify') return verify(words)
    return { type: 'usage' }
  },
}
