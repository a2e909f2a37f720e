import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ExportFormat } from '../app/audit-export.ts'
import { EXPORT_FORMATS, exportTrail } from '../app/audit-export.ts'
import { createStore } from '../postgres/store.ts'
import { exportText } from '../trail/export-formats.ts'
import { parseQuestion } from '../web/audit-filter.ts'
import type { CliResult } from './command.ts'
import { withDatabase } from './database.ts'
import { BY_OPERATOR, operator } from './operator.ts'
import { wordsIn } from './words.ts'

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
  if (read.positionals.length > 0) return { type: 'usage' }
  if (!isFormat(format))
    return { type: 'usage', problem: `${format} is no format: choose ${EXPORT_FORMATS.join(', ')}` }
  const empty = Object.entries(read.values).find(([, value]) => value.trim() === '')
  if (empty !== undefined) return { type: 'usage', problem: `--${empty[0]} has no value` }
  const parsed = parseQuestion(Object.entries(typed))
  if (!parsed.ok) {
    const [[name, sentence] = ['', '']] = parsed.problems
    return { type: 'usage', problem: `--${name}: ${sentence}` }
  }
  const asked = { filter: parsed.question.filter, format }
  return withDatabase(
    async (db) => {
      const take = async () =>
        exportText(await exportTrail(createStore(db), BY_OPERATOR, asked, operator()), format)
      return output === undefined ? toStandardOutput(take) : toFile(take, output)
    },
    { isPatient: true },
  )
}

type Take = () => Promise<AsyncIterable<string>>

async function toStandardOutput(take: Take): Promise<CliResult> {
  const problem = await written(await take(), process.stdout, { end: false })
  if (problem === undefined) return { type: 'ok', text: '' }
  return { type: 'failed', text: `the export was not taken to its end: ${problem}` }
}

/** A file of this name is one that is whole. It is opened first: an export that has nowhere to go is none. */
async function toFile(take: Take, path: string): Promise<CliResult> {
  const part = `${path}.${randomUUID()}.part`
  const failed = (why: unknown): CliResult => ({
    type: 'failed',
    text: `${path} cannot be written: ${why instanceof Error ? why.message : String(why)}`,
  })
  // Not one that somebody put there, which others may read or which leads elsewhere.
  const file = await open(part, 'wx', 0o600).catch(failed)
  if ('type' in file) return file
  try {
    const problem = await written(await take(), file.createWriteStream({ flush: true }))
    if (problem !== undefined) return failed(problem)
    return await rename(part, path).then(() => ({ type: 'ok', text: `wrote ${path}` }), failed)
  } finally {
    await file.close()
    await rm(part, { force: true })
  }
}

/** Writes all of a text; returns what is wrong with where it goes. What is wrong with the text is thrown. */
async function written(
  text: AsyncIterable<string>,
  to: NodeJS.WritableStream,
  options = {},
): Promise<string | undefined> {
  let unread: Error | undefined
  async function* noting() {
    try {
      yield* text
    } catch (error) {
      unread = error instanceof Error ? error : new Error(String(error))
      throw unread
    }
  }
  try {
    await pipeline(Readable.from(noting(), { objectMode: false }), to, options)
    return undefined
  } catch (error) {
    if (unread !== undefined) throw unread
    return error instanceof Error ? error.message : String(error)
  }
}

function isFormat(text: string): text is ExportFormat {
  return (EXPORT_FORMATS as readonly string[]).includes(text)
}
