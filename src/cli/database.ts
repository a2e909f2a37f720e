import { readFileSync } from 'node:fs'
import { readEnvironment, readSetting } from '../config.ts'
import { createLogger } from '../log.ts'
import type { Database } from '../postgres/database.ts'
import { openDatabase } from '../postgres/database.ts'
import type { CliResult } from './command.ts'

/**
 * Runs with the database of DATABASE_URL, the only setting that it needs; `isPatient` for statements that may take long,
 * `exitCode` for when the database does not do it.
 */
export async function withDatabase(
  run: (db: Database) => Promise<CliResult>,
  { isPatient = false, exitCode = 1 } = {},
): Promise<CliResult> {
  const url = readSetting('DATABASE_URL', readEnvironment(), (path) => readFileSync(path, 'utf8'))
  if (!url.ok) return { type: 'failed', text: url.mistakes.join('\n'), exitCode }
  const log = createLogger({ level: 'fatal' })
  const { db } = openDatabase({ url: url.value, log, connections: 2, isPatient })
  try {
    return await run(db)
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    return { type: 'failed', text: `the database did not do it: ${reason}`, exitCode }
  } finally {
    await db.destroy()
  }
}
