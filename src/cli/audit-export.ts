import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AuditFilter } from '../app/audit-cases.ts'
import type { ExportFormat } from '../app/audit-export.ts'
import { EXPORT_FORMATS, exportTrail } from '../app/audit-export.ts'
import type { RequestId, ResourceId, SlackUserId } from '../domain/ids.ts'
import { createStore } from '../postgres/store.ts'
import { exportText } from '../trail/export-formats.ts'
import type { CliResult } from './command.ts'
import { withDatabase } from './database.ts'
import { wordsIn } from './words.ts'

const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/
const SLACK_USER = /^[UW][A-Z0-9]{2,20}$/
const EMAIL = /^[^\s@]+@[^\s@]+$/

/** Writes events to standard output, or to a file that is there when it is whole. */
export async function exportAudit(words: readonly string[]): Promise<CliResult> {
  const read = wordsIn(words, {
    format: { type: 'string', default: 'jsonl' },
    from: { type: 'string' },
    to: { type: 'string' },
    person: { type: 'string' },
    resource: { type: 'string' },
    request: { type: 'string' },
    action: { type: 'string' },
    output: { type: 'string' },
  })
  if (!read.ok) return read.usage
  const { format, output, ...typed } = read.values
  const parsed = filterOf(typed)
  if (read.positionals.length > 0) return { type: 'usage' }
  if (!isFormat(format)) return usage(`${format} is no format: choose ${EXPORT_FORMATS.join(', ')}`)
  if (!parsed.ok) return usage(parsed.problem)
  const { filter } = parsed
  return withDatabase(
    async (db) => {
      const act = { actor: { kind: 'bot' }, via: 'cli' } as const
      const operator = { operator: userInfo().username }
      const taken = await exportTrail(createStore(db), act, { filter, format }, operator)
      const text = Readable.from(exportText(taken, format), { objectMode: false })
      if (output === undefined) {
        await pipeline(text, process.stdout, { end: false })
        return { type: 'ok', text: '' }
      }
      await writeWhole(text, output)
      return { type: 'ok', text: `wrote ${output}` }
    },
    { isPatient: true },
  )
}

/** A file of this name is one that is whole. */
async function writeWhole(text: Readable, path: string): Promise<void> {
  const part = `${path}.part`
  try {
    await pipeline(text, createWriteStream(part, { mode: 0o600, flush: true }))
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

type Typed = Readonly<
  Partial<Record<'from' | 'to' | 'person' | 'resource' | 'request' | 'action', string | undefined>>
>

function filterOf({
  from,
  to,
  person,
  resource,
  request,
  action,
}: Typed):
  | { readonly ok: true; readonly filter: AuditFilter }
  | { readonly ok: false; readonly problem: string } {
  for (const instant of [from, to])
    if (instant !== undefined && instantOf(instant) === undefined)
      return {
        ok: false,
        problem: `${instant} is no instant: write 2026-03-02 or 2026-03-02T09:00Z`,
      }
  if (person !== undefined && !SLACK_USER.test(person) && !EMAIL.test(person))
    return { ok: false, problem: `${person} is neither an e-mail address nor a Slack id` }
  const [begin, end] = [instantOf(from), instantOf(to)]
  return {
    ok: true,
    filter: {
      ...(begin && { from: begin }),
      ...(end && { to: end }),
      ...(person !== undefined && {
        person: SLACK_USER.test(person) ? { userId: person as SlackUserId } : { email: person },
      }),
      ...(resource !== undefined && { resourceId: resource as ResourceId }),
      ...(request !== undefined && { requestId: request as RequestId }),
      ...(action !== undefined && { action }),
    },
  }
}

/** A day is its beginning in UTC. */
function instantOf(text: string | undefined): Date | undefined {
  if (text === undefined || !INSTANT.test(text)) return undefined
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? undefined : at
}

function isFormat(text: string): text is ExportFormat {
  return (EXPORT_FORMATS as readonly string[]).includes(text)
}

function usage(problem: string): CliResult {
  return { type: 'usage', problem }
}
