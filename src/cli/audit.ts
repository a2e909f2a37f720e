import { adopt } from './audit-adopt.ts'
import { archive } from './audit-archive.ts'
import { erase } from './audit-erase.ts'
import { exportAudit } from './audit-export.ts'
import { hold } from './audit-hold.ts'
import { verify } from './audit-verify.ts'
import { schema } from './audit-schema.ts'
import type { CliCommand } from './command.ts'

/** What auditors do from a terminal, with the database of DATABASE_URL. */
export const auditCommand: CliCommand = {
  usage: [
    'audit export [--format jsonl|csv|ocsf] [--from <day or time>] [--to <day or time>] [--person <address or Slack id>] [--resource <id>] [--request <id>] [--action <action>] [--output <file>] — events, with the proof that none was changed',
    'audit erase --person <address or Slack id> [--yes] — erase a person for good, as the owner of the database',
    'audit archive --before <month, such as 2026-01> --to <directory> — move older events to files, a month each, as the owner of the database',
    'audit hold add --reason <text> [--person <address or Slack id> | --resource <id> | --request <id>] — let nothing of it be erased or archived, or nothing at all',
    'audit hold release <id> — let it be erased and archived again',
    'audit hold list — what is not erased and not archived, and why',
    'audit adopt --after-restore --heads <file> [--yes] — go on with a database that was restored from a back-up',
    'audit verify [--from <seq>] [--to <seq>] [--head <seq>:<hash>]… [--heads <file>] — check that nothing was changed',
    'audit verify --file <export> [--head <seq>:<hash>]… [--heads <file>] — check an export, without a database',
    'audit schema [--format json|markdown] — the JSON Schema of events, or what each of them means',
  ],
  run([verb, ...words]) {
    if (verb === 'adopt') return adopt(words)
    if (verb === 'archive') return archive(words)
    if (verb === 'erase') return erase(words)
    if (verb === 'hold') return hold(words)
    if (verb === 'export') return exportAudit(words)
    if (verb === 'verify') return verify(words)
    if (verb === 'schema') return schema(words)
    return { type: 'usage' }
  },
}
