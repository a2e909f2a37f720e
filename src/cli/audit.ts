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
    'audit hold add --reason <text> [--person <address or Slack id>] — let nobody erase them, or anybody',
    'audit hold release <id> — let them be erased again',
    'audit hold list — who is not erased, and why',
    'audit verify [--from <seq>] [--to <seq>] [--head <seq>:<hash>]… [--heads <file>] — check that nothing was changed',
    'audit verify --file <export> [--head <seq>:<hash>]… [--heads <file>] — check an export, without a database',
    'audit schema [--format json|markdown] — the JSON Schema of events, or what each of them means',
  ],
  run([verb, ...words]) {
    if (verb === 'erase') return erase(words)
    if (verb === 'hold') return hold(words)
    if (verb === 'export') return exportAudit(words)
    if (verb === 'verify') return verify(words)
    if (verb === 'schema') return schema(words)
    return { type: 'usage' }
  },
}
