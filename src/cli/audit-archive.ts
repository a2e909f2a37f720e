import type { ArchiveRun } from '../postgres/archive-trail.ts'
import { NotArchived, nextRun, takeOut } from '../postgres/archive-trail.ts'
import { chainedEvents } from '../postgres/audit-chain.ts'
import { verifyTrail } from '../postgres/audit-verify.ts'
import type { Database } from '../postgres/database.ts'
import { archiveName, removeArchive, writeArchive } from './archive-file.ts'
import { asOwner } from './audit-erase.ts'
import type { CliResult } from './command.ts'
import { operator } from './operator.ts'
import { wordsIn } from './words.ts'

const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/

/** Moves what happened before a month to files, a month each; stops at the first event that has to stay. */
export async function archive(words: readonly string[]): Promise<CliResult> {
  const read = wordsIn(words, { before: { type: 'string' }, to: { type: 'string' } })
  if (!read.ok) return read.usage
  const { before, to } = read.values
  if (read.positionals.length > 0 || before === undefined || to === undefined || to === '')
    return { type: 'usage' }
  if (!MONTH.test(before))
    return { type: 'usage', problem: `${before} is no month: give one such as 2026-01` }
  return asOwner((db) => archiveIn(db, before, to))
}

async function archiveIn(db: Database, before: string, to: string): Promise<CliResult> {
  const { finding, problems } = await verifyTrail(db)
  const wrong = [...(finding ? [`event ${finding.seq}: ${finding.problem}`] : []), ...problems]
  if (wrong.length > 0)
    return {
      type: 'failed',
      text: `nothing was archived, since the trail is not as it was recorded:\n${wrong.join('\n')}`,
    }
  const done: string[] = []
  for (;;) {
    const run = await nextRun(db, before)
    if ('why' in run) {
      const kept = `event ${run.seq} and what comes after it stays: ${run.why}`
      return { type: 'ok', text: [...done, kept].join('\n') }
    }
    try {
      done.push(await archiveRun(db, run, { before, to }))
    } catch (error) {
      return { type: 'failed', text: [...done, problemOf(error, run)].join('\n') }
    }
  }
}

/** The connection broke at the commit, which does not say whether the events are out. */
class InDoubt extends Error {}

function problemOf(error: unknown, { first, last }: ArchiveRun): string {
  if (error instanceof InDoubt)
    return `whether events ${first} to ${last} are out of the database is not known: keep ${error.message}, and see with "jit audit verify" up to which event there are archives`
  const why = error instanceof Error ? error.message : String(error)
  return `events ${first} to ${last} were not archived: ${why}`
}

/** Writes a run to a file and takes it out of the database; while the events are there, there is no file in the end. */
async function archiveRun(
  db: Database,
  run: ArchiveRun,
  { before, to }: { readonly before: string; readonly to: string },
): Promise<string> {
  const path = archiveName(to, run)
  const batches = chainedEvents(db, run.after.seq, run.last)
  const file = await writeArchive(path, { ...run, filter: {}, batches })
  try {
    await takeOut(db, run, file, { before, by: operator() })
  } catch (error) {
    if (!(error instanceof NotArchived)) throw new InDoubt(path, { cause: error })
    await removeArchive(path)
    throw error
  }
  return `${path}: ${file.events} events, ${run.first} to ${run.last}, of ${run.month}`
}
